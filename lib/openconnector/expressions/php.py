"""PHP's rules for text, numbers, truth and comparison, where mappings of the predecessor rest on them.

The rules are those of PHP 8: https://www.php.net/manual/en/language.types.type-juggling.php and
https://www.php.net/manual/en/language.operators.comparison.php. Values are JSON values; a list and an object are
both PHP arrays.
"""

import html.entities
import math
import re
from typing import Any, Final

from openconnector.expressions.moments import Interval, Moment
from openconnector.expressions.paths import MISSING

MAX_INT: Final = 2**63 - 1
MIN_INT: Final = -(2**63)
PRECISION: Final = 14
"""Significant digits of a float as text (PHP's `precision`)."""
SMALLEST_POWER: Final = -4
"""Below this power of ten PHP writes floats in scientific notation."""

_BLANK: Final = " \t\n\r\v\f"
_NUMBER_BEGINS: Final = frozenset(f"0123456789+-.{_BLANK}")
_NUMBER: Final = re.compile(
    rf"[{_BLANK}]*([+-]?(?:[0-9]+(\.[0-9]*)?|(\.[0-9]+))([eE][+-]?[0-9]+)?)[{_BLANK}]*"
)
_NAMES: Final = html.entities.codepoint2name
_ENTITY: Final = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]*));")


def kind_of(value: Any) -> str:
    """Return what a value is, for an error: never what it holds."""
    return _KINDS.get(type(value), "an object" if isinstance(value, dict) else "nothing")


_KINDS: Final[dict[type, str]] = {
    str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object",
    type(None): "null", Moment: "a moment", Interval: "an interval",
}  # fmt: skip


def is_null(value: Any) -> bool:
    """Return whether a value is null; what is missing is null too."""
    return value is None or value is MISSING


def to_text(value: Any) -> str:
    """Return a scalar as PHP writes it: true is "1", false and null are "". Raises `TypeError` for the rest."""
    if isinstance(value, str):
        return value
    if value is None or value is False or value is MISSING:
        return ""
    if value is True:
        return "1"
    if isinstance(value, int):
        return str(value) if MIN_INT <= value <= MAX_INT else float_to_text(float(value))
    if isinstance(value, float):
        return float_to_text(value)
    remedy = "date" if isinstance(value, (Moment, Interval)) else "json_encode or join"
    raise TypeError(f"{kind_of(value)} has no text form; use {remedy}")


def float_to_text(value: float) -> str:
    """Return a float with 14 significant digits, in scientific notation where PHP uses it (1.0E+25)."""
    if not math.isfinite(value):
        return "NAN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    digits, _, exponent = f"{value:.{PRECISION - 1}e}".partition("e")
    power = int(exponent)
    if SMALLEST_POWER <= power < PRECISION:
        text = f"{value:.{PRECISION - 1 - power}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    digits = digits.rstrip("0")
    return f"{digits}{'0' if digits.endswith('.') else ''}E{power:+d}"


def _parsed(text: str) -> int | float | None:
    """Return the number a text begins with; None when it begins with none."""
    if text[:1] not in _NUMBER_BEGINS:
        return None
    match = _NUMBER.match(text)
    return None if match is None else _number(match)


def _number(match: re.Match[str]) -> int | float:
    digits, fraction, bare_fraction, exponent = match.groups()
    if fraction is None and bare_fraction is None and exponent is None:
        return int(digits) if len(digits) < 20 else float(digits)  # noqa: PLR2004 - beyond 64 bits
    return float(digits)


def numeric(text: str) -> int | float | None:
    """Return the number a text is, blanks around it allowed; None when it is none."""
    if text[:1] not in _NUMBER_BEGINS:
        return None
    match = _NUMBER.fullmatch(text)
    return None if match is None else _number(match)


def _text_to_int(text: str) -> int:
    if len(text) < SURE_DIGITS and text.isascii() and text.isdecimal():
        return int(text)
    number = _parsed(text)
    if number is None or (isinstance(number, float) and not math.isfinite(number)):
        return 0
    return min(max(int(number), MIN_INT), MAX_INT)


SURE_DIGITS = 19
"""A text of fewer decimal digits is a 64-bit integer, which most numbers in records are."""


def to_int(value: Any) -> int:
    """Return a value as a 64-bit integer: the number a text begins with (0 if none, at most the largest integer)."""
    if isinstance(value, str):
        return _text_to_int(value)
    if isinstance(value, (list, dict)):
        return 1 if value else 0
    if value is None or value is MISSING or (isinstance(value, float) and not math.isfinite(value)):
        return 0
    number = int(value)
    # Beyond 64 bits PHP starts again from the other end.
    return number if MIN_INT <= number <= MAX_INT else (number - MIN_INT) % 2**64 + MIN_INT


def to_float(value: Any) -> float:
    """Return a value as a float: the number a text begins with, else 0."""
    if isinstance(value, str):
        if value.isascii() and value.replace(".", "", 1).isdecimal():
            return float(value)
        return float(_parsed(value) or 0)
    if isinstance(value, (list, dict)):
        return 1.0 if value else 0.0
    return 0.0 if value is None or value is MISSING else float(value)


def to_number(value: Any) -> int | float:
    """Return an operand of arithmetic. Raises `TypeError` for a text that begins with no number, and for arrays."""
    if isinstance(value, (bool, int)):
        return int(value)
    if isinstance(value, float):
        return value
    if value is None or value is MISSING:
        return 0
    if isinstance(value, str) and (number := _parsed(value)) is not None:
        return number
    raise TypeError(f"{kind_of(value)} is no number")


def is_truthy(value: Any) -> bool:
    """Return PHP's truth: false for null, false, 0, 0.0, "", "0", empty lists and objects."""
    return bool(value) and value != "0"


def loosely_equal(left: Any, right: Any) -> bool:
    """Return PHP's `==`."""
    if isinstance(left, (list, dict)) and isinstance(right, (list, dict)):
        return _arrays_equal(members(left), members(right))
    order = compare(left, right)
    return order == 0


def compare(left: Any, right: Any) -> int:
    """Return PHP's `<=>`: -1, 0 or 1. Objects whose keys differ count as greater on the left, as in PHP."""
    if isinstance(left, str) and isinstance(right, str):
        return _compare_texts(left, right)
    if _is_switch(left, right):
        return _sign(is_truthy(left), is_truthy(right))
    if isinstance(left, (list, dict)) or isinstance(right, (list, dict)):
        return _compare_arrays(left, right)
    if left is None or left is MISSING or right is None or right is MISSING:
        return _sign(to_text(left), to_text(right))
    return _compare_scalars(left, right)


def _compare_scalars(left: Any, right: Any) -> int:
    """Compare numbers and moments with each other, or a number with a text."""
    if isinstance(left, Moment) != isinstance(right, Moment):
        return 1  # a moment is comparable with moments only, and equal to nothing else
    if isinstance(left, str) or isinstance(right, str):
        return _compare_number_with_text(left, right)
    return _sign(left, right)


def _is_switch(left: Any, right: Any) -> bool:
    """Return whether both sides are compared by their truth: one is a boolean, or null beside no text."""
    if isinstance(left, bool) or isinstance(right, bool):
        return True
    empty_left, empty_right = (side is None or side is MISSING for side in (left, right))
    return (empty_left and not isinstance(right, str)) or (
        empty_right and not isinstance(left, str)
    )


def _sign(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


def _compare_texts(left: str, right: str) -> int:
    if left == right:
        return 0
    left_number, right_number = numeric(left), numeric(right)
    if left_number is not None and right_number is not None:
        return _sign(left_number, right_number)
    return _sign(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


def _compare_number_with_text(left: Any, right: Any) -> int:
    text = left if isinstance(left, str) else right
    number = numeric(text)
    if number is None:
        return _sign(to_text(left), to_text(right))
    return _sign(number, right) if text is left else _sign(left, number)


def _compare_arrays(left: Any, right: Any) -> int:
    if not isinstance(right, (list, dict)):
        return 1
    if not isinstance(left, (list, dict)):
        return -1
    if len(left) != len(right):
        return _sign(len(left), len(right))
    others = members(right)
    for key, value in members(left).items():
        if key not in others:
            return 1
        if order := compare(value, others[key]):
            return order
    return 0


def _arrays_equal(left: dict[str, Any], right: dict[str, Any]) -> bool:
    return left.keys() == right.keys() and all(
        loosely_equal(value, right[key]) for key, value in left.items()
    )


def members(value: list[Any] | dict[str, Any]) -> dict[str, Any]:
    """Return a list or object as PHP's one array type: keys (as text) to values."""
    if isinstance(value, dict):
        return value
    return {str(index): item for index, item in enumerate(value)}


def decode_entities(text: str) -> str:
    """Return a text with its HTML entities decoded once; those without a closing semicolon stay."""
    return _ENTITY.sub(_decoded, text) if "&" in text else text


def _decoded(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        code = html.entities.name2codepoint.get(name, 0)
        return chr(code) if code else match[0]
    code = int(decimal) if decimal is not None else int(hexadecimal, 16)
    is_character = code in (9, 10, 13) or 32 <= code <= 0x10FFFF  # noqa: PLR2004 - Unicode's bounds
    if not is_character or 0xD800 <= code <= 0xDFFF or 0x7F <= code < 0xA0:  # noqa: PLR2004
        return match[0]
    return chr(code)


def encode_entities(text: str) -> str:
    """Return a text with `& < > " '` written as entities.

    Example:
        >>> {{ '<b>' | escape }}
        &lt;b&gt;
    """
    for character, entity in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ('"', "&quot;"),
        ("'", "&#039;"),
    ):
        text = text.replace(character, entity)
    return text


def encode_named_entities(text: str) -> str:
    """Return a text with every character that has a name in HTML 4.01 written as an entity."""
    return "".join(
        "&#039;" if c == "'" else f"&{name};" if (name := _NAMES.get(ord(c))) is not None else c
        for c in text
    )

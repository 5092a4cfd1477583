"""The casts a mapping may name: what each makes of a value.

The names and the results are those of the predecessor (PHP's conversions), because mappings carry them over. A cast
with a parameter is written `name==parameter` or `name:parameter`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from openconnector.expressions import encoding, php
from openconnector.expressions.json_texts import write_php_json
from openconnector.expressions.moment_forms import write_moment
from openconnector.expressions.moments import moment_at
from openconnector.expressions.paths import compile_path
from openconnector.expressions.php_numbers import format_number


class _Gone(Enum):
    GONE = "gone"


GONE: Final = _Gone.GONE
"""What a cast gives to take the field away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CastContext:
    """What a cast may look at beside the value."""

    path: str
    """Where the value stands in the result."""
    result: Any
    """The whole result as it is now."""
    now: datetime
    """The moment of the mapping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """One cast as a mapping names it, with its parameter."""

    name: str
    apply: Callable[[Any, CastContext], Any]
    """Gives the new value, or `GONE`. Raises `ValueError` or `TypeError` for a value it cannot take."""
    plain: Callable[[Any], Any] | None = None
    """The same for a cast that needs nothing but the value."""
    looks_around: bool = False
    """Whether it looks at other fields, so that it matters which were cast before it."""
    condition: Callable[[Any], bool] | None = None
    """For a cast that only replaces some values: which ones."""
    replacement: Any = None
    """What it puts in their place."""


def to_bool(value: Any) -> bool:
    """Return true for 1, numbers and texts that begin with 1 as an integer, `true` and `yes`; else false."""
    if php.to_int(value) == 1:
        return True
    return php.to_text(value).lower() in ("true", "yes")


def to_optional_bool(value: Any) -> bool | None:
    """Return the same as `bool`, and null for null."""
    return None if value is None else to_bool(value)


def to_list(value: Any) -> Any:
    """Return a list or object as it is, null as an empty list, anything else as a list of one."""
    if isinstance(value, (list, dict)):
        return value
    return [] if value is None else [value]


def to_float(value: Any) -> float:
    """Return the number a text begins with. Raises `ValueError` for one that is too large."""
    number = php.to_float(value)
    if number in (float("inf"), float("-inf")):
        raise ValueError("the number is too large")
    return number


def json_to_value(value: Any) -> Any:
    """Return what JSON text stands for; lists and objects stay, and text that is no JSON becomes null.

    Entities are decoded first, as the predecessor did; where that breaks valid JSON, they stay.
    """
    if isinstance(value, (list, dict)):
        return value
    text = php.to_text(value)
    decoded = php.decode_entities(text)
    found = encoding.read_json(decoded)
    return encoding.read_json(text) if found is None and decoded != text else found


def null_text_to_null(value: Any) -> Any:
    """Return null for the text `null`, anything else as it is."""
    return None if value == "null" else value


def coordinates(value: Any) -> Any:
    """Return `x y x y` as a list of pairs of texts; a single pair is not wrapped."""
    if isinstance(value, (list, dict)) or value is None:
        raise TypeError("coordinates are a text of numbers with a blank between")
    numbers = php.to_text(value).split(" ")
    pairs = [numbers[at : at + 2] for at in range(0, len(numbers), 2)]
    return pairs if len(pairs) > 1 else pairs[0]


def money_to_int(value: Any) -> int:
    """Return an amount as a number of cents: `1.234,56` is 123456."""
    if isinstance(value, (list, dict)):
        return php.to_int(value)
    return php.to_int(php.to_text(value).replace(".", "").replace(",", ""))


def int_to_money(value: Any) -> str:
    """Return a number of cents as an amount: 123456 is `1.234,56`."""
    return format_number(php.to_number(value) / 100, 2, ",", ".")


def is_blank(value: Any) -> bool:
    """Return whether a value is empty for PHP, or an array with nothing but empty values at any depth."""
    if isinstance(value, (list, dict)):
        return all(is_blank(item) for item in php.members(value).values())
    return not php.is_truthy(value)


def matcher(wanted: str) -> Callable[[Any], bool]:
    """Return which values `unsetIfValue` and `setNullIfValue` mean: loosely equal ones, or blank ones for no text."""
    if wanted == "":
        return is_blank
    if php.numeric(wanted) is not None:
        return lambda value: php.loosely_equal(value, wanted)
    return lambda value: value == wanted if type(value) is str else php.loosely_equal(value, wanted)


def _of_text(function: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: function(php.to_text(value))


PLAIN: Final[dict[str, Callable[[Any], Any]]] = {
    "string": php.to_text,
    "bool": to_bool,
    "boolean": to_bool,
    "?bool": to_optional_bool,
    "?boolean": to_optional_bool,
    "int": php.to_int,
    "integer": php.to_int,
    "float": to_float,
    "array": to_list,
    "url": _of_text(encoding.form_encode),
    "urlDecode": _of_text(encoding.form_decode),
    "rawurl": _of_text(encoding.percent_encode),
    "rawurlDecode": _of_text(encoding.percent_decode),
    "html": _of_text(php.encode_named_entities),
    "htmlDecode": _of_text(php.decode_entities),
    "base64": _of_text(encoding.base64_encode),
    "base64Decode": _of_text(encoding.base64_decode),
    "json": write_php_json,
    "jsonToArray": json_to_value,
    "utf8": _of_text(encoding.to_ascii),
    "nullStringToNull": null_text_to_null,
    "coordinateStringToArray": coordinates,
    "moneyStringToInt": money_to_int,
    "intToMoneyString": int_to_money,
}
"""Casts that need nothing but the value."""


def _date(value: Any, context: CastContext) -> Any:
    """Return the present moment in the form the value spells with PHP's date letters."""
    return write_moment(moment_at(context.now), php.to_text(value))


def _key_cannot_be_value(value: Any, context: CastContext) -> Any:
    """Take the field away when its value is its own path: what a missing path leaves behind."""
    return GONE if php.loosely_equal(value, context.path) else value


def _replacing(name: str, wanted: str, replacement: Any) -> Cast:
    condition = matcher(wanted)

    def apply(value: Any, _context: CastContext) -> Any:
        return replacement if condition(value) else value

    return Cast(name=name, apply=apply, condition=condition, replacement=replacement)


def _count(path: str) -> Callable[[Any, CastContext], Any]:
    get = compile_path(path)

    def count(value: Any, context: CastContext) -> Any:
        counted = get(context.result)
        return len(counted) if isinstance(counted, (list, dict)) else value

    return count


AWARE: Final[dict[str, Callable[[Any, CastContext], Any]]] = {
    "date": _date,
    "keyCantBeValue": _key_cannot_be_value,
}
"""Casts that look at more than the value."""

CAST_NAMES: Final = (*PLAIN, *AWARE, "unsetIfValue", "setNullIfValue", "countValue")
"""Every cast; the last three are written with a parameter: `unsetIfValue==x`, `countValue:path`."""


def find_cast(name: str) -> Cast | None:
    """Return the cast of this name; None when there is none."""
    if (plain := PLAIN.get(name)) is not None:
        return Cast(name=name, apply=lambda value, _context: plain(value), plain=plain)
    if (aware := AWARE.get(name)) is not None:
        return Cast(name=name, apply=aware)
    word, separator, parameter = name.partition("==")
    if separator and word == "unsetIfValue":
        return _replacing(name, parameter, GONE)
    if separator and word == "setNullIfValue":
        return _replacing(name, parameter, None)
    if name.startswith("countValue:"):
        return Cast(name=name, apply=_count(name.removeprefix("countValue:")), looks_around=True)
    return None

"""PHP's `sprintf` (https://www.php.net/manual/en/function.sprintf.php): the filter `format`.

Widths count bytes of UTF-8, as PHP's do.
"""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from openconnector.errors import TemplateLimit
from openconnector.expressions import php
from openconnector.expressions.limits import MAX_TEXT, checked, too_long

MAX_PRECISION: Final = 53
"""The most decimals of a float; more are cut to this, as in PHP."""

DEFAULT_PRECISION: Final = 6
MAX_POSITION: Final = 1_000
WORD: Final = 2**64

_PLACE: Final = re.compile(
    r"%(?:(?P<position>[0-9]+)\$)?(?P<flags>(?:[-+ 0]|'.)*)(?P<width>[0-9]+|\*)?(?:\.(?P<precision>[0-9]*|\*))?l?"
    r"(?P<kind>.)?",
    re.DOTALL,
)


class _Values:
    """The values for the places of a pattern, taken in order or by number."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = values
        self._next = 0

    def take(self, position: str | None) -> Any:
        if position is None:
            index = self._next
            self._next += 1
        else:
            index = int(position[: len(str(MAX_TEXT))]) - 1
        if not 0 <= index < len(self._values):
            raise ValueError(
                f"the pattern wants a value number {index + 1}, and there are {len(self._values)}"
            )
        return self._values[index]


def sprintf(pattern: str, values: Sequence[Any]) -> str:
    """Return a pattern with its places filled. Raises `ValueError` for a place that is wrong or has no value."""
    waiting = _Values(values)
    room = MAX_TEXT

    def put(match: re.Match[str]) -> str:
        nonlocal room
        if match["kind"] == "%":
            return "%"
        text = _filled(match, waiting)
        room -= len(text)
        if room < 0:
            raise too_long()
        return text

    return checked(_PLACE.sub(put, pattern))


def _filled(match: re.Match[str], values: _Values) -> str:
    kind = match["kind"]
    write = _KINDS.get(kind or "")
    if write is None:
        raise ValueError(
            f"the pattern has a place of kind {kind!r}; there are {' '.join(_KINDS)}"
            if kind
            else "the pattern ends within a place"
        )
    width = _number(match["width"], values, 0)
    precision = _number(match["precision"], values, None)
    if width is not None and width > MAX_TEXT:
        raise TemplateLimit(f"a place of a pattern is at most {MAX_TEXT:,} wide")
    flags = re.sub(r"'(.)", "", match["flags"], flags=re.DOTALL)
    padding = _padding(match["flags"])
    text = write(values.take(match["position"]), precision, "+" in flags)
    if kind == "c":
        return text
    return _padded(text, width or 0, padding, is_left="-" in flags, is_number=kind in _SIGNED)


def _number(written: str | None, values: _Values, default: int | None) -> int | None:
    if written == "*":
        return php.to_int(values.take(None))
    return int(written[: len(str(MAX_TEXT)) + 1]) if written else default


def _padding(flags: str) -> str:
    """Return the character that fills a place: the last one the flags name."""
    found = re.findall(r"'(.)|([ 0])", flags, re.DOTALL)
    return "".join(found[-1]) if found else " "


def _padded(text: str, width: int, padding: str, *, is_left: bool, is_number: bool) -> str:
    count = (width - len(text.encode("utf-8", "surrogatepass"))) // len(
        padding.encode("utf-8", "surrogatepass")
    )
    if count <= 0:
        return text
    fill = padding * count
    if is_left:
        # Zeros behind a number would make another number of it.
        return text + (" " * count if is_number and padding == "0" else fill)
    if is_number and padding == "0" and text[:1] in ("-", "+"):
        return text[0] + fill + text[1:]
    return fill + text


def _text(value: Any, precision: int | None, _signed: bool) -> str:  # noqa: FBT001 - one form for all kinds
    text = php.to_text(value)
    if precision is None:
        return text
    return text.encode("utf-8", "surrogatepass")[:precision].decode("utf-8", "ignore")


def _integer(value: Any, _precision: int | None, signed: bool) -> str:  # noqa: FBT001
    return f"{php.to_int(value):{'+' if signed else ''}d}"


def _unsigned(value: Any, _precision: int | None, _signed: bool) -> str:  # noqa: FBT001
    return str(php.to_int(value) % WORD)


def _digits(form: str) -> Callable[[Any, int | None, bool], str]:
    def write(value: Any, precision: int | None, _signed: bool) -> str:  # noqa: FBT001
        # With a precision PHP cuts the digits to none at all.
        return format(php.to_int(value) % WORD, form) if precision is None else ""

    return write


def _character(value: Any, _precision: int | None, _signed: bool) -> str:  # noqa: FBT001
    code = php.to_int(value) % 256
    if code > 127:  # noqa: PLR2004 - one byte of several
        raise ValueError("%c writes one byte, which is no character beyond 127")
    return chr(code)


def _float(kind: str) -> Callable[[Any, int | None, bool], str]:
    def write(value: Any, precision: int | None, signed: bool) -> str:  # noqa: FBT001
        number = php.to_float(value)
        if not math.isfinite(number):
            name = php.float_to_text(number)
            return f"+{name.lower()}" if signed and number > 0 else name.lower()
        digits = min(DEFAULT_PRECISION if precision is None else precision, MAX_PRECISION)
        text = _WRITTEN[kind](abs(number), digits)
        return f"{'-' if number < 0 else '+' if signed else ''}{text}"

    return write


def _scientific(number: float, digits: int) -> str:
    mantissa, _, exponent = f"{number:.{digits}e}".partition("e")
    return f"{mantissa}e{int(exponent):+d}"


def _general(number: float, digits: int) -> str:
    """Return the shorter of both forms, without zeros at the end."""
    text = f"{number:.{max(digits, 1)}g}"
    mantissa, exponential, exponent = text.partition("e")
    if not exponential:
        return text
    mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{mantissa}e{int(exponent):+d}"


_WRITTEN: Final[dict[str, Callable[[float, int], str]]] = {
    "e": _scientific,
    "E": lambda number, digits: _scientific(number, digits).upper(),
    "f": lambda number, digits: f"{number:.{digits}f}",
    "g": _general,
    "G": lambda number, digits: _general(number, digits).upper(),
}
_KINDS: Final[dict[str, Callable[[Any, int | None, bool], str]]] = {
    "s": _text,
    "d": _integer,
    "u": _unsigned,
    "b": _digits("b"),
    "o": _digits("o"),
    "x": _digits("x"),
    "X": _digits("X"),
    "c": _character,
    "e": _float("e"),
    "E": _float("E"),
    "f": _float("f"),
    "F": _float("f"),
    "g": _float("g"),
    "G": _float("G"),
    "h": _float("g"),
    "H": _float("G"),
}
_SIGNED: Final = frozenset("dueEfFgGhH")

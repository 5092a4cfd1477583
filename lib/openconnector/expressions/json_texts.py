"""Values as JSON: plain, and as PHP's `json_encode` writes them with its flags."""

import json
import math
from dataclasses import dataclass
from typing import Any, Final

from openconnector.expressions import php
from openconnector.expressions.arrays import array
from openconnector.expressions.encoding import MAX_JSON_DEPTH
from openconnector.expressions.moments import Interval, Moment

MAX_PARTS: Final = 1_000_000
"""How many pieces of text JSON may be written from: about two for every member."""

LARGEST_PLAIN_FLOAT: Final = 1e17
"""From here on PHP writes floats in scientific notation."""

HEX_TAG: Final = 1
HEX_AMP: Final = 2
HEX_APOS: Final = 4
HEX_QUOT: Final = 8
FORCE_OBJECT: Final = 16
NUMERIC_CHECK: Final = 32
UNESCAPED_SLASHES: Final = 64
PRETTY_PRINT: Final = 128
UNESCAPED_UNICODE: Final = 256
PARTIAL_OUTPUT: Final = 512
ZERO_FRACTION: Final = 1024
UNESCAPED_LINES: Final = 2048
"""PHP's flags (https://www.php.net/manual/en/json.constants.php)."""

PLAIN: Final = UNESCAPED_SLASHES | UNESCAPED_UNICODE | UNESCAPED_LINES


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    flags: int = 0
    indent: int = 0
    """Blanks by which members are moved in, each on a line of its own; 0 puts all on one line."""
    depth: int = MAX_JSON_DEPTH
    has_arrays: bool = False
    """Whether lists and objects are PHP's one array type."""


def write_json(value: Any, *, indent: int = 0) -> str:
    """Return a value as JSON, letters and slashes as they are, 1.0 as 1; ``indent`` puts members on lines of their own.

    Raises `ValueError` beyond the limits of depth and size.
    """
    return _written(value, _Style(flags=PLAIN, indent=indent))


def write_php_json(value: Any, flags: int = 0, *, depth: int = MAX_JSON_DEPTH) -> str:
    """Return a value as PHP's `json_encode` writes it: slashes and all but ASCII escaped, empty objects as lists.

    Raises `ValueError` beyond the limits of depth and size.
    """
    style = _Style(
        flags=flags,
        indent=4 if flags & PRETTY_PRINT else 0,
        depth=min(depth, MAX_JSON_DEPTH),
        has_arrays=True,
    )
    return _written(value, style)


def _written(value: Any, style: _Style) -> str:
    parts: list[str] = []
    _write(value, parts, style, "\n", 0)
    return "".join(parts)


def _write(value: Any, parts: list[str], style: _Style, margin: str, level: int) -> None:
    if isinstance(value, (Moment, Interval)):
        value = value.as_json()
    if isinstance(value, (dict, list)):
        _write_members(value, parts, style, margin, level + 1)
    else:
        parts.append(_scalar(value, style.flags))
    if len(parts) > MAX_PARTS:
        raise ValueError(f"the value has more than {MAX_PARTS // 2} members")


def _write_members(
    value: dict[str, Any] | list[Any], parts: list[str], style: _Style, margin: str, level: int
) -> None:
    if level > style.depth:
        raise ValueError(f"the value nests deeper than {style.depth} levels")
    value = _shaped(value, style)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if not value:
        parts.append(opening + closing)
        return
    inner = margin + " " * style.indent
    before = opening
    for item in value:
        parts.append(before + (inner if style.indent else ""))
        if isinstance(value, dict):
            parts.append(_text(item, style.flags) + (": " if style.indent else ":"))
            _write(value[item], parts, style, inner, level)
        else:
            _write(item, parts, style, inner, level)
        before = ","
    parts.append((margin if style.indent else "") + closing)


def _shaped(value: dict[str, Any] | list[Any], style: _Style) -> dict[str, Any] | list[Any]:
    if not style.has_arrays:
        return value
    if style.flags & FORCE_OBJECT:
        return php.members(value)
    return array(value) if isinstance(value, dict) else value


def _scalar(value: Any, flags: int) -> str:
    if isinstance(value, str):
        number = php.numeric(value) if flags & NUMERIC_CHECK else None
        return _text(value, flags) if number is None else _scalar(number, 0)
    if isinstance(value, int) and not php.MIN_INT <= value <= php.MAX_INT:
        return _float(float(value), flags)  # PHP has no such integers
    if isinstance(value, float):
        return _float(value, flags)
    return json.dumps(value)


def _text(text: str, flags: int) -> str:
    written = json.dumps(text, ensure_ascii=not flags & UNESCAPED_UNICODE)
    if not flags & UNESCAPED_SLASHES:
        written = written.replace("/", "\\/")
    if flags & UNESCAPED_UNICODE and not flags & UNESCAPED_LINES:
        written = written.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    for flag, character, escaped in _HEX:
        if flags & flag:
            written = written[0] + written[1:-1].replace(character, escaped) + written[-1]
    return written


_HEX: Final = (
    (HEX_TAG, "<", "\\u003C"),
    (HEX_TAG, ">", "\\u003E"),
    (HEX_AMP, "&", "\\u0026"),
    (HEX_APOS, "'", "\\u0027"),
    (HEX_QUOT, '\\"', "\\u0022"),
)
"""Flag, what it escapes, and how."""


def _float(value: float, flags: int) -> str:
    if not math.isfinite(value):
        if flags & PARTIAL_OUTPUT:
            return "0"
        raise ValueError("INF and NAN are no JSON")
    if value == int(value) and abs(value) < LARGEST_PLAIN_FLOAT:
        return f"{value:.1f}" if flags & ZERO_FRACTION else f"{value:.0f}"
    digits, exponential, exponent = repr(value).partition("e")
    if not exponential:
        return digits
    return f"{digits}{'' if '.' in digits else '.0'}e{int(exponent):+d}"

"""Text forms of values that mappings produce: JSON as PHP writes it, URL and base64 encodings, ASCII."""

import base64
import json
import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final
from urllib.parse import quote, unquote, unquote_plus

from openconnector.expressions.php import MAX_INT, MIN_INT

MAX_JSON_DEPTH: Final = 512
"""How deep JSON may nest that is read from text or written to it."""

MAX_DECIMALS: Final = 100
"""How many decimals a number may be written with."""

MAX_JSON_PARTS: Final = 1_000_000
"""How many pieces of text JSON may be written from: about two for every member."""

LARGEST_PLAIN_FLOAT: Final = 1e15
"""From here on PHP writes floats in scientific notation."""

_WIDE: Final = Context(prec=500)
"""Enough digits for the largest float with the most decimals."""

_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/]")
_LETTERS: Final = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "\u0131": "i", "€": "EUR",
        "“": '"', "”": '"', "„": '"', "\u2018": "'", "\u2019": "'", "\u201a": ",", "\u2013": "-", "—": "-",
        "…": "...", "«": "<<", "»": ">>", "©": "(C)", "®": "(R)", "™": "(TM)", "\u00a0": " ",
    }
)  # fmt: skip
"""Characters that do not decompose into an ASCII letter with a mark."""


def to_ascii(text: str) -> str:
    """Return a text in ASCII letters; what has no counterpart becomes `?`."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return kept.encode("ascii", "replace").decode("ascii")


def form_encode(text: str) -> str:
    """Return a text as in a query string, with `+` for a blank."""
    return quote(text, safe="-_. ").replace("~", "%7E").replace(" ", "+")


def form_decode(text: str) -> str:
    """Return a query string's text as plain text."""
    return unquote_plus(text, errors="strict")


def percent_encode(text: str) -> str:
    """Return a text percent-encoded (RFC 3986)."""
    return quote(text, safe="")


def percent_decode(text: str) -> str:
    """Return percent-encoded text as plain text; `+` stays."""
    return unquote(text, errors="strict")


def base64_encode(text: str) -> str:
    """Return a text's UTF-8 bytes in base64."""
    return base64.b64encode(text.encode()).decode("ascii")


def base64_decode(text: str) -> str:
    """Return the text that base64 stands for; foreign characters are skipped. Raises `ValueError` if it is no UTF-8."""
    kept = _NOT_BASE64.sub("", text.rstrip("="))
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    return base64.b64decode(kept + "=" * (-len(kept) % 4)).decode("utf-8")


def read_json(text: str) -> Any:
    """Return JSON text as a value, None when it is no JSON. Integers beyond 64 bits become floats, as in PHP."""
    try:
        return json.loads(text, parse_int=_int, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _int(digits: str) -> int | float:
    if len(digits) > 20:  # noqa: PLR2004 - more digits than 64 bits have
        return float(digits)
    number = int(digits)
    return number if MIN_INT <= number <= MAX_INT else float(number)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def write_json(value: Any, *, plain: bool = False, indent: int = 0) -> str:
    """Return a value as PHP's `json_encode` writes it: `/` and all but ASCII escaped, 1.0 as 1.

    ``plain`` leaves slashes and letters as they are; ``indent`` puts every member on a line of its own. Raises
    `ValueError` beyond the limits of depth and size.
    """
    parts: list[str] = []
    _write(value, parts, _Style(plain=plain, indent=indent), "\n")
    return "".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    plain: bool
    indent: int


def _write(value: Any, parts: list[str], style: _Style, margin: str) -> None:
    if isinstance(value, (dict, list)):
        _write_members(value, parts, style, margin)
    elif isinstance(value, float):
        parts.append(_float_as_json(value))
    else:
        text = json.dumps(value, ensure_ascii=not style.plain)
        parts.append(text if style.plain else text.replace("/", "\\/"))
    if len(parts) > MAX_JSON_PARTS:
        raise ValueError(f"the value has more than {MAX_JSON_PARTS // 2} members")


def _write_members(
    value: dict[str, Any] | list[Any], parts: list[str], style: _Style, margin: str
) -> None:
    is_object = isinstance(value, dict)
    opening, closing = "{}" if is_object else "[]"
    if not value:
        parts.append(opening + closing)
        return
    inner = margin + " " * (style.indent or 1)
    if len(inner) > MAX_JSON_DEPTH * (style.indent or 1):
        raise ValueError(f"the value nests deeper than {MAX_JSON_DEPTH} levels")
    before = opening
    for item in value:
        parts.append(before + (inner if style.indent else ""))
        if isinstance(value, dict):
            _write(item, parts, style, inner)
            parts.append(": " if style.indent else ":")
            _write(value[item], parts, style, inner)
        else:
            _write(item, parts, style, inner)
        before = ","
    parts.append((margin if style.indent else "") + closing)


def _float_as_json(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError("INF and NAN are no JSON")
    if value == int(value) and abs(value) < LARGEST_PLAIN_FLOAT:
        return str(int(value))
    digits, exponential, exponent = repr(value).partition("e")
    if not exponential:
        return digits
    return f"{digits}{'' if '.' in digits else '.0'}e{int(exponent):+d}"


def format_number(
    number: float | Decimal, decimals: int = 0, point: str = ".", thousands: str = ","
) -> str:
    """Return a number with so many decimals, rounded half away from zero, thousands parted."""
    decimals = min(max(decimals, 0), MAX_DECIMALS)
    exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE)
    whole, _, fraction = f"{abs(rounded):,.{decimals}f}".partition(".")
    sign = "-" if rounded < 0 else ""
    return sign + whole.replace(",", thousands) + (point + fraction if decimals else "")

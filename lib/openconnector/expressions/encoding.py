"""Text forms of values that mappings produce and read: JSON, URL and base64 encodings, ASCII."""

import base64
import json
import re
import unicodedata
from typing import Any, Final
from urllib.parse import quote, unquote, unquote_plus

from openconnector.expressions.php import MAX_INT, MIN_INT

MAX_JSON_DEPTH: Final = 512
"""How deep JSON may nest that is read from text or written to it."""

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
    """Return a text's UTF-8 bytes in base64.

    Example:
        >>> {{ 'één' | b64enc }}
        w6nDqW4=
    """
    return base64.b64encode(text.encode()).decode("ascii")


def base64_decode(text: str) -> str:
    """Return the text that base64 stands for; foreign characters are skipped. Raises `ValueError` if it is no UTF-8.

    Example:
        >>> {{ 'w6nDqW4=' | b64dec }}
        één
    """
    kept = _NOT_BASE64.sub("", text.rstrip("="))
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    return base64.b64decode(kept + "=" * (-len(kept) % 4)).decode("utf-8")


def read_json(text: str) -> Any:
    """Return JSON text as a value, None when it is no JSON. Integers beyond 64 bits become floats, as in PHP.

    Example:
        >>> {{ ('{"x": [1, 2]}' | json_decode).x }}
        [1,2]
    """
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

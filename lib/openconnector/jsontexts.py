"""JSON texts (RFC 8259), read strictly; for decoders of whole bodies and of lines alike."""

import json
import re
from typing import Any

import orjson

MAX_DEPTH = 100
"""How deep objects and lists may be nested: far beyond real data, far below what exhausts a stack."""

UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
SQUARE = bytes.maketrans(b"{}", b"[]")
ZEROS = bytes.maketrans(b"123456789", b"000000000")
HALF, HALF_RUN = 2, b"0" * 9
"""A run of 18 digits or more shows as nine when only every second byte is looked at; few bodies have one."""

LONG_RUNS = (b"0" * 20, b"-" + b"0" * 19)
"""Numbers that may not fit 64 bits, once every digit is a zero."""

LOGIN = re.compile(
    rb"type=[\"']?password|\blog[ -]?in\b|\bsign[ -]?in\b|inloggen|anmelden", re.IGNORECASE
)
"""What a page says that asks for a user name and password."""

SNIFFED = 512
"""How much of a body is looked at to tell what it is."""

SNIFFED_PAGE = 64 * 1024
"""How much of a web page is searched for a login form."""


class NotJson(ValueError):
    """A text is no JSON; the message says what it is instead, and never repeats it."""


def read(body: bytes) -> Any:
    """Return the value of a JSON text in UTF-8. Raises `NotJson`."""
    body = body.removeprefix(UTF8_MARK)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        found = _what_came(body, error)
    else:
        if _is_too_deep(body, value):
            raise NotJson(f"it is nested deeper than {MAX_DEPTH} levels")
        # orjson makes floats of whole numbers beyond 64 bits; the slower parser keeps them.
        return json.loads(body) if _has_long_numbers(body) else value
    # Raised out here, since the parser's error holds the whole body and would come along as the context.
    raise NotJson(found)


def _what_came(body: bytes, error: orjson.JSONDecodeError) -> str:
    start = body[:SNIFFED].lstrip()
    if not body.strip():
        return "it is empty"
    if body[:2] in UTF16_MARKS or b"\0" in start:
        return "it is in UTF-16 or binary, not in UTF-8"
    if start.startswith(b"<"):
        return _what_markup(body)
    try:
        body.decode()
    except UnicodeDecodeError as wrong:
        return f"byte {wrong.start} is not UTF-8"
    return f"it breaks at line {error.lineno}, column {error.colno}: {error.msg}"


def _what_markup(body: bytes) -> str:
    start = body[:SNIFFED].lower()
    if b"<html" not in start and b"<!doctype html" not in start:
        return "it is XML, which the decoder `xml` reads"
    return "it looks like a login page" if LOGIN.search(body[:SNIFFED_PAGE]) else "it is a web page"


def _is_too_deep(body: bytes, value: Any) -> bool:
    """Tell whether a value is nested too deeply, at a tenth of the cost of walking it.

    Every round takes the innermost pairs of brackets away. Brackets inside texts can leave some over, and then the
    value itself is walked. They can also hide depth; what hides like that is bounded by the parser (1,024 levels) and
    fails where the record is hashed.
    """
    brackets = body.translate(SQUARE, NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets) and nests_too_deep(value)


def nests_too_deep(value: Any) -> bool:
    """Whether a value is nested deeper than `MAX_DEPTH` levels."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]
    return bool(level)


def _has_long_numbers(body: bytes) -> bool:
    if HALF_RUN not in body[::HALF].translate(ZEROS):
        return False
    zeros = body.translate(ZEROS)
    return any(run in zeros for run in LONG_RUNS)

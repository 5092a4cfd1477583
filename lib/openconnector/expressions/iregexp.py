"""Regular expressions of users: I-Regexp (RFC 9485), run by RE2 in a time that is linear in the text."""

import re
from functools import lru_cache
from typing import Any, Final

import re2
from iregexp_check import check

MAX_LENGTH: Final = 1_000
"""The longest pattern, in characters; a longer one matches nothing."""

MAX_MEMORY: Final = 4 << 20
"""How much memory RE2 may use for one pattern, in bytes."""

COMPILED_PATTERNS: Final = 256
"""How many compiled patterns are kept."""

_PIECE: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\.", re.DOTALL)
"""An escape, a character class, or the dot outside of both."""


def matches(pattern: str, text: str) -> bool:
    """Return whether the whole text matches; False for what is no I-Regexp, as RFC 9535 asks."""
    return _found("fullmatch", pattern, text)


def occurs(pattern: str, text: str) -> bool:
    """Return whether a part of the text matches; False for what is no I-Regexp, as RFC 9535 asks."""
    return _found("search", pattern, text)


def _found(how: str, pattern: str, text: str) -> bool:
    compiled = _compiled(pattern)
    try:
        return compiled is not None and getattr(compiled, how)(text) is not None
    except UnicodeEncodeError:  # half a surrogate pair, which is no text
        return False


@lru_cache(maxsize=COMPILED_PATTERNS)
def _compiled(pattern: str) -> Any:
    if len(pattern) > MAX_LENGTH or not check(pattern):
        return None
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    try:
        return re2.compile(_PIECE.sub(_translated, pattern), options)
    except (re2.error, UnicodeEncodeError):
        return None


def _translated(piece: re.Match[str]) -> str:
    """Return a piece as RE2 reads it: the dot of I-Regexp matches no line end."""
    return r"[^\n\r]" if piece[0] == "." else piece[0]

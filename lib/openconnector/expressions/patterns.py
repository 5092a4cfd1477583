r"""Regular expressions that users write, run by RE2: always in time linear to the text.

A pattern is written as PHP has them, in delimiters and with flags behind: `/^[A-Z]\d+$/i`. What PCRE means by it is
translated (https://www.php.net/manual/en/reference.pcre.pattern.syntax.php); what RE2 cannot do, such as looking
around or referring back, is an error that says so.
"""

import re
from functools import lru_cache
from typing import Any, Final

import re2

MAX_PATTERN: Final = 1_000
"""The longest pattern, in characters."""

COMPILED_PATTERNS: Final = 512
"""How many compiled patterns are kept."""

MAX_PATTERN_MEMORY: Final = 1 << 20
"""How many bytes a compiled pattern may take."""

_CLOSING: Final = {"(": ")", "[": "]", "{": "}", "<": ">"}
_INLINE_FLAGS: Final = "imsU"
_KNOWN_FLAGS: Final = frozenset(_INLINE_FLAGS + "xuDA")

_PIECE: Final = re.compile(
    r"""\\Q(?P<quoted>.*?)(?:\\E|\Z)|\\(?P<escaped>.)|(?P<bracket>\[\^?\]?)|(?P<comment>\#[^\n]*)|.""",
    re.DOTALL,
)
_MEMBER: Final = re.compile(r"\\(?P<escaped>.)|(?P<posix>\[:\^?[a-z]+:\])|.", re.DOTALL)
_END: Final = r"(?:\n?\z)"
"""What PCRE's `$` means: the end, or before a line break that ends the text."""

_ESCAPES: Final = {"Z": _END, "h": r"[ \t]", "R": r"(?:\r\n|[\n\r\f\v])", "e": r"\x1b", "_": "_"}
_UNICODE_ESCAPES: Final = {
    "d": r"\p{Nd}", "D": r"\P{Nd}", "w": r"[\p{L}\p{N}_]", "W": r"[^\p{L}\p{N}_]", "s": r"[\s\v\p{Z}]",
    "S": r"[^\s\v\p{Z}]",
}  # fmt: skip
_MEMBER_ESCAPES: Final = {"h": r" \t", "e": r"\x1b", "_": "_"}
_UNICODE_MEMBER_ESCAPES: Final = {
    "d": r"\p{Nd}", "D": r"\P{Nd}", "w": r"\p{L}\p{N}_", "s": r"\s\v\p{Z}",
}  # fmt: skip


@lru_cache(maxsize=COMPILED_PATTERNS)
def compile_pattern(source: str) -> Any:
    """Return a pattern in PHP's delimiters as a compiled RE2 one, which searches bytes.

    Raises `ValueError` for a pattern that is not written so, and for what RE2 cannot do.
    """
    if len(source) > MAX_PATTERN:
        raise ValueError(f"a regular expression has at most {MAX_PATTERN:,} characters")
    body, flags = _undelimited(source)
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_PATTERN_MEMORY
    if "u" not in flags:
        # Without `u` PCRE sees bytes: `.` is one of them, and only ASCII letters have two cases.
        options.encoding = re2.Options.Encoding.LATIN1
    inline = "".join(flag for flag in _INLINE_FLAGS if flag in flags)
    whole = f"(?{inline}:{_translated(body, flags)})" if inline else _translated(body, flags)
    try:
        return re2.compile((rf"\A(?:{whole})" if "A" in flags else whole).encode(), options)
    except re2.error as error:
        reason = error.args[0] if error.args else "it is not valid"
        reason = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
        raise ValueError(
            f"the regular expression cannot be used: {reason} (RE2 knows no look-around and no back references)"
        ) from None


def is_match(pattern: str, text: str) -> bool:
    """Return whether a text holds a match of a pattern (`value matches '/.../'`)."""
    return compile_pattern(pattern).search(text.encode("utf-8", "surrogatepass")) is not None


def _undelimited(source: str) -> tuple[str, frozenset[str]]:
    """Return what stands between the delimiters, and the flags."""
    text = source.lstrip()
    opening = text[:1]
    if not opening or opening.isalnum() or opening in "\\\0":
        raise ValueError("a regular expression stands between delimiters: '/^[A-Z]+$/i'")
    end = text.rfind(_CLOSING.get(opening, opening))
    if end < 1:
        raise ValueError(f"the regular expression has no second delimiter {opening}")
    flags = frozenset(text[end + 1 :].rstrip("\n\r "))
    if unknown := sorted(flags - _KNOWN_FLAGS):
        raise ValueError(
            f"the regular expression has a flag {unknown[0]!r}; there are {', '.join(sorted(_KNOWN_FLAGS))}"
        )
    return text[1:end], flags


def _translated(body: str, flags: frozenset[str]) -> str:
    """Return a pattern of PCRE as RE2 writes it."""
    escapes = _ESCAPES | _UNICODE_ESCAPES if "u" in flags else _ESCAPES
    parts: list[str] = []
    at = 0
    while at < len(body):
        match = _PIECE.match(body, at)
        if match is None:  # pragma: no cover - the last alternative takes any character
            break
        at = match.end()
        if match["bracket"] is not None:
            members, at = _members(body, at, is_unicode="u" in flags)
            parts.append(match["bracket"].replace("]", r"\]") + members)
        else:
            parts.append(_piece(match, flags, escapes))
    return "".join(parts)


def _piece(match: re.Match[str], flags: frozenset[str], escapes: dict[str, str]) -> str:
    if match["quoted"] is not None:
        return str(re2.escape(match["quoted"]))
    if (escaped := match["escaped"]) is not None:
        return escapes.get(escaped, match[0])
    if match[0] == "$" and not flags & {"m", "D"}:
        return _END
    if "x" in flags and (match["comment"] is not None or match[0].isspace()):
        return ""
    return match[0]


def _members(body: str, at: int, *, is_unicode: bool) -> tuple[str, int]:
    """Return the rest of a character class from behind its bracket, and where it ends."""
    escapes = _MEMBER_ESCAPES | _UNICODE_MEMBER_ESCAPES if is_unicode else _MEMBER_ESCAPES
    parts: list[str] = []
    while (match := _MEMBER.match(body, at)) is not None:
        at = match.end()
        if match[0] == "[":
            parts.append(r"\[")
        else:
            parts.append(escapes.get(match["escaped"] or "", match[0]))
        if match[0] == "]":
            break
    return "".join(parts), at

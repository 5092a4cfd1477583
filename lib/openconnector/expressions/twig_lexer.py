"""Parts Twig source into tokens (https://twig.symfony.com/doc/3.x/templates.html).

Every token knows its offset in the source. Line breaks of every kind become line feeds, as in Twig.
"""

import re
from collections.abc import Callable
from typing import Final

from openconnector.expressions.problems import NotAllowed
from openconnector.expressions.twig_tokens import Kind, Token

SYMBOLS: Final = (
    "===", "!==", "...", "<=>", "**", "//", "==", "!=", "<=", ">=", "=>", "??", "?:", "?.", "..",
    "<", ">", "+", "-", "~", "*", "/", "%", "=", "|", "?", ".", "(", "[",
)  # fmt: skip
WORDS: Final = (
    "starts with", "ends with", "has every", "has some", "matches", "not in", "is not", "b-xor", "b-and", "b-or",
    "xor", "and", "not", "or", "in", "is",
)  # fmt: skip
"""Operators of letters; the longest that fits is meant."""

_SPACE: Final = r"[ \t\n\x0b\x0c\r]"
_LINE_SPACE: Final = r"[ \t\0\x0b]"
_BREAK: Final = r"(?:\r\n|\r|\n)?"
_SPACES: Final = re.compile(f"{_SPACE}+")
_OPENING: Final = re.compile(r"(\{\{|\{%|\{#)([-~])?")
_NAME: Final = re.compile("[a-zA-Z_\x7f-\U0010ffff][a-zA-Z0-9_\x7f-\U0010ffff]*")
_NUMBER: Final = re.compile(
    r"[0-9]+(?:_[0-9]+)*(\.[0-9]+(?:_[0-9]+)*)?([eE][+-]?[0-9]+(?:_[0-9]+)*)?"
)
_STRING: Final = re.compile(
    r"\"([^#\"\\]*(?:\\.[^#\"\\]*)*)\"|'([^'\\]*(?:\\.[^'\\]*)*)'", re.DOTALL
)
_STRING_PART: Final = re.compile(r"[^#\"\\]*(?:(?:\\.|#(?!\{))[^#\"\\]*)*", re.DOTALL)
_COMMENT_LINE: Final = re.compile(r"#[^\n]*")
_ELVIS: Final = re.compile(rf"\?{_SPACE}+:")
_OPERATOR: Final = re.compile(
    "|".join(
        [rf"(?<![.|]){word.replace(' ', f'{_SPACE}+')}(?=[()\[{{]|{_SPACE})" for word in WORDS]
        + [re.escape(symbol) for symbol in SYMBOLS]
    )
)
_VERBATIM: Final = re.compile(
    rf"{_SPACE}*verbatim{_SPACE}*(?:-%\}}{_SPACE}*|~%\}}{_LINE_SPACE}*|%\}})"
)
_END_VERBATIM: Final = re.compile(
    rf"\{{%([-~])?{_SPACE}*endverbatim{_SPACE}*(?:-%\}}{_SPACE}*|~%\}}{_LINE_SPACE}*|%\}})"
)
_CLOSES: Final = {"(": ")", "[": "]", "{": "}"}
MAX_INT: Final = 2**63 - 1


def _closing(mark: str, *, before: str = f"{_SPACE}*", after: str = _BREAK) -> re.Pattern[str]:
    mark = re.escape(mark)
    return re.compile(f"{before}(?:-{mark}{_SPACE}*|~{mark}{_LINE_SPACE}*|{mark}{after})")


_END_OF_PRINT: Final = _closing("}}", after="")
_END_OF_TAG: Final = _closing("%}")
_END_OF_COMMENT: Final = _closing("#}", before="")


def tokenize(source: str) -> list[Token]:
    """Return the tokens of a template, the last one of kind `end`. Raises `NotAllowed`."""
    return _Lexer(source).run()


class _Lexer:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._tokens: list[Token] = []
        self._states: list[tuple[Callable[[], None], str, int]] = []
        """What reads the source now, what opened that, and where; empty between tags."""
        self._brackets: list[tuple[str, int]] = []

    def run(self) -> list[Token]:
        while self._at < len(self._source):
            read = self._states[-1][0] if self._states else self._text
            read()
        if self._brackets:
            opened, offset = self._brackets[-1]
            raise NotAllowed(f"{opened} is not closed", offset)
        if self._states:
            raise NotAllowed(f"{self._states[-1][1]} is not closed", self._states[-1][2])
        self._add("end", "")
        return self._tokens

    def _add(self, kind: Kind, value: str | float) -> None:
        self._tokens.append(Token(kind, value, self._at))

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._source, self._at)
        if match is not None:
            self._at = match.end()
        return match

    def _add_text(self, text: str, trim: str | None) -> None:
        text = trimmed(text, trim).replace("\r\n", "\n").replace("\r", "\n")
        if text:
            self._add("text", text)

    def _text(self) -> None:
        opening = _OPENING.search(self._source, self._at)
        if opening is None:
            self._add_text(self._source[self._at :], None)
            self._at = len(self._source)
            return
        self._add_text(self._source[self._at : opening.start()], opening[2])
        self._at = opening.end()
        match opening[1]:
            case "{#":
                self._comment(opening.start())
            case "{{":
                self._open("print", self._print, opening)
            case _ if self._take(_VERBATIM) is not None:
                self._verbatim(opening.start())
            case _:
                self._open("tag", self._tag, opening)

    def _open(self, kind: Kind, read: Callable[[], None], opening: re.Match[str]) -> None:
        self._tokens.append(Token(kind, "", opening.start()))
        self._states.append((read, opening[1], opening.start()))

    def _comment(self, start: int) -> None:
        end = _END_OF_COMMENT.search(self._source, self._at)
        if end is None:
            raise NotAllowed("{# is not closed", start)
        self._at = end.end()

    def _verbatim(self, start: int) -> None:
        end = _END_VERBATIM.search(self._source, self._at)
        if end is None:
            raise NotAllowed("verbatim is not closed; endverbatim closes it", start)
        self._add_text(self._source[self._at : end.start()], end[1])
        self._at = end.end()

    def _print(self) -> None:
        self._until(_END_OF_PRINT, "end of print")

    def _tag(self) -> None:
        self._until(_END_OF_TAG, "end of tag")

    def _until(self, end: re.Pattern[str], kind: Kind) -> None:
        before = self._at
        if not self._brackets and self._take(end) is not None:
            self._tokens.append(Token(kind, "", before))
            self._states.pop()
        else:
            self._expression()

    def _expression(self) -> None:
        self._take(_SPACES)
        offset = self._at
        if offset == len(self._source):
            return
        if match := self._take(_ELVIS):
            self._tokens.append(Token("operator", "?:", offset))
        elif match := self._take(_OPERATOR):
            self._operator(" ".join(match[0].split()), offset)
        elif match := self._take(_NAME):
            self._tokens.append(Token("name", match[0], offset))
        elif match := self._take(_NUMBER):
            self._tokens.append(Token("number", _number(match), offset))
        else:
            self._string_or_mark(offset)

    def _operator(self, operator: str, offset: int) -> None:
        if operator in _CLOSES:
            self._brackets.append((operator, offset))
        self._tokens.append(Token("operator", operator, offset))

    def _string_or_mark(self, offset: int) -> None:
        character = self._source[offset]
        if character in "{})]:,":
            self._bracket(character, offset)
            self._tokens.append(Token("punctuation", character, offset))
            self._at += 1
        elif match := self._take(_STRING):
            text = match[1] if match[1] is not None else match[2]
            self._tokens.append(Token("string", unescaped(text, offset), offset))
        elif character == '"':
            self._at += 1
            self._brackets.append(('"', offset))
            self._states.append((self._string, '"', offset))
        elif not self._take(_COMMENT_LINE):
            what = "the text is not closed" if character == "'" else f"unexpected {character!r}"
            raise NotAllowed(what, offset)

    def _bracket(self, character: str, offset: int) -> None:
        if character == "{":
            self._brackets.append((character, offset))
        elif character in _CLOSES.values():
            if not self._brackets:
                raise NotAllowed(f"unexpected {character!r}", offset)
            opened, where = self._brackets.pop()
            if _CLOSES.get(opened) != character:
                raise NotAllowed(f"{opened} is not closed", where)

    def _string(self) -> None:
        """Read on in a text in double quotes that holds `#`."""
        offset = self._at
        if self._source.startswith("#{", offset):
            self._at += 2
            self._tokens.append(Token("interpolation", "", offset))
            self._brackets.append(("#{", offset))
            self._states.append((self._interpolation, "#{", offset))
        elif (match := self._take(_STRING_PART)) and match[0]:
            self._tokens.append(Token("string", unescaped(match[0], offset), offset))
        elif self._source[offset] == '"':
            self._at += 1
            self._brackets.pop()
            self._states.pop()
        else:
            raise NotAllowed("the text is not closed", self._states[-1][2])

    def _interpolation(self) -> None:
        self._take(_SPACES)
        if self._brackets[-1][0] == "#{" and self._source.startswith("}", self._at):
            self._add("end of interpolation", "")
            self._at += 1
            self._brackets.pop()
            self._states.pop()
        else:
            self._expression()


def trimmed(text: str, trim: str | None) -> str:
    """Return a text without the blanks before a tag that begins with `-` or `~` (which keeps line breaks)."""
    if trim is None:
        return text
    return text.rstrip(" \t\n\r\0\x0b" if trim == "-" else " \t\0\x0b")


def _number(match: re.Match[str]) -> int | float:
    digits = match[0].replace("_", "")
    if match[1] is None and match[2] is None and len(digits) < 20:  # noqa: PLR2004 - beyond 64 bits
        number = int(digits)
        return number if number <= MAX_INT else float(number)
    return float(digits)


_ESCAPE: Final = re.compile(r"\\(#\{|x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_CHARACTERS: Final = {"f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescaped(text: str, offset: int) -> str:
    """Return what a text in quotes stands for. Raises `NotAllowed` where its escapes are no UTF-8.

    A backslash before anything that needs none is dropped, as Twig 3 does.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\\" not in text:
        return text
    # Hexadecimal and octal escapes are bytes, of which several may make a character.
    made = _ESCAPE.sub(lambda match: _escape(match[1]), text)
    try:
        return made.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeError:
        raise NotAllowed("the escapes of the text make no UTF-8", offset) from None


def _escape(escape: str) -> str:
    first = escape[0]
    if first == "x" and len(escape) > 1:
        return _byte(int(escape[1:], 16))
    if first in "01234567":
        return _byte(int(escape, 8) % 256)
    return escape if first == "#" else _CHARACTERS.get(first, first)


def _byte(code: int) -> str:
    return bytes([code]).decode("ascii", "surrogateescape")

"""The tokens of a Twig template, and walking over them."""

from typing import Final, Literal, NamedTuple, NoReturn, TypeAlias

from openconnector.expressions.problems import NotAllowed

Kind: TypeAlias = Literal[
    "text", "print", "end of print", "tag", "end of tag", "name", "number", "string", "operator", "punctuation",
    "interpolation", "end of interpolation", "end",
]  # fmt: skip


class Token(NamedTuple):
    """A piece of a template; ``value`` is what it stands for."""

    kind: Kind
    value: str | int | float
    offset: int

    def is_(self, kind: Kind, *values: str) -> bool:
        """Return whether the token is of a kind and, where values are given, is one of them."""
        return self.kind == kind and (not values or self.value in values)


class TokenReader:
    """Walks over the tokens of a template."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._at]

    def next(self) -> Token:
        """Take a token."""
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def take(self, kind: Kind, *values: str) -> Token | None:
        """Take the next token if it is of a kind and one of the values; None when it is not."""
        return self.next() if self.token.is_(kind, *values) else None

    def expect(self, kind: Kind, *values: str, wanted: str = "") -> Token:
        """Take the next token. Raises `NotAllowed` when it is not of a kind, or none of the values."""
        return self.take(kind, *values) or self.refuse(wanted or " or ".join(values) or kind)

    def refuse(self, wanted: str = "") -> NoReturn:
        """Raise `NotAllowed` for the next token, saying what should stand there."""
        token = self.token
        shown = token.kind if token.kind not in _SHOWN else f"{token.value!r}"
        if token.kind == "end":
            shown = "end of the template"
        expected = f": {wanted} is expected here" if wanted else ""
        raise NotAllowed(f"unexpected {shown}{expected}", token.offset)


_SHOWN: Final = ("name", "number", "string", "operator", "punctuation")
"""Kinds of which an error shows the token itself."""

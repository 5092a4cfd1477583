"""Tokens in the body that ask for the next page."""

from typing import Literal

from pydantic import Field
from typing_extensions import override

from openconnector.errors import MalformedAnswer
from openconnector.expressions.paths import compile_path
from openconnector.expressions.positions import Position, described
from openconnector.kinds.paginator import Answer, Ask, End, Paginator
from openconnector.messages import t


class CursorToken(Paginator):
    """Token in the body.

    Each answer holds a token, which is sent along to get the next page. The last page has none, or says that nothing
    follows.

    Example:
    {"kind": "cursor", "tokenPosition": "meta.next_cursor", "parameter": "cursor"}
    """

    kind: Literal["cursor"] = "cursor"
    token_position: Position = Field(min_length=1)
    """Where in the answer the token stands, as a path."""
    parameter: str = Field(min_length=1)
    """Name of the query parameter that sends the token back."""
    more_position: Position = ""
    """Where the answer says whether more follows (true or false), for sources that give a token on the last page too.
    Leave empty when the last page has no token."""

    @override
    def next(self, ask: Ask | None, answer: Answer | None) -> Ask | End:
        if answer is None:
            return Ask()
        more = compile_path(self.more_position)(answer.body) if self.more_position else None
        if more is False:
            return End()
        token = compile_path(self.token_position)(answer.body)
        if not token:
            return self._without_token(announced=more is True)
        if isinstance(token, bool) or not isinstance(token, (str, int)):
            raise MalformedAnswer(
                t(
                    "The answer should hold the token of the next page at {token_position}, but {token} "
                    "stands there; see `tokenPosition`",
                    token_position=repr(self.token_position),
                    token=described(token),
                )
            )
        return Ask(query={self.parameter: str(token)})

    def _without_token(self, *, announced: bool) -> End:
        if not announced:
            return End()
        return End(
            incomplete=f"{self.more_position!r} announces a next page, "
            f"but no token stands at {self.token_position!r}"
        )

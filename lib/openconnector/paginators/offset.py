"""Pages that are asked for by the number of records to leave out."""

from typing import Literal

from pydantic import Field
from typing_extensions import override

from openconnector.errors import MalformedAnswer
from openconnector.expressions.paths import compile_path
from openconnector.expressions.positions import Position, whole_number
from openconnector.kinds.paginator import Answer, Ask, End, Paginator
from openconnector.messages import t


class Offset(Paginator):
    """Offset and limit.

    Query parameters say how many records to leave out and how many to send. The next page begins after the records
    that really came, so a source that sends fewer than asked loses none.

    Example:
    {"kind": "offset", "offsetParameter": "offset", "limitParameter": "limit", "limit": 500, "totalPosition": "total"}
    """

    kind: Literal["offset"] = "offset"
    offset_parameter: str = Field(default="offset", min_length=1)
    """Name of the query parameter for the number of records to leave out."""
    first: int = Field(default=0, ge=0)
    """Offset of the first record: 0, or 1 for sources that count from one."""
    limit_parameter: str = "limit"
    """Name of the query parameter for the number of records a page. Empty leaves the size to the source."""
    limit: int = Field(default=100, ge=1)
    """Number of records a page."""
    stop: Literal["empty_page", "short_page"] = "empty_page"
    """What shows that the last page is behind us, when the answers do not count: a page without records, or a page
    with fewer records than the limit (saves a request, but loses records where the source has a lower limit)."""
    total_position: Position = ""
    """Where the answer says how many records there are in all, as a path."""

    @override
    def next(self, ask: Ask | None, answer: Answer | None) -> Ask | End:
        if ask is None or answer is None:
            return self._ask(self.first)
        offset = int(ask.state["offset"]) + answer.count
        return self._end(offset, answer) or self._ask(offset)

    def _ask(self, offset: int) -> Ask:
        query = {self.offset_parameter: str(offset)}
        if self.limit_parameter:
            query[self.limit_parameter] = str(self.limit)
        return Ask(query=query, state={"offset": offset})

    def _end(self, offset: int, answer: Answer) -> End | None:
        if self.total_position:
            return self._end_by_total(offset - self.first, answer)
        is_last = answer.count == 0 or (self.stop == "short_page" and answer.count < self.limit)
        return End() if is_last else None

    def _end_by_total(self, seen: int, answer: Answer) -> End | None:
        total = whole_number(compile_path(self.total_position)(answer.body))
        if total is None:
            raise MalformedAnswer(
                t(
                    "The answer holds no number at {total_position}; see `totalPosition`",
                    total_position=repr(self.total_position),
                )
            )
        if seen >= total:
            return End()
        if answer.count == 0:
            return End(incomplete=f"An empty page came, but only {seen} of {total} records have")
        return None

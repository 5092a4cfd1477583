"""Pages that are asked for by their number."""

from http import HTTPStatus
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from typing_extensions import override

from openconnector.errors import MalformedAnswer
from openconnector.expressions.paths import compile_path
from openconnector.expressions.positions import Position, whole_number
from openconnector.kinds.paginator import Answer, Ask, End, Paginator
from openconnector.messages import t


class PageNumber(Paginator):
    """Page number.

    The pages are numbered, and a query parameter asks for the next one. Reading ends at the page that the answers
    call the last one, once their total has come, or as `stop` says.

    Example:
    {"kind": "page_number", "parameter": "page", "first": 1, "sizeParameter": "pageSize", "size": 500}
    """

    kind: Literal["page_number"] = "page_number"
    parameter: str = Field(default="page", min_length=1)
    """Name of the query parameter for the page's number."""
    first: int = Field(default=1, ge=0)
    """Number of the first page."""
    size_parameter: str = ""
    """Name of the query parameter for the number of records a page. Empty leaves the size to the source."""
    size: int | None = Field(default=None, ge=1)
    """Number of records a page."""
    stop: Literal["empty_page", "short_page", "not_found"] = "empty_page"
    """What shows that the last page is behind us, when the answers do not count: a page without records; a page with
    fewer records than its size (saves a request, but loses records where the source gives smaller pages than asked);
    or the status 404."""
    pages_position: Position = ""
    """Where the answer says how many pages there are, as a path."""
    total_position: Position = ""
    """Where the answer says how many records there are in all, as a path."""

    @model_validator(mode="after")
    def _size_is_known(self) -> Self:
        if self.size is None and self.size_parameter:
            raise ValueError(t("sizeParameter needs a size"))
        if self.size is None and self.stop == "short_page":
            raise ValueError(
                t("stop 'short_page' needs a size, to tell a short page from a full one")
            )
        return self

    @override
    def next(self, ask: Ask | None, answer: Answer | None) -> Ask | End:
        if ask is None or answer is None:
            return self._ask(self.first, seen=0)
        page = int(ask.state["page"])
        seen = int(ask.state["seen"]) + answer.count
        return self._end(page, seen, answer) or self._ask(page + 1, seen)

    @override
    def end_at(self, ask: Ask, status: int) -> End | None:
        is_past_first = ask.state["page"] > self.first
        is_missing = status == HTTPStatus.NOT_FOUND and is_past_first
        return End() if is_missing and self.stop == "not_found" else None

    def _ask(self, page: int, seen: int) -> Ask:
        query = {self.parameter: str(page)}
        if self.size_parameter:
            query[self.size_parameter] = str(self.size)
        return Ask(query=query, state={"page": page, "seen": seen})

    def _end(self, page: int, seen: int, answer: Answer) -> End | None:
        missing = self._announced(page, seen, answer.body)
        if missing == "":
            return End()
        if answer.count == 0:
            return End(incomplete=f"Page {page} is empty, but {missing}" if missing else None)
        is_short = self.stop == "short_page" and answer.count < (self.size or 0)
        return End() if is_short and missing is None else None

    def _announced(self, page: int, seen: int, body: Any) -> str | None:
        """Return what the counters still announce, "" when all has come, None when nothing counts."""
        if self.pages_position:
            pages = _counter(body, self.pages_position, "pagesPosition")
            is_last = page >= self.first + pages - 1
            return "" if is_last else f"the source counts {pages} pages"
        if self.total_position:
            total = _counter(body, self.total_position, "totalPosition")
            return "" if seen >= total else f"only {seen} of {total} records have come"
        return None


def _counter(body: Any, position: str, setting: str) -> int:
    number = whole_number(compile_path(position)(body))
    if number is None:
        raise MalformedAnswer(
            t(
                "The answer holds no number at {position}; see `{setting}`",
                position=repr(position),
                setting=setting,
            )
        )
    return number

"""Paging that is found out from the first answer."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus
from itertools import product
from typing import Any, Literal

from pydantic import Field
from typing_extensions import override

from openconnector.expressions.paths import MISSING, compile_path
from openconnector.expressions.positions import whole_number
from openconnector.kinds.paginator import Answer, Ask, End, Paginator
from openconnector.kinds.registry import Registry
from openconnector.paginators.cursor import CursorToken
from openconnector.paginators.link_header import LinkHeader, parse_links
from openconnector.paginators.next_url import NextUrl
from openconnector.paginators.offset import Offset
from openconnector.paginators.page_number import PageNumber
from openconnector.paginators.single_page import SinglePage

DETECTABLE = Registry[Paginator](
    "paginator", LinkHeader, NextUrl, CursorToken, PageNumber, Offset, SinglePage
)

CONTAINERS = (
    "", "links.", "_links.", "meta.", "_meta.", "pagination.", "paging.", "page.", "pageInfo.", "page_info.",
    "meta.pagination.", "meta.page.", "response_metadata.", "view.", "hydra:view.",
)  # fmt: skip
"""Where answers keep what they say about paging; "" is the top level."""

LINKS = (
    "next", "nextLink", "next_link", "nextUrl", "next_url", "nextPageUrl", "next_page_url", "nextHref", "next_href",
    "@odata&#46;nextLink", "odata&#46;nextLink", "hydra:next", "nextPage", "next_page",
)  # fmt: skip
"""Names for the link to the next page, or for its number."""

OTHER_LINKS = ("first", "last", "prev", "previous")
"""Names for links that stand beside the one to the next page, and alone on the last page."""

TOKENS = {
    "next_cursor": "cursor", "nextCursor": "cursor", "next_page_token": "page_token", "nextPageToken": "pageToken",
    "next_token": "next_token", "nextToken": "nextToken", "continuation_token": "continuation_token",
    "continuationToken": "continuationToken", "cursors.after": "after", "next.after": "after", "endCursor": "after",
    "end_cursor": "after", "cursor": "cursor", "next": "cursor", "next_page": "page_token", "nextPage": "pageToken",
}  # fmt: skip
"""Names for the next page's token, each with the query parameter that usually takes it."""

MORE = ("has_more", "hasMore", "more", "hasNextPage", "has_next_page", "hasNext", "has_next")
"""Names for whether more follows."""

PAGE = ("page", "current_page", "currentPage", "pageNumber", "page_number", "number")
"""Names for the number of the page."""

PAGES = ("pages", "total_pages", "totalPages", "last_page", "lastPage", "page_count", "pageCount")
"""Names for the number of pages."""

TOTAL = (
    "total", "totalCount", "total_count", "totalResults", "total_results", "totalItems", "total_items", "totalRecords",
    "total_records", "totalElements", "hydra:totalItems", "@odata&#46;count",
)  # fmt: skip
"""Names for the number of records in all. `count` is none of them: it may be that of the page."""

OFFSETS = (
    ("offset", "limit"),
    ("skip", "limit"),
    ("startAt", "maxResults"),
    ("start", "rows"),
    ("start", "limit"),
)
"""Names for an offset and the limit beside it."""

IS_LINK = re.compile(r"(?:https?:/)?/|\.{0,2}/|\?|[^\s?]*\?", re.IGNORECASE)
"""How an address begins, as a token does not."""

FIRST_PAGE = 1
"""The number of the first page, unless the answer counts from zero."""

FIRST = {"page": FIRST_PAGE, "seen": 0}
"""The state of a page number at the first answer."""

ADVICE = "set the paginator that fits this source"

SPEAKS_OF_MORE = re.compile(r"next|cursor|continuation|scroll", re.IGNORECASE)


Found = tuple[Paginator, dict[str, Any]] | None
"""A paginator and its state at the first answer."""


class Auto(Paginator):
    """Found out from the first answer.

    Looks for a `Link` header, a link or token to the next page, counters of pages, and an offset beside a limit, in
    the places where APIs usually have them. An answer without any of these is tried with a page number: the source
    was read completely when that is refused, brings nothing, or brings the same records again.

    Example:
    {"kind": "auto"}
    """

    kind: Literal["auto"] = "auto"
    parameter: str = Field(default="page", min_length=1)
    """Name of the query parameter for page numbers, where the answers give neither link nor token."""

    @override
    def next(self, ask: Ask | None, answer: Answer | None) -> Ask | End:
        if ask is None or answer is None:
            return Ask()
        known = dict(ask.state) or self._detected(answer)
        step = DETECTABLE.load(known["paginator"]).next(replace(ask, state=known["state"]), answer)
        if isinstance(step, End):
            return step
        return replace(step, state=known | {"state": dict(step.state)})

    @override
    def end_at(self, ask: Ask, status: int) -> End | None:
        if not ask.state:
            return None
        chosen, state = DETECTABLE.load(ask.state["paginator"]), ask.state["state"]
        if "guess" not in ask.state:
            return chosen.end_at(replace(ask, state=state), status)
        if hint := ask.state["guess"]:
            return End(
                incomplete=f"The answers mention {hint!r}, which is not understood; {ADVICE}"
            )
        if status == HTTPStatus.OK or state["page"] == FIRST_PAGE + 1:
            return End()
        return End(incomplete=f"Page {state['page']} was refused with status {status}; {ADVICE}")

    def _detected(self, answer: Answer) -> dict[str, Any]:
        """Return the paginator that fits the first answer, and its state at that answer."""
        for detect in (
            _by_header,
            self._by_link,
            _by_token,
            _by_null,
            self._by_pages,
            _by_offset,
            self._by_total,
        ):
            if found := detect(answer):
                paginator, state = found
                return {"paginator": _stored(paginator), "state": state}
        if answer.count == 0:
            return {"paginator": _stored(SinglePage()), "state": {}}
        guess = PageNumber(parameter=self.parameter)
        return {"paginator": _stored(guess), "state": FIRST, "guess": _hint(answer.body)}

    def _by_link(self, answer: Answer) -> Found:
        for container, name, value in _places(answer.body, LINKS):
            link = value.get("href") if isinstance(value, dict) else value
            if isinstance(link, str) and IS_LINK.match(link):
                return NextUrl(next_position=container + name), {}
            if isinstance(link, int) and link > 0 and not isinstance(link, bool):
                return CursorToken(token_position=container + name, parameter=self.parameter), {}
        return None

    def _by_pages(self, answer: Answer) -> Found:
        for container, name, value in _places(answer.body, PAGES):
            if whole_number(value) is None:
                continue
            page = _number(answer.body, container, PAGE)
            paginator = PageNumber(
                parameter=self.parameter,
                first=0 if page == 0 else FIRST_PAGE,
                pages_position=container + name,
            )
            return paginator, {"page": FIRST_PAGE if page is None else page, "seen": 0}
        return None

    def _by_total(self, answer: Answer) -> Found:
        for container, name, value in _places(answer.body, TOTAL):
            total = whole_number(value)
            if total == answer.count:
                return SinglePage(), {}
            if total is not None and total > answer.count:
                return PageNumber(parameter=self.parameter, total_position=container + name), FIRST
        if any(flag is True for _, _, flag in _places(answer.body, MORE)):
            return PageNumber(parameter=self.parameter), FIRST
        return None


def _stored(paginator: Paginator) -> dict[str, Any]:
    return paginator.model_dump(by_alias=True, exclude_defaults=True) | {"kind": paginator.kind}


def _places(body: Any, names: Iterable[str]) -> Iterator[tuple[str, str, Any]]:
    """Yield container, name and value of each of ``names`` that the answer has where paging is spoken of."""
    if isinstance(body, dict):
        for container in CONTAINERS:
            for name in names:
                value = compile_path(container + name)(body)
                if value is not MISSING:
                    yield container, name, value


def _number(body: Any, container: str, names: Iterable[str]) -> int | None:
    """Return the first number that a container has under one of ``names``."""
    numbers = (whole_number(compile_path(container + name)(body)) for name in names)
    return next((number for number in numbers if number is not None), None)


def _by_header(answer: Answer) -> Found:
    links = parse_links(answer.headers.get("link", ""))
    relations = {name for _, of in links for name in of.get("rel", "").lower().split()}
    return (LinkHeader(), {}) if relations & {"next", *OTHER_LINKS} else None


def _by_token(answer: Answer) -> Found:
    for container, name, value in _places(answer.body, TOKENS):
        if value and isinstance(value, (str, int)) and not isinstance(value, bool):
            flags = _places(answer.body, MORE)
            more = (at + name for at, name, flag in flags if isinstance(flag, bool))
            return CursorToken(
                token_position=container + name,
                parameter=TOKENS[name],
                more_position=next(more, ""),
            ), {}
    return None


def _by_null(answer: Answer) -> Found:
    """What says that nothing follows: `hasMore: false`, an empty link or token, or links to other pages alone."""
    flags = {flag for _, _, flag in _places(answer.body, MORE) if isinstance(flag, bool)}
    if flags:
        return (SinglePage(), {}) if flags == {False} else None
    links = any(at in ("links.", "_links.") for at, _, _ in _places(answer.body, OTHER_LINKS))
    is_empty = any(not value for _, _, value in _places(answer.body, (*LINKS, *TOKENS)))
    return (SinglePage(), {}) if links or is_empty else None


def _by_offset(answer: Answer) -> Found:
    total = next(
        (
            at + name
            for at, name, total in _places(answer.body, TOTAL)
            if whole_number(total) is not None
        ),
        "",
    )
    for container, (offset_name, limit_name) in product(CONTAINERS, OFFSETS):
        offset = _number(answer.body, container, [offset_name])
        limit = _number(answer.body, container, [limit_name])
        if offset is not None and limit:
            paginator = Offset(
                offset_parameter=offset_name,
                first=offset if offset == 1 else 0,
                limit_parameter=limit_name,
                limit=limit,
                total_position=total,
            )
            return paginator, {"offset": offset}
    return None


def _hint(body: Any) -> str:
    """Return the name of something in the answer that speaks of more without being understood."""
    top: dict[str, Any] = body if isinstance(body, dict) else {}
    below = [value for value in top.values() if isinstance(value, dict)]
    names = (str(name) for members in (top, *below) for name, value in members.items() if value)
    return next(filter(SPEAKS_OF_MORE.search, names), "") or _listed_link(top)


def _listed_link(body: dict[str, Any]) -> str:
    """Return the name of a list of links that has one to the next page, as in FHIR; "" when there is none."""
    for name in ("link", "links"):
        links = body.get(name)
        if isinstance(links, list) and any(
            "next" in link.values() for link in links if isinstance(link, dict)
        ):
            return name
    return ""

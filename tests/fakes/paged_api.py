"""A remote API with every style of paging over one list of records."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from openconnector.kinds.paginator import Paginator
from openconnector.paginators.cursor import CursorToken
from openconnector.paginators.link_header import LinkHeader
from openconnector.paginators.next_url import NextUrl
from openconnector.paginators.offset import Offset
from openconnector.paginators.page_number import PageNumber
from openconnector.paginators.single_page import SinglePage

BASE = "https://api.test/v1/cases"


@dataclass(slots=True, kw_only=True)
class PagedApi:
    """Answers requests for `records`, `size` to a page, in the way `style` names."""

    records: list[Any]
    size: int
    style: str
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return STYLES[self.style].answer(self, request)

    def number(self, request: httpx.Request, name: str, default: int) -> int:
        return int(request.url.params.get(name, default))

    def slice(self, start: int) -> list[Any]:
        return self.records[start : start + self.size]

    def pages(self) -> int:
        return -(-len(self.records) // self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A way to page, with the paginator that fits it."""

    answer: Callable[[PagedApi, httpx.Request], httpx.Response]
    paginator: Paginator | None
    """None where only `auto` copes."""
    is_detected: bool = True
    """Whether `auto` can prove the end."""


def by_page(
    build: Callable[..., Any],
    *,
    first: int = 1,
    headers: Callable[..., dict[str, str]] | None = None,
):
    """Make an answer out of a page's number, its records and whether another one follows."""

    def answer(api: PagedApi, request: httpx.Request) -> httpx.Response:
        page = api.number(request, "page", first)
        start = (page - first) * api.size
        follows = start + api.size < len(api.records)
        given = headers(page, follows) if headers else {}
        return httpx.Response(200, json=build(api, page, api.slice(start), follows), headers=given)

    return answer


def by_start(build: Callable[..., Any], name: str):
    """Make an answer out of an offset, its records and whether more follow."""

    def answer(api: PagedApi, request: httpx.Request) -> httpx.Response:
        start = api.number(request, name, 0)
        follows = start + api.size < len(api.records)
        return httpx.Response(200, json=build(api, start, api.slice(start), follows))

    return answer


def link(page: int, *, absolute: bool = True) -> str:
    return f"{BASE if absolute else ''}?{urlencode({'page': page})}"


def repeats_last(api: PagedApi, request: httpx.Request) -> httpx.Response:
    page = max(1, min(api.number(request, "page", 1), api.pages()))
    return httpx.Response(200, json=api.slice((page - 1) * api.size))


def refuses_beyond(api: PagedApi, request: httpx.Request) -> httpx.Response:
    page = api.number(request, "page", 1)
    if page > max(1, api.pages()):
        return httpx.Response(404, json={"detail": "Invalid page."})
    return httpx.Response(200, json={"results": api.slice((page - 1) * api.size)})


def everything(api: PagedApi, request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"generated": len(api.requests), "features": api.records})


def strict(api: PagedApi, request: httpx.Request) -> httpx.Response:
    if request.url.query:
        return httpx.Response(400, json={"detail": "unknown query parameter"})
    return httpx.Response(200, json=api.records)


STYLES: dict[str, Style] = {
    "plain pages": Style(
        answer=by_page(lambda api, page, records, follows: records),
        paginator=PageNumber(),
    ),
    "counted pages": Style(
        answer=by_page(
            lambda api, page, records, follows: {
                "results": records,
                "page": page,
                "pages": api.pages(),
                "total": len(api.records),
            }
        ),
        paginator=PageNumber(pages_position="pages"),
    ),
    "counted pages from zero": Style(
        answer=by_page(
            lambda api, page, records, follows: {
                "content": records,
                "page": {"number": page, "totalPages": api.pages(), "size": api.size},
            },
            first=0,
        ),
        paginator=PageNumber(first=0, pages_position="page.totalPages"),
    ),
    "pages with a total": Style(
        answer=by_page(
            lambda api, page, records, follows: {"items": records, "total": len(api.records)}
        ),
        paginator=PageNumber(total_position="total"),
    ),
    "pages with a flag": Style(
        answer=by_page(lambda api, page, records, follows: {"data": records, "has_more": follows}),
        paginator=PageNumber(),
    ),
    "pages that end in 404": Style(
        answer=refuses_beyond, paginator=PageNumber(stop="not_found"), is_detected=False
    ),
    "last page for ever": Style(answer=repeats_last, paginator=None),
    "next page's number": Style(
        answer=by_page(
            lambda api, page, records, follows: {
                "items": records,
                "meta": {"next_page": page + 1 if follows else None},
            }
        ),
        paginator=CursorToken(token_position="meta.next_page", parameter="page"),
    ),
    "offset with total": Style(
        answer=by_start(
            lambda api, start, records, follows: {
                "meta": {"offset": start, "limit": api.size, "total": len(api.records)},
                "objects": records,
            },
            "offset",
        ),
        paginator=Offset(limit=7, total_position="meta.total"),
    ),
    "offset": Style(
        answer=by_start(
            lambda api, start, records, follows: {
                "startAt": start,
                "maxResults": api.size,
                "values": records,
            },
            "startAt",
        ),
        paginator=Offset(offset_parameter="startAt", limit_parameter="maxResults"),
    ),
    "link header": Style(
        answer=by_page(
            lambda api, page, records, follows: records,
            headers=lambda page, follows: {
                "Link": f'<{link(1)}>; rel="first"'
                + (f', <{link(page + 1, absolute=False)}>; rel="next"' if follows else "")
            },
        ),
        paginator=LinkHeader(),
    ),
    "absolute next": Style(
        answer=by_page(
            lambda api, page, records, follows: {
                "count": len(api.records),
                "next": link(page + 1) if follows else None,
                "results": records,
            }
        ),
        paginator=NextUrl(),
    ),
    "relative next": Style(
        answer=by_page(
            lambda api, page, records, follows: {
                "links": {"self": link(page), "first": link(1)}
                | ({"next": link(page + 1, absolute=False)} if follows else {}),
                "data": records,
            }
        ),
        paginator=NextUrl(next_position="links.next"),
    ),
    "hal": Style(
        answer=by_page(
            lambda api, page, records, follows: {
                "_embedded": {"cases": records},
                "_links": {"self": {"href": link(page)}, "first": {"href": link(1)}}
                | ({"next": {"href": f"/v1/cases?page={page + 1}"}} if follows else {}),
            }
        ),
        paginator=NextUrl(next_position="_links.next"),
    ),
    "odata": Style(
        answer=by_page(
            lambda api, page, records, follows: (
                {"value": records}
                | (
                    {"@odata.nextLink": link(page + 1)}
                    if follows
                    else {"@odata.count": len(records)}
                )
            ),
        ),
        paginator=NextUrl(next_position="@odata&#46;nextLink"),
    ),
    "cursor": Style(
        answer=by_start(
            lambda api, start, records, follows: {
                "items": records,
                "meta": {"next_cursor": str(start + api.size) if follows else ""},
            },
            "cursor",
        ),
        paginator=CursorToken(token_position="meta.next_cursor", parameter="cursor"),
    ),
    "cursor with flag": Style(
        answer=by_start(
            lambda api, start, records, follows: {
                "items": records,
                "pageInfo": {"endCursor": str(start + api.size), "hasNextPage": follows},
            },
            "after",
        ),
        paginator=CursorToken(
            token_position="pageInfo.endCursor",
            parameter="after",
            more_position="pageInfo.hasNextPage",
        ),
    ),
    "all at once": Style(answer=everything, paginator=SinglePage()),
    "all at once, strictly": Style(answer=strict, paginator=SinglePage()),
}

"""A REST source on the real transport, against servers that do what servers do on bad days."""

import json
from collections.abc import AsyncIterator
from email.utils import format_datetime

import pytest

from openconnector.errors import LimitExceeded, MalformedAnswer, MaybeSent, TransientError
from openconnector.http.client import HttpClients
from openconnector.http.guard import AllowedNetwork, NetworkPolicy
from openconnector.http.tokens import ProcessTokens
from openconnector.kinds.reach import Reach
from openconnector.paginators.page_number import PageNumber
from openconnector.records import Page
from openconnector.sources.rest import RestSource
from openconnector.testing import FakeClock, MemoryCallLog
from tests.fakes.hostile_server import (
    Act,
    HostileServer,
    answer,
    endless,
    hang_up,
    hostile_server,
)
from tests.fakes.reach import reach_with

LOOPBACK = NetworkPolicy(allowed=(AllowedNetwork.parse("127.0.0.0/8"),))


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with hostile_server() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def reach(clock: FakeClock) -> AsyncIterator[Reach]:
    clients = HttpClients(clock=clock, tokens=ProcessTokens(clock))
    yield reach_with(http=clients.client(policy=LOOPBACK, log=MemoryCallLog()))
    await clients.aclose()


def page(*ids: int, next_page: int | None = None) -> Act:
    body = {"items": [{"id": one} for one in ids], "next": next_page and f"?page={next_page}"}
    return answer(body=json.dumps(body).encode(), content_type="application/json")


def rest(location: str, **fields) -> RestSource:
    return RestSource.model_validate({"location": location, **fields})


async def taken(source: RestSource, reach: Reach, pages: list[Page], cursor=None) -> None:
    """Read into ``pages``, so that what came before an error is there to be seen."""
    async for one in source.read(reach, cursor):
        pages.append(one)  # noqa: PERF401 - the pages before an error count


def ids(pages: list[Page]) -> list[int]:
    return [record["id"] for one in pages for record in one.records]


async def test_pages_are_read_to_their_end(server, reach):
    url = server.play("/cases", page(1, 2, next_page=2), page(3, next_page=3), page(4))
    pages: list[Page] = []

    await taken(rest(url), reach, pages)

    assert ids(pages) == [1, 2, 3, 4]
    assert pages[-1].is_end
    assert [seen.target for seen in server.seen] == ["/cases", "/cases?page=2", "/cases?page=3"]
    assert server.connections == 1


async def test_a_failure_in_the_middle_is_tried_again(server, reach, clock):
    url = server.play(
        "/cases", page(1, next_page=2), answer(500), answer(502), page(2, next_page=3), page(3)
    )
    pages: list[Page] = []

    await taken(rest(url), reach, pages)

    assert ids(pages) == [1, 2, 3]
    assert len(clock.slept) == 2


async def test_what_was_read_stands_when_the_source_breaks_and_reading_goes_on_from_there(
    server, reach
):
    url = server.play("/cases", page(1, next_page=2), page(2, next_page=3), answer(503))
    before: list[Page] = []
    after: list[Page] = []

    with pytest.raises(TransientError):
        await taken(rest(url), reach, before)
    server.play("/cases", page(3))
    await taken(rest(url), reach, after, before[-1].cursor)

    assert ids(before) == [1, 2]
    assert ids(after) == [3]
    assert after[-1].is_end
    assert server.seen[-1].target == "/cases?page=3"


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_a_source_that_asks_for_a_pause_gets_it(server, reach, clock, form):
    moment = clock.now().replace(second=7)
    pause = "7" if form == "seconds" else format_datetime(moment, usegmt=True)
    url = server.play("/cases", page(1, next_page=2), answer(429, retry_after=pause), page(2))
    pages: list[Page] = []

    await taken(rest(url), reach, pages)

    assert ids(pages) == [1, 2]
    assert clock.slept == [7]


async def test_a_connection_cut_in_the_middle_of_a_body_is_tried_again(server, reach):
    cut = hang_up(b'HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{"items": [{"id": 1}')
    url = server.play("/cases", cut, page(1))
    pages: list[Page] = []

    await taken(rest(url), reach, pages)

    assert ids(pages) == [1]


async def test_a_connection_that_is_always_cut_is_a_transient_failure(server, reach):
    url = server.play("/cases", hang_up(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"))

    with pytest.raises(MaybeSent):
        await taken(rest(url), reach, [])


@pytest.mark.parametrize(
    "act",
    [endless(), hang_up(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n[")],
    ids=["endless", "10 GB announced"],
)
async def test_a_body_beyond_the_limit_stops_the_run(server, reach, act):
    url = server.play("/cases", act)

    with pytest.raises(LimitExceeded):
        await taken(rest(url, maxBytes=100_000), reach, [])


async def test_a_body_cut_by_the_server_itself_is_malformed(server, reach):
    url = server.play("/cases", answer(body=b'{"items": [{"id": 1}, {"id'))

    with pytest.raises(MalformedAnswer, match="unexpected end of data"):
        await taken(rest(url), reach, [])


async def test_a_source_that_goes_empty_ends_with_an_empty_page(server, reach):
    url = server.play("/cases", answer(body=b"[]"))
    pages: list[Page] = []

    await taken(rest(url, paginator=PageNumber()), reach, pages)

    assert pages == [Page(records=[], is_end=True)]

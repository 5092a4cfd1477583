"""The HTTP client against a server that does what servers do on bad days."""

import gzip
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from openconnector.auth.api_key import ApiKeyAuth
from openconnector.errors import (
    AddressForbidden,
    ConfigurationError,
    LimitExceeded,
    MalformedAnswer,
    MaybeSent,
    NotSent,
    OpenConnectorError,
    RateLimited,
    Unavailable,
)
from openconnector.http.client import HttpClient, HttpClients
from openconnector.http.guard import AllowedNetwork, NetworkPolicy
from openconnector.http.tokens import ProcessTokens
from openconnector.ports import HttpLimits
from openconnector.testing import FakeClock, MemoryCallLog
from tests.fakes.hostile_server import (
    HostileServer,
    answer,
    bomb,
    drip,
    endless,
    hang_up,
    hostile_server,
    raw,
    silence,
)

LOOPBACK = NetworkPolicy(allowed=(AllowedNetwork.parse("127.0.0.0/8"),))
SMALL = HttpLimits(max_bytes=100_000, attempts=1)


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with hostile_server() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def log() -> MemoryCallLog:
    return MemoryCallLog()


@pytest.fixture
async def clients(clock: FakeClock) -> AsyncIterator[HttpClients]:
    clients = HttpClients(clock=clock, tokens=ProcessTokens(clock))
    yield clients
    await clients.aclose()


@pytest.fixture
def http(clients: HttpClients, log: MemoryCallLog) -> HttpClient:
    return clients.client(policy=LOOPBACK, log=log)


def get(url: str) -> httpx.Request:
    return httpx.Request("GET", url)


def post(url: str) -> httpx.Request:
    return httpx.Request("POST", url, json={"name": "Anna"})


async def test_a_request_arrives_byte_for_byte_as_it_was_written(server, http):
    server.play("/a/%2e%2e/b%2Fc", answer())
    url = f"http://127.0.0.1:{server.port}/a/%2e%2e/b%2Fc?q=%20+%2b&x='~"

    await http.send(get(url))

    assert server.seen[0].target == "/a/%2e%2e/b%2Fc?q=%20+%2b&x='~"


async def test_a_body_arrives_with_its_length_and_type(server, http):
    await http.send(post(server.play("/", answer())))

    seen = server.seen[0]
    assert (seen.method, seen.body) == ("POST", b'{"name":"Anna"}')
    assert (seen.headers["content-type"], seen.headers["accept-encoding"]) == (
        "application/json",
        "gzip",
    )


async def test_each_request_on_the_wire_is_a_row_in_the_call_log(server, http, log):
    url = server.play("/cases", answer(503), answer(body=b"[1]"))

    await http.send(get(f"{url}?token=hidden&page=2"))

    first, second = log.calls
    assert (first.status, second.status) == (503, 200)
    assert second.url == f"http://127.0.0.1:{server.port}/cases?token&page"
    assert (second.method, second.received_bytes, second.error) == ("GET", 3, None)
    assert first.connect_ms is not None
    assert second.connect_ms is None
    assert second.duration_ms > 0


async def test_a_request_that_failed_is_a_row_too(server, http, log):
    url = server.play("/", answer(body=bytes(200_000)))

    with pytest.raises(LimitExceeded):
        await http.send(get(url), limits=SMALL)

    assert [(call.status, call.error) for call in log.calls] == [(200, "limit-exceeded")]


async def test_gzip_is_inflated_and_no_longer_announced(server, http, log):
    body = gzip.compress(b'{"name": "Anna"}')
    url = server.play("/", answer(body=body, content_encoding="gzip"))

    got = await http.send(get(url))

    assert got.json() == {"name": "Anna"}
    assert "content-encoding" not in got.headers
    assert int(got.headers["content-length"]) == len(got.content)
    assert log.calls[0].received_bytes == len(body)


@pytest.mark.parametrize(
    ("act", "error", "word"),
    [
        (endless(), LimitExceeded, "larger"),
        (answer(body=b"", content_length="10000000000"), LimitExceeded, "larger"),
        (bomb(100_001), LimitExceeded, "larger"),
        (answer(body=b"x", content_encoding="br"), MalformedAnswer, "encoding"),
        (answer(body=b"x", content_encoding="zstd"), MalformedAnswer, "encoding"),
        (answer(body=b"x", content_encoding="gzip, gzip"), MalformedAnswer, "encoding"),
        (answer(body=b"not gzip", content_encoding="gzip"), MalformedAnswer, "gzip"),
        (
            answer(body=gzip.compress(b"a") + gzip.compress(b"b"), content_encoding="gzip"),
            MalformedAnswer,
            "after the end",
        ),
        (answer(body=gzip.compress(b"abc")[:-4], content_encoding="gzip"), MaybeSent, "middle"),
        (hang_up(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"), MaybeSent, "middle"),
        (
            hang_up(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nha"),
            MaybeSent,
            "mid",
        ),
        (hang_up(), MaybeSent, "closed"),
        (hang_up(b"HTTP/1.1 200 OK\r\nX: "), MaybeSent, "closed"),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), MalformedAnswer, "not valid HTTP"),
        (raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"), MalformedAnswer, "valid HTTP"),
        (raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 90_000 + b"\r\n\r\n"), MalformedAnswer, "HTTP"),
    ],
)
async def test_a_sick_answer_is_an_error_that_says_what_is_wrong(server, http, act, error, word):
    url = server.play("/sick", act)

    with pytest.raises(error, match=word) as caught:
        await http.send(get(f"{url}?token=hidden"), limits=SMALL)

    assert "/sick?token" in str(caught.value)
    assert_nowhere("hidden", caught.value)


async def test_a_small_body_that_inflates_enormously_is_stopped_early(server, http, log):
    url = server.play("/", bomb(50_000_000))

    with pytest.raises(LimitExceeded, match="200 times"):
        await http.send(get(url))

    assert log.calls[0].received_bytes < 100_000


async def test_a_body_at_the_limit_is_taken_and_one_byte_more_is_not(server, http):
    at = server.play("/at", answer(body=bytes(100_000)))
    beyond = server.play("/beyond", answer(body=bytes(100_001)))

    got = await http.send(get(at), limits=SMALL)

    assert len(got.content) == 100_000
    with pytest.raises(LimitExceeded):
        await http.send(get(beyond), limits=SMALL)


async def test_a_body_that_drips_is_given_up(server, http):
    url = server.play("/", drip())
    limits = HttpLimits(min_bytes_per_second=1_000_000, slow_after_seconds=0.01, attempts=1)

    with pytest.raises(MaybeSent, match="less than 1000000 bytes a second"):
        await http.send(get(url), limits=limits)


async def test_an_answer_that_never_comes_ends_in_time(server, http):
    url = server.play("/", silence())

    with pytest.raises(MaybeSent, match=r"within 0\.05 seconds"):
        await http.send(get(url), limits=HttpLimits(timeout_seconds=0.05, attempts=1))


async def test_a_refused_connection_means_not_sent(http, log):
    with pytest.raises(NotSent, match="refused"):
        await http.send(post(f"http://127.0.0.1:{unused_port()}/"), limits=HttpLimits(attempts=2))

    assert [(call.error, call.sent_bytes) for call in log.calls] == [("not-sent", 0)] * 2


async def test_an_unknown_name_means_not_sent(clients, log):
    http = clients.client(policy=LOOPBACK, log=log)

    with pytest.raises(NotSent, match="resolved"):
        await http.send(get("http://nowhere.invalid/"), limits=SMALL)


async def test_a_post_is_not_repeated_after_it_was_sent(server, http):
    url = server.play("/", hang_up(), answer())

    with pytest.raises(MaybeSent):
        await http.send(post(url))

    assert len(server.seen) == 1


async def test_a_post_that_may_be_repeated_is(server, http):
    url = server.play("/", hang_up(), answer(body=b"done"))

    got = await http.send(post(url), idempotent=True)

    assert got.text == "done"
    assert [seen.body for seen in server.seen] == [b'{"name":"Anna"}'] * 2


async def test_a_get_is_never_repeated_behind_our_back(server, http, log):
    url = server.play("/", answer(), hang_up())
    await http.send(get(url))

    with pytest.raises(MaybeSent):
        await http.send(get(url), limits=HttpLimits(attempts=1))

    assert len(server.seen) == len(log.calls) == 2


async def test_a_get_cut_in_the_middle_is_repeated(server, http, clock):
    cut = hang_up(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")
    url = server.play("/", cut, answer(body=b"whole"))

    got = await http.send(get(url))

    assert got.text == "whole"
    assert len(clock.slept) == 1


async def test_a_server_in_maintenance_is_tried_again(server, http):
    url = server.play("/", answer(500), answer(502), answer(503), answer(body=b"back"))

    got = await http.send(get(url))

    assert got.text == "back"


async def test_a_server_that_stays_down_is_unavailable(server, http):
    url = server.play("/", answer(504))

    with pytest.raises(Unavailable, match="504"):
        await http.send(get(url))

    assert len(server.seen) == 4


@pytest.mark.parametrize("wait", ["7", "Thu, 01 Jan 2026 00:00:07 GMT"])
async def test_too_many_requests_are_answered_with_the_pause_asked_for(server, http, clock, wait):
    url = server.play("/", answer(429, retry_after=wait), answer(body=b"ok"))

    got = await http.send(post(url))

    assert got.text == "ok"
    assert clock.slept == [7.0]


async def test_a_pause_longer_than_allowed_is_handed_to_the_caller(server, http, clock):
    url = server.play("/", answer(429, retry_after="3600"))

    with pytest.raises(RateLimited) as caught:
        await http.send(get(url))

    assert caught.value.retry_after_seconds == 3600
    assert clock.slept == []


async def test_a_redirect_is_an_answer_and_is_not_followed(server, http):
    target = server.play("/inside", answer())
    url = server.play("/", answer(302, location=target))

    got = await http.send(get(url))

    assert (got.status_code, got.headers["location"]) == (302, target)
    assert [seen.target for seen in server.seen] == ["/"]


async def test_a_login_page_is_handed_over_as_it_is(server, http):
    page = b"<!DOCTYPE html><title>Log in</title>"
    url = server.play("/", answer(body=page, content_type="text/html"))

    got = await http.send(get(url))

    assert (got.status_code, got.headers["content-type"], got.content) == (200, "text/html", page)


async def test_cookies_of_one_source_never_reach_another(server, clients, log):
    url = server.play("/", answer(set_cookie="session=1; Path=/"))

    await clients.client(policy=LOOPBACK, log=log).send(get(url))
    await clients.client(policy=LOOPBACK, log=log).send(get(url))

    assert server.connections == 1
    assert all("cookie" not in seen.headers for seen in server.seen)


async def test_a_request_cannot_frame_itself(server, http):
    request = httpx.Request(
        "POST",
        server.play("/", answer()),
        content=b"abc",
        headers={"Transfer-Encoding": "chunked", "Host": "other.test", "Connection": "upgrade"},
    )

    await http.send(request)

    seen = server.seen[0]
    assert (seen.headers["host"], seen.body) == (f"127.0.0.1:{server.port}", b"abc")
    assert not {"transfer-encoding", "connection"} & set(seen.headers)


async def test_a_header_that_would_begin_another_is_refused(server, http):
    request = httpx.Request(
        "GET", server.play("/", answer()), headers=[(b"X-Tag", b"a\r\nX-Role: admin")]
    )

    with pytest.raises(ConfigurationError, match="X-Tag"):
        await http.send(request)

    assert server.seen == []


async def test_no_answer_body_is_waited_for_where_http_has_none(server, http):
    head = server.play("/head", answer(body=b"", content_length="10000000000"))
    gone = server.play("/gone", raw(b"HTTP/1.1 204 No Content\r\n\r\n"))

    headed = await http.send(httpx.Request("HEAD", head))
    emptied = await http.send(get(gone))

    assert (headed.content, headed.headers["content-length"]) == (b"", "10000000000")
    assert (emptied.status_code, emptied.content) == (204, b"")


async def test_a_key_in_the_query_appears_in_no_error_and_no_log(http, log):
    auth = ApiKeyAuth(name="key", key=SecretStr("t0ps3cret"), sent_in="query")
    request = get(f"http://127.0.0.1:{unused_port()}/cases")

    with pytest.raises(NotSent) as caught:
        await http.send(request, auth=auth, limits=SMALL)

    assert_nowhere("t0ps3cret", caught.value)
    assert "t0ps3cret" not in repr(log.calls)
    assert "key" not in str(request.url)


async def test_an_address_without_leave_is_not_dialled(server, clients, log):
    url = server.play("/", answer())

    with pytest.raises(AddressForbidden):
        await clients.client(policy=NetworkPolicy(), log=log).send(get(url))

    assert server.connections == 0
    assert [call.error for call in log.calls] == ["address-forbidden"]


async def test_a_trusted_origin_is_reached_and_its_neighbour_is_not(server, clients, log):
    url = server.play("/", answer())
    trusting = NetworkPolicy(trusted_origins=frozenset({f"http://127.0.0.1:{server.port}"}))
    http = clients.client(policy=trusting, log=log)

    got = await http.send(get(url))

    assert got.status_code == 200
    with pytest.raises(AddressForbidden):
        await http.send(get(f"http://127.0.0.2:{server.port}/"))


async def test_a_proxy_is_asked_only_for_what_the_policy_allows(server, clients, log):
    server.play("http://93.184.215.14/open", answer(body=b"by proxy"))
    proxy = f"http://127.0.0.1:{server.port}"
    http = clients.client(policy=NetworkPolicy(), log=log, proxy=proxy)

    got = await http.send(get("http://93.184.215.14/open"))

    assert got.text == "by proxy"
    with pytest.raises(AddressForbidden):
        await http.send(get("http://10.0.0.1/"))
    assert len(server.seen) == 1


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def assert_nowhere(secret: str, error: BaseException | None) -> None:
    """Neither the error nor anything it is chained to shows the secret."""
    assert isinstance(error, OpenConnectorError)
    while error is not None:
        assert secret not in f"{error} {error!r}"
        error = error.__cause__ or error.__context__

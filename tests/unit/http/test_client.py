from collections.abc import AsyncIterator

import httpx
import pytest

from openconnector.errors import CredentialsRejected, NotSent, Unavailable
from openconnector.http.client import HttpClients
from openconnector.http.guard import AllowedNetwork, NetworkPolicy
from openconnector.http.tokens import ProcessTokens
from openconnector.ports import Http, HttpLimits, Tokens
from openconnector.testing import FakeClock, MemoryCallLog, http_for


class Renewing:
    """Credentials that are old first and new after a 401."""

    is_renewable = True

    def __init__(self) -> None:
        self.rejections: list[bool] = []

    async def authenticate(
        self, request: httpx.Request, tokens: Tokens, http: Http, *, rejected: bool
    ) -> None:
        self.rejections.append(rejected)
        request.headers["Authorization"] = "new" if any(self.rejections) else "old"


class Fixed(Renewing):
    is_renewable = False


def get() -> httpx.Request:
    return httpx.Request("GET", "https://api.test/cases")


async def test_old_credentials_are_renewed_once_after_a_401():
    def api(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if request.headers["Authorization"] == "new" else 401)

    auth, clock = Renewing(), FakeClock()

    got = await http_for(api, clock=clock).send(get(), auth=auth)

    assert got.status_code == 200
    assert auth.rejections == [False, True]
    assert clock.slept == []


async def test_credentials_that_stay_rejected_stop_the_run():
    auth = Renewing()

    with pytest.raises(CredentialsRejected, match=r"GET https://api\.test/cases answered 401"):
        await http_for(lambda _: httpx.Response(401)).send(get(), auth=auth)

    assert auth.rejections == [False, True]


async def test_credentials_that_cannot_be_renewed_are_tried_once():
    auth = Fixed()

    with pytest.raises(CredentialsRejected):
        await http_for(lambda _: httpx.Response(401)).send(get(), auth=auth)

    assert auth.rejections == [False]


async def test_a_post_is_repeated_with_renewed_credentials_because_the_first_was_refused():
    bodies = []

    def api(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(201 if request.headers["Authorization"] == "new" else 401)

    request = httpx.Request("POST", "https://api.test/cases", json={"a": 1})

    got = await http_for(api).send(request, auth=Renewing())

    assert got.status_code == 201
    assert bodies == [b'{"a":1}', b'{"a":1}']


async def test_a_403_is_an_answer_for_the_caller():
    got = await http_for(lambda _: httpx.Response(403)).send(get(), auth=Renewing())

    assert got.status_code == 403


async def test_the_caller_never_sees_the_credentials():
    request = get()

    got = await http_for(lambda _: httpx.Response(200)).send(request, auth=Fixed())

    assert got.request is request
    assert "authorization" not in request.headers


async def test_a_body_that_can_be_read_once_is_sent_again_whole():
    async def stream() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    answers = [httpx.Response(503), httpx.Response(200)]
    bodies = []

    def api(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return answers[len(bodies) - 1]

    await http_for(api).send(httpx.Request("PUT", "https://api.test/", content=stream()))

    assert bodies == [b"one two", b"one two"]


async def test_what_never_left_is_tried_again_and_each_try_is_logged():
    def api(request: httpx.Request) -> httpx.Response:
        raise NotSent("no route")

    log, clock = MemoryCallLog(), FakeClock()
    request = httpx.Request("POST", "https://api.test/")

    with pytest.raises(NotSent):
        await http_for(api, log=log, clock=clock).send(request, limits=HttpLimits(attempts=3))

    assert clock.slept == [0.5, 1.0]
    assert [(call.status, call.error) for call in log.calls] == [(None, "not-sent")] * 3


async def test_a_crash_in_between_is_logged_as_well():
    def api(request: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError

    log = MemoryCallLog()

    with pytest.raises(ZeroDivisionError):
        await http_for(api, log=log).send(get())

    assert [call.error for call in log.calls] == ["interrupted"]


async def test_the_last_failure_says_when_to_come_back():
    answer = httpx.Response(503, headers={"Retry-After": "9"})

    with pytest.raises(Unavailable) as caught:
        await http_for(lambda _: answer).send(get(), limits=HttpLimits(attempts=1))

    assert caught.value.retry_after_seconds == 9


async def test_requests_name_the_sender_unless_they_name_another():
    agents = []

    def api(request: httpx.Request) -> httpx.Response:
        agents.append(request.headers["User-Agent"])
        return httpx.Response(200)

    await http_for(api).send(get())
    await http_for(api).send(httpx.Request("GET", "https://api.test/", headers={"User-Agent": "x"}))

    assert agents[0].startswith("OpenConnector/")
    assert agents[1] == "x"


async def test_clients_of_one_policy_share_connections_and_others_do_not():
    clock = FakeClock()
    clients = HttpClients(clock=clock, tokens=ProcessTokens(clock))
    narrow = NetworkPolicy()
    wide = NetworkPolicy(allowed=(AllowedNetwork.parse("10.0.0.0/8"),))

    transports = [
        clients.client(policy=policy, log=MemoryCallLog(), proxy=proxy)._transport
        for policy, proxy in [
            (narrow, None),
            (NetworkPolicy(), None),
            (wide, None),
            (narrow, "http://proxy.test"),
        ]
    ]

    assert transports[0] is transports[1]
    assert len(set(map(id, transports))) == 3

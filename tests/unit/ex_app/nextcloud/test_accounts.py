"""Promises about asking Nextcloud as one of its users."""

from collections.abc import AsyncIterator

import httpx
import pytest

from ex_app.nextcloud.accounts import NextcloudAccess
from ex_app.nextcloud.client import Nextcloud
from openconnector.errors import (
    ConfigurationError,
    CredentialsRejected,
    LimitExceeded,
    MalformedAnswer,
    MaybeSent,
    NotSent,
    Unavailable,
)
from openconnector.ports import HostRequest, HttpLimits
from openconnector.testing import FakeClock, MemoryCallLog
from tests.fakes.exapp import settings_for
from tests.fakes.nextcloud import FakeNextcloud


class Asking:
    """An account at a Nextcloud that is a function, with what it was asked and what was logged."""

    def __init__(self, *answers: httpx.Response | Exception, user: str = "alice") -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.clock = FakeClock()
        self.log = MemoryCallLog()
        nextcloud = Nextcloud(
            settings_for(FakeNextcloud()), transport=httpx.MockTransport(self._answer)
        )
        access = NextcloudAccess(nextcloud, clock=self.clock, jitter=lambda: 0.0)
        self.account = access.account(user, log=self.log)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def envelope(code: int, data: object = None, message: str = "") -> dict:
    return {"ocs": {"meta": {"statuscode": code, "message": message}, "data": data}}


GET = HostRequest(method="GET", path="/remote.php/dav/files/alice/a%20b.txt")
PUT = HostRequest(method="PUT", path="/remote.php/dav/files/alice/a.txt", content=b"text")
POST = HostRequest(method="POST", path="/index.php/apps/x", content=b"{}")


async def test_a_request_is_signed_as_the_user_and_its_answer_does_not_hold_the_signature():
    asking = Asking(httpx.Response(200, content=b"text"))

    answer = await asking.account.send(GET)

    sent = asking.requests[0]
    assert sent.headers["AUTHORIZATION-APP-API"] == "YWxpY2U6czNjcmV0"
    assert sent.url.raw_path == b"/remote.php/dav/files/alice/a%20b.txt"
    assert answer.content == b"text"
    assert "authorization-app-api" not in answer.request.headers


async def test_nobody_is_never_asked_for():
    with pytest.raises(ConfigurationError, match="actingUser"):
        Asking(user="")


async def test_an_account_that_is_not_accepted_ends_the_trying():
    asking = Asking(httpx.Response(401, json=envelope(997)))

    with pytest.raises(CredentialsRejected, match="no active account 'alice'"):
        await asking.account.ocs("GET", "/ocs/v2.php/cloud/user")


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (httpx.Response(423), 1.0),
        (httpx.Response(423, headers={"Retry-After": "9"}), 9.0),
        (httpx.Response(429, headers={"Retry-After": "7"}), 7.0),
        (httpx.Response(503, headers={"Retry-After": "3"}), 3.0),
    ],
)
async def test_a_lock_too_much_and_maintenance_are_waited_for(answer, seconds):
    asking = Asking(answer, httpx.Response(204))

    done = await asking.account.send(PUT)

    assert done.status_code == 204
    assert asking.clock.slept == [seconds]


async def test_a_lock_that_stays_is_given_back():
    asking = Asking(*[httpx.Response(423) for _ in range(4)])

    answer = await asking.account.send(PUT)

    assert answer.status_code == 423
    assert asking.clock.slept == [1.0, 2.0, 4.0]


async def test_maintenance_that_lasts_ends_the_trying_with_the_time_nextcloud_names():
    asking = Asking(httpx.Response(503, headers={"Retry-After": "120"}))

    with pytest.raises(Unavailable) as caught:
        await asking.account.send(GET)

    assert caught.value.retry_after_seconds == 120


async def test_what_may_have_been_done_is_not_done_twice():
    asking = Asking(httpx.ReadTimeout("late"))

    with pytest.raises(MaybeSent):
        await asking.account.send(POST)


async def test_what_never_left_is_tried_again():
    asking = Asking(httpx.ConnectError("no"), httpx.Response(200))

    assert (await asking.account.send(POST)).status_code == 200


async def test_what_cannot_be_reached_is_said_after_the_last_try():
    asking = Asking(*[httpx.ConnectError("no")] * 4)

    with pytest.raises(NotSent):
        await asking.account.send(GET)


async def test_an_answer_that_is_too_long_is_not_read_to_its_end():
    asking = Asking(httpx.Response(200, content=b"x" * 101))

    with pytest.raises(LimitExceeded, match="100 bytes"):
        await asking.account.send(GET, HttpLimits(max_bytes=100))


async def test_a_streamed_answer_comes_chunk_by_chunk_and_no_longer_than_allowed():
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x" * 50

    asking = Asking(httpx.Response(200, content=chunks()))
    seen = 0

    with pytest.raises(LimitExceeded):
        async with asking.account.stream(GET, HttpLimits(max_bytes=100)) as answer:
            async for chunk in answer.aiter_bytes():
                seen += len(chunk)

    assert seen == 100


async def test_a_streamed_body_is_made_anew_for_each_try():
    async def body():
        yield b"ab"
        yield b"c"

    asking = Asking(httpx.Response(423), httpx.Response(201))
    request = HostRequest(method="PUT", path="/remote.php/dav/files/alice/x", content=body)

    await asking.account.send(request)

    assert [request.content for request in asking.requests] == [b"abc", b"abc"]


async def test_a_failure_of_the_reader_is_no_reason_to_ask_again():
    asking = Asking(httpx.Response(200, content=b"x"))

    with pytest.raises(Unavailable, match="mine"):
        async with asking.account.stream(GET):
            raise Unavailable("mine")

    assert len(asking.requests) == 1


async def test_a_compressed_answer_was_not_asked_for():
    asking = Asking(httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=b"\x1f\x8b"))

    with pytest.raises(MalformedAnswer, match="compressed"):
        await asking.account.send(GET)

    assert asking.requests[0].headers["Accept-Encoding"] == "identity"


async def test_every_try_makes_one_row_in_the_call_log_without_the_values_of_the_query():
    asking = Asking(
        httpx.Response(429, headers={"Retry-After": "1"}), httpx.Response(200, content=b"abc")
    )

    await asking.account.send(HostRequest(method="GET", path="/x", query={"search": "jane"}))

    assert [(call.status, call.received_bytes) for call in asking.log.calls] == [(429, 0), (200, 3)]
    assert {call.url for call in asking.log.calls} == {"http://nextcloud.test/x?search"}


async def test_an_ocs_answer_comes_out_of_its_envelope():
    asking = Asking(httpx.Response(400, json=envelope(102, [], "User already exists")))

    answer = await asking.account.ocs("POST", "/ocs/v2.php/cloud/users", json={"userid": "x"})

    assert (answer.status, answer.code, answer.message) == (400, 102, "User already exists")
    assert not answer.is_good
    assert asking.requests[0].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("code", "status"), [(100, 200), (102, 400), (404, 404), (998, 404), (996, 500)]
)
async def test_version_one_says_in_its_envelope_what_version_two_says_by_its_status(code, status):
    asking = Asking(httpx.Response(200, json=envelope(code)))

    answer = await asking.account.ocs("GET", "/ocs/v1.php/cloud/users")

    assert answer.status == status


@pytest.mark.parametrize("part", ["..", ".", "%2E%2e"])
async def test_an_id_of_dots_leads_nowhere_else(part):
    asking = Asking()

    with pytest.raises(ConfigurationError, match="only dots"):
        await asking.account.ocs("DELETE", f"/ocs/v2.php/cloud/users/{part}")

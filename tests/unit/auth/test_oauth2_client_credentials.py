import asyncio
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from openconnector.auth.oauth2_client_credentials import OAuth2ClientCredentialsAuth
from openconnector.errors import CredentialsRejected, MalformedAnswer, Unavailable
from openconnector.http.tokens import ProcessTokens
from openconnector.testing import FakeClock, MemoryCallLog, http_for

FIELDS: Mapping[str, Any] = {
    "token_url": "https://login.test/token?tenant=7",
    "client_id": "connector",
    "client_secret": "t0p/s3cret",
}


class Login:
    """A token server with an API behind it."""

    def __init__(self, **answer: Any) -> None:
        self.answer = {"token_type": "Bearer", "expires_in": 3600} | answer
        self.requests: list[httpx.Request] = []
        self.valid: set[str] = set()
        self.served: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "login.test":
            self.requests.append(request)
            token = f"t{len(self.requests)}"
            self.valid.add(token)
            return httpx.Response(200, json={"access_token": token} | self.answer)
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.served.append(token)
        return httpx.Response(200 if token in self.valid else 401)


def auth(**fields: Any) -> OAuth2ClientCredentialsAuth:
    return OAuth2ClientCredentialsAuth.model_validate({**FIELDS, **fields})


def get() -> httpx.Request:
    return httpx.Request("GET", "https://api.test/cases")


def form_of(request: httpx.Request) -> dict[str, list[str]]:
    return parse_qs(request.content.decode())


async def test_the_token_is_asked_for_once_and_sent_with_every_request():
    login = Login()
    http = http_for(login)

    for _ in range(3):
        await http.send(get(), auth=auth())

    assert login.served == ["t1", "t1", "t1"]
    assert len(login.requests) == 1


async def test_requests_at_the_same_time_share_one_token_request():
    login = Login()
    http = http_for(login)

    await asyncio.gather(*(http.send(get(), auth=auth()) for _ in range(10)))

    assert len(login.requests) == 1


async def test_credentials_go_into_the_header_form_encoded():
    login = Login()

    await http_for(login).send(get(), auth=auth(scope="a b", audience="api", parameters={"r": "x"}))

    request = login.requests[0]
    scheme, pair = request.headers["Authorization"].split(" ")
    assert (request.method, scheme) == ("POST", "Basic")
    assert b64decode(pair) == b"connector:t0p%2Fs3cret"
    assert request.url.query == b"tenant=7"
    assert form_of(request) == {
        "grant_type": ["client_credentials"],
        "scope": ["a b"],
        "audience": ["api"],
        "r": ["x"],
    }


async def test_credentials_go_into_the_body_where_the_server_wants_them_there():
    login = Login()

    await http_for(login).send(get(), auth=auth(credentials_in="body"))

    request = login.requests[0]
    assert "authorization" not in request.headers
    assert form_of(request)["client_secret"] == ["t0p/s3cret"]


async def test_a_rejected_token_is_replaced_and_the_request_sent_again():
    login = Login()
    http = http_for(login)
    await http.send(get(), auth=auth())
    login.valid.clear()

    got = await http.send(get(), auth=auth())

    assert got.status_code == 200
    assert login.served == ["t1", "t1", "t2"]


@pytest.mark.parametrize(
    "change",
    [
        {"client_secret": "changed"},
        {"client_id": "other"},
        {"scope": "write"},
        {"audience": "other"},
        {"token_url": "https://login.test/other"},
        {"parameters": {"resource": "x"}},
        {"credentials_in": "body"},
    ],
)
async def test_changed_credentials_never_use_the_old_token(change):
    login = Login()
    http = http_for(login)
    await http.send(get(), auth=auth())

    await http.send(get(), auth=auth(**change))

    assert login.served == ["t1", "t2"]


@pytest.mark.parametrize(("expires_in", "kept_for"), [(100, 89), ("100", 89), (3600, 3539)])
async def test_a_token_is_renewed_before_it_ends(expires_in, kept_for):
    login, clock = Login(expires_in=expires_in), FakeClock()
    http = http_for(login, clock=clock, tokens=ProcessTokens(clock))
    await http.send(get(), auth=auth())
    await clock.sleep(kept_for)
    await http.send(get(), auth=auth())
    await clock.sleep(1)

    await http.send(get(), auth=auth())

    assert login.served == ["t1", "t1", "t2"]


@pytest.mark.parametrize("expires_in", [None, True, "soon", [], "9" * 400, 1e300, -1])
async def test_a_life_that_cannot_be_read_does_no_harm(expires_in):
    login = Login(expires_in=expires_in)

    got = await http_for(login).send(get(), auth=auth())

    assert got.status_code == 200


def answering(status: int, **content: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(status, **content)


@pytest.mark.parametrize(
    ("answer", "error", "word"),
    [
        (answering(401, json={"error": "invalid_client"}), CredentialsRejected, "401"),
        (answering(400, json={"error": "invalid_scope"}), CredentialsRejected, "invalid_scope"),
        (answering(400, json={"error": "t0p/s3cret?"}), CredentialsRejected, "no reason given"),
        (answering(403, text="<html>"), CredentialsRejected, "no reason given"),
        (answering(200, text="<html>Log in</html>"), MalformedAnswer, "without a usable token"),
        (answering(200, json=["t"]), MalformedAnswer, "without a usable token"),
        (answering(200, json={"access_token": 7}), MalformedAnswer, "without a usable token"),
        (answering(200, json={"access_token": "a\r\nX: y"}), MalformedAnswer, "usable token"),
        (answering(302, headers={"Location": "https://x.test"}), MalformedAnswer, "302"),
        (answering(404), MalformedAnswer, "404"),
        (answering(500), Unavailable, "500"),
    ],
)
async def test_a_token_server_that_gives_none_is_named_without_the_secret(answer, error, word):
    log = MemoryCallLog()

    with pytest.raises(error, match=word) as caught:
        await http_for(answer, log=log).send(get(), auth=auth(credentials_in="body"))

    assert "https://login.test/token?tenant" in str(caught.value)
    assert "s3cret" not in f"{caught.value!r} {log.calls}"

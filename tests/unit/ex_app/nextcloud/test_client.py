import httpx
import pytest

from ex_app.nextcloud.client import Nextcloud
from openconnector.errors import (
    AccessDenied,
    CredentialsRejected,
    MalformedAnswer,
    MaybeSent,
    NotFound,
    NotSent,
    RateLimited,
    Unavailable,
)
from tests.fakes.exapp import settings_for
from tests.fakes.nextcloud import FakeNextcloud


def client(api) -> Nextcloud:
    return Nextcloud(settings_for(FakeNextcloud()), transport=httpx.MockTransport(api))


def envelope(code: int, data: object = None) -> dict:
    return {"ocs": {"meta": {"status": "x", "statuscode": code}, "data": data}}


async def test_a_call_is_signed_as_the_user_it_is_made_for():
    seen = []

    def api(request):
        seen.append(request)
        return httpx.Response(200, json=envelope(200, {"a": 1}))

    data = await client(api).ocs("PUT", "/ocs/v2.php/x", user="alice", json={"b": 2})

    assert data == {"a": 1}
    headers = seen[0].headers
    assert headers["AUTHORIZATION-APP-API"] == "YWxpY2U6czNjcmV0"
    assert headers["EX-APP-ID"] == "openconnector"
    assert headers["EX-APP-VERSION"] == "1.0.0"
    assert headers["AA-VERSION"] == "32.0.0"
    assert headers["OCS-APIRequest"] == "true"


@pytest.mark.parametrize("version_code", [100, 200])
async def test_both_versions_say_yes_in_their_own_way(version_code):
    data = await client(lambda _: httpx.Response(200, json=envelope(version_code, 1))).ocs(
        "GET", "/x"
    )

    assert data == 1


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, 997, CredentialsRejected),
        (200, 997, CredentialsRejected),
        (403, 403, AccessDenied),
        (404, 404, NotFound),
        (200, 998, NotFound),
        (405, None, NotFound),
        (429, None, RateLimited),
        (500, 996, Unavailable),
        (200, 996, Unavailable),
        (503, None, Unavailable),
        (412, None, MalformedAnswer),
        (302, None, MalformedAnswer),
        (200, None, MalformedAnswer),
    ],
)
async def test_a_failure_is_sorted_by_what_it_calls_for(status, code, error):
    body = {"json": envelope(code, [])} if code else {"html": "<p>Nextcloud</p>"}

    with pytest.raises(error) as failure:
        await client(lambda _: httpx.Response(status, **body)).ocs("GET", "/x")

    assert "s3cret" not in str(failure.value)


async def test_the_pause_nextcloud_asks_for_is_passed_on():
    answer = httpx.Response(429, headers={"Retry-After": "7"})

    with pytest.raises(RateLimited) as failure:
        await client(lambda _: answer).ocs("GET", "/x")

    assert failure.value.retry_after_seconds == 7


@pytest.mark.parametrize(
    ("cause", "error"),
    [
        (httpx.ConnectError, NotSent),
        (httpx.ConnectTimeout, NotSent),
        (httpx.ReadTimeout, MaybeSent),
        (httpx.RemoteProtocolError, MaybeSent),
    ],
)
async def test_a_connection_that_breaks_says_whether_the_call_may_have_arrived(cause, error):
    def api(_request):
        raise cause("broken")

    with pytest.raises(error):
        await client(api).ocs("GET", "/x")

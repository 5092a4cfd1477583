import httpx
import pytest
from pydantic import ValidationError

from openconnector.auth import AUTH
from openconnector.errors import InvalidInput
from openconnector.kinds.auth import Auth
from openconnector.testing import http_for


async def signed(auth: Auth, url: str = "https://api.test/cases?q=%20x") -> httpx.Request:
    """Return the request as the other side gets it."""
    seen = []

    def api(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    await http_for(api).send(httpx.Request("GET", url), auth=auth)
    return seen[0]


async def test_none_sends_no_credentials():
    request = await signed(AUTH.load({"kind": "none"}))

    assert "authorization" not in request.headers


async def test_basic_sends_name_and_password_in_utf_8():
    auth = AUTH.load({"kind": "basic", "username": "Aladdin", "password": "öpen"})

    request = await signed(auth)

    assert request.headers["Authorization"] == "Basic QWxhZGRpbjrDtnBlbg=="


async def test_bearer_sends_the_token():
    request = await signed(AUTH.load({"kind": "bearer", "token": "abc"}))

    assert request.headers["Authorization"] == "Bearer abc"


async def test_an_api_key_goes_into_the_header_it_names():
    auth = AUTH.load({"kind": "api_key", "name": "Authorization", "key": "Token abc"})

    request = await signed(auth)

    assert request.headers["Authorization"] == "Token abc"


async def test_an_api_key_goes_into_the_query_and_leaves_the_rest_alone():
    auth = AUTH.load({"kind": "api_key", "name": "key", "key": "a b&c", "sentIn": "query"})

    request = await signed(auth)

    assert request.url.query == b"q=%20x&key=a%20b%26c"


@pytest.mark.parametrize(
    "configuration",
    [
        {"kind": "basic", "username": "a:b", "password": "x"},
        {"kind": "bearer", "token": "abc\r\nX-Role: admin"},
        {"kind": "bearer", "token": "tökèn"},
        {"kind": "api_key", "key": "abc\n"},
        {"kind": "api_key", "key": "abc", "name": "X Key"},
        {
            "kind": "oauth2_client_credentials",
            "tokenUrl": "ftp://x",
            "clientId": "a",
            "clientSecret": "b",
        },
        {
            "kind": "oauth2_client_credentials",
            "tokenUrl": "https://u:p@x",
            "clientId": "a",
            "clientSecret": "b",
        },
    ],
)
def test_what_cannot_be_sent_is_refused_when_it_is_saved(configuration):
    with pytest.raises(InvalidInput):
        AUTH.load(configuration)


@pytest.mark.parametrize(
    "configuration",
    [
        {"kind": "basic", "username": "a", "password": "t0ps3cret"},
        {"kind": "bearer", "token": "t0ps3cret"},
        {"kind": "api_key", "key": "t0ps3cret"},
        {
            "kind": "oauth2_client_credentials",
            "tokenUrl": "https://login.test/",
            "clientId": "a",
            "clientSecret": "t0ps3cret",
        },
    ],
)
def test_no_secret_shows_in_what_is_printed_or_given_out(configuration):
    auth = AUTH.load(configuration)

    assert "t0ps3cret" not in f"{auth!r} {auth} {auth.configuration()}"


def test_kinds_cannot_be_changed_once_made():
    auth = AUTH.load({"kind": "bearer", "token": "abc"})

    with pytest.raises(ValidationError):
        auth.token = "other"  # type: ignore[attr-defined] # the attempt is the test


async def test_only_obtained_tokens_are_renewable():
    renewable = {name: kind.model_construct(kind=name).is_renewable for name, kind in AUTH.items()}

    assert renewable == {
        "none": False,
        "basic": False,
        "bearer": False,
        "api_key": False,
        "oauth2_client_credentials": True,
    }

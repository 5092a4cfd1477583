"""The doubles of both front doors do what the real ones were seen, or read, to do."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.doors import Declared, Visitors, later_appapi
from tests.fakes.echo import Arrived, EchoApp
from tests.fakes.exapp import client_for
from tests.fakes.harp import MOST_FAILURES, SHARED_KEY, WINDOW_SECONDS, Dropped, Harp
from tests.fakes.nextcloud import FakeNextcloud
from tests.fakes.php_proxy import PhpProxy
from tests.fakes.php_query import through_php

RECORDED = json.loads(
    (Path(__file__).parents[1] / "fixtures/nextcloud_proxy_calls.json").read_text()
)
ROUTES = [
    Declared(**route | {"excluded": tuple(route.get("excluded", ()))})
    for route in RECORDED["routes"]
]
PROXY = "/index.php/apps/app_api/proxy/myapp"


@pytest.fixture
def echo() -> EchoApp:
    return EchoApp()


@pytest.fixture
def nextcloud(echo: EchoApp) -> FakeNextcloud:
    return FakeNextcloud(
        app_id="myapp", is_registered=True, is_enabled=True, exapp=client_for(echo)
    )


def through(door: Any) -> httpx.AsyncClient:
    """Return a client that adds nothing of its own."""
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(door), base_url="http://nextcloud.test"
    )
    client.headers.clear()
    return client


def proof(who: str, visitors: Visitors, nextcloud: FakeNextcloud) -> dict[str, str]:
    """Return the head that proves a visitor, as the recording names him."""
    if who == "wrong":
        return {"Authorization": "Basic YWxpY2U6bm9wZQ=="}
    if who.startswith("Basic "):
        return visitors.basic(who.removeprefix("Basic "))
    if who.startswith("signed "):
        return nextcloud.signed(who.removeprefix("signed "))
    return visitors.session(who) if who else {}


def missing(wanted: dict[str, Any], headers: Any, body: bytes) -> dict[str, Any]:
    """Return what an arrival or an answer holds otherwise than recorded."""
    found = {
        name: headers.get(name)
        for name, value in wanted.get("headers", {}).items()
        if headers.get(name) != value
    }
    found |= {name: "is there" for name in wanted.get("without", ()) if name in headers}
    if "body" in wanted and body.decode() != wanted["body"]:
        found["body"] = body.decode()
    return found


def arrivals(wanted: list[dict[str, Any]], arrived: list[Arrived]) -> list[Any]:
    """Return what reached the ExApp otherwise than recorded."""
    if [one["line"] for one in wanted] != [one.line for one in arrived]:
        return [one.line for one in arrived]
    return [
        flaw
        for one, got in zip(wanted, arrived, strict=True)
        if (flaw := missing(one, got.headers, got.body))
    ]


@pytest.mark.parametrize(
    "call", [pytest.param(call, id=call["name"]) for call in RECORDED["calls"]]
)
async def test_the_proxy_does_with_every_recorded_call_what_the_real_one_did(
    call: dict[str, Any], echo: EchoApp, nextcloud: FakeNextcloud
):
    door = PhpProxy(nextcloud, routes=ROUTES)
    path = call["path"] if "/app_api/" in call["path"] else PROXY + call["path"]
    form = call.get("form")
    files = form and {"field": (None, form["field"]), "file": (form["file"], b"file content")}

    async with through(door) as client:
        answer = await client.request(
            call["method"],
            path,
            headers=proof(call["as"], door.visitors, nextcloud) | call.get("headers", {}),
            content=call["body"].encode() if "body" in call else None,
            files=files,
        )

    assert answer.status_code == call["answer"]["status"]
    assert missing(call["answer"], answer.headers, answer.content) == {}
    assert arrivals(call["received"], echo.arrived) == []


async def test_the_proxy_rebuilds_a_form_with_every_field_and_file(
    echo: EchoApp, nextcloud: FakeNextcloud
):
    door = PhpProxy(nextcloud, routes=ROUTES)
    files = {"file": ("a.txt", b"file content")}

    async with through(door) as client:
        await client.post(
            f"{PROXY}/api/echo?q=1",
            data={"field": "v"},
            files=files,
            headers=door.visitors.session("alice"),
        )

    [arrived] = echo.arrived
    assert b'name="field"\r\n\r\nv\r\n' in arrived.body
    assert b'name="file"; filename="a.txt"' in arrived.body
    assert b"\r\n\r\nfile content\r\n" in arrived.body


async def test_the_proxy_replaces_what_a_client_signs_with_and_says_of_its_origin(
    echo: EchoApp, nextcloud: FakeNextcloud
):
    door = PhpProxy(nextcloud, routes=ROUTES)
    forged = {
        "EX-APP-ID": "another",
        "AA-REQUEST-ID": "mine",
        "X-Origin-IP": "127.0.0.1",
        "x_origin_ip": "127.0.0.1",
    }

    async with through(door) as client:
        await client.get(f"{PROXY}/public/x", headers=forged)

    [arrived] = echo.arrived
    assert arrived.headers["ex-app-id"] == "myapp"
    assert arrived.headers["aa-request-id"] != "mine"
    assert arrived.headers["x-origin-ip"] == "203.0.113.7"
    assert "x_origin_ip" not in arrived.headers


async def test_a_later_proxy_lets_no_dots_through(echo: EchoApp, nextcloud: FakeNextcloud):
    paths = [f"{PROXY}/public/..%2Finit", f"{PROXY}/public/%2E%2E/init"]

    async with through(PhpProxy(nextcloud, routes=ROUTES)) as client:
        early = [(await client.get(path)).status_code for path in paths]
    reached = [arrived.line for arrived in echo.arrived]
    async with through(PhpProxy(nextcloud, routes=ROUTES, matcher=later_appapi)) as client:
        later = [(await client.get(path)).status_code for path in paths]

    assert (early, later) == ([200, 200], [404, 404])
    assert reached == ["GET /init"] * 2


async def test_a_disabled_app_is_not_there(echo: EchoApp, nextcloud: FakeNextcloud):
    nextcloud.is_enabled = False

    async with through(PhpProxy(nextcloud, routes=ROUTES)) as client:
        answer = await client.get(f"{PROXY}/public/x")

    assert (answer.status_code, echo.arrived) == (404, [])


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("", ""),
        ("a=1&a=2", "a=2"),
        ("a.b=1&c%20d=2", "a_b=1&c_d=2"),
        ("y[]=2&y[]=3", "y%5B0%5D=2&y%5B1%5D=3"),
        ("f[status]=x&f[n][gt]=1", "f%5Bstatus%5D=x&f%5Bn%5D%5Bgt%5D=1"),
        ("q=a%26b%3Dc+d", "q=a%26b%3Dc+d"),
        ("flag", "flag="),
        ("a=1&a[]=2", "a%5B0%5D=2"),
    ],
)
def test_php_writes_a_query_anew(query: str, written: str):
    assert through_php(query) == written


# HaRP


async def test_harp_signs_and_passes_on_what_it_gets_as_it_is(
    echo: EchoApp, nextcloud: FakeNextcloud
):
    door = Harp(nextcloud, routes=ROUTES)
    headers = door.visitors.basic("alice") | {"Cookie": "a=b", "EX-APP-ID": "another"}

    async with through(door) as client:
        patched = await client.patch("/exapps/myapp/api/a%2Fb?y[]=1&y[]=2&a.b=3", headers=headers)
        many = await client.get("/exapps/myapp/api/headers", headers=headers)

    arrived = echo.arrived[0]
    assert (patched.status_code, arrived.line) == (200, "PATCH /api/a%2Fb?y[]=1&y[]=2&a.b=3")
    assert arrived.headers["authorization"] == headers["Authorization"]
    assert (arrived.headers["ex-app-id"], arrived.headers["aa-version"]) == ("myapp", "32")
    assert not {"x-origin-ip", "aa-request-id"} & arrived.headers.keys()
    assert many.headers.get_list("x-multi") == ["1", "2"]
    assert "cache-control" not in many.headers


@pytest.mark.parametrize(
    ("path", "user", "status"),
    [
        ("/exapps/myapp/public/x", "", 200),
        ("/exapps/myapp/api/x", "alice", 200),
        ("/exapps/myapp/api/x", "", 403),
        ("/exapps/myapp/admin/x", "alice", 403),
        ("/exapps/myapp/admin/x", "admin", 200),
        ("/exapps/myapp/API/x", "alice", 404),
        ("/exapps/myapp/nothing", "admin", 404),
        ("/exapps/myapp/heartbeat", "admin", 404),
        ("/exapps/myapp/init", "admin", 404),
        ("/exapps/myapp/public/..%2finit", "admin", 404),
        ("/exapps/nosuch/public/x", "admin", 404),
    ],
)
async def test_harp_decides_by_its_own_rules(
    nextcloud: FakeNextcloud, path: str, user: str, status: int
):
    door = Harp(nextcloud, routes=ROUTES)
    headers = door.visitors.session(user) if user else {}

    async with through(door) as client:
        assert (await client.get(path, headers=headers)).status_code == status


async def test_harp_lets_appapi_itself_pass_to_internal_paths(
    echo: EchoApp, nextcloud: FakeNextcloud
):
    signed = nextcloud.signed() | {"harp-shared-key": SHARED_KEY}

    async with through(Harp(nextcloud, routes=ROUTES)) as client:
        answer = await client.post("/exapps/myapp/init", headers=signed)

    assert answer.status_code == 200
    assert echo.arrived[0].headers["harp-shared-key"] == SHARED_KEY


async def test_harp_stops_answering_an_address_that_guesses(nextcloud: FakeNextcloud):
    moment = [0.0]
    door = Harp(nextcloud, routes=ROUTES, now=lambda: moment[0])

    async with through(door) as client:
        for _ in range(MOST_FAILURES):
            assert (await client.get("/exapps/myapp/nothing")).status_code == 404
        with pytest.raises(Dropped):
            await client.get("/exapps/myapp/public/x")
        moment[0] += WINDOW_SECONDS
        assert (await client.get("/exapps/myapp/public/x")).status_code == 200

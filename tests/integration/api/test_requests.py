"""What every request is held to, whatever it asks."""

from types import SimpleNamespace
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI

from openconnector.api.callers import LOGIN, PUBLIC, by_host
from openconnector.api.requests import MAX_BODY_BYTES, MAX_DEPTH
from openconnector.api.rights import Role
from openconnector.engine import Engine
from tests.fakes.interfaces import Interfaces
from tests.fakes.ways import DIRECTLY_ON_SQLITE, NOT_THROUGH_PHP, ON_SQLITE, Way

JSON = {"Content-Type": "application/json"}


@pytest.fixture(params=ON_SQLITE)
def way(request: pytest.FixtureRequest) -> Way:
    """One kind of database is enough for what is refused before it is asked."""
    found: Way = request.param
    return found


@pytest.mark.parametrize("way", DIRECTLY_ON_SQLITE, indirect=True)
async def test_every_address_but_the_public_ones_asks_who_calls(
    anyone: httpx.AsyncClient, app: FastAPI
):
    document = (await anyone.get("/openapi.json")).json()
    asked = [
        (method, f"/api/v1{path}")
        for path, item in document["paths"].items()
        for method in item
        if f"/api/v1{path}" != LOGIN
    ]

    answers = [await anyone.request(method, path) for method, path in asked]

    assert len(asked) > 20
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


@pytest.mark.parametrize("way", DIRECTLY_ON_SQLITE, indirect=True)
async def test_even_an_unknown_address_asks_who_calls(anyone: httpx.AsyncClient):
    assert (await anyone.get("/api/v1/secret-plans")).status_code == 401


@pytest.mark.parametrize("way", DIRECTLY_ON_SQLITE, indirect=True)
@pytest.mark.parametrize("path", sorted(PUBLIC))
async def test_public_paths_answer_everybody(anyone: httpx.AsyncClient, path: str):
    assert (await anyone.get(path)).status_code == 200


@pytest.mark.parametrize("path", sorted(PUBLIC - {"/heartbeat"}))
async def test_the_description_is_public_and_says_where_the_interface_is(
    anyone: httpx.AsyncClient, path: str
):
    answer = await anyone.get(path)

    [server] = answer.json()["servers"]
    served = answer.url.join(server["url"])
    assert str(answer.url) in {f"{served}/openapi.json", str(served.join("../openapi.json"))}


@pytest.mark.parametrize("way", DIRECTLY_ON_SQLITE, indirect=True)
@pytest.mark.parametrize("given", ["Bearer wrong", "Basic right", "right", "Bearer", "bearer  "])
async def test_wrong_credentials_are_refused(anyone: httpx.AsyncClient, given: str):
    answer = await anyone.get("/api/v1/sources", headers={"Authorization": given})

    assert answer.status_code == 401


@pytest.mark.parametrize("way", DIRECTLY_ON_SQLITE, indirect=True)
@pytest.mark.parametrize(
    ("caller", "status"),
    [
        ({"user_id": "boss", "is_admin": True, "groups": frozenset()}, 200),
        ({"user_id": "visitor", "is_admin": False, "groups": frozenset({"readers"})}, 200),
        ({"user_id": "", "is_admin": False, "groups": frozenset()}, 401),
        (None, 401),
    ],
)
async def test_a_host_says_who_calls(
    engine: Engine, interfaces: Interfaces, caller: dict | None, status: int
):
    async def role_of(groups: frozenset[str]) -> Role:
        return Role.VIEWER if "readers" in groups else Role.NONE

    hosted = interfaces(engine, by_host(role_of))

    async def host(scope, receive, send):
        scope["state"] = {"caller": SimpleNamespace(**caller)} if caller else {}
        await hosted(scope, receive, send)

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(host), base_url="http://api.test"
    ) as client:
        answer = await client.get("/api/v1/sources")

    assert answer.status_code == status


ANSWERS: list[tuple[str, str, int]] = [
    ("GET", "sources", 200),
    ("GET", "sources/none", 404),
    ("GET", "nowhere", 404),
    ("GET", "sources/", 404),
    ("POST", "sources", 400),
    ("GET", "sources?_page=0", 400),
]


async def test_every_answer_names_the_version_and_is_not_kept(
    api: httpx.AsyncClient, subtests: pytest.Subtests
):
    for method, path, status in ANSWERS:
        with subtests.test(path=path):
            answer = await api.request(method, path)

            assert answer.status_code == status
            assert answer.headers["api-version"] == "1.0.0"
            assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("way", NOT_THROUGH_PHP, indirect=True)
async def test_an_unknown_method_is_told_the_known_ones(api: httpx.AsyncClient):
    answer = await api.patch("sources/any", json={})

    assert (answer.status_code, answer.headers["cache-control"]) == (405, "no-store")
    assert answer.headers["allow"] == "DELETE, GET, PUT"
    assert answer.json()["title"] == "Method Not Allowed"


WRONG_QUERIES: list[tuple[str, list[str]]] = [
    ("offset=3", ["offset"]),
    ("_limit=0&_page=x&isEnabled=maybe&_sort=age", ["_limit", "_page", "_sort", "isEnabled"]),
    ("_limit=101", ["_limit"]),
    (f"_page={10**30}", ["_page"]),
    ("isEnabled=1", ["isEnabled"]),
    ("_search=%00", ["_search"]),
    ("_search=", ["_search"]),
]


async def test_wrong_query_parameters_are_named(api: httpx.AsyncClient, subtests: pytest.Subtests):
    for query, fields in WRONG_QUERIES:
        with subtests.test(query=query):
            answer = await api.get(f"sources?{query}")

            assert answer.status_code == 400
            assert sorted(error["field"] for error in answer.json()["errors"]) == fields


@pytest.mark.parametrize("way", NOT_THROUGH_PHP, indirect=True)
async def test_a_query_parameter_given_twice_is_named(api: httpx.AsyncClient):
    answer = await api.get("sources?name=a&name=b")

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["name"]


async def test_an_unknown_query_parameter_is_told_the_known_ones(api: httpx.AsyncClient):
    answer = await api.get("sources?offset=3")

    assert "known: _limit, _page, _search, _sort, isEnabled" in answer.json()["detail"]


async def test_a_body_that_cannot_be_kept_is_refused(api: httpx.AsyncClient):
    answer = await api.post("sources", content=b'{"name": "a\\u0000b"}', headers=JSON)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "(whole)"


@pytest.mark.parametrize(("body", "said"), [(b"[]", "valid dictionary"), (b"", "Field required")])
async def test_a_body_that_is_no_object_is_refused(api: httpx.AsyncClient, body: bytes, said: str):
    answer = await api.post("sources", content=body, headers=JSON)

    assert answer.status_code == 400
    assert said in answer.json()["detail"]


async def test_the_largest_whole_number_and_the_deepest_body_are_taken(api: httpx.AsyncClient):
    deepest: object = 9223372036854775807
    for _ in range(MAX_DEPTH - 2):
        deepest = [deepest]
    read = {"kind": "rest", "location": "https://api.test", "method": "POST", "body": deepest}

    answer = await api.post("sources", json={"name": "deep", "configuration": read})

    assert answer.status_code == 201
    assert (await api.get("sources/deep")).json()["configuration"]["body"] == deepest


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", ""])
async def test_a_body_of_another_type_is_refused(api: httpx.AsyncClient, kind: str):
    answer = await api.post("sources", content=b"{}", headers={"Content-Type": kind})

    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


async def test_a_body_at_the_limit_is_read_and_one_past_it_is_not(api: httpx.AsyncClient):
    empty = len(orjson.dumps({"name": ""}))
    at_limit = orjson.dumps({"name": "x" * (MAX_BODY_BYTES - empty)})

    read = await api.post("sources", content=at_limit, headers=JSON)
    refused = await api.post("sources", content=at_limit + b" ", headers=JSON)

    assert read.status_code == 400
    assert refused.status_code == 413
    assert refused.headers["content-type"] == "application/problem+json"


class BrokenEngine:
    """Stands in for the engine on its worst day."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("password=hunter2")


async def test_a_fault_of_ours_tells_no_secrets(app: FastAPI, api: httpx.AsyncClient):
    app.state.engine = BrokenEngine()

    answer = await api.get("sources")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["api-version"] == "1.0.0"
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text

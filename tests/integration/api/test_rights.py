"""Who may do what: every route with every role."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRouter, iter_route_contexts
from starlette.types import Scope

from openconnector.api.callers import PUBLIC, Caller
from openconnector.api.requests import Route
from openconnector.api.rights import Right, Role
from openconnector.engine import Engine
from tests.fakes.interfaces import Interfaces
from tests.fakes.ways import DIRECTLY, DIRECTLY_ON_SQLITE, Way


@pytest.fixture(params=DIRECTLY_ON_SQLITE)
def way(request: pytest.FixtureRequest) -> Way:
    """Roles are given here, not by a front door, and judged before a database is asked."""
    found: Way = request.param
    return found


ON_BOTH = pytest.mark.parametrize("way", DIRECTLY, indirect=True)
"""For what is found by owner."""


R, OWN, ENTER, C, A = Right.READ, Right.OWN, Right.ENTER, Right.CHANGE, Right.ADMINISTER

DEFINITIONS = {
    "GET /": R,
    "POST /": C,
    "GET /{key}": R,
    "PUT /{key}": C,
    "DELETE /{key}": C,
}
REVISIONS = {
    "GET /{key}/dependents": R,
    "GET /{key}/revisions": R,
    "GET /{key}/revisions/{number}": R,
    "POST /{key}/revisions/{number}/restore": C,
}
OBJECTS = "objects/{register}/{schema}"

NEEDED: dict[str, Right] = {
    f"{method} {name}{path.rstrip('/')}": right
    for name in ("sources", "mappings", "synchronizations", "registers", "schemas")
    for line, right in (
        DEFINITIONS | ({} if name in {"registers", "schemas"} else REVISIONS)
    ).items()
    for method, path in [line.split()]
} | {
    "POST sources/{key}/test": C,
    "POST mappings/test": C,
    "POST mappings/suggest": C,
    "POST mappings/verify": C,
    "GET mapping-reference": R,
    "POST mappings/infer": C,
    "GET draft": R,
    "PUT draft": C,
    "DELETE draft": C,
    "POST draft/test": C,
    "POST draft/save": C,
    "POST draft/mapping": C,
    "GET mappings/{key}/lineage": R,
    "POST mappings/{key}/verify": C,
    "GET synchronizations/{key}/target-schema": R,
    "POST synchronizations/{key}/run": C,
    "POST synchronizations/{key}/dry-run": C,
    "GET runs": R,
    "GET runs/{run_id}": R,
    "GET runs/{run_id}/changes": R,
    "GET runs/{run_id}/failures": R,
    "GET runs/{run_id}/deletions": R,
    "POST runs/{run_id}/failures/{number}/explain": C,
    "POST runs/{run_id}/cancel": C,
    "POST runs/{run_id}/approve": C,
    "POST runs/{run_id}/replay": C,
    "GET overview": R,
    "POST examples/earthquakes": C,
    "GET schedules": R,
    "GET schedules/{key}/firings": R,
    "POST schedules/preview": C,
    "GET contracts": R,
    "GET flow": R,
    "GET contracts/{contract_id}": R,
    f"GET {OBJECTS}": R,
    f"POST {OBJECTS}": C,
    f"GET {OBJECTS}/{{object_id}}": R,
    f"PUT {OBJECTS}/{{object_id}}": C,
    f"DELETE {OBJECTS}/{{object_id}}": C,
    "GET capabilities": R,
    "GET health": A,
    "GET configuration": R,
    "POST configuration/preview": A,
    "POST configuration/import": A,
    "GET collections": R,
    "GET kinds": R,
    "GET settings": A,
    "PUT settings": A,
    "GET settings/schema": A,
    "GET audit": A,
    "GET audit/export": A,
    "POST audit/verify": A,
    "GET user/me": R,
    "GET user/me/schema": R,
    "PUT user/me": OWN,
    "POST user/login": ENTER,
    "POST user/logout": OWN,
    "GET kinds/{family}/{kind}": R,
}
"""Every route and the right it needs. A new route needs a line here, so that somebody has thought about it."""

MAY = {
    Role.ADMINISTRATOR: {R, OWN, ENTER, C, A},
    Role.EDITOR: {R, OWN, ENTER, C},
    Role.VIEWER: {R, OWN, ENTER},
    Role.NONE: {R, OWN, ENTER},
}

As = Callable[[str, Role], httpx.AsyncClient]


@pytest.fixture
async def as_(engine: Engine, interfaces: Interfaces) -> AsyncIterator[As]:
    """A client for an account with a role."""
    async with AsyncExitStack() as stack:

        def client(user_id: str, role: Role) -> httpx.AsyncClient:
            async def authenticate(_scope: Scope) -> Caller:
                return Caller(user_id=user_id, role=role)

            made = httpx.AsyncClient(
                transport=httpx.ASGITransport(interfaces(engine, authenticate)),
                base_url="http://api.test/api/v1/",
            )
            stack.push_async_callback(made.aclose)
            return made

        yield client


def lines(app: FastAPI) -> set[str]:
    return {
        f"{method} {(context.path or '').removeprefix('/api/v1').strip('/')}"
        for context in iter_route_contexts(app.routes)
        if (context.path or "") not in PUBLIC
        for method in (context.methods or ())
    }


def test_every_route_is_in_the_table_and_the_table_holds_no_other(app: FastAPI):
    assert lines(app) == set(NEEDED)


def test_what_is_not_read_changes_something():
    assert {line for line, right in NEEDED.items() if right is R} == {
        line for line in NEEDED if line.startswith("GET ") and NEEDED[line] is not A
    }


@pytest.mark.parametrize("role", Role)
async def test_a_role_reaches_the_routes_whose_right_it_has_and_no_other(as_: As, role: Role):
    client = as_("somebody", role)

    answers = {}
    for line in NEEDED:
        method, path = line.split()
        answers[line] = await client.request(method, re.sub(r"\{.*?\}", "1", path))

    refused = {line for line, answer in answers.items() if answer.status_code == 403}
    assert refused == {line for line, right in NEEDED.items() if right not in MAY[role]}
    assert {answers[line].json()["type"] for line in refused} <= {
        "urn:openconnector:problem:access-denied"
    }


def test_a_route_that_names_no_right_cannot_be_made():
    routes = APIRouter(route_class=Route)

    async def forgotten() -> None: ...

    with pytest.raises(TypeError, match="forgotten lacks @needs"):
        routes.add_api_route("/forgotten", forgotten)


async def _own_something(client: httpx.AsyncClient, name: str) -> dict[str, str]:
    schema = (await client.post("schemas", json={"title": f"Schema {name}"})).json()["id"]
    register = {"title": f"Register {name}", "schemas": [schema]}
    kept = (await client.post("registers", json=register)).json()["id"]
    thing = await client.post(f"objects/{kept}/{schema}", json={"name": name})
    configuration = {"kind": "rest", "location": "https://example.test"}
    source = {"name": f"Source {name}", "configuration": configuration}
    source_id = (await client.post("sources", json=source)).json()["id"]
    mapping = {"name": f"Mapping {name}", "mapping": {"a": "b"}}
    mapping_id = (await client.post("mappings", json=mapping)).json()["id"]
    target = {"kind": "object_store", "register": kept, "schema": schema}
    synchronization = {"name": f"Synchronization {name}", "sourceId": source_id, "target": target}
    made = (await client.post("synchronizations", json=synchronization)).json()["id"]
    run = await client.post(f"synchronizations/{made}/dry-run", json={})
    assert run.status_code == 202, run.text
    return {
        f"schemas/{schema}": "schemas",
        f"registers/{kept}": "registers",
        f"objects/{kept}/{schema}/{thing.json()['id']}": f"objects/{kept}/{schema}",
        f"sources/{source_id}": "sources",
        f"sources/{source_id}/revisions/1": f"sources/{source_id}/revisions",
        f"mappings/{mapping_id}": "mappings",
        f"mappings/{mapping_id}/lineage": "mappings",
        f"synchronizations/{made}": "synchronizations",
        f"runs/{run.json()['id']}": "runs",
        f"runs/{run.json()['id']}/failures": "runs",
    }


@ON_BOTH
async def test_an_account_without_a_role_sees_what_it_owns_and_nothing_else(as_: As):
    own = await _own_something(as_("alice", Role.EDITOR), "of alice")
    foreign = await _own_something(as_("bob", Role.EDITOR), "of bob")
    alice, viewer = as_("alice", Role.NONE), as_("carol", Role.VIEWER)

    assert {path: (await alice.get(path)).status_code for path in own} == dict.fromkeys(own, 200)
    assert {path: (await alice.get(path)).status_code for path in foreign} == dict.fromkeys(
        foreign, 404
    )
    assert {path: (await viewer.get(path)).status_code for path in own | foreign} == dict.fromkeys(
        own | foreign, 200
    )
    for collection in {path for path in own.values() if "/" not in path}:
        seen, all_there = await alice.get(collection), await viewer.get(collection)
        assert len(seen.json()["results"]) == seen.json()["total"] == 1, collection
        assert all_there.json()["total"] == 2, collection
        search = await alice.get(collection, params={"_limit": 1, "_page": 2})
        assert search.json()["results"] == []


@ON_BOTH
async def test_an_account_without_a_role_finds_foreign_rows_by_no_name(as_: As):
    await _own_something(as_("bob", Role.EDITOR), "of bob")
    alice = as_("alice", Role.NONE)

    answers = [
        await alice.get(path)
        for path in ("sources/source-of-bob", "objects/register-of-bob/schema-of-bob")
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert (await alice.get("sources?_search=bob")).json()["total"] == 0


@pytest.mark.parametrize(
    ("role", "before", "after", "status"),
    [
        (Role.EDITOR, [], ["10.0.0.0/8"], 403),
        (Role.EDITOR, ["10.0.0.0/8"], ["10.0.0.0/8"], 200),
        (Role.EDITOR, ["10.0.0.0/8", "192.168.0.0/16"], ["10.0.0.0/8"], 200),
        (Role.EDITOR, ["10.0.0.0/8"], ["10.0.0.0/8", "127.0.0.1/32"], 403),
        (Role.ADMINISTRATOR, [], ["10.0.0.0/8"], 200),
    ],
)
async def test_private_networks_are_opened_by_administrators_alone(
    as_: As, role: Role, before: list[str], after: list[str], status: int
):
    admin, author = as_("admin", Role.ADMINISTRATOR), as_("somebody", role)
    source = {
        "name": "S",
        "configuration": {"kind": "rest", "location": "https://example.test"},
        "allowedNetworks": before,
    }
    made = await admin.post("sources", json=source)

    answer = await author.put(
        "sources/s", json=source | {"allowedNetworks": after, "description": "changed"}
    )

    assert (made.status_code, answer.status_code) == (201, status)
    kept = (await admin.get("sources/s")).json()["allowedNetworks"]
    assert kept == (after if status == 200 else before)


async def test_an_editor_opens_no_network_with_a_new_source_or_an_old_revision(as_: As):
    admin, editor = as_("admin", Role.ADMINISTRATOR), as_("somebody", Role.EDITOR)
    source = {
        "name": "S",
        "configuration": {"kind": "rest", "location": "https://example.test"},
        "allowedNetworks": ["10.0.0.0/8"],
    }
    await admin.post("sources", json=source)
    await admin.put("sources/s", json=source | {"allowedNetworks": []})

    answers = [
        await editor.post("sources", json=source | {"name": "New"}),
        await editor.post("sources/s/revisions/1/restore"),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert (await admin.get("sources")).json()["total"] == 1


@pytest.mark.parametrize(
    ("role", "named", "status"),
    [
        (Role.EDITOR, "", 200),
        (Role.EDITOR, "somebody", 200),
        (Role.EDITOR, "admin", 403),
        (Role.ADMINISTRATOR, "alice", 200),
    ],
)
async def test_administrators_alone_name_somebody_else_to_ask_nextcloud_as(
    as_: As, role: Role, named: str, status: int
):
    admin, author = as_("admin", Role.ADMINISTRATOR), as_("somebody", role)
    configuration = {"kind": "nextcloud_users", "actingUser": "admin"}
    await admin.post("sources", json={"name": "S", "configuration": configuration})
    synchronization = {
        "name": "S",
        "sourceId": "s",
        "target": {"kind": "object_store", "register": "r", "schema": "s"},
    }
    await admin.post("synchronizations", json=synchronization | {"actingUser": "admin"})
    source = {"name": "S", "configuration": configuration | {"actingUser": named}}

    answers = [
        await author.put("sources/s", json=source),
        await author.put("synchronizations/s", json=synchronization | {"actingUser": named}),
    ]

    assert [answer.status_code for answer in answers] == [status, status]

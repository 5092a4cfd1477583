"""Whole runs over Nextcloud's own data, in the engine as it is built for Nextcloud."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from ex_app.building import built
from openconnector.api.callers import by_token
from openconnector.cli.outcome import Exit
from openconnector.cli.serving import listening
from openconnector.db.rows import CallRow
from openconnector.engine import Engine
from openconnector.errors import ConfigurationError
from tests.fakes.commands import Command
from tests.fakes.exapp import settings_for
from tests.fakes.interfaces import Interfaces
from tests.fakes.nextcloud import FakeNextcloud
from tests.fakes.open_register import V1_0_0, FakeOpenRegister

TOKEN = "a token of enough length"
BY_TOKEN = by_token(TOKEN)


@pytest.fixture
def nextcloud() -> FakeNextcloud:
    return FakeNextcloud(is_registered=True, is_enabled=True)


@pytest.fixture
async def open_register() -> AsyncIterator[FakeOpenRegister]:
    """The Open Register of the same Nextcloud, on a real connection."""
    double = FakeOpenRegister(V1_0_0)
    double.users |= {"carol": "", "admin": ""}
    schema = double.add_schema("Person", "person", properties={"displayname": {"type": "string"}})
    double.add_register("People", "people", schemas=[schema["id"]])
    async with listening(double) as port:
        double.address = f"http://127.0.0.1:{port}"
        yield double


@pytest.fixture
async def registering(
    nextcloud: FakeNextcloud, open_register: FakeOpenRegister, migrated_storage: Path
) -> AsyncIterator[Engine]:
    """An engine that keeps objects in Open Register."""
    settings = settings_for(
        nextcloud,
        nextcloud_url=open_register.address,
        app_persistent_storage=migrated_storage,
        open_register=True,
    )
    engine, client = built(settings, transport=httpx.ASGITransport(nextcloud))
    async with aclosing(client), engine:
        yield engine


@pytest.fixture
async def engine(nextcloud: FakeNextcloud, migrated_storage: Path) -> AsyncIterator[Engine]:
    settings = settings_for(nextcloud, app_persistent_storage=migrated_storage)
    engine, client = built(settings, transport=httpx.ASGITransport(nextcloud))
    async with aclosing(client), engine:
        yield engine


@pytest.fixture
async def api(engine: Engine, interfaces: Interfaces) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(interfaces(engine, BY_TOKEN)) as client:
        yield client


def asking(app: FastAPI) -> httpx.AsyncClient:
    """Return the client of the administrator `admin`."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://t/api/v1",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )


async def made(api: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def run(api: httpx.AsyncClient, engine: Engine, synchronization: str) -> dict[str, Any]:
    """Run a synchronization to its end and return the run."""
    asked = await api.post(f"/synchronizations/{synchronization}/run", json={})
    assert asked.status_code == 202, asked.text
    await engine.worker().finish(asked.json()["id"])
    return dict((await api.get(f"/runs/{asked.json()['id']}")).json())


async def into_objects(api: httpx.AsyncClient, source: dict[str, Any], **more: Any) -> str:
    """Save a synchronization from this source into our own store and return its slug."""
    schema = await made(api, "/schemas", {"title": "Person", "slug": "person"})
    await made(api, "/registers", {"title": "People", "slug": "people", "schemas": [schema["id"]]})
    await made(api, "/sources", {"name": "Accounts", "configuration": source})
    body = {
        "name": "S",
        "sourceId": "accounts",
        "target": {"kind": "object_store", "register": "people", "schema": "person"},
    }
    return str((await made(api, "/synchronizations", body | more))["slug"])


async def test_users_become_objects_and_a_second_run_writes_nothing(api, engine, nextcloud):
    nextcloud.groups |= {f"user{number:03}": ["staff"] for number in range(97)}
    slug = await into_objects(api, {"kind": "nextcloud_users", "pageSize": 50})

    first = await run(api, engine, slug)
    asked = len(nextcloud.calls)
    second = await run(api, engine, slug)

    assert first["state"] == second["state"] == "succeeded", (first, second)
    assert (first["balance"]["created"], second["balance"]["unchanged"]) == (100, 100)
    assert second["writes"] == 0
    assert asked == len(nextcloud.calls) - asked == 3
    assert {call.user for call in nextcloud.calls} == {"admin"}


async def test_the_calls_to_nextcloud_are_in_the_call_log_of_the_run(api, engine):
    slug = await into_objects(api, {"kind": "nextcloud_users"})
    ran = await run(api, engine, slug)
    await engine.calls.flush()

    async with engine.database.reading() as session:
        calls = (await session.scalars(select(CallRow).where(CallRow.run_id == ran["id"]))).all()

    assert [(call.method, call.status) for call in calls] == [("GET", 200)]


async def test_a_synchronization_says_in_whose_name_nextcloud_is_asked(api, engine, nextcloud):
    nextcloud.groups["carol"] = ["admin"]
    slug = await into_objects(api, {"kind": "nextcloud_users"}, actingUser="carol")

    await run(api, engine, slug)

    assert {call.user for call in nextcloud.calls} == {"carol"}


async def test_an_account_that_may_not_ends_the_run_with_the_reason(api, engine, nextcloud):
    slug = await into_objects(api, {"kind": "nextcloud_users", "actingUser": "alice"})

    ran = await run(api, engine, slug)

    assert ran["state"] == "failed"
    assert "Nextcloud does not allow the list of users" in ran["error"]["message"]


async def synchronized(api: httpx.AsyncClient, **more: Any) -> str:
    """Save a synchronization from Nextcloud's users into Open Register and return its slug."""
    source = {"kind": "nextcloud_users", "actingUser": "admin"}
    await made(api, "/sources", {"name": "Accounts", "configuration": source})
    mapping = {"name": "M", "mapping": {"displayname": "displayname"}}
    await made(api, "/mappings", mapping)
    body = {
        "name": "S",
        "sourceId": "accounts",
        "sourceTargetMapping": "m",
        "target": {"kind": "object_store", "register": "people", "schema": "person"},
    }
    return str((await made(api, "/synchronizations", body | more))["slug"])


async def test_objects_in_open_register_belong_to_the_acting_account(
    registering, open_register, interfaces: Interfaces
):
    async with asking(interfaces(registering, BY_TOKEN)) as api:
        slug = await synchronized(api, actingUser="carol")
        first = await run(api, registering, slug)
        second = await run(api, registering, slug)

    assert (first["state"], first["balance"]["created"]) == ("succeeded", 3), first
    assert (second["state"], second["writes"]) == ("succeeded", 0)
    assert {row.owner for row in open_register.rows.values()} == {"carol"}


async def test_each_account_sees_open_register_with_its_own_eyes(
    registering, open_register, interfaces: Interfaces
):
    async with asking(interfaces(registering, BY_TOKEN)) as api:
        slug = await synchronized(api)
        await run(api, registering, slug)

    assert {row.owner for row in open_register.rows.values()} == {"admin"}
    assert registering.objects_of("alice") is not registering.objects_of("admin")
    assert registering.objects_of("alice") is registering.objects_of("alice")


async def test_an_account_nextcloud_does_not_know_deletes_nothing(
    registering, open_register, nextcloud, interfaces: Interfaces
):
    async with asking(interfaces(registering, BY_TOKEN)) as api:
        slug = await synchronized(api, actingUser="carol")
        await run(api, registering, slug)
        nextcloud.groups.pop("bob")
        open_register.users.pop("carol")
        ran = await run(api, registering, slug)

    assert ran["state"] == "failed"
    assert ran["error"]["code"] == "credentials-rejected"
    assert len(open_register.rows) == 3


async def test_nobody_never_reaches_open_register(
    registering, open_register, interfaces: Interfaces
):
    with pytest.raises(ConfigurationError, match="nobody's name"):
        await registering.objects_of("").resolve("people", "person")

    assert open_register.calls == []


async def test_accounts_are_made_kept_and_disabled_and_a_second_run_writes_nothing(
    api, engine, nextcloud
):
    nextcloud.groups |= {f"user{number}": ["staff"] for number in range(4)}
    await made(
        api,
        "/sources",
        {"name": "Accounts", "configuration": {"kind": "nextcloud_users", "group": "staff"}},
    )
    fields = {"id": "guest-{{ id }}", "displayname": "displayname", "email": "{{ id }}@example.org"}
    await made(api, "/mappings", {"name": "M", "mapping": fields})
    body = {
        "name": "S",
        "sourceId": "accounts",
        "sourceTargetMapping": "m",
        "target": {"kind": "nextcloud_users"},
    }
    slug = (await made(api, "/synchronizations", body))["slug"]

    first, second = await run(api, engine, slug), await run(api, engine, slug)
    nextcloud.groups["user3"] = []
    third = await run(api, engine, slug)

    assert (first["state"], first["balance"]["created"]) == ("succeeded", 4), first
    assert (second["state"], second["writes"], second["balance"]["unchanged"]) == (
        "succeeded",
        0,
        4,
    )
    assert (third["state"], third["balance"]["deleted"]) == ("succeeded", 1)
    assert nextcloud.accounts.disabled == {"guest-user3"}
    assert nextcloud.accounts.shown("guest-user0")["email"] == "user0@example.org"


async def test_an_address_book_that_did_not_change_costs_one_request(api, engine, nextcloud):
    book = "addressbooks/users/admin/contacts"
    for number in range(150):
        card = f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u{number}\r\nFN:N {number}\r\nEND:VCARD\r\n"
        nextcloud.shelves.put(book, f"{number}.vcf", card)
    slug = await into_objects(api, {"kind": "nextcloud_contacts"})

    first = await run(api, engine, slug)
    asked = len(nextcloud.calls)
    second = await run(api, engine, slug)
    asked_again = len(nextcloud.calls) - asked
    nextcloud.shelves.remove(book, "7.vcf")
    third = await run(api, engine, slug)

    assert (first["state"], first["balance"]["created"], asked) == ("succeeded", 150, 4), first
    assert (second["state"], second["balance"]["unchanged"], second["writes"]) == (
        "succeeded",
        150,
        0,
    )
    assert asked_again == 1
    assert (third["balance"]["unchanged"], third["balance"]["deleted"]) == (149, 1)


async def test_a_table_is_kept_in_step_with_another_and_a_second_run_writes_nothing(
    api, engine, nextcloud
):
    for table in (7, 8):
        nextcloud.tables.add(table, "Number", "Title")
    for number in range(30):
        nextcloud.tables.put(7, Number=str(number), Title=f"T{number}")
    source = {"kind": "nextcloud_tables", "table": 7, "pageSize": 10}
    await made(api, "/sources", {"name": "Rows", "configuration": source})
    await made(
        api,
        "/mappings",
        {"name": "M", "mapping": {"Number": "values.Number", "Title": "values.Title"}},
    )
    body = {
        "name": "S",
        "sourceId": "rows",
        "sourceTargetMapping": "m",
        "target": {"kind": "nextcloud_tables", "table": 8, "keyColumn": "Number"},
    }
    slug = (await made(api, "/synchronizations", body))["slug"]

    first, second = await run(api, engine, slug), await run(api, engine, slug)
    nextcloud.tables.rows[1][700 + 1] = "Changed"
    del nextcloud.tables.rows[2]
    third = await run(api, engine, slug)

    assert (first["state"], first["balance"]["created"]) == ("succeeded", 30), first
    assert (second["writes"], second["balance"]["unchanged"]) == (0, 30)
    assert (third["balance"]["updated"], third["balance"]["deleted"]) == (1, 1), third
    kept = [row for row in nextcloud.tables.rows if nextcloud.tables.of[row] == 8]
    assert len(kept) == 29


@pytest.mark.parametrize(
    ("configuration", "requests"),
    [({"kind": "nextcloud_users"}, 1), ({"kind": "nextcloud_contacts"}, 3)],
)
async def test_a_trial_asks_as_whoever_tries_and_counts_the_requests(
    api, nextcloud, configuration, requests
):
    nextcloud.shelves.put(
        "addressbooks/users/admin/contacts",
        "a.vcf",
        "BEGIN:VCARD\r\nUID:a\r\nFN:A\r\nEND:VCARD\r\n",
    )
    await made(api, "/sources", {"name": "A", "configuration": configuration})

    trial = (await api.post("/sources/a/test", json={})).json()

    assert (trial["isSuccessful"], trial["requests"]) == (True, requests), trial
    assert trial["status"] in (200, 207)
    assert {call.user for call in nextcloud.calls} == {"admin"}


@pytest.mark.parametrize(
    ("configuration", "told"),
    [
        ({"kind": "nextcloud_users", "actingUser": "ghost"}, "no active account 'ghost'"),
        ({"kind": "nextcloud_users", "group": ".."}, "only dots"),
        ({"kind": "nextcloud_users", "group": "none"}, "the users of the group 'none'"),
        ({"kind": "nextcloud_groups", "actingUser": "alice"}, "does not allow the list of groups"),
        ({"kind": "nextcloud_tables", "table": 9}, "the app Tables"),
        ({"kind": "nextcloud_contacts", "addressBook": "a/../b"}, "only dots"),
        ({"kind": "nextcloud_calendar"}, "collection of 'admin'"),
    ],
)
async def test_a_trial_that_fails_says_why(api, configuration, told):
    await made(api, "/sources", {"name": "A", "configuration": configuration})

    trial = (await api.post("/sources/a/test", json={})).json()

    assert not trial["isSuccessful"]
    assert told in trial["problem"]["detail"]


async def test_the_native_kinds_are_among_those_shown(api):
    shown = (await api.get("/kinds/source/nextcloud_users")).json()

    assert "administrator" in shown["description"]
    assert shown["schema"]["properties"]["actingUser"]["description"].startswith("The account")


async def test_where_there_is_no_nextcloud_a_definition_says_what_it_needs(tmp_path):
    file = tmp_path / "file.yaml"
    file.write_text(
        "sources: [{slug: a, name: A, configuration: {kind: nextcloud_users, search: b}}]"
    )

    code, told = await Command(["import", str(file), "--json"], tmp_path / "storage").wait()

    assert code == Exit.WRONG_USE
    assert "'nextcloud_users' needs Nextcloud" in told

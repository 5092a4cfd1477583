"""Promises about saved definitions: secrets, revisions, conflicts; on both databases."""

from typing import Any

import pytest
from sqlalchemy import text

from openconnector.crypto import KeyRing
from openconnector.db import definitions as rows
from openconnector.db.database import Database
from openconnector.db.rows import SourceRow
from openconnector.definitions.secrets import MASK
from openconnector.definitions.store import MAPPINGS, SOURCES, Definitions
from openconnector.errors import Conflict, InvalidInput, NotFound, StaleVersion
from openconnector.testing import FakeClock

TOKEN = "planted-token-4711"


@pytest.fixture
def definitions() -> Definitions:
    return Definitions(KeyRing({b"test": bytes(32)}, b"test"), FakeClock())


def source(**changes: Any) -> dict[str, Any]:
    configuration = {
        "kind": "rest",
        "location": "https://api.example.org",
        "auth": {"kind": "bearer", "token": TOKEN},
    }
    return {"name": "Case system", "configuration": configuration | changes}


async def shown(database: Database, definitions: Definitions, key: str) -> dict[str, Any]:
    async with database.reading() as session:
        row = await rows.get(session, SourceRow, key)
        return await definitions.shown(session, SOURCES, row)


async def every_cell(database: Database) -> str:
    async with database.reading() as session:
        found: list[Any] = []
        for table in ("source", "revision", "secret"):
            found += (await session.execute(text(f"SELECT * FROM {table}"))).all()  # noqa: S608
        return repr(found)


async def test_a_secret_is_usable_and_is_nowhere_in_plain(
    database: Database, definitions: Definitions
):
    async with database.writing() as session:
        row = await definitions.create(session, SOURCES, source(), "anna")

    async with database.reading() as session:
        loaded = await definitions.load(session, SOURCES, row.slug)

    assert loaded.definition.configuration.auth.token.get_secret_value() == TOKEN  # type: ignore[attr-defined]
    assert TOKEN not in await every_cell(database)
    assert (await shown(database, definitions, row.id))["configuration"]["auth"] == {
        "kind": "bearer",
        "token": MASK,
    }


@pytest.mark.parametrize("auth", [{"kind": "bearer", "token": MASK}, {"kind": "bearer"}])
async def test_a_secret_that_is_masked_or_left_out_is_kept(
    database: Database, definitions: Definitions, auth: dict
):
    async with database.writing() as session:
        row = await definitions.create(session, SOURCES, source(), "anna")

    async with database.writing() as session:
        await definitions.update(session, SOURCES, row.id, source(auth=auth, endpoint="x"), "bert")
    async with database.reading() as session:
        loaded = await definitions.load(session, SOURCES, row.id)

    configuration: Any = loaded.definition.configuration
    assert (configuration.endpoint, configuration.auth.token.get_secret_value()) == ("x", TOKEN)


async def test_a_secret_is_never_sent_to_a_new_address_unless_it_is_entered_again(
    database: Database, definitions: Definitions
):
    async with database.writing() as session:
        row = await definitions.create(session, SOURCES, source(), "anna")
    moved = {"location": "https://elsewhere.example.org"}

    with pytest.raises(InvalidInput, match="entered again"):
        async with database.writing() as session:
            kept = source(**moved, auth={"kind": "bearer", "token": MASK})
            await definitions.update(session, SOURCES, row.id, kept, "bert")
    async with database.writing() as session:
        await definitions.update(session, SOURCES, row.id, source(**moved), "bert")

    assert (await shown(database, definitions, row.id))["revision"] == 2


async def test_another_auth_scheme_forgets_the_secret_of_the_first(
    database: Database, definitions: Definitions
):
    async with database.writing() as session:
        row = await definitions.create(session, SOURCES, source(), "anna")
        await definitions.update(session, SOURCES, row.id, source(auth={"kind": "none"}), "anna")

    async with database.reading() as session:
        assert await rows.secrets(session, SourceRow, row.id) == {}


async def test_every_save_is_a_revision_and_an_unchanged_one_is_none(
    database: Database, definitions: Definitions
):
    async with database.writing() as session:
        row = await definitions.create(session, SOURCES, source(), "anna")
        await definitions.update(session, SOURCES, row.id, source(), "bert")
        await definitions.update(session, SOURCES, row.id, source(endpoint="x"), "carl")

    async with database.reading() as session:
        found = await rows.revisions(session, SourceRow, row.id)

    assert [(r.number, r.saved_by, r.definition["version"]) for r in found] == [
        (2, "carl", "0.0.2"),
        (1, "anna", "0.0.1"),
    ]


async def test_an_old_revision_can_be_restored_and_keeps_todays_secrets(
    database: Database, definitions: Definitions
):
    async with database.writing() as session:
        row = await definitions.create(session, SOURCES, source(endpoint="old"), "anna")
        new = source(endpoint="new", auth={"kind": "bearer", "token": "another"})
        await definitions.update(session, SOURCES, row.id, new, "anna")

    async with database.writing() as session:
        old = await definitions.revised(session, SOURCES, row.id, 1)
        await definitions.update(session, SOURCES, row.id, old, "bert")
    async with database.reading() as session:
        loaded = await definitions.load(session, SOURCES, row.id)
        numbers = [r.number for r in await rows.revisions(session, SourceRow, row.id)]

    configuration: Any = loaded.definition.configuration
    assert (configuration.endpoint, configuration.auth.token.get_secret_value()) == (
        "old",
        "another",
    )
    assert numbers == [3, 2, 1]


async def test_a_save_based_on_an_old_state_is_refused(
    database: Database, definitions: Definitions
):
    async with database.writing() as session:
        row = await definitions.create(session, SOURCES, source(), "anna")
        await definitions.update(session, SOURCES, row.id, source(endpoint="x"), "bert", based_on=1)

    with pytest.raises(StaleVersion, match="revision 2, not 1"):
        async with database.writing() as session:
            await definitions.update(
                session, SOURCES, row.id, source(endpoint="y"), "carl", based_on=1
            )


async def test_id_slug_and_reference_all_find_it_and_a_taken_slug_is_a_conflict(
    database: Database, definitions: Definitions
):
    async with database.writing() as session:
        body = source() | {"reference": "https://catalogue.example.org/cases"}
        row = await definitions.create(session, SOURCES, body, "anna")

    async with database.reading() as session:
        for key in (row.id, "case-system", "https://catalogue.example.org/cases"):
            assert (await definitions.load(session, SOURCES, key)).id == row.id
        with pytest.raises(NotFound):
            await definitions.load(session, SOURCES, "other")
    with pytest.raises(Conflict, match="case-system"):
        async with database.writing() as session:
            await definitions.create(session, SOURCES, source(), "anna")


async def test_every_change_is_counted_so_that_other_processes_see_it(
    database: Database, definitions: Definitions
):
    counted = []
    for step in ("create", "update", "same", "delete"):
        async with database.writing() as session:
            if step == "create":
                await definitions.create(session, SOURCES, source(), "a")
            elif step == "delete":
                await definitions.delete(session, SOURCES, "case-system", "a")
            else:
                await definitions.update(session, SOURCES, "case-system", source(endpoint="x"), "a")
            counted.append(await rows.change_counter(session))

    assert counted == [1, 2, 2, 3]


async def test_the_order_of_a_mappings_fields_is_kept_and_is_a_change(
    database: Database, definitions: Definitions
):
    async with database.writing() as session:
        body = {"name": "M", "mapping": {"b": "x", "a": "y"}}
        row = await definitions.create(session, MAPPINGS, body, "a")
        await definitions.update(
            session, MAPPINGS, row.id, {"name": "M", "mapping": {"a": "y", "b": "x"}}, "a"
        )

    async with database.reading() as session:
        loaded = await definitions.load(session, MAPPINGS, row.id)

    assert list(loaded.definition.mapping) == ["a", "b"]
    assert row.revision == 2

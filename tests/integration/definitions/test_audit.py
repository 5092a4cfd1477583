"""The audit trail: complete, without secrets, and no change to it goes unnoticed."""

import asyncio
import hashlib
import json
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from openconnector.crypto import KeyRing
from openconnector.db.database import Database
from openconnector.db.session import Session
from openconnector.definitions.audit import Audit, Change, End, every, shown
from openconnector.definitions.registers import REGISTERS, SCHEMAS, Registers
from openconnector.definitions.store import SOURCES, Definitions
from openconnector.errors import Conflict
from openconnector.testing import FakeClock
from tests.fakes.ways import ON_ONE_DATABASE

KEYS = KeyRing({b"test": bytes(32)}, b"test")
CLOCK = FakeClock()
AUDIT = Audit(KEYS, CLOCK)


def source(**configuration: Any) -> dict[str, Any]:
    auth = {"kind": "bearer", "token": "s3cret"}
    whole = {"kind": "rest", "location": "https://api.test", "auth": auth, **configuration}
    return {"name": "Cases", "configuration": whole}


async def note(database: Database, *names: str) -> None:
    for name in names:
        change = Change(who="anna", action="update", subject="source", subject_id="1", name=name)
        async with database.writing() as session:
            await AUDIT.note(session, change)


async def findings(database: Database, noted: End | None = None) -> list[str]:
    found = await AUDIT.examine(database, noted)
    return [f"{finding.number} {finding.message}" for finding in found.findings]


async def change(database: Database, *statements: str) -> None:
    async with database.writing() as session:
        for statement in statements:
            await session.execute(text(statement))


async def test_every_change_of_definitions_and_registers_is_an_entry(database: Database):
    definitions = Definitions(KEYS, CLOCK)
    shelved = Registers(CLOCK, definitions.audit)
    async with database.writing() as session:
        row = await definitions.create(session, SOURCES, source(), "anna")
        changed = source(endpoint="x", auth={"kind": "bearer", "token": "other"})
        await definitions.update(session, SOURCES, row.id, changed, "bert")
        await definitions.update(session, SOURCES, row.id, changed, "carl")  # changes nothing
        await definitions.delete(session, SOURCES, row.id, "dora")
        schema = await shelved.create(session, SCHEMAS, {"title": "Case"}, "anna")
        await shelved.update(
            session, SCHEMAS, schema.id, {"title": "Case", "required": ["a"]}, "bert"
        )
        register = await shelved.create(session, REGISTERS, {"title": "Town"}, "anna")
        await shelved.remove(session, register, "carl")

    entries = [shown(entry) async for entry in every(database)]

    assert [(one["who"], one["action"], one["subject"], one["revision"]) for one in entries] == [
        ("anna", "create", "source", 1),
        ("bert", "update", "source", 2),
        ("dora", "delete", "source", 2),
        ("anna", "create", "schema", 1),
        ("bert", "update", "schema", 2),
        ("anna", "create", "register", 1),
        ("carl", "delete", "register", 1),
    ]
    assert entries[1]["details"] == {
        "changed": ["version", "configuration"],
        "secrets": ["/configuration/auth/token"],
    }
    assert entries[4]["details"] == {"changed": ["required"]}
    assert "s3cret" not in str(entries)
    assert "other" not in str(entries)
    assert await findings(database) == []


async def test_an_entry_is_there_if_and_only_if_the_change_is(database: Database):
    definitions = Definitions(KEYS, CLOCK)
    with pytest.raises(Conflict):
        async with database.writing() as session:
            await definitions.create(session, SOURCES, source(), "anna")
            raise Conflict("something later in the transaction")

    assert [entry async for entry in every(database)] == []
    assert await findings(database) == []


async def test_changes_at_the_same_time_make_one_chain(database: Database):
    await asyncio.gather(*(note(database, f"n{number}") for number in range(8)))

    found = await AUDIT.examine(database)

    assert (found.entries, found.findings) == (8, [])


TAMPERING = {
    "a row is changed": (["UPDATE audit SET who = 'eve' WHERE number = 2"], ["2 was changed"]),
    "a moment is moved": (
        ["UPDATE audit SET at = (SELECT max(at) FROM audit), name = 'x' WHERE number = 3"],
        ["3 was changed"],
    ),
    "a row is removed": (["DELETE FROM audit WHERE number = 2"], ["3 entry 2 is missing"]),
    "the first rows are removed": (
        ["DELETE FROM audit WHERE number < 3"],
        ["3 entries 1 to 2 are missing"],
    ),
    "a row is removed and the rest moved up": (
        [
            "DELETE FROM audit WHERE number = 2",
            "UPDATE audit SET number = 2 WHERE number = 3",
            "UPDATE audit SET number = 3 WHERE number = 4",
        ],
        ["2 was changed"],
    ),
    "two rows change places": (
        [
            "UPDATE audit SET number = 9 WHERE number = 2",
            "UPDATE audit SET number = 2 WHERE number = 3",
            "UPDATE audit SET number = 3 WHERE number = 9",
        ],
        ["2 was changed", "3 was changed"],
    ),
    "the tail is cut off": (
        ["DELETE FROM audit WHERE number > 2"],
        ["2 the entries after it are missing; the last was 4"],
    ),
    "everything is removed": (
        ["DELETE FROM audit"],
        ["0 the entries after it are missing; the last was 4"],
    ),
    "a row is added": (
        [
            "INSERT INTO audit (number, at, who, action, subject, subject_id, name, details, digest) "
            "SELECT 5, at, 'eve', action, subject, subject_id, name, details, digest FROM audit WHERE number = 4"
        ],
        ["5 was changed"],
    ),
    "the sealed end is removed": (["DELETE FROM audit_head"], ["4 the sealed end is missing"]),
    "the sealed end is emptied": (
        ["UPDATE audit_head SET sealed = NULL"],
        ["4 the sealed end is missing"],
    ),
    "the sealed end is changed": (
        ["UPDATE audit_head SET sealed = substr(sealed, 1, 20)"],
        ["4 the sealed end does not open"],
    ),
}


@ON_ONE_DATABASE
@pytest.mark.parametrize("case", TAMPERING)
async def test_tampering_is_found(database: Database, case: str):
    statements, expected = TAMPERING[case]
    await note(database, "a", "b", "c", "d")

    await change(database, *statements)

    found = await findings(database)
    for beginning in expected:
        assert any(one.startswith(beginning) for one in found), found


@pytest.mark.parametrize(
    "case", ["the tail is cut off", "everything is removed", "the sealed end is removed"]
)
async def test_no_later_change_covers_up_what_was_cut_off(database: Database, case: str):
    await note(database, "a", "b", "c", "d")
    await change(database, *TAMPERING[case][0])

    await note(database, "e")

    assert len(await findings(database)) >= 1


async def test_a_cut_off_end_with_an_old_seal_is_missed_by_an_end_noted_elsewhere(
    database: Database,
):
    await note(database, "a", "b")
    async with database.writing() as session:
        old = await _sealed(session)
    await note(database, "c")
    noted = (await AUDIT.examine(database)).end
    async with database.writing() as session:
        await session.execute(text("DELETE FROM audit WHERE number = 3"))
        await session.execute(text("UPDATE audit_head SET sealed = :old"), {"old": old})

    assert await findings(database) == []
    assert await findings(database, noted) == ["3 was noted elsewhere and is not there"]
    await note(database, "another")
    assert await findings(database, noted) == [
        "3 is another entry than the one that was noted elsewhere"
    ]


async def test_after_a_lost_key_the_trail_goes_on_and_says_so(database: Database):
    await note(database, "a", "b")
    new = Audit(KeyRing({b"anew": bytes(32)}, b"anew"), CLOCK)

    async with database.writing() as session:
        await new.note(session, Change(who="x", action="y", subject="z", subject_id="1"))

    found = await new.examine(database)
    assert [one.message for one in found.findings] == [
        "was written when the sealed end before it was lost"
    ]
    assert found.entries == 3


async def test_a_trail_longer_than_a_batch_is_followed_to_its_end(
    database: Database,
):
    await note(database, *"abcde")
    small = Audit(KEYS, CLOCK, batch=2)

    found = await small.examine(database)

    assert (found.entries, found.findings) == (5, [])
    later = [entry.name async for entry in every(database, 1, batch=2)]
    assert later == ["b", "c", "d", "e"]


async def _sealed(session: Session) -> bytes:
    found = await session.execute(text("SELECT sealed FROM audit_head"))
    sealed: bytes = found.scalar_one()
    return sealed


async def test_an_export_can_be_checked_without_this_program(database: Database):
    await note(database, "a", "ü", "c")
    lines = [orjson.dumps(shown(entry)) async for entry in every(database)]

    digest = bytes(32)
    for line in map(json.loads, lines):
        given = bytes.fromhex(line.pop("digest"))
        told = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(digest + told.encode()).digest()
        assert given == digest

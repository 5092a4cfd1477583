"""The embedded store on real databases: transactions, versions, and records that a database cannot hold."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openconnector.db import objects, registers
from openconnector.db.database import Database
from openconnector.db.objects import Home
from openconnector.db.registers import RegisterQuery
from openconnector.db.store_rows import RegisterRow, SchemaRow
from openconnector.errors import Conflict, InvalidInput, NotFound
from openconnector.objects.embedded import EmbeddedStore
from openconnector.ports import ObjectQuery, Place, Stored
from openconnector.records import Verdict
from openconnector.testing import FakeClock

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = Place(register="people", schema="person")
PROPERTIES = {
    "name": {"type": "string"},
    "age": {"type": ["integer", "null"]},
    "height": {"type": "number"},
    "isActive": {"type": "boolean"},
    "tags": {"type": "array"},
    'a"b': {"type": "string"},
}


ABOUT: dict[str, Any] = {"owner": "admin", "created_at": MOMENT, "updated_at": MOMENT}


def schema(slug: str, properties: dict[str, Any] | None = None) -> SchemaRow:
    return SchemaRow(id=slug, slug=slug, title=slug.title(), properties=properties or {}, **ABOUT)


def register(key: str, slug: str, schemas: list[str]) -> RegisterRow:
    return RegisterRow(id=key, slug=slug, title=slug.title(), schemas=schemas, **ABOUT)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(database: Database, clock: FakeClock) -> EmbeddedStore:
    async with database.writing() as session:
        await registers.insert(session, schema("person", PROPERTIES))
        await registers.insert(session, schema("other"))
        await registers.insert(session, register("people", "people", ["person", "other"]))
    return EmbeddedStore(database, clock)


async def test_what_was_written_in_a_transaction_that_fails_is_not_there(
    store: EmbeddedStore, database: Database
):
    with pytest.raises(RuntimeError):
        async with database.writing() as session:
            bound = store.within(session)
            await bound.upsert(PLACE, [Stored(id="1", data={"name": "Jan"})])
            assert await bound.existing(PLACE, ["1"]) == {"1"}
            raise RuntimeError

    assert await store.existing(PLACE, ["1"]) == set()


async def test_a_new_version_keeps_the_day_it_was_made(store: EmbeddedStore, clock: FakeClock):
    await store.upsert(PLACE, [Stored(id="1", data={"name": "Jan"})])
    clock.moment += timedelta(days=1)
    await store.delete(PLACE, ["1"])

    await store.upsert(PLACE, [Stored(id="1", data={"name": "Janneke"})])

    found = await store.get(PLACE, "1")
    assert (found.version, found.data) == (2, {"name": "Janneke"})
    assert found.updated_at == clock.now()
    assert found.created_at == clock.now() - timedelta(days=1)


async def test_a_deleted_object_can_be_brought_back_as_it_was(store: EmbeddedStore):
    await store.upsert(PLACE, [Stored(id="1", data={"name": "Jan"})])
    await store.delete(PLACE, ["1"])

    outcomes = await store.restore(PLACE, ["1", "1", "2"])

    assert [one.verdict for one in outcomes] == [
        Verdict.WRITTEN,
        Verdict.UNCHANGED,
        Verdict.UNCHANGED,
    ]
    assert (await store.get(PLACE, "1")).data == {"name": "Jan"}


async def test_an_id_of_another_schema_is_never_overwritten(store: EmbeddedStore):
    other = Place(register="people", schema="other")
    await store.upsert(other, [Stored(id="1", data={"kept": True})])

    outcomes = await store.upsert(
        PLACE, [Stored(id=key, data={"name": key}) for key in ("0", "1", "2")]
    )

    assert [(one.verdict, one.writes) for one in outcomes] == [
        (Verdict.WRITTEN, 1),
        (Verdict.FAILED, 0),
        (Verdict.WRITTEN, 1),
    ]
    assert (await store.get(other, "1")).data == {"kept": True}


@pytest.mark.parametrize(
    "unstorable",
    [
        Stored(id="1", data={"name": "a\x00b"}),
        Stored(id="1", data={"name": "\ud800"}),
        Stored(id="1", data={"age": 2**70}),
        Stored(id="1", data={"tags": [object()]}),
        Stored(id="x" * 37, data={"name": "Jan"}),
    ],
)
async def test_one_record_that_no_database_can_hold_does_not_harm_the_others(
    store: EmbeddedStore, unstorable: Stored
):
    outcomes = await store.upsert(
        PLACE, [Stored(id="0", data={"name": "a"}), unstorable, Stored(id="2", data={"name": "b"})]
    )

    assert [one.verdict for one in outcomes] == [
        Verdict.WRITTEN,
        Verdict.INVALID,
        Verdict.WRITTEN,
    ]
    assert outcomes[1].reason
    assert await store.existing(PLACE, ["0", unstorable.id, "2"]) == {"0", "2"}


async def test_text_that_only_looks_like_an_escape_is_kept(store: EmbeddedStore):
    await store.upsert(PLACE, [Stored(id="1", data={"name": r"\u0000 \\u0000"})])

    assert (await store.get(PLACE, "1")).data == {"name": r"\u0000 \\u0000"}


async def test_a_changed_schema_counts_from_its_next_revision_on(
    store: EmbeddedStore, database: Database
):
    before = await store.validate(PLACE, {"name": "Jan"})

    async with database.writing() as session:
        row = await registers.get(session, SchemaRow, "person")
        row.required, row.revision = ["age"], row.revision + 1
        await registers.save(session, row)
    after = await store.upsert(PLACE, [Stored(id="1", data={"name": "Jan"})])

    assert before == []
    assert [one.verdict for one in after] == [Verdict.INVALID]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"age": "30"}, ["1"]),
        ({"height": "1.5"}, ["1"]),
        ({"height": "2"}, ["2"]),
        ({"isActive": "true"}, ["1"]),
        ({"isActive": "false", "name": "Piet"}, ["2"]),
        ({"name": "30"}, []),
    ],
)
async def test_a_filter_has_the_type_of_its_property(store: EmbeddedStore, filters, found):
    await store.upsert(
        PLACE,
        [
            Stored(id="1", data={"name": "Jan", "age": 30, "height": 1.5, "isActive": True}),
            Stored(id="2", data={"name": "Piet", "age": None, "height": 2, "isActive": False}),
        ],
    )

    page = await store.search(PLACE, ObjectQuery(filters=filters))

    assert [one.id for one in page.results] == found


async def test_every_wrong_part_of_a_query_is_named_at_once(store: EmbeddedStore):
    filters = {
        "age": "many",
        "isActive": "2",
        "tags": "x",
        "nope": "1",
        'a"b': "x",
        "height": "1e9",
    }

    with pytest.raises(InvalidInput) as refused:
        await store.search(PLACE, ObjectQuery(filters=filters, sort="-nope"))

    assert {problem.field for problem in refused.value.problems} == {*filters, "sort"}


async def test_objects_without_the_value_come_last_whatever_the_order(store: EmbeddedStore):
    await store.upsert(
        PLACE,
        [
            Stored(id="none", data={}),
            Stored(id="2", data={"age": 2}),
            Stored(id="1", data={"age": 1}),
        ],
    )

    orders = [
        [one.id for one in (await store.search(PLACE, ObjectQuery(sort=sort))).results]
        for sort in ("age", "-age")
    ]

    assert orders == [["1", "2", "none"], ["2", "1", "none"]]


async def test_objects_come_in_the_order_of_their_making(store: EmbeddedStore, clock: FakeClock):
    for key in ("b", "c", "a"):
        await store.upsert(PLACE, [Stored(id=key, data={})])
        clock.moment += timedelta(seconds=1)
    await store.upsert(PLACE, [Stored(id="b", data={"name": "changed"})])

    orders = [
        [one.id for one in (await store.search(PLACE, ObjectQuery(sort=sort))).results]
        for sort in (None, "-created", "updated")
    ]

    assert orders == [["b", "c", "a"], ["a", "c", "b"], ["c", "a", "b"]]


async def test_looking_ids_up_does_not_go_through_the_other_objects(
    store: EmbeddedStore, database: Database
):
    if not database.is_sqlite:
        pytest.skip("PostgreSQL plans by its statistics")

    async with database.reading() as session:
        connection = await session.connection()
        plans = [
            await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            for statement, values in [
                (objects.EXISTING["sqlite"], ("[]", *Home("r", "s"))),
                (objects.DELETE["sqlite"], ("[]", *Home("r", "s"), 0)),
            ]
        ]
        steps = [next(row.detail for row in plan) for plan in plans]

    assert [step.partition("(")[2] for step in steps] == ["id=?)", "id=?)"]


async def test_a_slug_belongs_to_one_register(store: EmbeddedStore, database: Database):
    with pytest.raises(Conflict, match="people"):
        async with database.writing() as session:
            await registers.insert(session, register("x", "people", []))


async def test_a_register_or_schema_with_objects_is_not_removed(
    store: EmbeddedStore, database: Database
):
    await store.upsert(PLACE, [Stored(id="1", data={})])

    async with database.writing() as session:
        people = await registers.get(session, RegisterRow, "people")
        person = await registers.get(session, SchemaRow, "person")
        for row in (people, person):
            with pytest.raises(Conflict, match="1 objects"):
                await registers.remove(session, row)

    await store.delete(PLACE, ["1"])
    async with database.writing() as session:
        await registers.remove(session, await registers.get(session, RegisterRow, "people"))
    with pytest.raises(NotFound):
        await store.resolve("people", "person")


async def test_registers_and_schemas_are_listed_in_pages(store: EmbeddedStore, database: Database):
    async with database.reading() as session:
        schemas, total = await registers.page(
            session, SchemaRow, RegisterQuery(sort="-title", limit=1)
        )
        matching, _ = await registers.page(session, RegisterRow, RegisterQuery(search="PEO"))

    assert ([row.slug for row in schemas], total) == (["person"], 2)
    assert [row.slug for row in matching] == ["people"]

"""Every object store keeps the same promises: tables of our own, and Open Register with each of its quirks."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid5

import httpx
import pytest
from pydantic import SecretStr

from openconnector.auth.basic import BasicAuth
from openconnector.db import registers
from openconnector.db.database import Database
from openconnector.db.store_rows import RegisterRow, SchemaRow
from openconnector.errors import InvalidInput, NotFound
from openconnector.objects.embedded import EmbeddedStore
from openconnector.objects.open_register import OpenRegisterStore
from openconnector.ports import ObjectQuery, ObjectStore, Place, Stored
from openconnector.records import Verdict
from openconnector.testing import FakeClock, FakeLog, http_for
from tests.fakes.open_register import V0_2_14, V1_0_0, FakeOpenRegister, Profile

PROPERTIES = {
    "name": {"type": "string"},
    "age": {"type": "integer", "minimum": 0},
    "tags": {"type": "array", "items": {"type": "string"}},
    "address": {"type": "object"},
    "isActive": {"type": "boolean"},
    "height": {"type": "number"},
}
NAMELESS = {name: rule for name, rule in PROPERTIES.items() if name != "name"} | {
    "title": {"type": "string"}
}
"""Without a property that v0.2.14's bulk takes for its own, so that its bulk works."""

OPEN_REGISTERS = {
    "Open Register 1.0.0": V1_0_0,
    "Open Register 1.0.0, bulk that loses values": replace(V1_0_0, bulk="hollow"),
    "Open Register 1.0.0, bulk that works": replace(V1_0_0, bulk="works"),
    "Open Register 1.0.0, bulk that leaves out rows": replace(
        V1_0_0, bulk="works", is_bulk_partial=True
    ),
    "Open Register 0.2.14": V0_2_14,
    "Open Register 0.2.14, bulk that leaves out rows": replace(V0_2_14, is_bulk_partial=True),
}

VERSIONS = ["Open Register 1.0.0", "Open Register 0.2.14"]

Opened = AbstractAsyncContextManager[ObjectStore]


@asynccontextmanager
async def open_register(profile: Profile) -> AsyncIterator[ObjectStore]:
    double = FakeOpenRegister(profile)
    people = double.add_schema(
        "Person", "person", properties=PROPERTIES, required=["name"], hardValidation=True
    )
    things = double.add_schema("Thing", "thing", properties=NAMELESS, hardValidation=True)
    double.add_register("People", "people", schemas=[people["id"], things["id"]])
    yield OpenRegisterStore(
        http_for(httpx.ASGITransport(double).handle_async_request),
        "http://nextcloud.test",
        BasicAuth(username="admin", password=SecretStr("secret")),
        clock=FakeClock(),
        log=FakeLog(),
    )


@asynccontextmanager
async def embedded(url: str) -> AsyncIterator[ObjectStore]:
    database = Database(url)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    about = {"owner": "admin", "created_at": moment, "updated_at": moment}
    person_schema = SchemaRow(
        id=key("person"),
        slug="person",
        title="Person",
        properties=PROPERTIES,
        required=["name"],
        **about,
    )
    thing_schema = SchemaRow(
        id=key("thing"), slug="thing", title="Thing", properties=NAMELESS, **about
    )
    people_register = RegisterRow(
        id=key("people"),
        slug="people",
        title="People",
        schemas=[key("person"), key("thing")],
        **about,
    )
    async with database.writing() as session:
        for row in (person_schema, thing_schema, people_register):
            await registers.insert(session, row)
    yield EmbeddedStore(database, FakeClock())
    await database.close()


EMBEDDED = {
    "embedded, SQLite": "migrated_sqlite_url",
    "embedded, PostgreSQL": "migrated_postgres_url",
}
STORES = [
    "embedded, SQLite",
    pytest.param("embedded, PostgreSQL", marks=pytest.mark.postgres),
    *OPEN_REGISTERS,
]
READ_ALIKE = pytest.mark.parametrize("opening", [*STORES[:2], *VERSIONS], indirect=True)
"""For what only reads a few objects: how a bulk goes wrong makes no difference to it."""


@pytest.fixture(params=STORES)
def opening(request: pytest.FixtureRequest) -> Opened:
    if request.param in EMBEDDED:
        return embedded(request.getfixturevalue(EMBEDDED[request.param]))
    return open_register(OPEN_REGISTERS[request.param])


@pytest.fixture
async def store(opening: Opened) -> AsyncIterator[ObjectStore]:
    async with opening as opened:
        yield opened


@pytest.fixture
async def people(store: ObjectStore) -> Place:
    return await store.resolve("people", "person")


def person(name: str, **more: object) -> Stored:
    return Stored(id=key(name), data={"name": name, **more})


def key(name: str) -> str:
    return str(uuid5(UUID(int=7), name))


def crowd(count: int) -> list[Stored]:
    return [person(f"Person {number:04}", age=number) for number in range(count)]


@READ_ALIKE
async def test_the_ids_of_a_place_name_the_same_place_as_its_slugs(store: ObjectStore):
    by_slug = await store.resolve("people", "person")

    by_id = await store.resolve(by_slug.register, by_slug.schema)

    assert by_id == by_slug


@READ_ALIKE
async def test_a_register_or_schema_that_is_not_there_is_not_found(store: ObjectStore):
    for register, schema in [("people", "nobody"), ("nowhere", "person")]:
        with pytest.raises(NotFound):
            await store.resolve(register, schema)


@READ_ALIKE
async def test_the_schema_of_a_place_has_its_properties_and_what_is_required(
    store: ObjectStore, people: Place
):
    schema = await store.schema(people)

    assert (list(schema["properties"]), schema["required"]) == (list(PROPERTIES), ["name"])
    assert schema["properties"]["name"]["type"] == "string"
    assert "integer" in schema["properties"]["age"]["type"]


async def test_what_was_written_comes_back(store: ObjectStore, people: Place):
    jan = person(
        "Jan 日本 'quoted'",
        age=33,
        tags=["x", "y"],
        address={"street": "Dam", "deep": {"number": 1}},
        isActive=False,
        height=1.85,
    )

    outcomes = await store.upsert(people, [jan])

    found = await store.get(people, jan.id)
    assert [(one.verdict, one.target_id, one.writes) for one in outcomes] == [
        (Verdict.WRITTEN, jan.id, 1)
    ]
    assert (found.id, found.data) == (jan.id, jan.data)


async def test_writing_an_id_again_replaces_the_whole_object(store: ObjectStore, people: Place):
    await store.upsert(people, [person("Jan", age=33)])

    await store.upsert(people, [Stored(id=key("Jan"), data={"name": "Janneke"})])

    found = await store.search(people, ObjectQuery())
    assert [one.data for one in found.results] == [{"name": "Janneke"}]
    assert found.total == 1


async def test_one_invalid_object_of_many_is_refused_with_a_reason_and_the_others_are_written(
    store: ObjectStore, people: Place
):
    objects = crowd(60)
    objects[13] = Stored(id=objects[13].id, data={"age": 13})
    objects[14] = Stored(id=objects[14].id, data={"name": "wrong", "age": "many"})

    outcomes = await store.upsert(people, objects)

    refused = {at: one for at, one in enumerate(outcomes) if one.verdict is not Verdict.WRITTEN}
    assert {at: one.verdict for at, one in refused.items()} == dict.fromkeys(
        (13, 14), Verdict.INVALID
    )
    assert "name" in (refused[13].reason or "")
    assert "age" in (refused[14].reason or "")
    assert await store.existing(people, [one.id for one in objects]) == {
        one.id for at, one in enumerate(objects) if at not in refused
    }


@pytest.mark.parametrize("schema", ["person", "thing"])
async def test_a_large_batch_is_stored_whole_even_where_objects_were_deleted_or_changed_before(
    store: ObjectStore, schema
):
    place = await store.resolve("people", schema)
    objects = [
        Stored(id=one.id, data={"title" if schema == "thing" else "name": "n", "age": at})
        for at, one in enumerate(crowd(130))
    ]
    await store.upsert(place, objects)
    await store.delete(place, [one.id for one in objects[50:60]])
    changed = [Stored(id=one.id, data=one.data | {"age": 200}) for one in objects]

    first = await store.upsert(place, changed)
    again = await store.upsert(place, changed)

    assert {one.verdict for one in [*first, *again]} == {Verdict.WRITTEN}
    assert [one.target_id for one in first] == [one.id for one in objects]
    found = await store.search(place, ObjectQuery(limit=500))
    assert found.total == 130
    assert {one.id: one.data for one in found.results} == {one.id: one.data for one in changed}


async def test_of_two_objects_with_one_id_the_last_is_kept(store: ObjectStore, people: Place):
    twice = [Stored(id=key("Jan"), data={"name": name}) for name in ("first", "second")]

    outcomes = await store.upsert(people, twice)

    assert [one.verdict for one in outcomes] == [Verdict.WRITTEN] * 2
    assert (await store.get(people, key("Jan"))).data == {"name": "second"}


async def test_nothing_to_write_writes_nothing(store: ObjectStore, people: Place):
    assert await store.upsert(people, []) == []
    assert await store.delete(people, []) == []
    assert await store.existing(people, []) == set()


async def test_a_deleted_object_is_gone_and_deleting_it_again_changes_nothing(
    store: ObjectStore, people: Place
):
    objects = crowd(3)
    await store.upsert(people, objects)
    ids = [key("nobody"), objects[1].id, objects[0].id]

    outcomes = await store.delete(people, ids)
    again = await store.delete(people, ids)

    assert [(one.verdict, one.target_id, one.writes) for one in outcomes] == [
        (Verdict.UNCHANGED, ids[0], 0),
        (Verdict.WRITTEN, ids[1], 1),
        (Verdict.WRITTEN, ids[2], 1),
    ]
    assert [one.verdict for one in again] == [Verdict.UNCHANGED] * 3
    assert await store.existing(people, [one.id for one in objects]) == {objects[2].id}
    with pytest.raises(NotFound):
        await store.get(people, objects[0].id)


async def test_an_object_that_was_deleted_comes_back_when_it_is_written(
    store: ObjectStore, people: Place
):
    await store.upsert(people, [person("Jan", age=33)])
    await store.delete(people, [key("Jan")])

    outcomes = await store.upsert(people, [person("Jan", age=34)])

    assert [one.verdict for one in outcomes] == [Verdict.WRITTEN]
    assert (await store.get(people, key("Jan"))).data == {"name": "Jan", "age": 34}


@READ_ALIKE
async def test_objects_of_another_schema_are_not_seen(store: ObjectStore, people: Place):
    things = await store.resolve("people", "thing")
    await store.upsert(things, [Stored(id=key("Lamp"), data={"title": "Lamp"})])

    assert await store.existing(people, [key("Lamp")]) == set()
    assert (await store.search(people, ObjectQuery())).total == 0
    with pytest.raises(NotFound):
        await store.get(people, key("Lamp"))


async def test_existence_is_answered_for_any_number_of_ids(store: ObjectStore, people: Place):
    objects = crowd(230)
    await store.upsert(people, objects)
    ids = [one.id for one in objects]

    found = await store.existing(people, [*ids, *ids, key("nobody")])

    assert found == set(ids)


@READ_ALIKE
async def test_text_is_found_whatever_its_case(store: ObjectStore, people: Place):
    await store.upsert(people, [person("Piet"), person("Jan")])

    found = await store.search(people, ObjectQuery(search="PIE"))

    assert [one.data["name"] for one in found.results] == ["Piet"]


@READ_ALIKE
async def test_marks_that_mean_something_to_databases_are_searched_as_they_are(
    store: ObjectStore, people: Place
):
    marks = ("%", "_", "'", '"', "\\")
    await store.upsert(people, [person("plain"), *(person(f"a{mark}b") for mark in marks)])

    found = {mark: await store.search(people, ObjectQuery(search=mark)) for mark in marks}

    names = {mark: [one.data["name"] for one in page.results] for mark, page in found.items()}
    assert names == {mark: [f"a{mark}b"] for mark in marks}


@READ_ALIKE
async def test_a_filter_keeps_what_equals_its_value(store: ObjectStore, people: Place):
    await store.upsert(
        people, [person("Piet", age=40), person("Jan", age=30), person("Klaas", age=30)]
    )

    for name, value, names in [
        ("name", "Piet", ["Piet"]),
        ("age", "30", ["Jan", "Klaas"]),
        ("name", "pie", []),
    ]:
        found = await store.search(people, ObjectQuery(filters={name: value}, sort="name"))
        assert ([one.data["name"] for one in found.results], found.total) == (names, len(names))


@READ_ALIKE
async def test_numbers_are_sorted_as_numbers(store: ObjectStore, people: Place):
    await store.upsert(people, [person("a", age=10), person("b", age=9), person("c", age=1)])

    for sort, ages in [("age", [1, 9, 10]), ("-age", [10, 9, 1])]:
        found = await store.search(people, ObjectQuery(sort=sort))
        assert [one.data["age"] for one in found.results] == ages


@READ_ALIKE
async def test_the_pages_of_a_search_hold_each_object_once(store: ObjectStore, people: Place):
    objects = [person(f"Person {number}", age=number % 2) for number in range(25)]
    await store.upsert(people, objects)

    pages = [
        await store.search(people, ObjectQuery(sort="age", limit=10, page=page))
        for page in (1, 2, 3, 4)
    ]

    ids = [one.id for page in pages for one in page.results]
    assert [len(page.results) for page in pages] == [10, 10, 5, 0]
    assert {page.total for page in pages} == {25}
    assert sorted(ids) == sorted(one.id for one in objects)


@READ_ALIKE
async def test_only_properties_of_the_schema_can_be_filtered_and_sorted_by(
    store: ObjectStore, people: Place
):
    for query in (
        ObjectQuery(filters={"nope": "1"}),
        ObjectQuery(filters={"rbac": "false"}),
        ObjectQuery(filters={"_includeDeleted": "true"}),
        ObjectQuery(sort="nope"),
        ObjectQuery(sort="-_uuid"),
    ):
        with pytest.raises(InvalidInput):
            await store.search(people, query)


@READ_ALIKE
async def test_what_a_schema_refuses_is_said_before_writing_without_repeating_it(
    store: ObjectStore, people: Place
):
    problems = await store.validate(people, {"age": "a secret"})

    assert len(problems) == 2
    assert any("name" in problem for problem in problems)
    assert any("age" in problem for problem in problems)
    assert "a secret" not in str(problems)
    assert await store.validate(people, {"name": "Jan", "age": 33}) == []


@READ_ALIKE
async def test_the_store_knows_who_asks(store: ObjectStore):
    await store.confirm_identity()

"""Registers, schemas and objects over HTTP."""

from typing import Any

import httpx
import pytest

from tests.fakes.ways import NOT_THROUGH_PHP

PERSON = {
    "title": "Person",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "minimum": 0},
        "isCitizen": {"type": "boolean"},
    },
    "required": ["name"],
}


@pytest.fixture
async def town(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """The interface with a register `town` that holds a schema `person`."""
    schema = (await api.post("schemas", json=PERSON)).json()
    await api.post("registers", json={"title": "Town", "schemas": [schema["id"]]})
    return api


async def person(api: httpx.AsyncClient, **data: Any) -> dict[str, Any]:
    created = await api.post("objects/town/person", json=data)
    assert created.status_code == 201, created.text
    shown: dict[str, Any] = created.json()
    return shown


async def test_a_created_object_answers_at_the_location_it_names(town: httpx.AsyncClient):
    created = await town.post("objects/town/person", json={"name": "Ada"})

    found = await town.get(created.url.join(created.headers["location"]))

    assert found.json() == created.json()
    assert found.json()["data"] == {"name": "Ada"}
    assert found.headers["etag"] == '"1"'


async def test_an_object_that_breaks_the_schema_is_refused_field_by_field(
    town: httpx.AsyncClient,
):
    answer = await town.post("objects/town/person", json={"age": -1})

    assert answer.status_code == 400
    assert sorted(error["field"] for error in answer.json()["errors"]) == ["(record)", "age"]
    assert (await town.get("objects/town/person")).json()["total"] == 0


async def test_an_object_is_replaced_and_its_version_counted(town: httpx.AsyncClient):
    ada = await person(town, name="Ada", age=36)

    changed = await town.put(f"objects/town/person/{ada['id']}", json={"name": "Ada L."})

    assert changed.json()["data"] == {"name": "Ada L."}
    assert changed.headers["etag"] == '"2"'


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_change_based_on_another_version_is_refused(town: httpx.AsyncClient, method: str):
    ada = await person(town, name="Ada")

    answer = await town.request(
        method,
        f"objects/town/person/{ada['id']}",
        json={"name": "Eve"},
        headers={"If-Match": '"7"'},
    )

    assert answer.status_code == 412
    assert (await town.get(f"objects/town/person/{ada['id']}")).json() == ada


async def test_a_deleted_object_is_gone(town: httpx.AsyncClient):
    ada = await person(town, name="Ada")

    deleted = await town.delete(f"objects/town/person/{ada['id']}")

    assert deleted.status_code == 204
    assert (await town.get(f"objects/town/person/{ada['id']}")).status_code == 404
    assert (await town.delete(f"objects/town/person/{ada['id']}")).status_code == 404


SEARCHES: list[tuple[str, list[str]]] = [
    ("_sort=name", ["Ada", "Bob", "Cy"]),
    ("_sort=-age&_limit=1", ["Bob"]),
    ("_search=AD", ["Ada"]),
    ("age=36", ["Ada"]),
    ("isCitizen=true&_sort=name", ["Ada", "Cy"]),
    ("name=Bob&age=36", []),
]


async def test_objects_are_searched_sorted_and_filtered(
    town: httpx.AsyncClient, subtests: pytest.Subtests
):
    await person(town, name="Ada", age=36, isCitizen=True)
    await person(town, name="Bob", age=41, isCitizen=False)
    await person(town, name="Cy", age=7, isCitizen=True)

    for query, names in SEARCHES:
        with subtests.test(query=query):
            found = (await town.get(f"objects/town/person?{query}")).json()

            assert [one["data"]["name"] for one in found["results"]] == names


async def test_a_property_named_like_a_parameter_without_its_underscore_filters(
    api: httpx.AsyncClient, subtests: pytest.Subtests
):
    names = ("limit", "page", "sort", "search")
    properties = {name: {"type": "string"} for name in names}
    schema = (await api.post("schemas", json={"title": "Odd", "properties": properties})).json()
    await api.post("registers", json={"title": "Odd", "schemas": [schema["id"]]})
    for name in names:
        await api.post("objects/odd/odd", json=dict.fromkeys(names, "1") | {name: "2"})

    for name in names:
        with subtests.test(name):
            found = (await api.get(f"objects/odd/odd?{name}=2")).json()

            assert [one["data"] for one in found["results"]] == [
                dict.fromkeys(names, "1") | {name: "2"}
            ]


async def test_a_wrong_filter_is_named(town: httpx.AsyncClient, subtests: pytest.Subtests):
    for query in ("shoeSize=43", "age=old", "_offset=1"):
        with subtests.test(query=query):
            answer = await town.get(f"objects/town/person?{query}")

            assert answer.status_code == 400
            assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize("way", NOT_THROUGH_PHP, indirect=True)
async def test_a_filter_given_twice_is_named(town: httpx.AsyncClient):
    answer = await town.get("objects/town/person?name=a&name=b")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "name"


NOT_THERE: list[str] = [
    "objects/none/person",
    "objects/town/none",
    "objects/town/person/none",
]


async def test_what_is_not_there_is_not_found(town: httpx.AsyncClient, subtests: pytest.Subtests):
    for path in NOT_THERE:
        with subtests.test(path=path):
            assert (await town.get(path)).status_code == 404
            assert (await town.put(f"{path}/x", json={"name": "Ada"})).status_code == 404


async def test_a_schema_is_kept_with_a_revision(town: httpx.AsyncClient):
    changed = await town.put("schemas/person", json={**PERSON, "isStrict": True})
    stale = await town.put("schemas/person", json=PERSON, headers={"If-Match": '"1"'})

    assert changed.headers["etag"] == '"2"'
    assert changed.json()["isStrict"]
    assert stale.status_code == 412
    assert (await town.get("schemas/person")).json() == changed.json()


async def test_a_schema_that_is_none_is_refused(town: httpx.AsyncClient):
    answer = await town.post("schemas", json={"title": "x", "properties": {"a": {"type": "what"}}})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].startswith("properties.a")


async def test_a_schema_in_use_is_not_deleted(town: httpx.AsyncClient):
    answer = await town.delete("schemas/person")

    assert answer.status_code == 409
    assert "'town'" in answer.json()["detail"]


async def test_a_register_with_objects_is_not_deleted(town: httpx.AsyncClient):
    ada = await person(town, name="Ada")
    refused = await town.delete("registers/town")
    await town.delete(f"objects/town/person/{ada['id']}")

    deleted = await town.delete("registers/town")

    assert refused.status_code == 409
    assert deleted.status_code == 204
    assert (await town.get("registers/town")).status_code == 404


async def test_registers_are_listed_and_searched(town: httpx.AsyncClient):
    await town.post("registers", json={"title": "Village"})

    found = (await town.get("registers?_search=vil&_sort=-title")).json()

    assert [register["slug"] for register in found["results"]] == ["village"]

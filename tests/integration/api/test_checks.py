"""What a saved definition has to agree with."""

from typing import Any

import httpx
import pytest

from tests.fakes.ways import ON_SQLITE, Way


@pytest.fixture(params=ON_SQLITE)
def way(request: pytest.FixtureRequest) -> Way:
    """One kind of database is enough for what is decided outside it."""
    found: Way = request.param
    return found


SOURCE = {"name": "Source", "configuration": {"kind": "rest", "location": "https://api.test"}}
TARGET = {"kind": "object_store", "register": "town", "schema": "person"}


@pytest.fixture
async def prepared(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """The interface with a source and a mapping."""
    await api.post("sources", json={**SOURCE, "reference": "urn:source"})
    await api.post("mappings", json={"name": "Mapping", "mapping": {"a": "b"}})
    return api


def synchronization(**changes: Any) -> dict[str, Any]:
    return {"name": "Sync", "sourceId": "source", "target": TARGET, **changes}


async def test_a_synchronization_that_agrees_with_everything_is_saved(
    prepared: httpx.AsyncClient,
):
    body = synchronization(
        sourceId="urn:source",
        sourceTargetMapping="mapping",
        sourceConfig={"idPosition": "code", "endpoint": "people"},
        conditions={"==": [{"var": "state"}, "open"]},
    )

    assert (await prepared.post("synchronizations", json=body)).status_code == 201


UNFIT: list[tuple[dict[str, Any], list[str]]] = [
    ({"sourceId": "none"}, ["sourceId"]),
    (
        {"sourceTargetMapping": "none", "sourceHashMapping": "gone"},
        ["sourceTargetMapping", "sourceHashMapping"],
    ),
    ({"sourceConfig": {"location": "https://evil.test"}}, ["sourceConfig.location"]),
    ({"sourceConfig": {"maxPages": 0}}, ["sourceConfig.maxPages"]),
    ({"conditions": {"no_such_operator": 1}}, ["conditions"]),
    ({"followUps": ["none"]}, ["followUps.0"]),
    ({"target": {"kind": "rest", "source": "none"}}, ["target.source"]),
    ({"sourceId": "none", "conditions": {"bad": 1}}, ["sourceId", "conditions"]),
]


async def test_what_a_synchronization_names_has_to_exist_and_fit(
    prepared: httpx.AsyncClient, subtests: pytest.Subtests
):
    for changes, fields in UNFIT:
        with subtests.test(changes=changes):
            answer = await prepared.post("synchronizations", json=synchronization(**changes))

            assert answer.status_code == 400
            assert [error["field"] for error in answer.json()["errors"]] == fields
            assert (await prepared.get("synchronizations")).json()["total"] == 0


async def test_follow_ups_cannot_go_in_a_circle(prepared: httpx.AsyncClient):
    await prepared.post("synchronizations", json=synchronization(name="a"))
    await prepared.post("synchronizations", json=synchronization(name="b", followUps=["a"]))

    around = await prepared.put(
        "synchronizations/a", json=synchronization(name="a", followUps=["b"])
    )
    itself = await prepared.put(
        "synchronizations/a", json=synchronization(name="a", followUps=["a"])
    )

    assert (around.status_code, itself.status_code) == (400, 400)
    assert around.json()["errors"][0]["field"] == "followUps.0"
    assert (await prepared.get("synchronizations/a")).json()["followUps"] == []


async def test_a_mapping_that_does_not_compile_is_refused_with_its_place(
    prepared: httpx.AsyncClient,
):
    broken = {"a": "{{ b", "c": "{{ d|no_such_filter }}"}

    answer = await prepared.post("mappings", json={"name": "Broken", "mapping": broken})

    assert answer.status_code == 400
    assert len(answer.json()["errors"]) == 2


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        ("sources/source", {"sourceId": "urn:source"}),
        ("mappings/mapping", {"sourceTargetMapping": "mapping"}),
        ("mappings/mapping", {"sourceHashMapping": "mapping"}),
        ("sources/source", {"target": {"kind": "rest", "source": "source"}}),
    ],
)
async def test_what_is_used_names_its_users_and_is_not_deleted(
    prepared: httpx.AsyncClient, path: str, changes: dict[str, Any]
):
    await prepared.post("sources", json={**SOURCE, "name": "Other"})
    await prepared.post("synchronizations", json={**synchronization(sourceId="other"), **changes})

    named = (await prepared.get(f"{path}/dependents")).json()["results"]
    answer = await prepared.delete(path)

    assert [(one["collection"], one["slug"]) for one in named] == [("synchronizations", "sync")]

    assert answer.status_code == 409
    assert "'sync'" in answer.json()["detail"]
    assert (await prepared.get(path)).status_code == 200


async def test_a_synchronization_that_follows_another_keeps_it(prepared: httpx.AsyncClient):
    await prepared.post("synchronizations", json=synchronization(name="a"))
    await prepared.post("synchronizations", json=synchronization(name="b", followUps=["a"]))
    named = (await prepared.get("synchronizations/a/dependents")).json()["results"]

    assert [one["name"] for one in named] == ["b"]
    assert (await prepared.delete("synchronizations/a")).status_code == 409
    assert (await prepared.delete("synchronizations/b")).status_code == 204
    assert (await prepared.delete("synchronizations/a")).status_code == 204


async def test_an_old_revision_that_no_longer_fits_is_not_restored(prepared: httpx.AsyncClient):
    await prepared.post("synchronizations", json=synchronization(sourceTargetMapping="mapping"))
    await prepared.put("synchronizations/sync", json=synchronization())
    await prepared.delete("mappings/mapping")

    answer = await prepared.post("synchronizations/sync/revisions/1/restore")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "sourceTargetMapping"
    assert (await prepared.get("synchronizations/sync")).json()["revision"] == 2


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("sources/source", {**SOURCE, "slug": "moved", "reference": "urn:source"}, "slug"),
        ("sources/source", {**SOURCE, "reference": None}, "reference"),
    ],
)
async def test_a_name_that_is_used_cannot_be_given_up(
    prepared: httpx.AsyncClient, path: str, body: dict[str, Any], field: str
):
    await prepared.post("synchronizations", json=synchronization(name="a", sourceId="source"))
    await prepared.post("synchronizations", json=synchronization(name="b", sourceId="urn:source"))

    answer = await prepared.put(path, json=body)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_name_that_nobody_uses_can_be_given_up(prepared: httpx.AsyncClient):
    moved = await prepared.put("sources/source", json={**SOURCE, "slug": "moved"})

    assert moved.status_code == 200
    assert (await prepared.get("sources/moved")).status_code == 200
    assert (await prepared.get("sources/source")).status_code == 404

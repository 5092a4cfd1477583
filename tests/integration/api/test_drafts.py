"""A synchronization made step by step: kept, tried out, saved as a whole, thrown away."""

from typing import Any

import httpx
import pytest

from openconnector.api.callers import Caller
from openconnector.api.rights import Role
from openconnector.db.draft_rows import DraftRow
from openconnector.engine import Engine
from tests.fakes.interfaces import Interfaces
from tests.fakes.town import Remote
from tests.fakes.ways import DIRECTLY, Way
from tests.integration.api.test_runs import carried_out

RECORDS = [{"code": f"c{number}", "name": f"Case {number}", "kind": "x"} for number in range(1, 6)]
MASK = "**********"


@pytest.fixture(params=DIRECTLY)
def way(request: pytest.FixtureRequest) -> Way:
    """The doors are the same for every route."""
    found: Way = request.param
    return found


@pytest.fixture
def draft(remote: Remote) -> dict[str, Any]:
    """Everything new: source, register, schema and mapping."""
    remote.records = RECORDS
    return {
        "step": 4,
        "source": {
            "name": "Cases",
            "configuration": {
                "kind": "rest",
                "location": remote.address,
                "endpoint": "cases",
                "auth": {"kind": "bearer", "token": "s3cret"},
            },
        },
        "register": {"title": "Town"},
        "schema": {"title": "Case", "properties": {"title": {"type": "string"}}},
        "mapping": {"name": "Case", "mapping": {"title": "name"}},
        "synchronization": {
            "name": "Cases",
            "sourceConfig": {"idPosition": "code"},
            "schedules": [{"kind": "interval", "every": 1, "unit": "hours"}],
        },
    }


async def names(api: httpx.AsyncClient) -> dict[str, list[str]]:
    """Return the slugs of everything that is configured."""
    found = {}
    for part in ("sources", "mappings", "synchronizations", "registers", "schemas"):
        found[part] = sorted(one["slug"] for one in (await api.get(part)).json()["results"])
    return found


NOTHING: dict[str, list[str]] = {
    "sources": [], "mappings": [], "synchronizations": [], "registers": [], "schemas": [],
}  # fmt: skip


async def test_a_draft_is_kept_as_far_as_it_is_and_never_shows_its_secrets(
    api: httpx.AsyncClient, engine: Engine
):
    assert (await api.get("draft")).json()["draft"] is None
    configuration = {"kind": "rest", "auth": {"kind": "bearer", "token": "s3cret"}}

    kept = await api.put("draft", json={"source": {"configuration": configuration}})
    assert kept.status_code == 200, kept.text
    again = await api.put("draft", json=kept.json()["draft"] | {"step": 2})

    assert kept.json()["draft"]["source"]["configuration"]["auth"]["token"] == MASK
    assert again.json()["draft"]["step"] == 2
    async with engine.database.reading() as session:
        row = await session.get(DraftRow, "admin")
        found = await engine.drafts.find(session, "admin")
    assert found is not None
    assert row is not None
    assert found.body.source == {"configuration": configuration}
    assert b"s3cret" not in row.sealed


async def test_a_mask_that_stands_for_no_secret_is_none(api: httpx.AsyncClient):
    for auth in ({"kind": "bearer", "token": "s3cret"}, {"kind": "basic", "password": MASK}):
        body = {"source": {"configuration": {"kind": "rest", "auth": auth}}}
        kept = (await api.put("draft", json=body)).json()["draft"]

    assert kept["source"]["configuration"]["auth"]["password"] is None


async def test_each_account_has_a_draft_of_its_own(
    engine: Engine, api: httpx.AsyncClient, interfaces: Interfaces
):
    await api.put("draft", json={"synchronization": {"name": "Mine"}})

    async def somebody(_scope: Any) -> Caller:
        return Caller(user_id="somebody", role=Role.EDITOR)

    other = interfaces(engine, somebody)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(other), base_url="http://api.test/api/v1/"
    ) as theirs:
        assert (await theirs.get("draft")).json()["draft"] is None
        opening: dict[str, Any] = {"name": "x", "allowedNetworks": ["10.0.0.0/8"]}
        opening |= {"configuration": {"kind": "rest", "location": "http://10.0.0.1"}}
        target = {"kind": "object_store", "register": "town", "schema": "case"}
        synchronization = {"name": "x", "target": target}
        await theirs.put("draft", json={"source": opening, "synchronization": synchronization})
        assert (await theirs.post("draft/test")).status_code == 403
        assert (await theirs.post("draft/save", json={})).status_code == 403


async def test_a_sample_tells_where_the_records_are_and_what_tells_them_apart(
    api: httpx.AsyncClient, draft: dict[str, Any]
):
    await api.put("draft", json=draft)

    sample = (await api.post("draft/test")).json()

    assert sample["isSuccessful"], sample["problem"]
    assert (sample["status"], sample["found"], sample["paginator"]) == (200, 2, "page_number")
    assert sample["records"] == RECORDS[:2]
    assert sample["answer"] == {"results": RECORDS[:2], "total": 5}
    assert sample["lists"] == [{"position": "results", "count": 2, "isRead": True}]
    assert [(key["position"], key["isUnique"]) for key in sample["keys"]] == [
        ("code", True),
        ("name", True),
        ("kind", False),
    ]
    assert (await names(api)) == NOTHING


async def test_a_sample_shows_the_answer_also_where_no_list_was_found_in_it(
    api: httpx.AsyncClient, draft: dict[str, Any]
):
    draft["synchronization"]["sourceConfig"]["resultsPosition"] = "nowhere"
    await api.put("draft", json=draft)

    sample = (await api.post("draft/test")).json()

    assert not sample["isSuccessful"]
    assert sample["answer"]["total"] == 5
    assert sample["lists"] == [{"position": "results", "count": 2, "isRead": False}]


async def test_what_is_wrong_is_named_by_its_place_in_the_draft(
    api: httpx.AsyncClient, draft: dict[str, Any]
):
    draft["source"]["configuration"]["location"] = "nonsense"
    draft["mapping"]["mapping"] = {"title": "{{ unfinished"}
    await api.put("draft", json=draft)
    tested = (await api.post("draft/test")).json()["errors"]
    saved = (await api.post("draft/save", json={})).json()["errors"]
    draft["source"] = None
    draft["synchronization"]["sourceId"] = "nobody"
    await api.put("draft", json=draft)
    others = (await api.post("draft/save", json={})).json()["errors"]

    assert [one["field"] for one in tested] == ["source.configuration.location"]
    assert [one["field"] for one in saved] == ["source.configuration.location"]
    assert [one["field"] for one in others] == ["mapping.mapping.title"]
    assert (await names(api)) == NOTHING


async def test_a_draft_is_saved_as_a_whole_first_without_a_schedule_then_with(
    api: httpx.AsyncClient, engine: Engine, draft: dict[str, Any]
):
    await api.post("sources", json=draft["source"])  # its name is taken
    await api.put("draft", json=draft)

    first = (await api.post("draft/save", json={})).json()
    trial = await carried_out(api, engine, "synchronizations/cases/dry-run")
    waiting = (await api.get("synchronizations/cases")).json()
    draft["mapping"]["mapping"]["title"] = "{{ name | upper }}"
    await api.put("draft", json=draft)
    last = (await api.post("draft/save", json={"isFinished": True})).json()
    run = await carried_out(api, engine, "synchronizations/cases/run")

    assert trial["balance"]["created"] == run["balance"]["created"] == len(RECORDS)
    assert first["synchronization"] == last["synchronization"] == "cases"
    assert first["saved"] == last["saved"]
    assert waiting["schedules"] == []
    assert len((await api.get("synchronizations/cases")).json()["schedules"]) == 1
    assert (await api.get("draft")).json()["draft"] is None
    assert await names(api) == {
        "sources": ["cases", "cases-2"],
        "mappings": ["case"],
        "synchronizations": ["cases"],
        "registers": ["town"],
        "schemas": ["case"],
    }
    objects = (await api.get("objects/town/case")).json()["results"]
    assert sorted(one["data"]["title"] for one in objects) == [f"CASE {n}" for n in range(1, 6)]


async def test_a_draft_that_is_thrown_away_takes_what_was_saved_of_it_along(
    api: httpx.AsyncClient, engine: Engine, draft: dict[str, Any]
):
    await api.post("registers", json={"title": "Town"})
    draft |= {"register": None}
    draft["synchronization"]["target"] = {"kind": "object_store", "register": "town", "schema": ""}
    await api.put("draft", json=draft)
    await api.post("draft/save", json={})
    assert len((await api.get("registers/town")).json()["schemas"]) == 1
    await carried_out(api, engine, "synchronizations/cases/dry-run")

    gone = await api.delete("draft")

    assert gone.status_code == 204
    assert (await api.get("draft")).json()["draft"] is None
    assert await names(api) == NOTHING | {"registers": ["town"]}
    assert (await api.get("registers/town")).json()["schemas"] == []


@pytest.mark.parametrize("saves", [0, 1])
async def test_a_mapping_that_was_taken_to_the_editor_goes_with_the_draft(
    api: httpx.AsyncClient, draft: dict[str, Any], saves: int
):
    await api.put("draft", json=draft)
    for _ in range(saves):
        await api.post("draft/save", json={})

    edited = (await api.post("draft/mapping")).json()["draft"]
    taken = (await api.get("mappings/case")).json()["mapping"]
    saved = await api.post("draft/save", json={})
    used = (await api.get("synchronizations/cases")).json()["sourceTargetMapping"]
    await api.delete("draft")

    assert (edited["mapping"], edited["synchronization"]["sourceTargetMapping"]) == (None, "case")
    assert taken == draft["mapping"]["mapping"]
    assert (saved.status_code, used) == (200, "case")
    assert await names(api) == NOTHING


async def test_a_mapping_that_something_else_uses_stays_when_its_draft_is_thrown_away(
    api: httpx.AsyncClient, draft: dict[str, Any]
):
    await api.put("draft", json=draft)
    await api.post("draft/mapping")
    await api.post("sources", json=draft["source"])
    other = {"name": "Other", "sourceId": "cases", "sourceTargetMapping": "case", "target": TARGET}
    assert (await api.post("synchronizations", json=other)).status_code == 201

    await api.delete("draft")

    assert (await names(api))["mappings"] == ["case"]


async def test_what_was_run_for_good_stays_when_the_draft_is_thrown_away(
    api: httpx.AsyncClient, engine: Engine, draft: dict[str, Any]
):
    await api.put("draft", json=draft)
    await api.post("draft/save", json={})
    await carried_out(api, engine, "synchronizations/cases/run")

    await api.delete("draft")

    assert all((await names(api)).values())


async def test_what_is_no_part_of_the_draft_any_more_is_not_left_behind(
    api: httpx.AsyncClient, draft: dict[str, Any]
):
    await api.put("draft", json=draft)
    await api.post("draft/save", json={})
    await api.post("registers", json={"title": "Shop", "schemas": ["case"]})
    draft |= {"source": None, "mapping": None, "schema": None, "register": None}
    kept = (await api.post("sources", json={"name": "Kept", "configuration": SOURCE})).json()
    draft["synchronization"] |= {
        "sourceId": kept["slug"],
        "target": {"kind": "rest", "source": kept["slug"], "endpoint": "cases"},
    }
    await api.put("draft", json=draft)

    saved = (await api.post("draft/save", json={"isFinished": True})).json()

    assert list(saved["saved"]) == ["synchronizations"], saved
    found = await names(api)
    assert (found["sources"], found["mappings"]) == (["kept"], [])
    assert found["registers"] == ["shop"]


SOURCE = {"kind": "rest", "location": "https://api.example.org"}
TARGET = {"kind": "rest", "source": "cases", "endpoint": "cases"}


async def test_nothing_is_tested_or_saved_where_nothing_is_begun(api: httpx.AsyncClient):
    assert (await api.post("draft/test")).status_code == 404
    assert (await api.post("draft/save", json={})).status_code == 404
    assert (await api.post("draft/mapping")).status_code == 404
    assert (await api.delete("draft")).status_code == 204

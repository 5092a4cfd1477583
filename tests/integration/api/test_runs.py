"""Runs over HTTP, carried out by a real worker against a remote system on the loopback."""

from typing import Any

import httpx
import pytest

from openconnector.db import runs
from openconnector.engine import Engine
from openconnector.synchronization.shown import run_json
from tests.fakes.town import Remote
from tests.fakes.ways import DIRECTLY, WAYS, Way

GOOD = [{"id": number, "name": f"Case {number}", "amount": number} for number in range(1, 6)]
BAD = {"id": 9, "name": "Broken", "amount": "many"}


@pytest.fixture(params=DIRECTLY)
def way(request: pytest.FixtureRequest) -> Way:
    """What a run comes to depends on the database; a door sees requests and answers, each of them once below."""
    found: Way = request.param
    return found


THROUGH_EVERY_DOOR = pytest.mark.parametrize("way", WAYS, indirect=True)
"""For what is asked, or told, in a way that no other test here has."""


async def carried_out(
    api: httpx.AsyncClient, engine: Engine, path: str, body: Any = None
) -> dict[str, Any]:
    """Start a run and return how it ended."""
    started = await api.post(path, json=body) if body is not None else await api.post(path)
    assert started.status_code == 202, started.text
    await engine.worker().finish(started.json()["id"])
    ended: dict[str, Any] = (await api.get(f"runs/{started.json()['id']}")).json()
    return ended


@THROUGH_EVERY_DOOR
async def test_a_run_is_accepted_and_found_where_it_says(
    configured: httpx.AsyncClient,
):
    started = await configured.post("synchronizations/cases/run")

    found = await configured.get(started.url.join(started.headers["location"]))

    assert started.status_code == 202
    assert started.json()["state"] == "queued"
    assert found.json()["id"] == started.json()["id"]
    assert found.json()["requestedBy"] == "admin"
    assert [one["name"] for one in found.json()["definitions"]] == ["Cases"]


async def test_a_run_tells_its_balance_and_its_log(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = GOOD

    run = await carried_out(configured, engine, "synchronizations/cases/run")

    assert run["state"] == "succeeded"
    assert run["balance"] == {
        "found": 5,
        "created": 5,
        "updated": 0,
        "unchanged": 0,
        "skipped": 0,
        "invalid": 0,
        "failed": 0,
        "deleted": 0,
    }
    assert run["writes"] == 5
    assert run["contracts"] == {"before": 0, "after": 5}
    assert run["error"] is None


async def test_a_second_run_writes_nothing_unless_forced(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = GOOD
    await carried_out(configured, engine, "synchronizations/cases/run")

    second = await carried_out(configured, engine, "synchronizations/cases/run", {})
    forced = await carried_out(configured, engine, "synchronizations/cases/run", {"force": True})

    assert (second["balance"]["unchanged"], second["writes"]) == (5, 0)
    assert forced["isForced"]
    assert forced["writes"] == 5


@THROUGH_EVERY_DOOR
async def test_a_dry_run_shows_differences_and_writes_nothing(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = GOOD
    run = await carried_out(configured, engine, "synchronizations/cases/dry-run")

    first = (await configured.get(f"runs/{run['id']}/changes?_limit=2")).json()
    rest = (await configured.get(f"runs/{run['id']}/changes?after={first['cursor']}")).json()

    assert run["mode"] == "dry_run"
    assert first["results"][0]["action"] == "create"
    assert {"path": "title", "before": None, "after": "Case 1"} in first["results"][0][
        "differences"
    ]
    assert [len(first["results"]), len(rest["results"])] == [2, 3]
    assert (await configured.get("objects/town/case")).json()["total"] == 0


async def test_records_that_cannot_be_handled_are_told_and_can_be_replayed(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = [*GOOD, BAD]
    run = await carried_out(configured, engine, "synchronizations/cases/run")
    failures = (await configured.get(f"runs/{run['id']}/failures")).json()

    remote.records = [*GOOD, {**BAD, "amount": 9}]
    replayed = await carried_out(configured, engine, f"runs/{run['id']}/replay")

    assert run["state"] == "partial"
    assert [failure["originId"] for failure in failures["results"]] == ["9"]
    assert failures["results"][0]["record"] == BAD
    assert "amount" in failures["results"][0]["reason"]
    assert (replayed["mode"], replayed["parentId"]) == ("replay", run["id"])


@THROUGH_EVERY_DOOR
async def test_a_replay_may_name_its_records_and_only_those_there_are(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = [*GOOD, BAD, {**BAD, "id": 10}]
    run = await carried_out(configured, engine, "synchronizations/cases/run")
    failures = (await configured.get(f"runs/{run['id']}/failures")).json()["results"]
    number = failures[1]["number"]

    replayed = await carried_out(
        configured, engine, f"runs/{run['id']}/replay", {"numbers": [number]}
    )
    unknown = await configured.post(
        f"runs/{run['id']}/replay", json={"numbers": [float(number), 77]}
    )
    none = await configured.post(f"runs/{run['id']}/replay", json={"numbers": []})

    assert replayed["balance"]["found"] == 1
    assert unknown.status_code == 400
    assert [one["field"] for one in unknown.json()["errors"]] == ["numbers.1"]
    assert none.status_code == 400


@THROUGH_EVERY_DOOR
async def test_a_second_run_at_once_is_refused(configured: httpx.AsyncClient):
    await configured.post("synchronizations/cases/run")

    second = await configured.post("synchronizations/cases/run")

    assert second.status_code == 409


@THROUGH_EVERY_DOOR
async def test_why_a_run_ended_is_told_in_the_readers_language(configured: httpx.AsyncClient):
    run = (await configured.post("synchronizations/cases/run")).json()
    await configured.post(f"runs/{run['id']}/cancel")

    told = [
        (await configured.get("runs", headers={"Accept-Language": tag})).json()["results"][0]
        for tag in ("en", "nl")
    ]

    assert [one["error"] for one in told] == [
        {"code": "cancelled", "message": "The run was cancelled"},
        {"code": "cancelled", "message": "De run is geannuleerd"},
    ]


@THROUGH_EVERY_DOOR
async def test_a_queued_run_can_be_cancelled_once(configured: httpx.AsyncClient):
    run = (await configured.post("synchronizations/cases/run")).json()

    cancelled = await configured.post(f"runs/{run['id']}/cancel")
    again = await configured.post(f"runs/{run['id']}/cancel")

    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert again.status_code == 409


async def test_too_many_deletions_wait_for_approval(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = GOOD
    await carried_out(configured, engine, "synchronizations/cases/run")
    remote.records = []

    waiting = await carried_out(configured, engine, "synchronizations/cases/run")
    approved = await configured.post(f"runs/{waiting['id']}/approve")
    await engine.worker().finish(waiting["id"])

    ended = (await configured.get(f"runs/{waiting['id']}")).json()
    assert (waiting["state"], waiting["deletionsPending"]) == ("needs_approval", 5)
    assert approved.json()["state"] == "queued"
    [entry] = (await configured.get("audit?action=approve")).json()["results"]
    assert (entry["who"], entry["subjectId"]) == ("admin", waiting["id"])
    assert (ended["state"], ended["balance"]["deleted"]) == ("succeeded", 5)
    assert (await configured.post(f"runs/{waiting['id']}/approve")).status_code == 409


@THROUGH_EVERY_DOOR
async def test_what_waits_for_approval_is_listed_with_its_names_and_the_reason_and_afterwards_what_went(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = GOOD
    await carried_out(configured, engine, "synchronizations/cases/run")
    remote.records = GOOD[:1]
    waiting = await carried_out(configured, engine, "synchronizations/cases/run")
    path = f"runs/{waiting['id']}/deletions"

    first = (await configured.get(f"{path}?_limit=3")).json()
    rest = (await configured.get(f"{path}?after={first['cursor']}")).json()
    await configured.post(f"runs/{waiting['id']}/approve")
    await engine.worker().finish(waiting["id"])
    gone = (await configured.get(path)).json()

    listed = first["results"] + rest["results"]
    assert [(one["originId"], one["name"]) for one in listed] == [
        (str(number), f"Case {number}") for number in (2, 3, 4, 5)
    ]
    assert first["guard"] == {"pending": 4, "before": 5, "allowed": 2, "isEmpty": False}
    assert gone["results"] == listed
    assert gone["guard"] is None


async def test_of_people_only_ids_are_listed_for_approval(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    source = (await configured.get("sources/remote")).json()
    body = {name: source[name] for name in ("name", "configuration")}
    await configured.put("sources/remote", json=body | {"personal": True})
    remote.records = GOOD
    await carried_out(configured, engine, "synchronizations/cases/run")
    remote.records = []
    waiting = await carried_out(configured, engine, "synchronizations/cases/run")

    listed = (await configured.get(f"runs/{waiting['id']}/deletions")).json()

    assert {one["name"] for one in listed["results"]} == {None}
    assert listed["guard"]["isEmpty"]


async def test_a_dry_run_tells_field_by_field_what_it_would_delete(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = GOOD
    await carried_out(configured, engine, "synchronizations/cases/run")
    remote.records = [*GOOD[:4], {"id": 6, "name": "New", "amount": 1}]

    run = await carried_out(configured, engine, "synchronizations/cases/dry-run")

    changes = (await configured.get(f"runs/{run['id']}/changes")).json()["results"]
    assert [(one["action"], one["originId"]) for one in changes] == [
        ("create", "6"),
        ("delete", "5"),
    ]
    assert {"path": "title", "before": "Case 5", "after": None} in changes[1]["differences"]
    assert run["balance"]["deleted"] == 1


@THROUGH_EVERY_DOOR
async def test_a_failed_record_is_explained_as_things_stand_now(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = [GOOD[0], BAD]
    await carried_out(configured, engine, "synchronizations/cases/run")
    remote.records = [{**GOOD[0], "amount": "none"}]
    run = await carried_out(configured, engine, "synchronizations/cases/run")
    failures = f"runs/{run['id']}/failures"
    [failure] = (await configured.get(f"{failures}?originId=1")).json()["results"]
    explain = f"{failures}/{failure['number']}/explain"

    before = (await configured.post(explain)).json()
    mapping = {"title": "name", "amount": "{{ amount | length }}"}
    repaired = await configured.put("mappings/case", json={"name": "Case", "mapping": mapping})
    after = (await configured.post(explain)).json()

    assert repaired.status_code == 200, repaired.text
    assert (await configured.get(f"{failures}?originId=9")).json()["results"] == []
    assert "amount" in before["problems"][0]
    assert before["current"] == {"title": "Case 1", "amount": 1}
    assert (after["problems"], after["isCurrentKnown"]) == ([], True)
    assert after["mapped"]["amount"] == 4
    assert after["differences"] == [{"path": "amount", "before": 1, "after": 4}]


async def test_a_run_names_what_it_ran_with_and_how_much_is_to_be_expected(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = GOOD
    await carried_out(configured, engine, "synchronizations/cases/run")
    second = await carried_out(configured, engine, "synchronizations/cases/run")
    await configured.put("mappings/case", json={"name": "Case file", "mapping": {"title": "name"}})

    shown = (await configured.get(f"runs/{second['id']}")).json()

    assert shown["expected"] == 5
    assert [
        (one["collection"], one["name"], one["revision"], one["newest"])
        for one in shown["definitions"]
    ] == [
        ("synchronizations", "Cases", 1, 1),
        ("sources", "Remote", 1, 1),
        ("mappings", "Case file", 1, 2),
    ]


@THROUGH_EVERY_DOOR
async def test_runs_are_found_by_their_moment_and_sorted_by_what_they_came_to(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = GOOD[:1]
    small = await carried_out(configured, engine, "synchronizations/cases/run")
    remote.records = GOOD
    large = await carried_out(configured, engine, "synchronizations/cases/run")

    by_found = (await configured.get("runs?_sort=-found")).json()
    later = (await configured.get("runs", params={"since": large["queued"]})).json()
    earlier = (await configured.get("runs", params={"until": large["queued"]})).json()

    assert [run["id"] for run in by_found["results"]] == [large["id"], small["id"]]
    assert [run["id"] for run in later["results"]] == [large["id"]]
    assert [run["id"] for run in earlier["results"]] == [small["id"]]


async def test_runs_are_listed_newest_first_and_filtered(
    configured: httpx.AsyncClient, engine: Engine
):
    first = await carried_out(configured, engine, "synchronizations/cases/run")
    second = await carried_out(configured, engine, "synchronizations/cases/dry-run")

    listed = (await configured.get("runs")).json()
    dry = (await configured.get("runs?mode=dry_run&state=succeeded")).json()
    other = (await configured.get("runs?synchronizationId=none")).json()

    assert [run["id"] for run in listed["results"]] == [second["id"], first["id"]]
    assert [run["id"] for run in dry["results"]] == [second["id"]]
    assert other["total"] == 0


@THROUGH_EVERY_DOOR
async def test_the_log_goes_on_after_the_cursor(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = [*GOOD, BAD, BAD]
    run = await carried_out(configured, engine, "synchronizations/cases/run")

    rest = (await configured.get(f"runs/{run['id']}?after={run['cursor']}")).json()

    assert rest["log"] == []
    assert rest["cursor"] == run["cursor"]


NEVER_THERE: list[str] = [
    "runs/none",
    "runs/none/changes",
    "runs/none/failures",
    "runs/none/deletions",
    "contracts/none.1.00000000",
]


@THROUGH_EVERY_DOOR
async def test_what_never_was_is_not_found(api: httpx.AsyncClient, subtests: pytest.Subtests):
    for path in NEVER_THERE:
        with subtests.test(path=path):
            assert (await api.get(path)).status_code == 404


@THROUGH_EVERY_DOOR
async def test_a_run_that_never_was_cannot_be_changed(
    api: httpx.AsyncClient, subtests: pytest.Subtests
):
    for action in ("cancel", "approve", "replay"):
        with subtests.test(action=action):
            assert (await api.post(f"runs/none/{action}")).status_code == 404


@THROUGH_EVERY_DOOR
async def test_contracts_pair_records_with_objects(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = GOOD
    run = await carried_out(configured, engine, "synchronizations/cases/run")

    listed = (await configured.get("contracts?originId=3")).json()
    one = (await configured.get(f"contracts/{listed['results'][0]['id']}")).json()

    assert listed["total"] == 1
    assert {name: one[name] for name in listed["results"][0]} == listed["results"][0]
    assert (one["originId"], one["state"], one["runId"]) == ("3", "active", run["id"])
    found = await configured.get(f"objects/town/case/{one['targetId']}")
    assert found.json()["data"] == {"title": "Case 3", "amount": 3}


async def test_a_contract_tells_how_its_object_came_to_be(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = GOOD
    run = await carried_out(configured, engine, "synchronizations/cases/run")
    remote.records = [*GOOD[:2], {**GOOD[2], "amount": "many"}, *GOOD[3:]]
    failing = await carried_out(configured, engine, "synchronizations/cases/run")
    [listed] = (await configured.get("contracts?originId=3")).json()["results"]

    story = (await configured.get(f"contracts/{listed['id']}")).json()

    assert story["name"] == "Case 3"
    assert story["run"]["id"] == run["id"]
    assert [one["collection"] for one in story["definitions"]] == [
        "synchronizations",
        "sources",
        "mappings",
    ]
    [failure] = story["failures"]
    assert (failure["runId"], failure["state"]) == (failing["id"], "open")
    assert "amount" in failure["reason"]
    place = story["place"]
    home = f"objects/{place['registerId']}/{place['schemaId']}/{story['targetId']}"
    assert (await configured.get(home)).json()["data"]["title"] == "Case 3"


async def test_of_a_record_about_a_person_a_contract_tells_hashes_alone(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    source = (await configured.get("sources/remote")).json()
    body = {name: source[name] for name in ("name", "configuration")}
    await configured.put("sources/remote", json=body | {"personal": True})
    remote.records = [{**BAD, "id": 1}]
    await carried_out(configured, engine, "synchronizations/cases/run")
    remote.records = GOOD[:1]
    await carried_out(configured, engine, "synchronizations/cases/run")
    [listed] = (await configured.get("contracts?_search=1")).json()["results"]

    story = (await configured.get(f"contracts/{listed['id']}")).json()

    assert (story["isPersonal"], story["name"]) == (True, None)
    assert "amount" not in story["failures"][0]["reason"]
    assert len(story["originHash"]) == len(story["targetHash"]) == 32


async def test_contracts_are_found_by_a_part_of_either_id(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = [{**GOOD[0], "id": "zaak-1"}, {**GOOD[1], "id": "zaak-2"}]
    await carried_out(configured, engine, "synchronizations/cases/run")

    by_record = (await configured.get("contracts?_search=AAK-2")).json()["results"]
    target_id = by_record[0]["targetId"]
    by_object = (await configured.get(f"contracts?_search={target_id[-12:]}")).json()["results"]

    assert [one["originId"] for one in by_record] == ["zaak-2"]
    assert by_object == by_record


async def test_the_command_line_and_the_interface_show_the_same_run(
    configured: httpx.AsyncClient, engine: Engine
):
    run = await carried_out(configured, engine, "synchronizations/cases/run")
    async with engine.database.reading() as session:
        row = await runs.get(session, run["id"])

    shown = run_json(row)

    watched = ("log", "cursor", "expected", "definitions")
    assert shown == {name: value for name, value in run.items() if name not in watched}

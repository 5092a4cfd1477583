"""Runs over HTTP, carried out by a real worker against a remote system on the loopback."""

from typing import Any

import httpx
import pytest

from openconnector.db import runs
from openconnector.engine import Engine
from openconnector.synchronization.shown import run_json
from tests.integration.api.conftest import Remote

GOOD = [{"id": number, "name": f"Case {number}", "amount": number} for number in range(1, 6)]
BAD = {"id": 9, "name": "Broken", "amount": "many"}


async def carried_out(
    api: httpx.AsyncClient, engine: Engine, path: str, body: Any = None
) -> dict[str, Any]:
    """Start a run and return how it ended."""
    started = await api.post(path, json=body) if body is not None else await api.post(path)
    assert started.status_code == 202, started.text
    await engine.worker().finish(started.json()["id"])
    ended: dict[str, Any] = (await api.get(f"runs/{started.json()['id']}")).json()
    return ended


async def test_a_run_is_accepted_and_found_where_it_says(
    configured: httpx.AsyncClient,
):
    started = await configured.post("synchronizations/cases/run")

    found = await configured.get(started.url.join(started.headers["location"]))

    assert started.status_code == 202
    assert started.json()["state"] == "queued"
    assert found.json()["id"] == started.json()["id"]
    assert found.json()["requestedBy"] == "admin"


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


async def test_a_second_run_at_once_is_refused(configured: httpx.AsyncClient):
    await configured.post("synchronizations/cases/run")

    second = await configured.post("synchronizations/cases/run")

    assert second.status_code == 409


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


async def test_the_log_goes_on_after_the_cursor(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = [*GOOD, BAD, BAD]
    run = await carried_out(configured, engine, "synchronizations/cases/run")

    rest = (await configured.get(f"runs/{run['id']}?after={run['cursor']}")).json()

    assert rest["log"] == []
    assert rest["cursor"] == run["cursor"]


@pytest.mark.parametrize(
    "path", ["runs/none", "runs/none/changes", "runs/none/failures", "contracts/none.1"]
)
async def test_what_never_was_is_not_found(api: httpx.AsyncClient, path: str):
    assert (await api.get(path)).status_code == 404


@pytest.mark.parametrize("action", ["cancel", "approve", "replay"])
async def test_a_run_that_never_was_cannot_be_changed(api: httpx.AsyncClient, action: str):
    assert (await api.post(f"runs/none/{action}")).status_code == 404


async def test_contracts_pair_records_with_objects(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    remote.records = GOOD
    run = await carried_out(configured, engine, "synchronizations/cases/run")

    listed = (await configured.get("contracts?originId=3")).json()
    one = (await configured.get(f"contracts/{listed['results'][0]['id']}")).json()

    assert listed["total"] == 1
    assert one == listed["results"][0]
    assert (one["originId"], one["state"], one["runId"]) == ("3", "active", run["id"])
    found = await configured.get(f"objects/town/case/{one['targetId']}")
    assert found.json()["data"] == {"title": "Case 3", "amount": 3}


async def test_the_command_line_and_the_interface_show_the_same_run(
    configured: httpx.AsyncClient, engine: Engine
):
    run = await carried_out(configured, engine, "synchronizations/cases/run")
    async with engine.database.reading() as session:
        row = await runs.get(session, run["id"])

    shown = run_json(row)

    assert shown == {name: value for name, value in run.items() if name not in ("log", "cursor")}

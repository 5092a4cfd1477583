"""The overview: what needs attention and where, what happened last, what comes next."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, event, text
from starlette.types import Scope

from openconnector.api.callers import Caller
from openconnector.api.rights import Role
from tests.fakes.hostile_server import answer
from tests.fakes.installation import Installation, installation, page, records
from tests.fakes.interfaces import Interfaces

DAILY = {"kind": "interval", "every": 1, "unit": "days"}
CANNED = {"properties": {"name": {"type": "string", "maxLength": 2}}}


@pytest.fixture(params=["migrated_sqlite_url", "migrated_postgres_url"])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """Roles and doors make no difference here, the databases do."""
    return str(request.getfixturevalue(request.param))


OWNER = Caller(user_id="cli", role=Role.NONE)
ADMINISTRATOR = Caller(user_id="admin", role=Role.ADMINISTRATOR)


class Desk(Installation):
    """An installation whose overview is asked for by different people."""

    app: FastAPI
    caller = ADMINISTRATOR

    async def whoever(self, _scope: Scope) -> Caller:
        """Say who asks."""
        return self.caller

    async def overview(self, caller: Caller = ADMINISTRATOR) -> dict[str, Any]:
        """Return what somebody is shown."""
        self.caller = caller
        await self.engine.calls.flush()
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            found = await client.get("/api/v1/overview")
        assert found.status_code == 200, found.text
        return dict(found.json())


@pytest.fixture
async def installed(
    migrated_url: str, tmp_path: Path, interfaces: Interfaces
) -> AsyncIterator[Desk]:
    async with installation(migrated_url, tmp_path / "storage") as opened:
        desk = Desk(opened.engine, opened.clock, opened.api)
        desk.app = interfaces(opened.engine, desk.whoever)
        yield desk


async def attention(installed: Desk) -> list[dict[str, Any]]:
    return list((await installed.overview())["attention"])


def told(needed: list[dict[str, Any]]) -> list[str]:
    return [one["kind"] for one in needed]


async def test_nothing_configured_is_nothing_to_show(installed: Desk):
    found = await installed.overview()

    assert found["counts"] == {"sources": 0, "mappings": 0, "synchronizations": 0}
    assert (found["attention"], found["lastRuns"], found["sources"], found["next"]) == ([],) * 4
    assert {day["written"] for day in found["days"]} == {0}
    assert len(found["days"]) == 30
    assert found["days"][-1]["day"] == installed.clock.now().date().isoformat()


async def test_what_works_needs_no_attention_and_is_told_in_numbers(installed: Desk):
    row = await installed.run(page(records(1, 2, 3)))

    found = await installed.overview()

    assert found["attention"] == []
    assert found["counts"] == {"sources": 1, "mappings": 1, "synchronizations": 1}
    [last] = found["lastRuns"]
    assert (last["id"], last["state"]) == (row.id, "succeeded")
    assert (last["written"], last["deleted"], last["failed"]) == (3, 0, 0)
    assert (last["synchronization"]["slug"], last["synchronization"]["name"]) == ("s", "S")
    assert found["days"][-1]["written"] == 3
    [rate] = found["sources"]
    assert (rate["source"]["slug"], rate["calls"], rate["failures"]) == ("remote", 1, 0)
    assert (len(rate["hours"]), rate["hours"][0]["calls"]) == (1, 1)
    assert found["activeRuns"] == 0


async def test_a_source_that_does_not_serve_is_told_once_and_no_more_once_it_does(
    installed: Desk,
):
    await installed.run(answer(401))

    [failing] = await attention(installed)

    assert (failing["kind"], failing["source"]["slug"]) == ("source_failing", "remote")
    assert (failing["status"], failing["synchronization"]) == (401, None)

    await installed.run(page(records(1)))

    assert await attention(installed) == []


async def test_a_run_that_failed_for_another_reason_is_told_with_it(installed: Desk):
    row = await installed.run(answer(body=b"<html>", content_type="text/html"))

    [failed] = await attention(installed)

    assert (failed["kind"], failed["runId"]) == ("run_failed", row.id)
    assert (failed["code"], failed["reason"]) == (row.error_code, row.error_message)
    assert failed["synchronization"]["slug"] == "s"

    installed.synchronization = {"isEnabled": False}
    await installed.configure()
    assert await attention(installed) == []


async def test_records_that_failed_are_counted_until_they_are_handled(installed: Desk):
    installed.schema = CANNED
    row = await installed.run(page(records(1, 10, 20)))

    [failed] = await attention(installed)
    assert (failed["kind"], failed["count"], failed["runId"]) == ("records_failed", 2, row.id)

    installed.schema = {}
    await installed.configure()
    await installed.replay(row.id, numbers=[1])
    [failed] = await attention(installed)
    assert failed["count"] == 1

    await installed.replay(row.id, numbers=[2])
    assert await attention(installed) == []


async def test_a_run_that_asks_before_it_deletes_is_told_with_how_much(installed: Desk):
    await installed.run(page(records(*range(8))))
    row = await installed.run(page(records(1)))

    [asking] = await attention(installed)

    assert (asking["kind"], asking["count"], asking["runId"]) == ("approval", 7, row.id)

    await installed.cancel(row)
    assert await attention(installed) == []


async def test_a_synchronization_is_overdue_when_the_moment_after_the_missed_one_has_come(
    installed: Desk,
):
    installed.synchronization = {"schedules": [DAILY]}
    await installed.run(page(records(1)))

    installed.clock.moment += timedelta(days=1)
    assert await attention(installed) == []
    installed.clock.moment += timedelta(days=1)
    [overdue] = await attention(installed)

    assert (overdue["kind"], overdue["synchronization"]["slug"]) == ("overdue", "s")
    assert overdue["moment"] < installed.clock.now().isoformat()

    await installed.run(page(records(1)))
    assert await attention(installed) == []


async def test_what_begins_next_is_told_and_a_queued_run_is_active(installed: Desk):
    installed.synchronization = {"schedules": [DAILY]}
    await installed.configure()
    await installed.engine.scheduler().tick()
    await installed.request()

    found = await installed.overview()

    [following] = found["next"]
    assert following["synchronization"]["slug"] == "s"
    assert following["due"] > installed.clock.now().isoformat()
    assert (found["activeRuns"], found["lastRuns"][0]["state"]) == (1, "queued")


def token(expires: float | str) -> str:
    parts = [{"alg": "HS256"}, {"exp": expires}]
    written = (urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode() for part in parts)
    return ".".join([*written, "c2lnbmF0dXJl"])


@pytest.mark.parametrize("days", [-1, 13, 15])
async def test_credentials_that_say_when_they_expire_are_told_two_weeks_before(
    installed: Desk, days: int
):
    moment = (installed.clock.now() + timedelta(days=days)).replace(microsecond=0)
    auth = {"kind": "bearer", "token": token(moment.timestamp())}
    installed.configuration = {"auth": auth}
    await installed.configure()

    needed = await attention(installed)

    assert told(needed) == (["credentials_expiring"] if days < 14 else [])
    for one in needed:
        assert one["source"]["slug"] == "remote"
        assert one["moment"] == moment.isoformat().replace("+00:00", "Z")


SAY_NOTHING = ["plain", "eyJ.a.b", "eyJ.e30.b", token("soon"), token(1e300)]


async def test_credentials_that_do_not_say_are_not_told(installed: Desk, subtests: pytest.Subtests):
    soon = token(installed.clock.now().timestamp())
    installed.configuration = {"auth": {"kind": "bearer", "token": soon}}
    await installed.configure()
    before = await attention(installed)

    for secret in SAY_NOTHING:
        with subtests.test(secret):
            installed.configuration = {"auth": {"kind": "bearer", "token": secret}}
            await installed.configure()

            assert await attention(installed) == []
    assert told(before) == ["credentials_expiring"]


async def test_an_account_without_a_role_sees_what_it_owns_alone(installed: Desk):
    installed.synchronization = {"schedules": [DAILY]}
    installed.schema = CANNED
    await installed.run(page(records(1, 10)))
    await installed.run(answer(500), answer(500), answer(500), answer(500))
    await installed.engine.scheduler().tick()
    whole = await installed.overview()
    owner = await installed.overview(OWNER)
    other = await installed.overview(Caller(user_id="somebody", role=Role.NONE))

    assert told(whole["attention"]) == ["source_failing", "records_failed"]
    assert owner == whole
    assert (other["attention"], other["lastRuns"], other["sources"], other["next"]) == ([],) * 4
    assert {day["written"] + day["failed"] for day in other["days"]} == {0}
    assert (other["activeRuns"], other["counts"]["synchronizations"]) == (0, 0)


async def test_no_query_goes_through_all_runs(installed: Desk):
    installed.schema = CANNED
    await installed.run(page(records(1, 10)))
    asked: list[tuple[str, Any]] = []
    reader = installed.engine.database._reader.sync_engine

    @event.listens_for(reader, "before_cursor_execute")
    def note(_c: object, _cursor: object, statement: str, values: Any, *_more: object) -> None:
        asked.append((statement, values))

    await installed.overview(OWNER)
    event.remove(reader, "before_cursor_execute", note)
    queries = [one for one in asked if one[0].startswith("SELECT")]

    async with installed.engine.database.reading() as session:
        connection = await session.connection()
        steps = [step for one in queries for step in await connection.run_sync(plan, *one)]

    assert [step for step in steps if step.startswith("SCAN")] == []
    assert any("ix_run_succeeded" in step for step in steps)


LARGE = ("run", "failed_record", "call", "source_hour", "synchronization_day", "run_log")


def plan(connection: Connection, statement: str, values: Any) -> list[str]:
    """Return what a query does with large tables; a step that goes through one from end to end begins with SCAN."""
    if connection.dialect.name == "sqlite":
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return [step[3] for step in steps if step[3].partition(" ")[2].startswith(LARGE)]
    # A table of a few rows is read as a whole whatever its indexes are.
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    [[found]] = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
    return list(steps_of(found[0]["Plan"]))


def steps_of(node: dict[str, Any]) -> Iterator[str]:
    for inner in node.get("Plans", ()):
        yield from steps_of(inner)
    if node.get("Relation Name") in LARGE:
        is_bounded = "Index Cond" in node or node["Node Type"] == "Bitmap Heap Scan"
        verb = "SEARCH" if is_bounded else "SCAN"
        yield f"{verb} {node['Relation Name']} by {node.get('Index Name')}"

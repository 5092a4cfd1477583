"""Runs: started, watched, stopped, approved, repeated."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from openconnector.api.definitions import Key
from openconnector.api.documents import LOCATION, PREFIX, problems
from openconnector.api.lists import Listing, Paging, Text, listing
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Changing, Desk, Parts, Reading, Writing
from openconnector.crypto import KeyRing
from openconnector.db import runs as rows
from openconnector.db.rows import FailedRecordRow, RunChangeRow, RunRow
from openconnector.definitions.audit import Change
from openconnector.synchronization import requests
from openconnector.synchronization.keeping import opened, reason_of
from openconnector.synchronization.replaying import MAX_CHOSEN
from openconnector.synchronization.shown import Shown, ShownRun

AFTER = "Only what follows this `cursor`; 0 begins."

After = Annotated[int, Query(ge=0, le=2**63 - 1, description=AFTER)]
AfterNumber = Annotated[int, Query(ge=0, le=2**31 - 1, description=AFTER)]
RunId = Annotated[str, Path(max_length=36, description="Id of the run.")]
Limit = Annotated[int, Query(alias="_limit", ge=1, le=500, description="How many at once.")]


def _whole(value: Any) -> Any:
    """Take a number without a fraction for a whole one, as JSON Schema does: 7.0 is 7."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Number = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1), BeforeValidator(_whole)]

State = Literal[
    "queued",
    "running",
    "waiting",
    "needs_approval",
    "succeeded",
    "partial",
    "failed",
    "cancelled",
]


class RunsQuery(Paging):
    """Which runs."""

    synchronization_id: Text | None = Field(
        default=None, alias="synchronizationId", description="Only those of this synchronization."
    )
    state: State | None = Field(default=None, description="Only those in this state.")
    mode: Literal["run", "dry_run", "replay"] | None = Field(
        default=None, description="Only those of this mode."
    )
    trigger: requests.Trigger | None = Field(
        default=None, description="Only those started by this."
    )
    sort: Literal["queued", "-queued"] = Field(
        default="-queued", alias="_sort", description="The order; a leading `-` turns it."
    )


class RunList(Listing[ShownRun]):
    """One page of runs."""


class RunRequest(BaseModel):
    """How to run."""

    model_config = ConfigDict(extra="forbid")

    force: bool = Field(
        default=False, strict=True, description="Map and write every record, changed or not."
    )


class ReplayRequest(BaseModel):
    """What to replay."""

    model_config = ConfigDict(extra="forbid")

    numbers: list[Number] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_CHOSEN,
        description="The `number` of each failed record to replay, as the run's failures name them; absent for all.",
    )


class LogLine(Shown):
    """One line of a run's log."""

    id: int
    at: datetime
    level: str
    event: str
    fields: dict[str, Any]


class WatchedRun(ShownRun):
    """A run with its log."""

    log: list[LogLine] = Field(default_factory=list)
    """Lines after the cursor that was given, oldest first."""
    cursor: int = 0
    """Ask with `after` for the lines that follow."""


class ShownDifference(Shown):
    """One field that a write would change."""

    path: str
    before: Any
    after: Any


class ShownChange(Shown):
    """What a dry run would write for one record."""

    number: int
    action: str
    origin_id: str
    target_id: str | None
    differences: list[ShownDifference]


class ChangeList(BaseModel):
    """What a dry run would write, in the order of the records."""

    results: list[ShownChange]
    cursor: int = Field(description="Ask with `after` for those that follow.")


class ShownFailure(Shown):
    """A record that could not be mapped or written."""

    number: int
    origin_id: str | None
    verdict: str
    """invalid or failed, as the balance counts it."""
    stage: str
    """select, map, validate or write."""
    field: str | None
    reason: str
    record: Any
    """As it was read."""
    state: str
    """open, or resolved by a later run."""
    created: datetime
    synchronization_revision_id: int
    mapping_revision_id: int | None


class FailureList(BaseModel):
    """The records of a run that could not be handled, in order."""

    results: list[ShownFailure]
    cursor: int = Field(description="Ask with `after` for those that follow.")


routes = APIRouter(tags=["runs"], route_class=Route)
STARTED: dict[str, Any] = {
    "status_code": 202,
    "responses": {202: {"headers": LOCATION}, **problems(409)},
}


@routes.post("/synchronizations/{key}/run", **STARTED)
@needs(Right.CHANGE)
async def run(key: Key, desk: Changing, body: RunRequest | None = None) -> ShownRun:
    """Queue a run."""
    return await _start(desk, key, "run", body)


@routes.post("/synchronizations/{key}/dry-run", **STARTED)
@needs(Right.CHANGE)
async def dry_run(key: Key, desk: Changing, body: RunRequest | None = None) -> ShownRun:
    """Queue a run that reads and maps, writes nothing and shows what it would do."""
    return await _start(desk, key, "dry_run", body)


@routes.get("/runs", response_model=RunList)
@needs(Right.READ)
async def list_runs(session: Reading, wanted: Annotated[RunsQuery, Query()]) -> dict[str, Any]:
    """Return one page of runs, newest first."""
    query = rows.RunQuery(
        synchronization_id=wanted.synchronization_id,
        state=wanted.state,
        mode=wanted.mode,
        trigger=wanted.trigger,
        is_descending=wanted.sort == "-queued",
        limit=wanted.limit,
        page=wanted.page,
    )
    found, total = await rows.page(session, query)
    return listing([ShownRun.of(row) for row in found], total, wanted)


@routes.get("/runs/{run_id}")
@needs(Right.READ)
async def read_run(run_id: RunId, session: Reading, after: After = 0) -> WatchedRun:
    """Return a run as it stands, with the log lines after a cursor."""
    row = await rows.get(session, run_id)
    lines = await rows.log(session, run_id, after=after)
    shown = WatchedRun.of(row)
    log = [LogLine.model_validate(line) for line in lines]
    return shown.model_copy(update={"log": log, "cursor": lines[-1].id if lines else after})


@routes.get("/runs/{run_id}/changes")
@needs(Right.READ)
async def list_changes(
    run_id: RunId, session: Reading, engine: Parts, after: AfterNumber = 0, limit: Limit = 100
) -> ChangeList:
    """Return what a dry run would write, field by field."""
    await rows.get(session, run_id)
    found = await rows.changes(session, run_id, after=after, limit=limit)
    results = [_change(engine.keys, row) for row in found]
    return ChangeList(results=results, cursor=_cursor(found, after))


@routes.get("/runs/{run_id}/failures")
@needs(Right.READ)
async def list_failures(
    run_id: RunId,
    session: Reading,
    engine: Parts,
    after: AfterNumber = 0,
    limit: Limit = 100,
    state: Literal["open", "resolved"] | None = None,
) -> FailureList:
    """Return the records that could not be handled, with the reasons."""
    await rows.get(session, run_id)
    found = await rows.failures(session, run_id, after=after, limit=limit, state=state)
    results = [_failure(engine.keys, row) for row in found]
    return FailureList(results=results, cursor=_cursor(found, after))


@routes.post("/runs/{run_id}/cancel", responses=problems(409))
@needs(Right.CHANGE)
async def cancel(run_id: RunId, session: Writing, engine: Parts) -> ShownRun:
    """End a run that waits, or ask a running one to stop after its page."""
    return ShownRun.of(await requests.cancel(session, run_id, now=engine.clock.now()))


@routes.post("/runs/{run_id}/approve", responses=problems(409))
@needs(Right.CHANGE)
async def approve(run_id: RunId, desk: Changing) -> ShownRun:
    """Let a run delete what it asked about."""
    row = await requests.approve(desk.session, run_id)
    change = Change(who=desk.who, action="approve", subject="run", subject_id=run_id)
    await desk.engine.audit.note(desk.session, change)
    return ShownRun.of(row)


@routes.post("/runs/{run_id}/replay", **STARTED)
@needs(Right.CHANGE)
async def replay(run_id: RunId, desk: Changing, body: ReplayRequest | None = None) -> ShownRun:
    """Queue a run over the records of this one that could not be handled: all, or those a body names."""
    row = await requests.replay(
        desk.session,
        desk.engine.context,
        run_id,
        who=desk.who,
        numbers=body.numbers if body else None,
    )
    return _started(desk, row)


async def _start(desk: Desk, key: str, mode: requests.Mode, body: RunRequest | None) -> ShownRun:
    row = await requests.request_run(
        desk.session,
        desk.engine.definitions,
        key,
        now=desk.engine.clock.now(),
        who=desk.who,
        mode=mode,
        is_forced=body is not None and body.force,
    )
    return _started(desk, row)


def _started(desk: Desk, row: RunRow) -> ShownRun:
    desk.response.headers["Location"] = f"{PREFIX}/runs/{row.id}"
    return ShownRun.of(row)


def _cursor(found: Sequence[RunChangeRow | FailedRecordRow], after: int) -> int:
    return found[-1].number if found else after


def _change(keys: KeyRing, row: RunChangeRow) -> ShownChange:
    return ShownChange(
        number=row.number,
        action=row.action,
        origin_id=row.origin_id,
        target_id=row.target_id,
        differences=opened(keys, row),
    )


def _failure(keys: KeyRing, row: FailedRecordRow) -> ShownFailure:
    return ShownFailure(
        number=row.number,
        origin_id=row.origin_id,
        verdict=row.verdict,
        stage=row.stage,
        field=row.field,
        reason=reason_of(keys, row),
        record=opened(keys, row),
        state=row.state,
        created=row.created_at,
        synchronization_revision_id=row.synchronization_revision_id,
        mapping_revision_id=row.mapping_revision_id,
    )

"""Runs: started, watched, stopped, approved, repeated."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from openconnector.api.definitions import Key
from openconnector.api.documents import LOCATION, PREFIX, problems
from openconnector.api.lists import Listing, MomentGiven, Paging, Text, listing
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Changing, Desk, Parts, Reading, Writing
from openconnector.db import definitions
from openconnector.db import runs as rows
from openconnector.db.rows import RunRow, SynchronizationRow
from openconnector.db.session import Session
from openconnector.definitions.audit import Change
from openconnector.definitions.used import used
from openconnector.synchronization import requests
from openconnector.synchronization.replaying import MAX_CHOSEN
from openconnector.synchronization.shown import Shown, ShownRun

AFTER = "Only what follows this `cursor`; 0 begins."

After = Annotated[int, Query(ge=0, le=2**63 - 1, description=AFTER)]
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


Order = Literal["queued", "-queued", "found", "-found", "written", "-written", "failed", "-failed"]
"""The keys of `rows.SORTABLE`, each in both directions."""


class RunsQuery(Paging):
    """Which runs."""

    synchronization_id: Text | None = Field(
        default=None, alias="synchronizationId", description="Only those of this synchronization."
    )
    state: State | None = Field(default=None, description="Only those in this state.")
    mode: Literal["run", "dry_run", "replay", "changes"] | None = Field(
        default=None, description="Only those of this mode."
    )
    trigger: requests.Trigger | None = Field(
        default=None, description="Only those started by this."
    )
    since: MomentGiven | None = Field(
        default=None, description="Only those queued at this moment or later (RFC 3339)."
    )
    until: MomentGiven | None = Field(
        default=None, description="Only those queued before this moment (RFC 3339)."
    )
    sort: Order = Field(
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


class ShownUsed(Shown):
    """A revision something was made by, and its definition as it stands now."""

    collection: str
    """The name of its collection in addresses."""
    id: str
    name: str | None
    """What it is called now; null when it is gone."""
    revision: int
    """The number of the revision that was used."""
    newest: int | None
    """The number of its newest revision; null when it is gone."""


class WatchedRun(ShownRun):
    """A run with its log."""

    log: list[LogLine] = Field(default_factory=list)
    """Lines after the cursor that was given, oldest first."""
    cursor: int = 0
    """Ask with `after` for the lines that follow."""
    expected: int | None = None
    """How many records the source is likely to have: as many as the last whole read before this run came to."""
    definitions: list[ShownUsed] = Field(default_factory=list)
    """What it runs with: the synchronization, its source and its mapping, each with the revision."""


REVISED = ("synchronization", "source", "mapping")
"""What a run notes the revisions of."""

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
        since=wanted.since,
        until=wanted.until,
        sort=wanted.sort,
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
    known = await used(session, await _revisions(session, row))
    return shown.model_copy(
        update={
            "log": log,
            "cursor": lines[-1].id if lines else after,
            "expected": await rows.found_before(session, row),
            "definitions": [ShownUsed.model_validate(one) for one in known],
        }
    )


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


async def _revisions(session: Session, row: RunRow) -> list[int | None]:
    """Return what a run works with; before it has begun that is the synchronization alone, as it stands."""
    if row.revisions:
        return [row.revisions.get(name) for name in REVISED]
    synchronization = await definitions.find(session, SynchronizationRow, row.synchronization_id)
    return [synchronization.revision_id if synchronization else None]


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

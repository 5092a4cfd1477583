"""What a run came to, record by record: changes, deletions, failures."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from openconnector.api.documents import problems
from openconnector.api.lists import Text
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.runs import AFTER, Limit, RunId
from openconnector.api.sessions import Parts, Reading
from openconnector.crypto import KeyRing
from openconnector.db import failures
from openconnector.db import runs as rows
from openconnector.db.rows import FailedRecordRow, RunChangeRow
from openconnector.languages import retold
from openconnector.synchronization import approval
from openconnector.synchronization.explaining import Explaining
from openconnector.synchronization.keeping import opened, reason_of
from openconnector.synchronization.shown import Shown

AfterNumber = Annotated[int, Query(ge=0, le=2**31 - 1, description=AFTER)]
AfterOrdinal = Annotated[
    int, Query(ge=-1, le=2**31 - 1, description="Only what follows this `cursor`; -1 begins.")
]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="`number` of the failed record.")]


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


class ExplainedFailure(Shown):
    """What would come of a failed record now."""

    mapped: Any
    """What the mapping makes of it; null when it makes nothing."""
    problems: list[str]
    """What the mapping, its output schema and the target's schema say against it; empty when it would be written."""
    current: dict[str, Any] | None
    """What the target holds; null when it has no such object, or cannot tell."""
    is_current_known: bool
    """Whether the target could tell what it holds."""
    differences: list[ShownDifference]
    """Which fields a write would change; those that are absent on one side show as null."""


class ShownDeletion(Shown):
    """An object that a run deleted or wants to delete."""

    number: int
    """Counts the contracts of the synchronization."""
    origin_id: str
    """The id of the record that is no longer at the source."""
    target_id: str | None
    name: str | None
    """What the object calls itself; null where it is not in our own store, or about a person."""


class ShownGuard(Shown):
    """Why a run asks before it deletes."""

    pending: int
    """Objects that would be deleted."""
    before: int
    """Objects there were when the run began."""
    allowed: int
    """How many of them may go without asking, as the synchronization stands now."""
    is_empty: bool
    """The source had no record at all, which is never taken on trust."""


class DeletionList(BaseModel):
    """What a run wants to delete, or has deleted, in the order in which the contracts were made."""

    results: list[ShownDeletion]
    cursor: int = Field(description="Ask with `after` for those that follow.")
    guard: ShownGuard | None = Field(description="Why the run asks; null when it does not.")


class FailuresQuery(BaseModel):
    """Which of the records that could not be handled."""

    after: int = Field(default=0, ge=0, le=2**31 - 1, description=AFTER)
    limit: int = Field(default=100, ge=1, le=500, alias="_limit", description="How many at once.")
    state: Literal["open", "resolved"] | None = Field(
        default=None, description="Only those in this state."
    )
    origin_id: Text | None = Field(
        default=None, alias="originId", description="Only those of the record with this id."
    )


class FailureList(BaseModel):
    """The records of a run that could not be handled, in order."""

    results: list[ShownFailure]
    cursor: int = Field(description="Ask with `after` for those that follow.")


routes = APIRouter(tags=["runs"], route_class=Route)


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
    run_id: RunId, session: Reading, engine: Parts, wanted: Annotated[FailuresQuery, Query()]
) -> FailureList:
    """Return the records that could not be handled, with the reasons."""
    await rows.get(session, run_id)
    found = await failures.of_run(session, run_id, **wanted.model_dump())
    results = [_failure(engine.keys, row) for row in found]
    return FailureList(results=results, cursor=_cursor(found, wanted.after))


@routes.post("/runs/{run_id}/failures/{number}/explain", responses=problems(409))
@needs(Right.CHANGE)
async def explain_failure(run_id: RunId, number: Number, engine: Parts) -> ExplainedFailure:
    """Map a failed record as the mapping stands now and hold it against what the target has; nothing is written."""
    explaining = Explaining(
        database=engine.database,
        keys=engine.keys,
        preparation=engine.preparation,
        previews=engine.mapping_previews,
    )
    return ExplainedFailure.model_validate(await explaining.explain(run_id, number))


@routes.get("/runs/{run_id}/deletions")
@needs(Right.READ)
async def list_deletions(
    run_id: RunId, session: Reading, after: AfterOrdinal = -1, limit: Limit = 100
) -> DeletionList:
    """Return what a run wants to delete while it waits for approval, and afterwards what it has deleted.

    A dry run, which deletes nothing, tells this among its changes.
    """
    row = await rows.get(session, run_id)
    found = await approval.doomed(session, row, after=after, limit=limit)
    guard = await approval.guard(session, row)
    return DeletionList(
        results=[ShownDeletion.model_validate(one) for one in found],
        cursor=found[-1].number if found else after,
        guard=ShownGuard.model_validate(guard) if guard else None,
    )


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
        reason=retold(reason_of(keys, row)),
        record=opened(keys, row),
        state=row.state,
        created=row.created_at,
        synchronization_revision_id=row.synchronization_revision_id,
        mapping_revision_id=row.mapping_revision_id,
    )

"""Queries for the latest of everything: the newest run and the last success of each synchronization.

Each asks an index once for every synchronization, so that it takes as long with a million runs as with ten.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import ScalarSelect, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from openconnector.db.firing_rows import ScheduleMarkRow
from openconnector.db.rows import SUCCEEDED, Base, RunRow, SecretRow, SynchronizationRow
from openconnector.db.runs import ACTIVE, ENDED

T = TypeVar("T")

AT_ONCE = 1_000
"""Ids in one query: a database takes only so many values."""


class LatestRun(NamedTuple):
    """What tells how a run went, in the words of its row."""

    id: str
    synchronization_id: str
    mode: str
    state: str
    trigger: str
    created: int
    updated: int
    deleted: int
    invalid: int
    failed: int
    resolved: int
    deletions_pending: int
    error_code: str | None
    error_message: str | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


async def newest_runs(session: AsyncSession) -> Sequence[LatestRun]:
    """Return the newest run of every synchronization that has one, dry runs left out, the newest first."""
    one = aliased(RunRow)
    query = select(one.id).where(one.mode != "dry_run").order_by(one.queued_at.desc())
    return await _runs(session, _of_each(query, one))


async def newest_ended(session: AsyncSession) -> Sequence[LatestRun]:
    """Return, of every synchronization, the newest run that is over and tells how things stand, the newest first.

    One that read what has changed alone tells nothing of the rest, unless it went wrong; replays and dry runs never do.
    """
    one = aliased(RunRow)
    tells = or_(one.mode == "run", and_(one.mode == "changes", one.state != "succeeded"))
    query = select(one.id).where(tells, one.state.in_(ENDED))
    return await _runs(session, _of_each(query.order_by(one.queued_at.desc()), one))


async def last_successes(session: AsyncSession) -> Mapping[str, datetime]:
    """Return when each synchronization, by id, was last brought into step; those that never were are left out."""
    one = aliased(RunRow)
    query = select(one.finished_at).where(SUCCEEDED).order_by(one.finished_at.desc())
    found = await session.execute(select(SynchronizationRow.id, _of_each(query, one)))
    return {key: moment for key, moment in found if moment is not None}


async def active_runs(session: AsyncSession) -> int:
    """Return how many runs are queued, running or waiting, dry runs included."""
    query = select(func.count()).select_from(RunRow).where(RunRow.state.in_(ACTIVE))
    return int(await session.scalar(query) or 0)


async def next_starts(session: AsyncSession, limit: int) -> Sequence[tuple[str, datetime]]:
    """Return which synchronization begins by itself next and when, the soonest first."""
    columns = (ScheduleMarkRow.synchronization_id, ScheduleMarkRow.due_at)
    query = select(*columns).where(ScheduleMarkRow.due_at.is_not(None))
    rows = await session.execute(query.order_by(ScheduleMarkRow.due_at).limit(limit))
    return [(key, due) for key, due in rows if due is not None]


async def expiring(
    session: AsyncSession, table: type[Base], before: datetime
) -> Mapping[str, datetime]:
    """Return when the first secret of a definition, by its id, expires, where one does before this moment."""
    query = (
        select(SecretRow.entity_id, func.min(SecretRow.expires_at))
        .where(SecretRow.collection == table.__tablename__, SecretRow.expires_at < before)
        .group_by(SecretRow.entity_id)
    )
    return {key: moment for key, moment in await session.execute(query) if moment is not None}


async def count(session: AsyncSession, table: type[Base]) -> int:
    """Return how many rows a small table has."""
    return int(await session.scalar(select(func.count()).select_from(table)) or 0)


def _of_each(query: Select[T], one: type[RunRow]) -> ScalarSelect[T]:
    """Return the first that a query gives of one synchronization, for a query over all of them."""
    own = query.where(one.synchronization_id == SynchronizationRow.id).limit(1)
    return own.correlate(SynchronizationRow).scalar_subquery()


async def _runs(session: AsyncSession, newest: ScalarSelect[str]) -> Sequence[LatestRun]:
    # In two steps: PostgreSQL would go through all runs to find those of a list it does not know yet.
    named = await session.scalars(select(newest).select_from(SynchronizationRow))
    ids = list(filter(None, named))  # one that has no such run gives none
    found: list[LatestRun] = []
    for start in range(0, len(ids), AT_ONCE):
        found += await _with(session, ids[start : start + AT_ONCE])
    return sorted(found, key=lambda run: run.queued_at, reverse=True)


async def _with(session: AsyncSession, ids: Collection[str]) -> Sequence[LatestRun]:
    columns = [getattr(RunRow, name) for name in LatestRun._fields]
    rows = await session.execute(select(*columns).where(RunRow.id.in_(ids)))
    return [LatestRun._make(row) for row in rows]

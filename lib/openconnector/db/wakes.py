"""Queries for wakes: something happened that a synchronization is to follow, once for all of a burst."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db.firing_rows import WakeRow
from openconnector.db.runs import is_idle

MAX_THINGS = 25
"""Of so many things at most the ids are kept; for more, all of the source is looked through."""


async def add(
    session: AsyncSession,
    synchronization_id: str,
    *,
    now: datetime,
    due_at: datetime,
    thing: str | None = None,
) -> None:
    """Note that something happened: a synchronization that is to be woken anyway is woken once.

    ``thing`` is the id of what changed, where nothing else did.
    """
    things = None if thing is None else [thing]
    if await _count_on(session, synchronization_id, now, things):
        return
    row = WakeRow(
        synchronization_id=synchronization_id, due_at=due_at, latest_at=now, count=1, things=things
    )
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another process was faster
        await _count_on(session, synchronization_id, now, things)


async def _count_on(
    session: AsyncSession, synchronization_id: str, now: datetime, things: list[str] | None
) -> bool:
    """Count one more on a row that is there; False when there is none."""
    query = select(WakeRow).where(WakeRow.synchronization_id == synchronization_id)
    row = (await session.scalars(query.with_for_update())).first()
    if row is None:
        return False
    row.count, row.latest_at = row.count + 1, now
    row.things = _together(row.things, things)
    await session.flush()
    return True


def _together(some: list[str] | None, more: list[str] | None) -> list[str] | None:
    if some is None or more is None:
        return None
    both = list(dict.fromkeys([*some, *more]))
    return both if len(both) <= MAX_THINGS else None


async def startable(session: AsyncSession, now: datetime) -> Sequence[str]:
    """Return the synchronizations that are to be woken now and have no unfinished run."""
    query = select(WakeRow.synchronization_id).where(
        WakeRow.due_at <= now, is_idle(WakeRow.synchronization_id)
    )
    return (await session.scalars(query)).all()


async def take(session: AsyncSession, synchronization_id: str, now: datetime) -> WakeRow | None:
    """Take what has happened off the list, since a run is to begin, and return it; None when nothing is due."""
    query = select(WakeRow).where(
        WakeRow.synchronization_id == synchronization_id, WakeRow.due_at <= now
    )
    row = (await session.scalars(query.with_for_update())).first()
    if row is not None:
        await session.delete(row)
        await session.flush()
    return row


async def forget(session: AsyncSession) -> None:
    """Take everything that has happened off the list; no run follows it."""
    await session.execute(delete(WakeRow))


async def count(session: AsyncSession, synchronization_id: str) -> int:
    """Return how often something has happened that no run has followed yet."""
    query = select(WakeRow.count).where(WakeRow.synchronization_id == synchronization_id)
    return await session.scalar(query) or 0

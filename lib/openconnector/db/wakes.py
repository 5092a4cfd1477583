"""Queries for wakes: something happened that a synchronization is to follow, once for all of a burst."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db.firing_rows import WakeRow
from openconnector.db.runs import is_idle


async def add(
    session: AsyncSession, synchronization_id: str, *, now: datetime, due_at: datetime
) -> None:
    """Note that something happened: a synchronization that is to be woken anyway is woken once."""
    another = (
        update(WakeRow)
        .where(WakeRow.synchronization_id == synchronization_id)
        .values(count=WakeRow.count + 1, latest_at=now)
    )
    if _hit(await session.execute(another)):
        return
    row = WakeRow(synchronization_id=synchronization_id, due_at=due_at, latest_at=now, count=1)
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another process was faster
        await session.execute(another)


async def startable(session: AsyncSession, now: datetime) -> Sequence[str]:
    """Return the synchronizations that are to be woken now and have no unfinished run."""
    query = select(WakeRow.synchronization_id).where(
        WakeRow.due_at <= now, is_idle(WakeRow.synchronization_id)
    )
    return (await session.scalars(query)).all()


async def take(session: AsyncSession, synchronization_id: str, now: datetime) -> bool:
    """Take what has happened off the list, since a run is to begin; False when nothing is due."""
    taken = delete(WakeRow).where(
        WakeRow.synchronization_id == synchronization_id, WakeRow.due_at <= now
    )
    return _hit(await session.execute(taken))


async def forget(session: AsyncSession) -> None:
    """Take everything that has happened off the list; no run follows it."""
    await session.execute(delete(WakeRow))


async def count(session: AsyncSession, synchronization_id: str) -> int:
    """Return how often something has happened that no run has followed yet."""
    query = select(WakeRow.count).where(WakeRow.synchronization_id == synchronization_id)
    return await session.scalar(query) or 0


def _hit(result: object) -> bool:
    return bool(getattr(result, "rowcount", 0))

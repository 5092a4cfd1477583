"""Queries for schedules at work: marks moved on, moments fired once, and runs started for them."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, delete, func, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db.firing_rows import FiringRow, ScheduleMarkRow
from openconnector.db.paging import Wanted, paged
from openconnector.db.rows import SynchronizationRow
from openconnector.db.runs import is_idle


async def schedule_counts(
    session: AsyncSession, synchronization_id: str | None = None
) -> list[tuple[str, int]]:
    """Return how many schedules each synchronization has, the oldest first; those without are left out.

    Counted by the database: reading every definition for it would take seconds where there are thousands.
    """
    said = SynchronizationRow.definition
    wakers, hours = func.json_array_length(said["wakeOn"]), said["scanEveryHours"].as_integer()
    scan = case((and_(wakers > 0, hours > 0), 1), else_=0)
    count = func.coalesce(func.json_array_length(said["schedules"]), 0) + scan
    query = select(SynchronizationRow.id, count).where(count > 0)
    if synchronization_id is not None:
        query = query.where(SynchronizationRow.id == synchronization_id)
    query = query.order_by(SynchronizationRow.created_at, SynchronizationRow.id)
    return [(key, number) for key, number in await session.execute(query)]


async def marks(session: AsyncSession) -> Sequence[ScheduleMarkRow]:
    """Return how far every schedule has come."""
    return (await session.scalars(select(ScheduleMarkRow))).all()


async def due_marks(session: AsyncSession, now: datetime) -> Sequence[ScheduleMarkRow]:
    """Return the marks of schedules whose next moment has come, longest overdue first."""
    query = select(ScheduleMarkRow).where(ScheduleMarkRow.due_at <= now)
    return (await session.scalars(query.order_by(ScheduleMarkRow.due_at))).all()


async def next_due(session: AsyncSession) -> datetime | None:
    """Return when the next moment of any schedule is to begin; None when there is none."""
    query = select(ScheduleMarkRow.due_at).where(ScheduleMarkRow.due_at.is_not(None))
    return await session.scalar(query.order_by(ScheduleMarkRow.due_at).limit(1))


async def add_mark(session: AsyncSession, mark: ScheduleMarkRow) -> None:
    """Begin with a schedule; somebody else may have done so just now."""
    with suppress(IntegrityError):
        async with session.begin_nested():
            session.add(mark)


async def remove_mark(session: AsyncSession, mark: ScheduleMarkRow) -> None:
    """Forget a schedule, and what of it still waits."""
    await session.execute(delete(ScheduleMarkRow).where(_of(mark)))
    await miss_waiting(session, *mark.key, "The schedule was taken away or switched off")


async def move_mark(
    session: AsyncSession, mark: ScheduleMarkRow, *, moment: datetime, due_at: datetime | None
) -> bool:
    """Move a mark on; False when somebody else was faster, who has then fired what there was."""
    moved = await session.execute(
        update(ScheduleMarkRow)
        .where(_of(mark), ScheduleMarkRow.moment == mark.moment)
        .values(moment=moment, due_at=due_at)
    )
    return bool(getattr(moved, "rowcount", 0))


async def add(session: AsyncSession, firings: Iterable[FiringRow]) -> None:
    """Note moments that came. The database keeps out a second row for the same one."""
    session.add_all(firings)
    await session.flush()


async def waiting(
    session: AsyncSession, synchronization_id: str, now: datetime
) -> Sequence[FiringRow]:
    """Return the firings of a synchronization that are due and have no run yet, the oldest first."""
    query = select(FiringRow).where(
        FiringRow.synchronization_id == synchronization_id,
        FiringRow.state == "waiting",
        FiringRow.due_at <= now,
    )
    return (await session.scalars(query.order_by(FiringRow.due_at, FiringRow.id))).all()


async def startable(session: AsyncSession, now: datetime) -> Sequence[str]:
    """Return the synchronizations that have something due and no unfinished run."""
    query = select(FiringRow.synchronization_id).where(
        FiringRow.state == "waiting", FiringRow.due_at <= now, is_idle(FiringRow.synchronization_id)
    )
    return (await session.scalars(query.distinct())).all()


async def take(session: AsyncSession, firing: FiringRow, run_id: str) -> bool:
    """Note which run a firing starts; False when somebody else has started it."""
    return await _change(session, firing, state="started", run_id=run_id)


async def miss(session: AsyncSession, firing: FiringRow, reason: str) -> None:
    """Note that a firing starts nothing, and why."""
    await _change(session, firing, state="missed", reason=reason)


async def miss_waiting(
    session: AsyncSession,
    synchronization_id: str,
    schedule: str,
    reason: str,
    *,
    keep: int = 0,
) -> None:
    """Note that the firings of a schedule that still wait start nothing, apart from the latest ones."""
    query = select(FiringRow.id).where(
        FiringRow.synchronization_id == synchronization_id,
        FiringRow.schedule == schedule,
        FiringRow.state == "waiting",
    )
    ids = (await session.scalars(query.order_by(FiringRow.moment.desc()).offset(keep))).all()
    if ids:
        await session.execute(
            update(FiringRow).where(FiringRow.id.in_(ids)).values(state="missed", reason=reason)
        )


async def miss_all_waiting(session: AsyncSession, reason: str) -> None:
    """Note that no firing that still waits starts anything, whichever schedule it is of."""
    await session.execute(
        update(FiringRow)
        .where(FiringRow.state == "waiting")
        .values(state="missed", reason=reason)
        .execution_options(synchronize_session=False)
    )


async def newest(session: AsyncSession, synchronization_ids: Sequence[str]) -> Sequence[FiringRow]:
    """Return the latest firing of every schedule of these synchronizations."""
    latest = (
        select(FiringRow.synchronization_id, FiringRow.schedule, func.max(FiringRow.moment))
        .where(FiringRow.synchronization_id.in_(synchronization_ids))
        .group_by(FiringRow.synchronization_id, FiringRow.schedule)
    )
    key = tuple_(FiringRow.synchronization_id, FiringRow.schedule, FiringRow.moment)
    return (await session.scalars(select(FiringRow).where(key.in_(latest)))).all()


async def page(
    session: AsyncSession, synchronization_id: str, schedule: str | None, wanted: Wanted
) -> tuple[Sequence[FiringRow], int]:
    """Return one page of a synchronization's firings, of all its schedules or of one, the latest first."""
    query = select(FiringRow).where(FiringRow.synchronization_id == synchronization_id)
    if schedule is not None:
        query = query.where(FiringRow.schedule == schedule)
    query = query.order_by(FiringRow.moment.desc(), FiringRow.id.desc())
    found, total = await paged(session, query, wanted)
    return found.scalars().all(), total


async def every(session: AsyncSession, synchronization_id: str) -> Sequence[FiringRow]:
    """Return every firing of a synchronization that is still known, the oldest first."""
    query = select(FiringRow).where(FiringRow.synchronization_id == synchronization_id)
    return (await session.scalars(query.order_by(FiringRow.moment, FiringRow.id))).all()


async def forget(session: AsyncSession, before: datetime) -> None:
    """Delete firings from before this moment that start nothing any more."""
    await session.execute(
        delete(FiringRow).where(FiringRow.due_at < before, FiringRow.state != "waiting")
    )


def _of(mark: ScheduleMarkRow) -> ColumnElement[bool]:
    return and_(
        ScheduleMarkRow.synchronization_id == mark.synchronization_id,
        ScheduleMarkRow.schedule == mark.schedule,
    )


async def _change(session: AsyncSession, firing: FiringRow, **values: object) -> bool:
    changed = await session.execute(
        update(FiringRow)
        .where(FiringRow.id == firing.id, FiringRow.state == "waiting")
        .values(**values)
    )
    return bool(getattr(changed, "rowcount", 0))

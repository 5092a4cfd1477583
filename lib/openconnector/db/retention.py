"""Queries that delete what is old, a batch at a time."""

from collections.abc import Coroutine, Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, CursorResult, delete, exists, inspect, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from openconnector.db.count_rows import SourceHourRow, SynchronizationDayRow
from openconnector.db.draft_rows import DraftRow
from openconnector.db.installation_rows import NoticeRow
from openconnector.db.rows import Base, CallRow, RunLogRow, RunRow
from openconnector.db.runs import ENDED


class DeleteOld(Protocol):
    """Deletes at most ``limit`` rows from before a moment, and returns how many."""

    def __call__(
        self, session: AsyncSession, before: datetime, *, limit: int
    ) -> Coroutine[Any, Any, int]:
        """Delete one batch."""
        ...


async def delete_runs(session: AsyncSession, before: datetime, *, limit: int) -> int:
    """Delete ended runs with all that belongs to them; the newest of each synchronization stays."""
    newer = aliased(RunRow)
    has_newer = exists().where(
        newer.synchronization_id == RunRow.synchronization_id, newer.queued_at > RunRow.queued_at
    )
    old = select(RunRow.id).where(RunRow.state.in_(ENDED), RunRow.finished_at < before, has_newer)
    ids = (await session.scalars(old.order_by(RunRow.finished_at).limit(limit))).all()
    await session.execute(delete(RunRow).where(RunRow.id.in_(ids)))
    return len(ids)


async def delete_logs(session: AsyncSession, before: datetime, *, limit: int) -> int:
    """Delete lines of runs' logs."""
    old = select(RunLogRow.id).where(RunLogRow.at < before).order_by(RunLogRow.id).limit(limit)
    ids = (await session.scalars(old)).all()
    await session.execute(delete(RunLogRow).where(RunLogRow.id.in_(ids)))
    return len(ids)


async def delete_calls(session: AsyncSession, before: datetime, *, limit: int) -> int:
    """Delete requests on the wire."""
    old = select(CallRow.id).where(CallRow.started_at < before)
    ids = (await session.scalars(old.order_by(CallRow.started_at).limit(limit))).all()
    await session.execute(delete(CallRow).where(CallRow.id.in_(ids)))
    return len(ids)


async def delete_notices(session: AsyncSession, before: datetime, *, limit: int) -> int:
    """Delete notices with their deliveries; those whose receivers are still to be found stay."""
    old = select(NoticeRow.id).where(NoticeRow.state == "spread", NoticeRow.created_at < before)
    ids = (await session.scalars(old.order_by(NoticeRow.created_at).limit(limit))).all()
    await session.execute(delete(NoticeRow).where(NoticeRow.id.in_(ids)))
    return len(ids)


async def delete_drafts(session: AsyncSession, before: datetime, *, limit: int) -> int:
    """Delete drafts that nobody has gone on with; what was saved of them stays."""
    old = select(DraftRow.owner).where(DraftRow.updated_at < before).limit(limit)
    owners = (await session.scalars(old)).all()
    await session.execute(delete(DraftRow).where(DraftRow.owner.in_(owners)))
    return len(owners)


async def delete_days(session: AsyncSession, before: datetime, *, limit: int) -> int:
    """Delete what was written on a day."""
    is_old = SynchronizationDayRow.day < before.date().isoformat()
    return await _delete_some(session, SynchronizationDayRow, is_old, limit)


async def delete_hours(session: AsyncSession, before: datetime, *, limit: int) -> int:
    """Delete how sources answered in an hour."""
    return await _delete_some(session, SourceHourRow, SourceHourRow.hour < before, limit)


async def _delete_some(
    session: AsyncSession, table: type[Base], is_old: ColumnElement[bool], limit: int
) -> int:
    key = inspect(table).primary_key
    old = select(*key).where(is_old).limit(limit)
    deleted: CursorResult[Any] = await session.execute(  # type: ignore[assignment]  # a deletion has one
        delete(table).where(tuple_(*key).in_(old)).execution_options(synchronize_session=False)
    )
    return deleted.rowcount


DELETE_OLD: Mapping[str, DeleteOld] = {
    "runs": delete_runs,
    "logs": delete_logs,
    "calls": delete_calls,
    "notices": delete_notices,
    "drafts": delete_drafts,
    "days": delete_days,
    "hours": delete_hours,
}
"""By kind; what hangs on a run goes with it."""

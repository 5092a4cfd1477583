"""Queries for records that could not be handled: kept with the reason until a later run has handled them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db.rows import FailedRecordRow, RunRow
from openconnector.errors import NotFound

STATES = ("open", "resolved")
"""All there are: naming them lets the index find a record by its id."""


async def add(session: AsyncSession, failed: Sequence[Mapping[str, Any]]) -> None:
    """Keep records that could not be handled."""
    if failed:
        await session.execute(insert(FailedRecordRow), list(failed))


async def of_run(
    session: AsyncSession,
    run_id: str,
    *,
    after: int = 0,
    limit: int = 100,
    state: str | None = None,
    origin_id: str | None = None,
) -> Sequence[FailedRecordRow]:
    """Return the records of a run that could not be handled, in order; those in a state, or with an id."""
    query = select(FailedRecordRow).where(
        FailedRecordRow.run_id == run_id, FailedRecordRow.number > after
    )
    if state is not None:
        query = query.where(FailedRecordRow.state == state)
    if origin_id is not None:
        query = query.where(FailedRecordRow.origin_id == origin_id)
    return (await session.scalars(query.order_by(FailedRecordRow.number).limit(limit))).all()


async def get(session: AsyncSession, run_id: str, number: int) -> FailedRecordRow:
    """Return one failed record of a run. Raises `NotFound`."""
    query = select(FailedRecordRow).where(
        FailedRecordRow.run_id == run_id, FailedRecordRow.number == number
    )
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise NotFound("failed record", number)
    return row


async def of_record(
    session: AsyncSession, synchronization_id: str, origin_id: str, *, limit: int
) -> Sequence[FailedRecordRow]:
    """Return how often one record could not be handled, in whatever run, newest first."""
    query = select(FailedRecordRow).where(
        FailedRecordRow.synchronization_id == synchronization_id,
        FailedRecordRow.state.in_(STATES),
        FailedRecordRow.origin_id == origin_id,
    )
    return (await session.scalars(query.order_by(FailedRecordRow.id.desc()).limit(limit))).all()


async def origin_ids(session: AsyncSession, run_id: str) -> Sequence[str]:
    """Return the origin ids a run could not handle, each once."""
    query = select(FailedRecordRow.origin_id).where(
        FailedRecordRow.run_id == run_id, FailedRecordRow.origin_id.is_not(None)
    )
    return [origin_id for origin_id in await session.scalars(query.distinct()) if origin_id]


async def resolve(
    session: AsyncSession, synchronization_id: str, origin_ids: Sequence[str], before_run: str
) -> None:
    """Mark earlier failures of these records as resolved: a later run has handled them. Their runs count them."""
    resolved = await session.scalars(
        update(FailedRecordRow)
        .where(
            FailedRecordRow.synchronization_id == synchronization_id,
            FailedRecordRow.state == "open",
            FailedRecordRow.run_id != before_run,
            FailedRecordRow.origin_id.in_(origin_ids),
        )
        .values(state="resolved")
        .returning(FailedRecordRow.run_id)
        .execution_options(synchronize_session=False)
    )
    for run_id, count in sorted(Counter(resolved).items()):
        await session.execute(
            update(RunRow).where(RunRow.id == run_id).values(resolved=RunRow.resolved + count)
        )


async def any_open(session: AsyncSession, synchronization_id: str) -> bool:
    """Whether some record of the synchronization still waits to be handled."""
    query = select(FailedRecordRow.id).where(
        FailedRecordRow.synchronization_id == synchronization_id, FailedRecordRow.state == "open"
    )
    return (await session.scalars(query.limit(1))).first() is not None

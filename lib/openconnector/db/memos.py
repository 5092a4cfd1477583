"""Queries for page memos: what a whole page came to, valid while no old contract has changed since."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db import statements
from openconnector.db.memo_rows import ContractEpochRow, PageMemoRow

SAVE_CHANGES = (
    "ON CONFLICT (synchronization_id, target, number) DO UPDATE SET "
    "digest = excluded.digest, epoch = excluded.epoch, found = excluded.found, seen = excluded.seen"
)
SAVE = {
    "sqlite": f"INSERT INTO page_memo VALUES (?, ?, ?, ?, ?, ?, ?) {SAVE_CHANGES}",  # noqa: S608  constants
    "postgresql": f"INSERT INTO page_memo VALUES ($1, $2, $3, $4, $5, $6, $7) {SAVE_CHANGES}",  # noqa: S608  constants
}

COUNT_UP_CHANGES = (
    "ON CONFLICT (synchronization_id, target) DO UPDATE SET epoch = contract_epoch.epoch + 1"
)
COUNT_UP = {
    "sqlite": f"INSERT INTO contract_epoch VALUES (?, ?, 1) {COUNT_UP_CHANGES}",  # noqa: S608  constants
    "postgresql": f"INSERT INTO contract_epoch VALUES ($1, $2, 1) {COUNT_UP_CHANGES}",  # noqa: S608  constants
}


class Memo(NamedTuple):
    """What a page came to, in the order of the table's columns after its key."""

    digest: bytes
    epoch: int
    found: int
    seen: bytes


async def following(
    session: AsyncSession, synchronization_id: str, target: str, number: int, *, limit: int
) -> dict[int, Memo]:
    """Return what the pages from this place on came to last time, by their place."""
    columns = [getattr(PageMemoRow, name) for name in Memo._fields]
    query = select(PageMemoRow.number, *columns).where(
        PageMemoRow.synchronization_id == synchronization_id,
        PageMemoRow.target == target,
        PageMemoRow.number >= number,
        PageMemoRow.number < number + limit,
    )
    return {row[0]: Memo._make(row[1:]) for row in (await session.execute(query)).all()}


async def save(
    session: AsyncSession, synchronization_id: str, target: str, number: int, memo: Memo
) -> None:
    """Keep what the page at this place came to."""
    await statements.execute(session, SAVE, (synchronization_id, target, number, *memo))


async def epoch(session: AsyncSession, synchronization_id: str, target: str) -> int:
    """Return how often contracts that were there before have been changed."""
    query = select(ContractEpochRow.epoch).where(
        ContractEpochRow.synchronization_id == synchronization_id, ContractEpochRow.target == target
    )
    return await session.scalar(query) or 0


async def count_up(session: AsyncSession, synchronization_id: str, target: str) -> None:
    """Count such a change in this transaction; memos made before it no longer hold."""
    await statements.execute(session, COUNT_UP, (synchronization_id, target))

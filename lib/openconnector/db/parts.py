"""Queries for memos of parts: what a file or folder came to while it had a certain version."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db import statements
from openconnector.db.memo_rows import PartMemoRow

SAVE_CHANGES = (
    "ON CONFLICT (synchronization_id, target, key) DO UPDATE SET digest = excluded.digest, run_id = excluded.run_id, "
    "found = excluded.found, skipped = excluded.skipped, seen = excluded.seen, note = excluded.note"
)
SAVE = {
    "sqlite": f"INSERT INTO part_memo VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) {SAVE_CHANGES}",  # noqa: S608  constants
    "postgresql": f"INSERT INTO part_memo VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) {SAVE_CHANGES}",  # noqa: S608  constants
}

AT_ONCE = 500
"""Memos asked for, or marked, in one statement."""


class PartMemo(NamedTuple):
    """What a part came to, in the order of the table's columns after the target."""

    key: str
    digest: bytes
    run_id: str
    found: int
    skipped: int
    seen: bytes
    note: bytes


def _of(synchronization_id: str, target: str) -> list[ColumnElement[bool]]:
    return [PartMemoRow.synchronization_id == synchronization_id, PartMemoRow.target == target]


async def any_there(session: AsyncSession, synchronization_id: str, target: str) -> bool:
    """Return whether any part is remembered."""
    return bool(await session.scalar(select(exists().where(*_of(synchronization_id, target)))))


async def find(
    session: AsyncSession, synchronization_id: str, target: str, keys: Sequence[str]
) -> list[PartMemo]:
    """Return what is remembered of these parts; those that are not known are left out."""
    columns = [getattr(PartMemoRow, name) for name in PartMemo._fields]
    found: list[PartMemo] = []
    for start in range(0, len(keys), AT_ONCE):
        some = PartMemoRow.key.in_(keys[start : start + AT_ONCE])
        query = select(*columns).where(*_of(synchronization_id, target), some)
        found.extend(PartMemo._make(row) for row in await session.execute(query))
    return found


async def save(
    session: AsyncSession, synchronization_id: str, target: str, memos: Sequence[PartMemo]
) -> None:
    """Keep what these parts came to."""
    rows = [(synchronization_id, target, *memo) for memo in memos]
    if rows:
        await statements.execute_many(session, SAVE, rows)


async def mark(
    session: AsyncSession, synchronization_id: str, target: str, keys: Sequence[str], run_id: str
) -> None:
    """Note that a run came across these parts and found them as they were."""
    for start in range(0, len(keys), AT_ONCE):
        some = PartMemoRow.key.in_(keys[start : start + AT_ONCE])
        await session.execute(
            update(PartMemoRow).where(*_of(synchronization_id, target), some).values(run_id=run_id)
        )


async def forget(
    session: AsyncSession,
    synchronization_id: str,
    target: str,
    *,
    keys: Sequence[str] | None = None,
    not_of_run: str | None = None,
) -> None:
    """Forget parts: those with these keys, those that a run did not come across, or all."""
    conditions = _of(synchronization_id, target)
    if keys is not None:
        conditions.append(PartMemoRow.key.in_(keys))
    if not_of_run is not None:
        conditions.append(PartMemoRow.run_id != not_of_run)
    await session.execute(delete(PartMemoRow).where(*conditions))

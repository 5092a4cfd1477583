"""Queries for intents: writes to outside targets whose outcome is not yet known."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db.rows import IntentRow


async def add(session: AsyncSession, intents: Sequence[dict[str, Any]]) -> None:
    """Note writes that are about to be sent."""
    if intents:
        await session.execute(insert(IntentRow), list(intents))


async def pending(
    session: AsyncSession, synchronization_id: str, *, limit: int = 500
) -> Sequence[IntentRow]:
    """Return writes that an interrupted run had sent or was about to send, oldest first."""
    query = select(IntentRow).where(IntentRow.synchronization_id == synchronization_id)
    return (await session.scalars(query.order_by(IntentRow.ordinal).limit(limit))).all()


async def settle(
    session: AsyncSession, synchronization_id: str, target: str, origin_ids: Sequence[str]
) -> None:
    """Forget intents whose outcome is known."""
    await session.execute(
        delete(IntentRow).where(
            IntentRow.synchronization_id == synchronization_id,
            IntentRow.target == target,
            IntentRow.origin_id.in_(origin_ids),
        )
    )


async def of_records(
    session: AsyncSession, synchronization_id: str, target: str, origin_ids: Sequence[str]
) -> Sequence[IntentRow]:
    """Return the intents of these records."""
    query = select(IntentRow).where(
        IntentRow.synchronization_id == synchronization_id,
        IntentRow.target == target,
        IntentRow.origin_id.in_(origin_ids),
    )
    return (await session.scalars(query)).all()

"""Queries for drafts."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db.draft_rows import DraftRow


async def find(session: AsyncSession, owner: str) -> DraftRow | None:
    """Return the draft of an account; None when it has begun nothing."""
    return await session.get(DraftRow, owner)


async def keep(session: AsyncSession, owner: str, sealed: bytes, now: datetime) -> None:
    """Store the draft of an account in the place of the one before."""
    await session.merge(DraftRow(owner=owner, sealed=sealed, updated_at=now))
    await session.flush()


async def forget(session: AsyncSession, owner: str) -> None:
    """Delete the draft of an account, if it has one."""
    await session.execute(delete(DraftRow).where(DraftRow.owner == owner))

"""Queries for the settings of the installation: one row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db.installation_rows import SettingsRow

ONLY = 1


async def get(session: AsyncSession, *, is_held: bool = False) -> SettingsRow | None:
    """Return the settings; None when nobody has saved any. ``is_held`` keeps others from saving meanwhile."""
    query = select(SettingsRow).where(SettingsRow.id == ONLY)
    if is_held:
        query = query.with_for_update()
    return (await session.scalars(query)).one_or_none()


async def save(
    session: AsyncSession,
    row: SettingsRow | None,
    value: Mapping[str, Any],
    *,
    who: str,
    now: datetime,
) -> None:
    """Store the settings in their row, or in a new one."""
    if row is None:
        row = SettingsRow(id=ONLY, revision=0, mirrored={})
        session.add(row)
    row.value, row.revision = dict(value), row.revision + 1
    row.updated_by, row.updated_at = who, now
    await session.flush()


async def note_mirrored(session: AsyncSession, texts: Mapping[str, str], *, now: datetime) -> None:
    """Store what the host's own form has."""
    row = await get(session, is_held=True)
    if row is None:
        row = SettingsRow(id=ONLY, revision=0, value={}, updated_by="", updated_at=now)
        session.add(row)
    row.mirrored = dict(texts)
    await session.flush()

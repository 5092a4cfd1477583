"""Queries for the audit trail: appended to, read, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db.installation_rows import AuditHeadRow, AuditRow
from openconnector.db.paging import paged
from openconnector.db.rows import RevisionRow

HEAD = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which entries, newest first."""

    who: str | None = None
    action: str | None = None
    subject: str | None = None
    subject_id: str | None = None
    since: datetime | None = None
    """The first moment."""
    until: datetime | None = None
    """The moment after the last."""
    limit: int = 20
    page: int = 1


async def head(session: AsyncSession) -> AuditHeadRow | None:
    """Return where the trail ends, locked until the transaction ends; None when somebody took the row away."""
    query = select(AuditHeadRow).where(AuditHeadRow.id == HEAD).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def sealed_head(session: AsyncSession) -> bytes | None:
    """Return where the trail ends, for a session that only reads."""
    return await session.scalar(select(AuditHeadRow.sealed).where(AuditHeadRow.id == HEAD))


async def last(session: AsyncSession) -> AuditRow | None:
    """Return the newest entry there is."""
    return (
        await session.scalars(select(AuditRow).order_by(AuditRow.number.desc()).limit(1))
    ).first()


async def append(
    session: AsyncSession, row: AuditRow, head_row: AuditHeadRow | None, sealed: bytes
) -> None:
    """Add an entry and move the end of the trail behind it."""
    session.add(row)
    if head_row is None:
        session.add(AuditHeadRow(id=HEAD, sealed=sealed))
    else:
        head_row.sealed = sealed
    await session.flush()


async def after(session: AsyncSession, number: int, *, limit: int) -> Sequence[AuditRow]:
    """Return the entries that follow this number, in their order."""
    query = select(AuditRow).where(AuditRow.number > number)
    return (await session.scalars(query.order_by(AuditRow.number).limit(limit))).all()


async def page(session: AsyncSession, query: AuditQuery) -> tuple[Sequence[AuditRow], int]:
    """Return one page of entries and how many match in all."""
    conditions: list[ColumnElement[bool]] = [
        getattr(AuditRow, name) == value
        for name in ("who", "action", "subject", "subject_id")
        if (value := getattr(query, name)) is not None
    ]
    if query.since is not None:
        conditions.append(AuditRow.at >= query.since)
    if query.until is not None:
        conditions.append(AuditRow.at < query.until)
    matching = select(AuditRow).where(*conditions).order_by(AuditRow.number.desc())
    found, total = await paged(session, matching, query)
    return found.scalars().all(), total


async def has_revisions(session: AsyncSession) -> bool:
    """Whether any definition was ever saved."""
    return await session.scalar(select(RevisionRow.id).limit(1)) is not None

"""Queries for the certificates that sources have shown: a worker sees them, and every process tells of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db import statements
from openconnector.db.installation_rows import SourceCertificateRow
from openconnector.db.types import moment_value

CHANGES = "ON CONFLICT (source_id, host) DO UPDATE SET expires_at = excluded.expires_at"
NOTE = {
    "sqlite": f"INSERT INTO source_certificate VALUES (?, ?, ?) {CHANGES}",  # noqa: S608  constants
    "postgresql": f"INSERT INTO source_certificate VALUES ($1, $2, $3) {CHANGES}",  # noqa: S608  constants
}


async def note(
    session: AsyncSession,
    source_id: str,
    hosts: Sequence[str],
    expiries: Mapping[str, datetime],
) -> None:
    """Keep until when the certificates of a source's hosts are good; what it no longer asks is forgotten."""
    await session.execute(
        delete(SourceCertificateRow).where(
            SourceCertificateRow.source_id == source_id, SourceCertificateRow.host.not_in(hosts)
        )
    )
    dialect = statements.dialect(session)
    for host, expiry in sorted(
        expiries.items()
    ):  # in one order, so that no two wait for each other
        values = (source_id, host, moment_value(expiry, dialect))
        await statements.execute(session, NOTE, values)


async def expiring(session: AsyncSession, before: datetime) -> Sequence[SourceCertificateRow]:
    """Return the certificates that are good until a moment before this one, the first to expire first."""
    query = select(SourceCertificateRow).where(SourceCertificateRow.expires_at < before)
    order = (SourceCertificateRow.expires_at, SourceCertificateRow.host)
    return (await session.scalars(query.order_by(*order))).all()

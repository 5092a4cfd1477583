"""An installation with very many of everything, put straight into its tables."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db.database import Database
from openconnector.db.installation_rows import AuditRow
from openconnector.db.rows import MappingRow, RunRow, SourceRow, SynchronizationRow

Changes = dict[str, Callable[[int], Any]]


async def crowd(database: Database, times: int) -> None:
    """Multiply the first row of each list that a page shows; it has to be there."""
    named: Changes = {
        "id": lambda _: str(uuid4()),
        "slug": lambda number: f"number-{number}",
        "name": lambda number: f"Number {number} of very many, with a name that is long",
    }
    async with database.writing() as session:
        for row in (SourceRow, MappingRow, SynchronizationRow):
            await _multiply(session, row, times, named)
        run = await _first(session, RunRow)
        states = ("succeeded", "failed", "partial", "cancelled")
        await _multiply(
            session,
            RunRow,
            times,
            {
                "id": lambda _: str(uuid4()),
                "state": lambda number: states[number % len(states)],
                "queued_at": lambda number: run["queued_at"] - timedelta(minutes=number),
                "finished_at": lambda number: run["queued_at"] - timedelta(minutes=number),
            },
        )
        await _multiply(session, AuditRow, times, {"number": lambda number: 1_000 + number})


async def _first(session: AsyncSession, row: type[Any]) -> dict[str, Any]:
    found = (await session.scalars(select(row).limit(1))).one()
    return {column.key: getattr(found, column.key) for column in inspect(row).column_attrs}


async def _multiply(session: AsyncSession, row: type[Any], times: int, changes: Changes) -> None:
    first = await _first(session, row)
    await session.execute(
        insert(row),
        [
            first | {name: change(number) for name, change in changes.items()}
            for number in range(times)
        ],
    )

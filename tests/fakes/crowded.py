"""An installation with very many of everything, put straight into its tables."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db.database import Database
from openconnector.db.firing_rows import FiringRow
from openconnector.db.installation_rows import AuditRow
from openconnector.db.rows import ContractRow, MappingRow, RunRow, SourceRow, SynchronizationRow
from openconnector.db.store_rows import ObjectRow, RegisterRow

FAR = 1_000_000
"""Where the numbers of copies begin, so that they are nobody else's."""

STATES = ("succeeded", "failed", "partial", "cancelled")

Changes = Mapping[str, Callable[[Mapping[str, Any], int], Any]]
"""Column -> what a copy has there, from the row that is copied and the number of the copy."""


def _new_id(_first: Mapping[str, Any], _copy: int) -> str:
    return str(uuid4())


def _number(_first: Mapping[str, Any], copy: int) -> int:
    return FAR + copy


def _slug(_first: Mapping[str, Any], copy: int) -> str:
    return f"number-{copy}"


def _name(_first: Mapping[str, Any], copy: int) -> str:
    return f"Number {copy} of very many, with a name that is long"


def _minutes_before(column: str) -> Callable[[Mapping[str, Any], int], datetime]:
    return lambda first, copy: first[column] - timedelta(minutes=copy)


NAMED: Changes = {"id": _new_id, "slug": _slug, "name": _name}
CROWDS: Mapping[type[Any], Changes] = {
    SourceRow: NAMED,
    MappingRow: NAMED,
    SynchronizationRow: NAMED,
    RunRow: {
        "id": _new_id,
        "state": lambda _, copy: STATES[copy % len(STATES)],
        "queued_at": _minutes_before("queued_at"),
        "finished_at": _minutes_before("queued_at"),
    },
    ContractRow: {"origin_id": _slug, "ordinal": _number},
    FiringRow: {"id": _number, "moment": _minutes_before("moment")},
    RegisterRow: {"id": _new_id, "slug": _slug, "title": _name},
    ObjectRow: {"id": _new_id, "updated_at": _minutes_before("updated_at")},
    AuditRow: {"number": _number},
}


async def crowd(database: Database, rows: int, schedule: Mapping[str, Any]) -> None:
    """Fill every list that a page shows up to so many rows, with copies of its first one, which has to be there.

    Only of the moments of a schedule, which is one as the API lists it, the first is made here.
    """
    async with database.writing() as session:
        session.add(_firing(schedule))
        await session.flush()
        for row, changes in CROWDS.items():
            await _multiply(session, row, rows, changes)


def _firing(schedule: Mapping[str, Any]) -> FiringRow:
    moment = datetime.now(UTC)
    return FiringRow(
        synchronization_id=schedule["synchronizationId"],
        schedule=schedule["key"],
        moment=moment,
        due_at=moment,
        misfire="last",
        state="started",
    )


async def _multiply(session: AsyncSession, row: type[Any], rows: int, changes: Changes) -> None:
    there = int(await session.scalar(select(func.count()).select_from(row)) or 0)
    found = (await session.scalars(select(row).limit(1))).one()
    first = {column.key: getattr(found, column.key) for column in inspect(row).column_attrs}
    copies = [
        first | {name: change(first, copy) for name, change in changes.items()}
        for copy in range(1, rows - there + 1)
    ]
    if copies:
        await session.execute(insert(row), copies)

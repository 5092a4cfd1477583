"""Counts kept while things happen: what runs write, by the day, and how sources answer, by the hour.

They are counted up in the transaction that writes what they count, so that they hold after any crash and nothing has
to be counted afterwards.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db import statements
from openconnector.db.count_rows import SourceHourRow, SynchronizationDayRow
from openconnector.db.rows import SourceRow

REFUSALS = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)


class Written(NamedTuple):
    """What was written, in the order of the table's columns."""

    written: int
    deleted: int
    failed: int


class Day(NamedTuple):
    """What was written on one day."""

    day: str
    written: int
    deleted: int
    failed: int


class Rate(NamedTuple):
    """How a source answered."""

    source_id: str
    hour: datetime
    calls: int
    failures: int
    milliseconds: float


DAY_COLUMNS = ("day", "synchronization_id", *Written._fields)
DAY_CHANGES = ", ".join(
    f"{name} = synchronization_day.{name} + excluded.{name}" for name in Written._fields
)

HOUR_COLUMNS = tuple(column.name for column in SourceHourRow.__table__.columns)
IS_NEWER = "coalesce(excluded.failed_at > source_hour.failed_at, excluded.failed_at IS NOT NULL)"
HOUR_CHANGES = ", ".join(
    [
        *(
            f"{name} = source_hour.{name} + excluded.{name}"
            for name in ("calls", "failures", "milliseconds")
        ),
        # Whoever writes later has not always seen the later call: several processes write.
        "served_at = CASE WHEN coalesce(excluded.served_at > source_hour.served_at, excluded.served_at IS NOT NULL) "
        "THEN excluded.served_at ELSE source_hour.served_at END",
        *(
            f"{name} = CASE WHEN {IS_NEWER} THEN excluded.{name} ELSE source_hour.{name} END"
            for name in ("failed_at", "status", "error")
        ),
    ]
)


def _upsert(table: str, columns: Sequence[str], key: str, changes: str) -> statements.Statement:
    def text(mark: str) -> str:
        marks = ", ".join(f"{mark}{place}" for place in range(1, len(columns) + 1))
        return (
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) "  # noqa: S608  constants
            f"ON CONFLICT ({key}) DO UPDATE SET {changes}"
        )

    return {"sqlite": text("?"), "postgresql": text("$")}


ADD_WRITTEN = _upsert("synchronization_day", DAY_COLUMNS, "day, synchronization_id", DAY_CHANGES)
ADD_CALLS = _upsert("source_hour", HOUR_COLUMNS, "source_id, hour", HOUR_CHANGES)


async def add_written(
    session: AsyncSession, synchronization_id: str, now: datetime, written: Written
) -> None:
    """Count what a synchronization has written just now; nothing is no write."""
    if any(written):
        values = (now.astimezone(UTC).date().isoformat(), synchronization_id, *written)
        await statements.execute(session, ADD_WRITTEN, values)


def is_failure(call: Mapping[str, Any]) -> bool:
    """Whether a source did not serve a call: no answer, a refusal (credentials, rate), or an error of its own.

    Any other answer is one, also 404: whether a thing is there is a fair question.
    """
    status = call["status"]
    return status is None or status in REFUSALS or status >= HTTPStatus.INTERNAL_SERVER_ERROR


async def add_calls(session: AsyncSession, calls: Iterable[Mapping[str, Any]]) -> None:
    """Count calls, as the call log has them, that name a source."""
    named = [
        (call["source_id"], _hour(call["started_at"]), call) for call in calls if call["source_id"]
    ]
    # In one order everywhere: two processes that count the same hours must not wait for each other.
    named.sort(key=lambda one: one[:2])
    dialect = statements.dialect(session)
    rows = [
        tuple(statements.bound(value, dialect) for value in (*key, *_sum([one[2] for one in same])))
        for key, same in groupby(named, key=lambda one: one[:2])
    ]
    if rows:
        await statements.execute_many(session, ADD_CALLS, rows)


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _sum(calls: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    """Return what an hour's row holds after its key."""
    failures = [call for call in calls if is_failure(call)]
    latest = max(failures, key=lambda call: call["started_at"], default=None)
    served = (call["started_at"] for call in calls if not is_failure(call))
    return (
        len(calls),
        len(failures),
        sum(call["duration_ms"] for call in calls),
        max(served, default=None),
        latest and latest["started_at"],
        latest and latest["status"],
        latest and latest["error"],
    )


async def days(session: AsyncSession, first: str) -> Sequence[Day]:
    """Return what was written on each day from ``first`` on, oldest first; days without anything are left out."""
    sums = [func.sum(getattr(SynchronizationDayRow, name)) for name in Written._fields]
    query = select(SynchronizationDayRow.day, *sums).where(SynchronizationDayRow.day >= first)
    query = query.group_by(SynchronizationDayRow.day).order_by(SynchronizationDayRow.day)
    return [Day(row[0], *map(int, row[1:])) for row in await session.execute(query)]


async def rates(session: AsyncSession, since: datetime) -> Sequence[Rate]:
    """Return how sources answered in each hour from this moment on, by source, oldest first."""
    columns = [getattr(SourceHourRow, name) for name in Rate._fields]
    query = select(*columns).join(SourceRow, SourceRow.id == SourceHourRow.source_id)
    query = query.where(SourceHourRow.hour >= _hour(since))
    query = query.order_by(SourceHourRow.source_id, SourceHourRow.hour)
    return [Rate._make(row) for row in await session.execute(query)]


async def failing(session: AsyncSession) -> Sequence[SourceHourRow]:
    """Return the newest hour of every source whose latest call was not served."""
    newest = (
        select(func.max(SourceHourRow.hour))
        .where(SourceHourRow.source_id == SourceRow.id)
        .correlate(SourceRow)
        .scalar_subquery()
    )
    query = (
        select(SourceHourRow)
        .join(SourceRow, SourceRow.id == SourceHourRow.source_id)
        .where(SourceHourRow.hour == newest)
    )
    rows = (await session.scalars(query)).all()
    return [row for row in rows if _is_failing(row)]


def _is_failing(row: SourceHourRow) -> bool:
    return row.failed_at is not None and (row.served_at is None or row.failed_at > row.served_at)

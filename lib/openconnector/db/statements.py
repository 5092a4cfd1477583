"""Statements on the path of every page, as SQL text per dialect, sent with one hop to the database's thread.

SQLAlchemy takes three or four hops for a statement (cursor, execution, rows, closing) and builds an object per row;
what runs once per page or record goes to the SQLite driver directly, inside the same transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, cast

import aiosqlite
import orjson
from sqlalchemy import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from openconnector.db.types import moment_value

Statement = Mapping[str, str]
"""Name of a dialect (`sqlite`, `postgresql`) -> SQL in its own placeholders."""

ROWS_AT_ONCE = 500
"""Rows in one statement on SQLite, which takes at most 32,766 values."""

DRIVER = "driver"
"""Where a session keeps the driver's connection."""


async def fetch(session: AsyncSession, statement: Statement, values: Sequence[Any]) -> list[Any]:
    """Return all rows as tuples."""
    name = dialect(session)
    if name == "sqlite":
        return list(await (await _driver(session)).execute_fetchall(statement[name], values))
    return list((await _execute(session, statement[name], tuple(values))).all())


async def fetch_on(
    connection: AsyncConnection, statement: Statement, values: Sequence[Any]
) -> list[Any]:
    """Return all rows as tuples, on a connection without a session."""
    name = connection.dialect.name
    if name == "sqlite":
        driver = _of_sqlite((await connection.get_raw_connection()).driver_connection)
        return list(await driver.execute_fetchall(statement[name], values))
    return list((await connection.exec_driver_sql(statement[name], tuple(values))).all())


async def execute(session: AsyncSession, statement: Statement, values: Sequence[Any]) -> int:
    """Carry a statement out once and return how many rows it changed."""
    name = dialect(session)
    if name == "sqlite":
        return (await (await _driver(session)).execute(statement[name], values)).rowcount
    return (await _execute(session, statement[name], tuple(values))).rowcount


async def execute_many(
    session: AsyncSession, statement: Statement, rows: Sequence[tuple[Any, ...]]
) -> int:
    """Carry a statement out for every row and return how many rows it changed; PostgreSQL does not tell (-1)."""
    name = dialect(session)
    if name == "sqlite":
        return (await (await _driver(session)).executemany(statement[name], rows)).rowcount
    return (await _execute(session, statement[name], list(rows))).rowcount


async def execute_rows(
    session: AsyncSession, insert: str, common: Sequence[Any], rows: Sequence[tuple[Any, ...]]
) -> int:
    """Insert rows on SQLite that have their first columns in common, and return how many were written.

    ``insert`` is the statement with `{}` where `VALUES` stands. What is common is bound once for many rows, which
    takes half the time of binding it for each.
    """
    count = 0
    driver = await _driver(session)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]
        text = insert.format(_values(len(common), len(some[0]), len(some)))
        count += (await driver.execute(text, (*common, *chain.from_iterable(some)))).rowcount
    return count


@cache
def _values(common: int, own: int, count: int) -> str:
    shared = [f"?{place}" for place in range(1, common + 1)]
    rows = (
        ", ".join([*shared, *(f"?{place}" for place in range(first, first + own))])
        for first in range(common + 1, common + 1 + own * count, own)
    )
    return f"VALUES {', '.join(f'({row})' for row in rows)}"


def dialect(session: AsyncSession) -> str:
    """Return the name of the dialect a session speaks."""
    return session.get_bind().dialect.name


def bound(value: Any, dialect: str) -> Any:
    """Return a value as the driver takes it in a column of its type: moments and JSON have a form of their own."""
    if isinstance(value, datetime):
        return moment_value(value, dialect)
    if isinstance(value, (dict, list)):
        return orjson.dumps(value).decode()
    return value


async def _execute(session: AsyncSession, text: str, values: Any) -> CursorResult[Any]:
    return await (await session.connection()).exec_driver_sql(text, values)


async def _driver(session: AsyncSession) -> aiosqlite.Connection:
    """Return the driver's connection; a session has one as long as it lives, and asking for it takes a while."""
    if DRIVER not in session.info:
        raw = await (await session.connection()).get_raw_connection()
        session.info[DRIVER] = raw.driver_connection
    return _of_sqlite(session.info[DRIVER])


def _of_sqlite(driver: Any) -> aiosqlite.Connection:
    return cast(aiosqlite.Connection, driver)

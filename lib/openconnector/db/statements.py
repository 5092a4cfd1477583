"""Statements on the path of every page, as SQL text per dialect, sent with one hop to the database's thread.

SQLAlchemy takes three or four hops for a statement (cursor, execution, rows, closing) and builds an object per row;
what runs once per page or record goes to the SQLite driver directly, inside the same transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import aiosqlite
import orjson
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from openconnector.db.types import moment_value

Statement = Mapping[str, str]
"""Name of a dialect (`sqlite`, `postgresql`) -> SQL in its own placeholders."""


async def fetch(session: AsyncSession, statement: Statement, values: Sequence[Any]) -> list[Any]:
    """Return all rows as tuples."""
    return await fetch_on(await session.connection(), statement, values)


async def fetch_on(
    connection: AsyncConnection, statement: Statement, values: Sequence[Any]
) -> list[Any]:
    """Return all rows as tuples, on a connection without a session."""
    text = statement[connection.dialect.name]
    if connection.dialect.name == "sqlite":
        return list(await (await _driver(connection)).execute_fetchall(text, values))
    return list((await connection.exec_driver_sql(text, tuple(values))).all())


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


async def execute(session: AsyncSession, statement: Statement, values: Sequence[Any]) -> int:
    """Carry a statement out once and return how many rows it changed."""
    connection = await session.connection()
    text = statement[connection.dialect.name]
    if connection.dialect.name == "sqlite":
        return (await (await _driver(connection)).execute(text, values)).rowcount
    return (await connection.exec_driver_sql(text, tuple(values))).rowcount


async def execute_many(
    session: AsyncSession, statement: Statement, rows: Sequence[tuple[Any, ...]]
) -> int:
    """Carry a statement out for every row and return how many rows it changed; PostgreSQL does not tell (-1)."""
    connection = await session.connection()
    text = statement[connection.dialect.name]
    if connection.dialect.name == "sqlite":
        return (await (await _driver(connection)).executemany(text, rows)).rowcount
    return (await connection.exec_driver_sql(text, list(rows))).rowcount


async def _driver(connection: AsyncConnection) -> aiosqlite.Connection:
    return cast(aiosqlite.Connection, (await connection.get_raw_connection()).driver_connection)

"""Every row of every table: out of a database and into one, of whichever kind."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    column,
    delete,
    func,
    insert,
    inspect,
    literal,
    select,
    table,
    text,
    update,
)
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from openconnector.db.installation_rows import AuditHeadRow
from openconnector.db.metadata import METADATA
from openconnector.db.rows import ChangeCounterRow
from openconnector.db.types import Json, Moment, SearchableJson
from openconnector.errors import ConfigurationError

AT_ONCE = 1_000
"""Rows taken or put at a time."""

FORMS: Mapping[str, TypeEngine[Any] | None] = {
    "moment": Moment(),
    "bytes": LargeBinary(),
    "json": Json,
    "plain": None,
}
"""What a column holds: `plain` is a text, a number or a truth value, the same on every database."""

SEEDED = {ChangeCounterRow.__tablename__, AuditHeadRow.__tablename__}
"""Tables with a row in every new database."""

PLAIN = (String, Integer, Float, Boolean)

Row = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A table by name, with the form of each column in order."""

    name: str
    columns: Mapping[str, str]


def shapes() -> list[Shape]:
    """Return the tables of this version; those that others refer to come first."""
    return [
        Shape(name=one.name, columns={each.name: _form(each) for each in one.columns})
        for one in _metadata().sorted_tables
    ]


async def taken(session: AsyncSession, shape: Shape) -> AsyncIterator[Sequence[Row]]:
    """Give all rows of a table, some at a time."""
    one = _metadata().tables[shape.name]
    query = select(*(one.c[name] for name in shape.columns))
    result = await session.stream(query, execution_options={"yield_per": AT_ONCE})
    async for rows in result.partitions():
        yield [tuple(row) for row in rows]


async def put(session: AsyncSession, shape: Shape, rows: Sequence[Row]) -> None:
    """Add rows to a table, which may be one of an older version."""
    one = _metadata().tables.get(shape.name)
    into = one if one is not None and set(shape.columns) == set(one.c.keys()) else _older(shape)
    values = [dict(zip(shape.columns, row, strict=True)) for row in rows]
    try:
        await session.execute(insert(into), values)
    except (IntegrityError, DataError) as error:
        raise ConfigurationError(
            f"The table {shape.name!r} does not take what the backup holds: {error.orig}. Nothing was changed"
        ) from error


async def columns(session: AsyncSession) -> dict[str, set[str]]:
    """Return the columns of every table the database really has."""

    def ask(connection: Connection) -> dict[str, set[str]]:
        found = inspect(connection).get_multi_columns()
        return {name: {each["name"] for each in held} for (_, name), held in found.items()}

    return await (await session.connection()).run_sync(ask)


async def clear(session: AsyncSession, older: Sequence[Shape]) -> None:
    """Delete the rows of tables of an older version: the few that its migrations made."""
    for shape in reversed(older):
        await session.execute(delete(_older(shape)))


async def occupied(session: AsyncSession) -> list[str]:
    """Return the tables that hold rows, besides those every new database begins with."""
    return [
        one.name
        for one in _metadata().sorted_tables
        if one.name not in SEEDED
        and await session.scalar(select(literal(1)).select_from(one).limit(1))
    ]


async def emptied(session: AsyncSession) -> int:
    """Delete all rows, keep others from adding any until the transaction ends, and return the change counter."""
    tables = _metadata().sorted_tables
    if session.get_bind().dialect.name == "postgresql":
        names = ", ".join(f'"{one.name}"' for one in tables)
        await session.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
    counter = await session.scalar(select(ChangeCounterRow.value)) or 0
    for one in reversed(tables):
        await session.execute(one.delete())
    return counter


async def settle(session: AsyncSession, counter: int) -> None:
    """Have counted keys go on behind the rows that were put, and have every process see that its caches are old."""
    raised = func.coalesce(func.max(ChangeCounterRow.value), 0)
    highest = max(counter, await session.scalar(select(raised)) or 0) + 1
    await session.execute(update(ChangeCounterRow).values(value=highest))
    if session.get_bind().dialect.name != "postgresql":
        return  # SQLite counts on from the highest by itself
    for one in _metadata().sorted_tables:
        key = one.autoincrement_column
        if key is not None:
            last = select(func.max(key)).scalar_subquery()
            sequence = func.pg_get_serial_sequence(f'"{one.name}"', key.name)
            await session.execute(
                select(func.setval(sequence, func.coalesce(last, 1), last.is_not(None)))
            )


def _metadata() -> MetaData:
    return METADATA


def _form(one: Column[Any]) -> str:
    if isinstance(one.type, Moment):
        return "moment"
    if isinstance(one.type, LargeBinary):
        return "bytes"
    if isinstance(one.type, (JSON, SearchableJson)):
        return "json"
    if not isinstance(one.type, PLAIN):
        raise TypeError(
            f"{one} holds {one.type!r}, which has no form in a backup; give it one here"
        )
    return "plain"


def _older(shape: Shape) -> Any:
    return table(shape.name, *(column(name, FORMS[form]) for name, form in shape.columns.items()))

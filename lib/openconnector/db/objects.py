"""Queries for the embedded store's objects. Writing and looking up are on the path of every record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, exists, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db import statements
from openconnector.db.paging import paged
from openconnector.db.store_rows import ObjectRow
from openconnector.db.types import moment_value

Scalar = str | int | float | bool

UPSERT_CHANGES = (
    "ON CONFLICT (id) DO UPDATE SET data = excluded.data, version = object.version + 1, "
    "updated_at = excluded.updated_at, deleted_at = NULL "
    "WHERE object.register_id = excluded.register_id AND object.schema_id = excluded.schema_id"
)
"""An id belongs to one place: in another one nothing is written, which the count of rows shows."""

UPSERT = (
    "INSERT INTO object (register_id, schema_id, created_at, updated_at, version, id, data) {} "
    + UPSERT_CHANGES
)
UPSERT_ALL = {
    # One statement for all, since many of them give no count of rows.
    "postgresql": UPSERT.format(
        "SELECT $1, $2, $3::timestamptz, $3::timestamptz, 1, id, data::jsonb "
        "FROM unnest($4::text[], $5::text[]) AS new (id, data)"
    )
}

WANTED = {
    # The plus signs keep SQLite from going through all objects of the place: the ids lead.
    "sqlite": "id IN (SELECT value FROM json_each(?1)) AND +register_id = ?2 AND +schema_id = ?3",
    "postgresql": "id = ANY($1) AND register_id = $2 AND schema_id = $3",
}
EXISTING = {
    name: f"SELECT id FROM object WHERE {wanted} AND deleted_at IS NULL"  # noqa: S608  constants
    for name, wanted in WANTED.items()
}
DELETE = {
    name: f"UPDATE object SET deleted_at = {mark}, updated_at = {mark} "  # noqa: S608  constants
    f"WHERE {WANTED[name]} AND deleted_at IS NULL RETURNING id"
    for name, mark in (("sqlite", "?4"), ("postgresql", "$4"))
}
RESTORE = {
    name: f"UPDATE object SET deleted_at = NULL, updated_at = {mark}, version = version + 1 "  # noqa: S608
    f"WHERE {WANTED[name]} AND deleted_at IS NOT NULL RETURNING id"
    for name, mark in (("sqlite", "?4"), ("postgresql", "$4"))
}


class Home(NamedTuple):
    """The register and schema an object belongs to, by id."""

    register_id: str
    schema_id: str


class Found(NamedTuple):
    """An object as it is stored."""

    id: str
    data: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectQuery:
    """Which objects, in what order; names of properties are taken as they are."""

    search: str | None = None
    """Text that a top-level property contains; SQLite folds the case of ASCII letters only."""
    equal: Mapping[str, Scalar] = field(default_factory=dict)
    sort: str | None = None
    """`created`, `updated` or a property; without value comes last."""
    is_descending: bool = False
    is_property: bool = False
    """Whether `sort` names a property."""
    limit: int = 20
    page: int = 1


async def upsert(
    session: AsyncSession, home: Home, objects: Mapping[str, str], now: datetime
) -> int:
    """Write objects, id -> JSON text; deleted ones come back. Return how many were written.

    Fewer than given were written when an id belongs to an object of another register or schema.
    """
    if not objects:
        return 0
    if statements.dialect(session) == "sqlite":
        moment = moment_value(now, "sqlite")
        common = (*home, moment, moment, 1)
        # In the order of the index, which is then gone through once instead of from its root for each.
        return await statements.execute_rows(session, UPSERT, common, sorted(objects.items()))
    values = (*home, now, list(objects), list(objects.values()))
    return await statements.execute(session, UPSERT_ALL, values)


async def existing(session: AsyncSession, home: Home, ids: Sequence[str]) -> set[str]:
    """Return which of the ids are there and not deleted."""
    return await _ids(session, EXISTING, home, ids)


async def delete(session: AsyncSession, home: Home, ids: Sequence[str], now: datetime) -> set[str]:
    """Mark objects as deleted and return the ids of those that were there."""
    return await _ids(session, DELETE, home, ids, now)


async def has_deleted_since(session: AsyncSession, moment: datetime) -> bool:
    """Return whether any object, of whatever place, was deleted at this moment or later."""
    query = select(ObjectRow.id).where(ObjectRow.deleted_at >= moment).limit(1)
    return await session.scalar(query) is not None


async def restore(session: AsyncSession, home: Home, ids: Sequence[str], now: datetime) -> set[str]:
    """Bring deleted objects back and return the ids of those that were deleted."""
    return await _ids(session, RESTORE, home, ids, now)


async def _ids(
    session: AsyncSession,
    statement: statements.Statement,
    home: Home,
    ids: Sequence[str],
    *moments: datetime,
) -> set[str]:
    if not ids:
        return set()
    name = statements.dialect(session)
    wanted = orjson.dumps(list(ids)).decode() if name == "sqlite" else list(ids)
    values = (wanted, *home, *(moment_value(moment, name) for moment in moments))
    return {row[0] for row in await statements.fetch(session, statement, values)}


async def find(session: AsyncSession, home: Home, object_id: str) -> Found | None:
    """Return one object, None when it is not there or deleted."""
    query = select(*_columns()).where(*_of(home), ObjectRow.id == object_id)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Found._make(row)


async def data_of(session: AsyncSession, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what objects hold, by id, the deleted ones too; what is not there is left out."""
    query = select(ObjectRow.id, ObjectRow.data).where(ObjectRow.id.in_(ids))
    return {row.id: row.data for row in await session.execute(query)}


async def home_of(session: AsyncSession, object_id: str) -> Home | None:
    """Return where an object is; None when it is nowhere, or deleted."""
    query = select(ObjectRow.register_id, ObjectRow.schema_id).where(
        ObjectRow.id == object_id, ObjectRow.deleted_at.is_(None)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Home._make(row)


async def page(session: AsyncSession, home: Home, query: ObjectQuery) -> tuple[list[Found], int]:
    """Return one page of objects and how many match in all."""
    name = (await session.connection()).dialect.name
    matching = [*_of(home), *_equal(query.equal, name)]
    if query.search:
        matching.append(_contains(query.search, name))
    order = (_order(query, name).nulls_last(), ObjectRow.id)
    found, total = await paged(
        session, select(*_columns()).where(*matching).order_by(*order), query
    )
    return [Found._make(row) for row in found], total


async def count(session: AsyncSession, condition: ColumnElement[bool]) -> int:
    """Return how many objects that are not deleted meet a condition."""
    query = select(func.count()).select_from(ObjectRow)
    return int(await session.scalar(query.where(condition, ObjectRow.deleted_at.is_(None))) or 0)


def _columns() -> list[Any]:
    return [getattr(ObjectRow, name) for name in Found._fields]


def _of(home: Home) -> list[ColumnElement[bool]]:
    return [
        ObjectRow.register_id == home.register_id,
        ObjectRow.schema_id == home.schema_id,
        ObjectRow.deleted_at.is_(None),
    ]


def _jsonb() -> ColumnElement[Any]:
    """Return the data of an object with what PostgreSQL can do with it."""
    from sqlalchemy.dialects.postgresql import JSONB  # noqa: PLC0415  takes a while, for nothing on SQLite

    return type_coerce(ObjectRow.data, JSONB)


def _equal(equal: Mapping[str, Scalar], dialect: str) -> list[ColumnElement[bool]]:
    # Comparing JSON with JSON never fails, whatever an old object holds; a cast to a number would.
    if dialect == "postgresql":
        return [_jsonb().contains(dict(equal))] if equal else []
    return [_property(name, dialect) == value for name, value in equal.items()]


def _contains(text: str, dialect: str) -> ColumnElement[bool]:
    if dialect == "postgresql":
        properties = func.jsonb_each_text(ObjectRow.data).table_valued("key", "value")
        own = _jsonb()[properties.c.key]
        is_text = func.jsonb_typeof(own) == "string"
    else:
        properties = func.json_each(ObjectRow.data).table_valued("key", "value", "type")
        is_text = properties.c.type == "text"
    value = func.lower(properties.c.value)
    return exists().where(is_text, value.contains(text.lower(), autoescape=True))


def _order(query: ObjectQuery, dialect: str) -> ColumnElement[Any]:
    if query.sort and query.is_property:
        order = _property(query.sort, dialect)
    else:
        is_by_update = query.sort == "updated"
        order = (ObjectRow.updated_at if is_by_update else ObjectRow.created_at).expression
    return order.desc() if query.is_descending else order.asc()


def _property(name: str, dialect: str) -> ColumnElement[Any]:
    if dialect == "postgresql":
        return _jsonb()[name]
    return func.json_extract(ObjectRow.data, f'$."{name}"')

"""Queries for the embedded store's registers and schemas; the same for both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db import objects, ownership, statements
from openconnector.db.paging import paged
from openconnector.db.store_rows import ObjectRow, RegisterRow, SchemaRow
from openconnector.errors import Conflict, NotFound
from openconnector.messages import t

Row = TypeVar("Row", RegisterRow, SchemaRow)

SORTABLE = {
    "title": "title",
    "slug": "slug",
    "owner": "owner",
    "created": "created_at",
    "updated": "updated_at",
}
"""What a list can be sorted by: name in JSON -> column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterQuery:
    """Which registers or schemas, in what order."""

    search: str | None = None
    """Text that title, slug or description contains, case-insensitively."""
    sort: str = "title"
    """A key of `SORTABLE`; a leading `-` turns the order."""
    limit: int = 20
    page: int = 1


PAIRS = {
    name: "SELECT register.id, schema.id FROM register, schema "  # noqa: S608  constants
    f"WHERE {first} IN (register.id, register.slug) AND {second} IN (schema.id, schema.slug) AND {holds}"
    for name, first, second, holds in (
        ("sqlite", "?1", "?2", "schema.id IN (SELECT value FROM json_each(register.schemas))"),
        ("postgresql", "$1", "$2", "register.schemas::jsonb ? schema.id"),
    )
}
REVISION = {
    "sqlite": "SELECT revision FROM schema WHERE id = ?",
    "postgresql": "SELECT revision FROM schema WHERE id = $1",
}


async def pair(session: AsyncSession, register: str, schema: str) -> tuple[str, str]:
    """Return the ids of a register and one of its schemas, named by id or slug; ids win. Raises `NotFound`.

    Asked with every page that is written.
    """
    if ownership.is_restricted(session):
        await get(session, RegisterRow, register)
    found = await statements.fetch(session, PAIRS, (register, schema))
    if not found:
        await get(session, RegisterRow, register)
        raise NotFound(t("schema of register {register}", register=repr(register)), schema)
    register_id, schema_id = min(found, key=lambda row: (row[0] != register, row[1] != schema))
    return register_id, schema_id


async def revision(session: AsyncSession, schema: str) -> int:
    """Return the number of the newest revision of a schema, by its id. Raises `NotFound`."""
    rows = await statements.fetch(session, REVISION, (schema,))
    if not rows:
        raise NotFound("schema", schema)
    return int(rows[0][0])


async def find(session: AsyncSession, table: type[Row], key: str) -> Row | None:
    """Return the register or schema with this id or slug; the id wins."""
    query = select(table).where(or_(table.id == key, table.slug == key)).limit(2)
    rows = (await session.scalars(query)).all()
    return next(iter(sorted(rows, key=lambda row: row.id != key)), None)


async def get(session: AsyncSession, table: type[Row], key: str) -> Row:
    """Return the register or schema with this id or slug. Raises `NotFound`."""
    row = await find(session, table, key)
    if row is None:
        raise NotFound(table.__tablename__, key)
    return row


async def page(
    session: AsyncSession, table: type[Row], query: RegisterQuery
) -> tuple[Sequence[Row], int]:
    """Return one page of registers or schemas and how many match in all."""
    matching = select(table)
    if query.search:
        columns = (table.title, table.slug, table.description)
        matching = matching.where(
            or_(*(column.icontains(query.search, autoescape=True) for column in columns))
        )
    column = getattr(table, SORTABLE[query.sort.removeprefix("-")])
    order = column.desc() if query.sort.startswith("-") else column.asc()
    found, total = await paged(session, matching.order_by(order, table.id), query)
    return found.scalars().all(), total


async def insert(session: AsyncSession, row: RegisterRow | SchemaRow) -> None:
    """Add a register or schema. Raises `Conflict` when its id or slug is taken."""
    session.add(row)
    await save(session, row)


async def save(session: AsyncSession, row: RegisterRow | SchemaRow) -> None:
    """Write a changed register or schema. Raises `Conflict` when its slug is taken."""
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict(
            t(
                "The slug {slug} or the id {id} is already used; choose another",
                slug=repr(row.slug),
                id=repr(row.id),
            )
        ) from error


async def remove(session: AsyncSession, row: RegisterRow | SchemaRow) -> None:
    """Delete a register or schema for good. Raises `Conflict` while it holds objects that are not deleted."""
    own = ObjectRow.register_id if isinstance(row, RegisterRow) else ObjectRow.schema_id
    held = await objects.count(session, own == row.id)
    if held:
        raise Conflict(
            t("{title} holds {count} objects; delete them first", title=repr(row.title), count=held)
        )
    await session.execute(delete(ObjectRow).where(own == row.id))
    await session.delete(row)
    await session.flush()

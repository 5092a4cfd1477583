"""Queries for the embedded store's registers and schemas; the same for both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db import objects
from openconnector.db.store_rows import ObjectRow, RegisterRow, SchemaRow
from openconnector.errors import Conflict, NotFound

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
    total = await session.scalar(select(func.count()).select_from(matching.subquery()))
    column = getattr(table, SORTABLE[query.sort.removeprefix("-")])
    order = column.desc() if query.sort.startswith("-") else column.asc()
    shown = matching.order_by(order, table.id).limit(query.limit)
    rows = await session.scalars(shown.offset((query.page - 1) * query.limit))
    return rows.all(), int(total or 0)


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
            f"The slug {row.slug!r} or the id {row.id!r} is already used; choose another"
        ) from error


async def remove(session: AsyncSession, row: RegisterRow | SchemaRow) -> None:
    """Delete a register or schema for good. Raises `Conflict` while it holds objects that are not deleted."""
    own = ObjectRow.register_id if isinstance(row, RegisterRow) else ObjectRow.schema_id
    held = await objects.count(session, own == row.id)
    if held:
        raise Conflict(f"{row.title!r} holds {held} objects; delete them first")
    await session.execute(delete(ObjectRow).where(own == row.id))
    await session.delete(row)
    await session.flush()

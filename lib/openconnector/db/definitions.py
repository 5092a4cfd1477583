"""Queries for definitions, their revisions and their secrets; the same for every collection."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from openconnector.db.paging import paged
from openconnector.db.rows import (
    Base,
    ChangeCounterRow,
    MappingRow,
    RevisionRow,
    SecretRow,
    SourceRow,
    SynchronizationRow,
)
from openconnector.errors import Conflict, NotFound
from openconnector.messages import t

DefinitionRow = SourceRow | MappingRow | SynchronizationRow
Row = TypeVar("Row", SourceRow, MappingRow, SynchronizationRow)

SORTABLE = {
    "name": "name",
    "slug": "slug",
    "version": "version",
    "owner": "owner",
    "created": "created_at",
    "updated": "updated_at",
}
"""What a list can be sorted by: name in JSON -> column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """Which definitions, in what order."""

    search: str | None = None
    """Text that name, slug or description contains, case-insensitively."""
    equal: Mapping[str, str] = field(default_factory=dict)
    """Column -> the value it equals."""
    inside: Mapping[str, str | bool] = field(default_factory=dict)
    """Dot path in the definition -> the value it equals."""
    sort: str = "name"
    """A key of `SORTABLE`; a leading `-` turns the order."""
    limit: int = 20
    page: int = 1


async def find(session: AsyncSession, table: type[Row], key: str) -> Row | None:
    """Return the definition with this id, slug or reference; the id wins, then the slug."""
    query = select(table).where(or_(table.id == key, table.slug == key, table.reference == key))
    rows = (await session.scalars(query.limit(3))).all()
    ranked = sorted(rows, key=lambda row: (row.id != key, row.slug != key))
    return ranked[0] if ranked else None


async def get(session: AsyncSession, table: type[Row], key: str) -> Row:
    """Return the definition with this id, slug or reference. Raises `NotFound`."""
    row = await find(session, table, key)
    if row is None:
        raise NotFound(table.__tablename__, key)
    return row


async def page(
    session: AsyncSession, table: type[Row], query: ListQuery
) -> tuple[Sequence[Row], int]:
    """Return one page of definitions and how many match in all."""
    matching = _matching(select(table), table, query)
    column = getattr(table, SORTABLE[query.sort.removeprefix("-")])
    order = column.desc() if query.sort.startswith("-") else column.asc()
    found, total = await paged(session, matching.order_by(order, table.id), query)
    return found.scalars().all(), total


async def every(session: AsyncSession, table: type[Row]) -> Sequence[Row]:
    """Return every definition of a table, oldest first."""
    return (await session.scalars(select(table).order_by(table.created_at, table.id))).all()


async def having(session: AsyncSession, table: type[Row], ids: Collection[str]) -> Sequence[Row]:
    """Return the definitions of a table with these ids, in any order."""
    return (await session.scalars(select(table).where(table.id.in_(ids)))).all()


def _matching(query: Select[Row], table: type[Row], wanted: ListQuery) -> Select[Row]:
    conditions: list[ColumnElement[bool]] = [
        getattr(table, column) == value for column, value in wanted.equal.items()
    ]
    for path, value in wanted.inside.items():
        names = tuple(path.split("."))
        place = table.definition[names if len(names) > 1 else names[0]]
        conditions.append(
            place.as_boolean() == value if isinstance(value, bool) else place.as_string() == value
        )
    if wanted.search:
        columns = (table.name, table.slug, table.description)
        conditions.append(
            or_(*(column.icontains(wanted.search, autoescape=True) for column in columns))
        )
    return query.where(*conditions)


async def insert(session: AsyncSession, row: DefinitionRow) -> None:
    """Add a definition. Raises `Conflict` when id or slug is taken."""
    session.add(row)
    await _flush(session, row)


async def save(session: AsyncSession, row: DefinitionRow) -> None:
    """Write a changed definition. Raises `Conflict` when the slug is taken."""
    # Equal objects with another order of keys look unchanged to SQLAlchemy, and to a mapping they are not.
    flag_modified(row, "definition")
    await _flush(session, row)


async def _flush(session: AsyncSession, row: DefinitionRow) -> None:
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


async def remove(session: AsyncSession, row: DefinitionRow) -> None:
    """Delete a definition with its secrets; its revisions stay, so that runs can still be explained."""
    await session.execute(
        delete(SecretRow).where(
            SecretRow.collection == row.__tablename__, SecretRow.entity_id == row.id
        )
    )
    await session.delete(row)
    await session.flush()


async def add_revision(session: AsyncSession, revision: RevisionRow) -> int:
    """Append a revision and return its id."""
    session.add(revision)
    await session.flush()
    return revision.id


async def revisions(
    session: AsyncSession, table: type[Base], entity_id: str
) -> Sequence[RevisionRow]:
    """Return every revision of a definition, newest first."""
    query = select(RevisionRow).where(
        RevisionRow.collection == table.__tablename__, RevisionRow.entity_id == entity_id
    )
    return (await session.scalars(query.order_by(RevisionRow.number.desc()))).all()


async def get_revision(
    session: AsyncSession, table: type[Base], entity_id: str, number: int
) -> RevisionRow:
    """Return one revision. Raises `NotFound`."""
    query = select(RevisionRow).where(
        RevisionRow.collection == table.__tablename__,
        RevisionRow.entity_id == entity_id,
        RevisionRow.number == number,
    )
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise NotFound("revision", number)
    return row


async def revisions_at(session: AsyncSession, ids: Sequence[int]) -> Sequence[RevisionRow]:
    """Return the revisions with these ids, of whatever collection."""
    return (await session.scalars(select(RevisionRow).where(RevisionRow.id.in_(ids)))).all()


async def is_forced(session: AsyncSession, row: DefinitionRow) -> bool:
    """Whether the newest save of a definition was forced."""
    query = select(RevisionRow.is_forced).where(RevisionRow.id == row.revision_id)
    return bool(await session.scalar(query))


async def note_forced(session: AsyncSession, row: DefinitionRow) -> None:
    """Note that the newest save of a definition was forced."""
    await session.execute(
        update(RevisionRow).where(RevisionRow.id == row.revision_id).values(is_forced=True)
    )


async def secrets(session: AsyncSession, table: type[Base], entity_id: str) -> dict[str, bytes]:
    """Return a definition's sealed secrets by JSON pointer."""
    collection = str(getattr(table, "__tablename__"))  # noqa: B009  the mixin does not declare it
    query = select(SecretRow.field, SecretRow.sealed).where(
        SecretRow.collection == collection, SecretRow.entity_id == entity_id
    )
    return {row.field: row.sealed for row in await session.execute(query)}


async def with_secrets(session: AsyncSession, table: type[Base]) -> set[str]:
    """Return the ids of a collection's definitions that hold secrets."""
    collection = str(getattr(table, "__tablename__"))  # noqa: B009  the mixin does not declare it
    query = select(SecretRow.entity_id).where(SecretRow.collection == collection).distinct()
    return set(await session.scalars(query))


async def replace_secrets(
    session: AsyncSession,
    row: DefinitionRow,
    sealed: Mapping[str, bytes],
    expiries: Mapping[str, datetime | None],
) -> None:
    """Store exactly these sealed secrets for a definition, with when they expire where that is known."""
    await session.execute(
        delete(SecretRow).where(
            SecretRow.collection == row.__tablename__, SecretRow.entity_id == row.id
        )
    )
    session.add_all(
        SecretRow(
            collection=row.__tablename__,
            entity_id=row.id,
            field=pointer,
            sealed=value,
            changed_at=row.updated_at,
            expires_at=expiries[pointer],
        )
        for pointer, value in sealed.items()
    )
    await session.flush()


async def count_change(session: AsyncSession) -> None:
    """Count up the change counter in this transaction, so that every process drops its caches."""
    await session.execute(update(ChangeCounterRow).values(value=ChangeCounterRow.value + 1))


async def change_counter(session: AsyncSession) -> int:
    """Return the change counter."""
    return int(await session.scalar(select(ChangeCounterRow.value)) or 0)

"""Queries for contracts: the pair of a record and its object. The bulk ones are on the path of every record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db import statements
from openconnector.db.database import Database
from openconnector.db.paging import paged
from openconnector.db.rows import ContractRow
from openconnector.db.store_rows import ObjectRow


class Known(NamedTuple):
    """What a contract says about a record; a plain tuple because a run reads one per record."""

    origin_id: str
    ordinal: int
    target_id: str | None
    state: str
    origin_hash: bytes
    mapped_hash: bytes
    hash_version: int
    fingerprint: bytes


class Making(NamedTuple):
    """What the contracts of one page have in common, in the order of their columns in `UPSERT`."""

    synchronization_id: str
    target: str
    state: str
    hash_version: int
    fingerprint: bytes
    synchronization_revision_id: int
    mapping_revision_id: int | None
    run_id: str
    created_at: datetime
    changed_at: datetime


class Written(NamedTuple):
    """What a contract has of its own after a write."""

    origin_id: str
    ordinal: int
    target_id: str | None
    origin_hash: bytes
    mapped_hash: bytes


KNOWN_COLUMNS = ", ".join(f"contract.{name}" for name in Known._fields)

LOOKUP = {
    # CROSS JOIN keeps SQLite from reading the whole synchronization: the wanted ids lead.
    "sqlite": f"SELECT {KNOWN_COLUMNS} FROM json_each(?) AS wanted CROSS JOIN contract "  # noqa: S608  constants
    "ON contract.synchronization_id = ? AND contract.target = ? AND contract.origin_id = wanted.value",
    "postgresql": f"SELECT {KNOWN_COLUMNS} FROM contract "  # noqa: S608  constants
    "WHERE origin_id = ANY($1) AND synchronization_id = $2 AND target = $3",
}

UPSERT_COLUMNS = (*Making._fields, *Written._fields)
UPSERT_CHANGES = ", ".join(
    f"{name} = excluded.{name}"
    for name in UPSERT_COLUMNS
    if name not in {"synchronization_id", "target", "origin_id", "ordinal", "created_at"}
)

UPSERT = (
    f"INSERT INTO contract ({', '.join(UPSERT_COLUMNS)}) {{}} "
    f"ON CONFLICT (synchronization_id, target, origin_id) DO UPDATE SET {UPSERT_CHANGES}"
)
UPSERT_ALL = {
    "postgresql": UPSERT.format(
        "SELECT $1, $2, $3, $4::int, $5::bytea, $6::bigint, $7::bigint, $8, $9::timestamptz, $10::timestamptz, new.* "
        "FROM unnest($11::text[], $12::int[], $13::text[], $14::bytea[], $15::bytea[]) AS new"
    )
}

REFRESH = {
    "sqlite": "UPDATE contract SET origin_hash = ?, mapped_hash = ?, hash_version = ?, fingerprint = ?, "
    "mapping_revision_id = ? WHERE synchronization_id = ? AND target = ? AND origin_id = ?",
    "postgresql": "UPDATE contract SET origin_hash = $1, mapped_hash = $2, hash_version = $3, fingerprint = $4, "
    "mapping_revision_id = $5 WHERE synchronization_id = $6 AND target = $7 AND origin_id = $8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractQuery:
    """Which contracts, in the order in which they were made."""

    synchronization_id: str | None = None
    origin_id: str | None = None
    target_id: str | None = None
    search: str | None = None
    """Text that the id of the record or of the object contains; SQLite folds the case of ASCII letters only."""
    state: str | None = None
    limit: int = 20
    page: int = 1


async def known(
    database: Database, synchronization_id: str, target: str, origin_ids: Sequence[str]
) -> list[Known]:
    """Return the contracts of these records; those without one are left out."""
    wanted = orjson.dumps(origin_ids).decode() if database.is_sqlite else origin_ids
    rows = await database.fetch(LOOKUP, (wanted, synchronization_id, target))
    return [Known._make(row) for row in rows]


async def upsert(session: AsyncSession, making: Making, contracts: Sequence[Written]) -> None:
    """Write contracts, new and old ones alike."""
    if not contracts:
        return
    if statements.dialect(session) == "sqlite":
        common = [statements.bound(value, "sqlite") for value in making]
        await statements.execute_rows(session, UPSERT, common, contracts)
    else:
        columns = map(list, zip(*contracts, strict=True))
        await statements.execute(session, UPSERT_ALL, (*making, *columns))


async def refresh(session: AsyncSession, contracts: Sequence[tuple[Any, ...]]) -> None:
    """Note that records changed without changing their objects; values in the order of `REFRESH`."""
    if contracts:
        await statements.execute_many(session, REFRESH, contracts)


def _of(synchronization_id: str, target: str) -> list[ColumnElement[bool]]:
    return [ContractRow.synchronization_id == synchronization_id, ContractRow.target == target]


async def count_active(session: AsyncSession, synchronization_id: str, target: str) -> int:
    """Return how many contracts stand for an object at the target."""
    query = select(func.count()).select_from(ContractRow)
    query = query.where(*_of(synchronization_id, target), ContractRow.state == "active")
    return int(await session.scalar(query) or 0)


async def next_ordinal(session: AsyncSession, synchronization_id: str, target: str) -> int:
    """Return the ordinal of the next new contract."""
    query = select(func.max(ContractRow.ordinal)).where(*_of(synchronization_id, target))
    newest = await session.scalar(query)
    return 0 if newest is None else newest + 1


async def active_after(
    session: AsyncSession, synchronization_id: str, target: str, ordinal: int, *, limit: int = 5_000
) -> list[Known]:
    """Return active contracts after this ordinal, in the order of their ordinals."""
    columns = [getattr(ContractRow, name) for name in Known._fields]
    query = select(*columns).where(
        *_of(synchronization_id, target),
        ContractRow.state == "active",
        ContractRow.ordinal > ordinal,
    )
    rows = await session.execute(query.order_by(ContractRow.ordinal).limit(limit))
    return [Known._make(row) for row in rows]


async def active_at(
    session: AsyncSession, synchronization_id: str, target: str, ordinals: Sequence[int]
) -> list[Known]:
    """Return the active ones of these contracts, in the order of their ordinals."""
    columns = [getattr(ContractRow, name) for name in Known._fields]
    query = select(*columns).where(
        *_of(synchronization_id, target),
        ContractRow.state == "active",
        ContractRow.ordinal.in_(ordinals),
    )
    return [Known._make(row) for row in await session.execute(query.order_by(ContractRow.ordinal))]


async def deleted_by(
    session: AsyncSession,
    synchronization_id: str,
    target: str,
    run_id: str,
    *,
    after: int,
    limit: int,
) -> list[Known]:
    """Return the contracts whose object a run deleted, in the order of their ordinals."""
    columns = [getattr(ContractRow, name) for name in Known._fields]
    query = select(*columns).where(
        *_of(synchronization_id, target),
        ContractRow.state == "deleted",
        ContractRow.run_id == run_id,
        ContractRow.ordinal > after,
    )
    rows = await session.execute(query.order_by(ContractRow.ordinal).limit(limit))
    return [Known._make(row) for row in rows]


async def change(
    session: AsyncSession,
    synchronization_id: str,
    target: str,
    origin_ids: Sequence[str],
    changes: Mapping[str, Any],
) -> None:
    """Change these contracts alike, for example mark them as deleted."""
    await session.execute(
        update(ContractRow)
        .where(*_of(synchronization_id, target), ContractRow.origin_id.in_(origin_ids))
        .values(**changes)
    )


async def page(session: AsyncSession, query: ContractQuery) -> tuple[Sequence[ContractRow], int]:
    """Return one page of contracts and how many match in all."""
    conditions: list[ColumnElement[bool]] = [
        getattr(ContractRow, name) == value
        for name in ("synchronization_id", "origin_id", "target_id", "state")
        if (value := getattr(query, name)) is not None
    ]
    if query.search:
        ids = (ContractRow.origin_id, ContractRow.target_id)
        conditions.append(or_(*(one.icontains(query.search, autoescape=True) for one in ids)))
    order = (ContractRow.synchronization_id, ContractRow.target, ContractRow.ordinal)
    matching = select(ContractRow).where(*conditions).order_by(*order)
    found, total = await paged(session, matching, query)
    return found.scalars().all(), total


async def at_ordinal(
    session: AsyncSession, synchronization_id: str, ordinal: int
) -> Sequence[ContractRow]:
    """Return the contracts of a synchronization with this ordinal: one for each target it ever had."""
    query = select(ContractRow).where(
        ContractRow.synchronization_id == synchronization_id, ContractRow.ordinal == ordinal
    )
    return (await session.scalars(query)).all()


def _gone() -> ColumnElement[bool]:
    """Whether a contract's object in our own store is not there, or deleted; neither reads an object's row."""
    is_there = exists().where(ObjectRow.id == ContractRow.target_id)
    deleted = select(ObjectRow.id).where(ObjectRow.deleted_at.is_not(None))
    return or_(~is_there, ContractRow.target_id.in_(deleted))


async def mark_lost(
    session: AsyncSession, synchronization_id: str, target: str, changes: Mapping[str, Any]
) -> None:
    """Change active contracts whose object in our own store is gone."""
    await session.execute(
        update(ContractRow)
        .where(*_of(synchronization_id, target), ContractRow.state == "active", _gone())
        .values(**changes)
        .execution_options(synchronize_session=False)
    )


async def count_missing(session: AsyncSession, synchronization_id: str, target: str) -> int:
    """Return how many active contracts point at no object in our own store."""
    query = select(func.count()).select_from(ContractRow)
    query = query.where(*_of(synchronization_id, target), ContractRow.state == "active", _gone())
    return int(await session.scalar(query) or 0)

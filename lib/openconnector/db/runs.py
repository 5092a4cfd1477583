"""Queries for runs: queued, claimed with a lease and a fence, moved on page by page, ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db import statements
from openconnector.db.paging import paged
from openconnector.db.rows import (
    CallRow,
    RunChangeRow,
    RunLogRow,
    RunPageRow,
    RunRow,
)
from openconnector.db.types import Moment
from openconnector.errors import Conflict, LeaseLost, NotFound
from openconnector.messages import t

ACTIVE = ("queued", "running", "waiting")
"""States in which a run still has work to do by itself."""

ADD_PAGE = {
    "sqlite": "INSERT INTO run_page (run_id, number, seen) VALUES (?, ?, ?)",
    "postgresql": "INSERT INTO run_page (run_id, number, seen) VALUES ($1, $2, $3)",
}

WHOLE = ("run", "dry_run")
"""Modes that read all a source has."""

ENDED = ("succeeded", "partial", "failed", "cancelled")
"""States a run never leaves."""


SORTABLE: Mapping[str, ColumnElement[Any]] = {
    "queued": RunRow.queued_at.expression,
    "found": RunRow.found.expression,
    "written": RunRow.created + RunRow.updated + RunRow.deleted,
    "failed": RunRow.invalid + RunRow.failed,
}
"""What a list can be sorted by: name in JSON -> value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Which runs, newest first unless `sort` says otherwise."""

    synchronization_id: str | None = None
    state: str | None = None
    mode: str | None = None
    trigger: str | None = None
    since: datetime | None = None
    """Only those queued at this moment or later."""
    until: datetime | None = None
    """Only those queued before this moment."""
    sort: str = "-queued"
    """A key of `SORTABLE`; a leading `-` turns the order."""
    limit: int = 20
    page: int = 1


async def add(session: AsyncSession, row: RunRow) -> None:
    """Queue a run. Raises `Conflict` when the synchronization has an unfinished one."""
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict(
            t(
                "This synchronization has a run that is queued, running or waiting; wait for it or cancel it"
            )
        ) from error


async def get(session: AsyncSession, run_id: str) -> RunRow:
    """Return a run. Raises `NotFound`."""
    row = await session.get(RunRow, run_id, populate_existing=True)
    if row is None:
        raise NotFound("run", run_id)
    return row


async def page(session: AsyncSession, query: RunQuery) -> tuple[Sequence[RunRow], int]:
    """Return one page of runs and how many match in all."""
    conditions: list[ColumnElement[bool]] = [
        getattr(RunRow, name) == value
        for name in ("synchronization_id", "state", "mode", "trigger")
        if (value := getattr(query, name)) is not None
    ]
    if query.since is not None:
        conditions.append(RunRow.queued_at >= query.since)
    if query.until is not None:
        conditions.append(RunRow.queued_at < query.until)
    column = SORTABLE[query.sort.removeprefix("-")]
    order = column.desc() if query.sort.startswith("-") else column.asc()
    matching = select(RunRow).where(*conditions).order_by(order, RunRow.id)
    found, total = await paged(session, matching, query)
    return found.scalars().all(), total


def is_idle(synchronization_id: ColumnExpressionArgument[str]) -> ColumnElement[bool]:
    """Return the condition that a synchronization has no unfinished run."""
    busy = select(RunRow.id).where(
        RunRow.synchronization_id == synchronization_id,
        RunRow.state.in_(ACTIVE),
        RunRow.mode != "dry_run",
    )
    return ~busy.exists()


async def counts(session: AsyncSession) -> dict[str, int]:
    """Return how many runs are in each state there is a run in."""
    query = select(RunRow.state, func.count()).group_by(RunRow.state).order_by(RunRow.state)
    return {row.state: row[1] for row in await session.execute(query)}


async def active(session: AsyncSession, synchronization_id: str) -> RunRow | None:
    """Return the synchronization's unfinished run, if it has one."""
    query = select(RunRow).where(
        RunRow.synchronization_id == synchronization_id,
        RunRow.state.in_(ACTIVE),
        RunRow.mode != "dry_run",
    )
    return (await session.scalars(query.limit(1))).first()


async def newest_id(session: AsyncSession, synchronization_id: str) -> str | None:
    """Return the id of the synchronization's newest run that is no dry run."""
    query = select(RunRow.id).where(
        RunRow.synchronization_id == synchronization_id, RunRow.mode != "dry_run"
    )
    return await session.scalar(query.order_by(RunRow.queued_at.desc()).limit(1))


async def found_before(session: AsyncSession, row: RunRow) -> int | None:
    """Return how many records the last whole read before a run came to.

    None when there was none, or the run itself reads a part alone.
    """
    if row.mode not in WHOLE:
        return None
    query = select(RunRow.found).where(
        RunRow.synchronization_id == row.synchronization_id,
        RunRow.queued_at < row.queued_at,
        RunRow.mode.in_(WHOLE),
        RunRow.is_read_complete,
    )
    return await session.scalar(query.order_by(RunRow.queued_at.desc()).limit(1))


def _claimable(now: datetime) -> ColumnElement[bool]:
    return or_(
        RunRow.state == "queued",
        and_(RunRow.state == "waiting", RunRow.due_at <= now),
        and_(RunRow.state == "running", RunRow.lease_until < now),
    )


async def claimable(session: AsyncSession, now: datetime, *, limit: int = 10) -> Sequence[str]:
    """Return the ids of runs that wait for a worker, longest waiting first."""
    query = select(RunRow.id).where(_claimable(now)).order_by(RunRow.queued_at).limit(limit)
    return (await session.scalars(query)).all()


async def claim(
    session: AsyncSession, run_id: str, *, owner: str, now: datetime, until: datetime
) -> RunRow | None:
    """Take a run over if it is still free, with a new fence; None when somebody else was faster."""
    taken = await session.execute(
        update(RunRow)
        .where(RunRow.id == run_id, _claimable(now))
        .values(
            state="running",
            lease_owner=owner,
            lease_until=until,
            fence=RunRow.fence + 1,
            attempts=RunRow.attempts + 1,
            due_at=None,
            started_at=func.coalesce(RunRow.started_at, literal(now, Moment())),
        )
    )
    return await get(session, run_id) if _hit(taken) else None


async def renew(session: AsyncSession, run_id: str, fence: int, until: datetime) -> bool:
    """Prolong a lease; False when the run has been taken over or ended."""
    renewed = await session.execute(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.fence == fence, RunRow.state == "running")
        .values(lease_until=until)
    )
    return _hit(renewed)


async def move(session: AsyncSession, run_id: str, fence: int, changes: Mapping[str, Any]) -> bool:
    """Write a run's progress; return whether cancelling was asked for.

    Raises `LeaseLost` when another worker holds the run: the transaction must not be committed.
    """
    dialect = statements.dialect(session)
    values = [statements.bound(value, dialect) for value in changes.values()]
    rows = await statements.fetch(session, _move(tuple(changes)), (*values, run_id, fence))
    if not rows:
        raise LeaseLost(f"The run {run_id} was taken over by another worker")
    return bool(rows[0][0])


@cache
def _move(columns: tuple[str, ...]) -> statements.Statement:
    def text(mark: str) -> str:
        marks = [f"{mark}{place}" for place in range(1, len(columns) + 3)]
        changes = ", ".join(f"{name} = {own}" for name, own in zip(columns, marks, strict=False))
        return (
            f"UPDATE run SET {changes} WHERE id = {marks[-2]} AND fence = {marks[-1]} AND state = 'running' "  # noqa: S608
            "RETURNING is_cancel_requested"
        )

    return {"sqlite": text("?"), "postgresql": text("$")}


async def leases(session: AsyncSession) -> Sequence[tuple[str, str]]:
    """Return run id and owner of every running run."""
    query = select(RunRow.id, RunRow.lease_owner).where(RunRow.state == "running")
    return [(row[0], row[1] or "") for row in await session.execute(query)]


async def expire(session: AsyncSession, run_id: str, owner: str, moment: datetime) -> None:
    """End one lease of an owner that is known to be dead."""
    await session.execute(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.lease_owner == owner, RunRow.state == "running")
        .values(lease_until=moment)
    )


async def set_state(
    session: AsyncSession, run_id: str, *, expected: Sequence[str], changes: Mapping[str, Any]
) -> bool:
    """Change a run that no worker holds; False when it is in none of the expected states."""
    changed = await session.execute(
        update(RunRow).where(RunRow.id == run_id, RunRow.state.in_(expected)).values(**changes)
    )
    return _hit(changed)


async def end_unfinished(
    session: AsyncSession, *, changes: Mapping[str, Any], fence: int
) -> list[str]:
    """End every run that would go on by itself and return their ids; no worker that had one may commit any more.

    Their fences become larger than ``fence``.
    """
    active = RunRow.state.in_(ACTIVE)
    ids = list(await session.scalars(select(RunRow.id).where(active)))
    ended = {
        "due_at": None,
        "lease_owner": None,
        "lease_until": None,
        "fence": RunRow.fence + fence + 1,
        **changes,
    }
    await session.execute(
        delete(RunPageRow).where(RunPageRow.run_id.in_(select(RunRow.id).where(active)))
    )
    await session.execute(update(RunRow).where(active).values(**ended))
    return ids


async def highest_fence(session: AsyncSession) -> int:
    """Return the highest fence of any run."""
    return await session.scalar(select(func.max(RunRow.fence))) or 0


async def add_pages(session: AsyncSession, run_id: str, pages: Sequence[tuple[int, bytes]]) -> None:
    """Keep which contracts these pages touched: number and packed ordinals."""
    rows = [(run_id, number, seen) for number, seen in pages]
    await statements.execute_many(session, ADD_PAGE, rows)


async def seen(session: AsyncSession, run_id: str) -> Sequence[bytes]:
    """Return what every committed page of a run touched, in order."""
    query = select(RunPageRow.seen).where(RunPageRow.run_id == run_id)
    return (await session.scalars(query.order_by(RunPageRow.number))).all()


async def forget_pages(session: AsyncSession, run_id: str) -> None:
    """Drop what only an unfinished run needs."""
    await session.execute(delete(RunPageRow).where(RunPageRow.run_id == run_id))


async def add_log(session: AsyncSession, lines: Sequence[Mapping[str, Any]]) -> None:
    """Append lines to run logs."""
    if lines:
        await session.execute(insert(RunLogRow), list(lines))


async def log(
    session: AsyncSession, run_id: str, *, after: int = 0, limit: int = 200
) -> Sequence[RunLogRow]:
    """Return the log lines of a run after this line, oldest first."""
    query = select(RunLogRow).where(RunLogRow.run_id == run_id, RunLogRow.id > after)
    return (await session.scalars(query.order_by(RunLogRow.id).limit(limit))).all()


async def add_changes(session: AsyncSession, lines: Sequence[Mapping[str, Any]]) -> None:
    """Keep what a dry run would write."""
    if lines:
        await session.execute(insert(RunChangeRow), list(lines))


async def changes(
    session: AsyncSession, run_id: str, *, after: int = 0, limit: int = 100
) -> Sequence[RunChangeRow]:
    """Return what a dry run would write, in the order of the records."""
    query = select(RunChangeRow).where(RunChangeRow.run_id == run_id, RunChangeRow.number > after)
    return (await session.scalars(query.order_by(RunChangeRow.number).limit(limit))).all()


async def add_calls(session: AsyncSession, lines: Sequence[Mapping[str, Any]]) -> None:
    """Append requests on the wire to the call log."""
    if lines:
        await session.execute(insert(CallRow), list(lines))


def _hit(result: object) -> bool:
    return bool(getattr(result, "rowcount", 0))

"""Queries for notices and their deliveries: added with what they tell, spread to their receivers, sent once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db.installation_rows import NoticeDeliveryRow, NoticeRow

OVER = "works"
"""The kind of a notice that ends the trouble before it."""

EXPIRES = "expires"
"""The kind of a notice about something that will be trouble."""


async def since_it_worked(session: AsyncSession, synchronization_id: str) -> Sequence[NoticeRow]:
    """Return what was told of a synchronization since it last worked again, newest first."""
    query = select(NoticeRow).where(
        NoticeRow.synchronization_id == synchronization_id, NoticeRow.kind != EXPIRES
    )
    rows = (await session.scalars(query.order_by(NoticeRow.created_at.desc()).limit(100))).all()
    over = next((place for place, row in enumerate(rows) if row.kind == OVER), len(rows))
    return rows[:over]


async def was_told(session: AsyncSession, reason: str, since: datetime) -> bool:
    """Whether this was told of any synchronization since then."""
    query = select(NoticeRow.id).where(NoticeRow.reason == reason, NoticeRow.created_at > since)
    return await session.scalar(query.limit(1)) is not None


async def add(session: AsyncSession, row: NoticeRow) -> None:
    """Add a notice."""
    session.add(row)
    await session.flush()


async def waiting(session: AsyncSession, *, limit: int = 20) -> Sequence[NoticeRow]:
    """Return notices whose receivers are still to be found, oldest first."""
    query = select(NoticeRow).where(NoticeRow.state == "waiting")
    return (await session.scalars(query.order_by(NoticeRow.created_at).limit(limit))).all()


async def spread(
    session: AsyncSession, notice_id: str, receivers: Sequence[str], *, now: datetime
) -> None:
    """Give a notice its receivers, unless another worker has."""
    taken = await session.execute(
        update(NoticeRow)
        .where(NoticeRow.id == notice_id, NoticeRow.state == "waiting")
        .values(state="spread")
        .returning(NoticeRow.id)
    )
    if taken.first() is None:
        return
    session.add_all(
        NoticeDeliveryRow(
            notice_id=notice_id, user_id=receiver, state="waiting", attempts=0, due_at=now
        )
        for receiver in receivers
    )
    await session.flush()


async def due(
    session: AsyncSession, now: datetime, *, limit: int = 50
) -> Sequence[tuple[NoticeDeliveryRow, NoticeRow]]:
    """Return deliveries that are to be tried now with their notices; also those a dead worker was sending."""
    query = (
        select(NoticeDeliveryRow, NoticeRow)
        .join(NoticeRow, NoticeRow.id == NoticeDeliveryRow.notice_id)
        .where(_is_due(now))
        .order_by(NoticeDeliveryRow.due_at)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


def _is_due(now: datetime) -> ColumnElement[bool]:
    state, due_at = NoticeDeliveryRow.state, NoticeDeliveryRow.due_at
    return and_(or_(state == "waiting", state == "sending"), due_at <= now)


async def claim(
    session: AsyncSession, row: NoticeDeliveryRow, *, now: datetime, until: datetime
) -> bool:
    """Take a delivery for this worker; False when another one was faster."""
    taken = await session.execute(
        update(NoticeDeliveryRow)
        .where(
            NoticeDeliveryRow.notice_id == row.notice_id,
            NoticeDeliveryRow.user_id == row.user_id,
            NoticeDeliveryRow.attempts == row.attempts,
            _is_due(now),
        )
        .values(state="sending", attempts=NoticeDeliveryRow.attempts + 1, due_at=until)
        .returning(NoticeDeliveryRow.attempts)
        .execution_options(synchronize_session=False)
    )
    return taken.first() is not None


async def settle(
    session: AsyncSession, row: NoticeDeliveryRow, state: str, *, due_at: datetime
) -> None:
    """Note what became of a delivery this worker holds."""
    await session.execute(
        update(NoticeDeliveryRow)
        .where(
            NoticeDeliveryRow.notice_id == row.notice_id,
            NoticeDeliveryRow.user_id == row.user_id,
            NoticeDeliveryRow.attempts == row.attempts + 1,
        )
        .values(state=state, due_at=due_at)
        .execution_options(synchronize_session=False)
    )


async def give_up(session: AsyncSession) -> None:
    """Have nothing sent any more of all there is: neither what waits for its receivers nor what is on its way."""
    await session.execute(
        update(NoticeRow)
        .where(NoticeRow.state == "waiting")
        .values(state="spread")
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(NoticeDeliveryRow)
        .where(NoticeDeliveryRow.state.in_(("waiting", "sending")))
        .values(state="given_up", attempts=NoticeDeliveryRow.attempts + 1)
        .execution_options(synchronize_session=False)
    )

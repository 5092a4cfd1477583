"""The scheduler: turns moments that have come into firings, and firings into runs.

Rows decide and the clock only wakes: a moment is fired by moving its schedule's mark in the transaction that notes the
firing and queues the run, so that a second scheduler, or the same one after a crash, finds it done.
"""

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from openconnector.db import definitions as rows
from openconnector.db import firings, runs, wakes
from openconnector.db.firing_rows import FiringRow, ScheduleMarkRow
from openconnector.db.leading import Leadership
from openconnector.db.rows import SynchronizationRow
from openconnector.db.session import Session
from openconnector.definitions.planning import Planned, planned
from openconnector.definitions.store import Definitions
from openconnector.errors import ConfigurationError, Conflict
from openconnector.jobs.misfires import IN_TIME, MOST_MADE_UP, Passed, passed
from openconnector.synchronization.progress import Context
from openconnector.synchronization.requests import follow, request_run

if TYPE_CHECKING:
    from openconnector.jobs.alarm import Alarm

KEPT = timedelta(days=30)
"""How long firings are kept."""

OVERTAKEN = "A later moment came before it could begin"
TOO_LATE = "It could not begin in time: the app was down, or the run before had not ended"

logger = structlog.get_logger(__name__)


class Scheduler:
    """Starts what is to begin by itself; any number may share a database."""

    def __init__(self, context: Context, definitions: Definitions) -> None:
        self._context = context
        self._database = context.database
        self._definitions = definitions
        self._clock = context.clock
        self._planned: dict[tuple[str, str], Planned] = {}
        self._change: int | None = None
        """The change counter when the schedules were read."""

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, while this process leads."""
        from openconnector.jobs.alarm import Alarm  # noqa: PLC0415  APScheduler takes a while to load

        leadership = Leadership(self._database)
        stopping = asyncio.create_task(stop.wait())
        try:
            async with Alarm() as alarm:
                while not stop.is_set():
                    await self._look(leadership, alarm)
                    ringing = asyncio.create_task(alarm.rung())
                    await asyncio.wait({ringing, stopping}, return_when=asyncio.FIRST_COMPLETED)
                    ringing.cancel()
        finally:
            stopping.cancel()
            await leadership.aclose()

    async def tick(self) -> datetime | None:
        """Fire what is due, start what waits, and return when the next moment is to begin."""
        now = self._clock.now()
        await self._read(now)
        async with self._database.reading() as session:
            due = await firings.due_marks(session, now)
        for mark in due:
            await self._fire(mark, now)
        async with self._database.reading() as session:
            startable = {
                *await firings.startable(session, now),
                *await wakes.startable(session, now),
            }
        for synchronization_id in sorted(startable):
            async with self._database.writing() as session:
                await self._start(session, synchronization_id, now)
        async with self._database.reading() as session:
            return await firings.next_due(session)

    async def _look(self, leadership: Leadership, alarm: "Alarm") -> None:
        try:
            if await leadership.is_ours():
                following = await self.tick()
                # What is overdue by now was not to be had; it waits for the next look like everything else.
                is_ahead = following is not None and following > self._clock.now()
                alarm.set_to(following if is_ahead else None)
        except Exception as error:  # noqa: BLE001  a database that is away says so in many ways; it will be back
            logger.warning("looking for schedules failed", reason=str(error).partition("\n")[0])

    async def _read(self, now: datetime) -> None:
        """Take notice of changed definitions: a new schedule begins with its save, one that is gone is forgotten."""
        async with self._database.reading() as session:
            change = await rows.change_counter(session)
        if change == self._change:
            return
        async with self._database.writing() as session:
            found = planned(await rows.every(session, SynchronizationRow))
            wanted = {one.key: one for one in found if one.is_active}
            present = {mark.key: mark for mark in await firings.marks(session)}
            for key in present.keys() - wanted.keys():
                await firings.remove_mark(session, present[key])
            for key in wanted.keys() - present.keys():
                await firings.add_mark(session, _new_mark(wanted[key], now))
            for key in wanted.keys() & present.keys():  # another jitter moves what comes next
                await _set_due(session, present[key], wanted[key])
        self._planned, self._change = wanted, change

    async def _fire(self, mark: ScheduleMarkRow, now: datetime) -> None:
        """Note the moments of a schedule that have come, and start the first of them, in one transaction."""
        one = self._planned.get(mark.key)
        if one is None:
            return  # a definition was saved just now; the next look takes notice
        found = passed(one.schedule, mark.moment, now, one.salt)
        if found is None:
            return
        moment = found.latest.moment
        due_at = one.due_after(moment)
        async with self._database.writing() as session:
            if not await firings.move_mark(session, mark, moment=moment, due_at=due_at):
                return
            await firings.add(session, _firings(one, found))
            keep = MOST_MADE_UP if one.schedule.misfire == "all" else 1
            await firings.miss_waiting(session, *one.key, OVERTAKEN, keep=keep)
            await firings.forget(session, now - KEPT)
            await self._start(session, one.synchronization.id, now)

    async def _start(self, session: Session, synchronization_id: str, now: datetime) -> None:
        """Queue a run for the oldest firing that waits, or for what has happened, unless one is unfinished."""
        for firing in await firings.waiting(session, synchronization_id, now):
            if await runs.active(session, synchronization_id):
                return
            if firing.misfire == "none" and now - firing.due_at > IN_TIME:
                await firings.miss(session, firing, TOO_LATE)
            elif await self._follow_firing(session, firing, now):
                return
        if not await runs.active(session, synchronization_id):
            await self._follow_wake(session, synchronization_id, now)

    async def _follow_firing(self, session: Session, firing: FiringRow, now: datetime) -> bool:
        """Queue a firing's run; False when it cannot have one."""
        synchronization_id = firing.synchronization_id
        try:
            # A savepoint: of a run that cannot be queued the firing is to tell.
            async with session.begin_nested():
                run_id = await self._queue(session, synchronization_id, now)
                if not await firings.take(session, firing, run_id):
                    raise Conflict(
                        "It was started just now"
                    )  # by another scheduler, whose run counts
        except ConfigurationError as error:
            if await runs.active(session, synchronization_id):
                return True  # somebody else started one just now; the firing waits for its end
            await firings.miss(session, firing, str(error))
            return False
        await wakes.take(
            session, synchronization_id, now
        )  # this run follows what has happened as well
        return True

    async def _follow_wake(self, session: Session, synchronization_id: str, now: datetime) -> None:
        try:
            async with session.begin_nested():
                wake = await wakes.take(session, synchronization_id, now)
                if wake is not None:
                    await follow(
                        session,
                        self._context,
                        self._definitions,
                        synchronization_id,
                        wake.things,
                        who=await _owner(session, synchronization_id),
                    )
        except ConfigurationError as error:
            if not await runs.active(session, synchronization_id):
                logger.info("nothing woken", synchronization=synchronization_id, reason=str(error))
                await wakes.take(session, synchronization_id, now)

    async def _queue(self, session: Session, synchronization_id: str, now: datetime) -> str:
        """Queue a run in the name of the synchronization's owner and return its id. Raises like `request_run`."""
        owner = await _owner(session, synchronization_id)
        row = await request_run(
            session, self._definitions, synchronization_id, now=now, who=owner, trigger="schedule"
        )
        return row.id


async def _owner(session: Session, synchronization_id: str) -> str:
    return (await rows.get(session, SynchronizationRow, synchronization_id)).owner


async def _set_due(session: Session, mark: ScheduleMarkRow, one: Planned) -> None:
    due_at = one.due_after(mark.moment)
    if due_at != mark.due_at:
        await firings.move_mark(session, mark, moment=mark.moment, due_at=due_at)


def _new_mark(one: Planned, now: datetime) -> ScheduleMarkRow:
    since = min(
        now, one.synchronization.updated_at
    )  # a moment between the save and this look came as well
    return ScheduleMarkRow(
        synchronization_id=one.synchronization.id,
        schedule=one.schedule.key,
        moment=since,
        due_at=one.due_after(since),
    )


def _firings(one: Planned, found: Passed) -> list[FiringRow]:
    """Return the rows of what has come; where nothing of it starts anything, one that says so."""
    synchronization_id, schedule = one.key
    firings = [
        FiringRow(
            synchronization_id=synchronization_id,
            schedule=schedule,
            moment=start.moment,
            due_at=start.due_at,
            misfire=one.schedule.misfire,
            state="waiting" if found.starts else "missed",
            reason=None if found.starts else TOO_LATE,
        )
        for start in found.starts or [found.latest]
    ]
    firings[0].missed_since = found.missed_since
    return firings

"""Schedules: which there are, what they start next, and one tried out."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query
from pydantic import Field

from openconnector.api.lists import Listing, Paging, Text, listing
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Parts, Reading
from openconnector.api.trials import Asked
from openconnector.db import definitions, firings
from openconnector.db.firing_rows import FiringRow
from openconnector.db.rows import SynchronizationRow
from openconnector.db.session import Session
from openconnector.definitions.planning import Planned, planned
from openconnector.expressions.walltime import PlannedMoment
from openconnector.expressions.zones import offset_text
from openconnector.kinds.schedule import Schedule
from openconnector.schedules import SCHEDULES
from openconnector.synchronization.shown import Shown

NEXT_SHOWN = 5
"""How many moments a list shows of each schedule."""

MAX_MOMENTS = 100
"""How many moments are shown at once."""


class SchedulePreview(Asked):
    """A schedule to try out; it is not saved."""

    schedule: Annotated[Schedule, SCHEDULES]
    """The schedule, as in a synchronization."""
    count: int = Field(default=10, ge=1, le=MAX_MOMENTS)
    """How many of its moments to show."""
    after: PlannedMoment | None = None
    """Only moments after this one; left empty, those to come."""


class ShownMoment(Shown):
    """One moment of a schedule."""

    moment: datetime
    """In UTC."""
    local: str
    """What the clocks of the schedule's time zone show, with their offset from UTC."""
    latest: datetime
    """When it begins at the latest: `jitterSeconds` later, if there are as many before the next moment."""
    clock_change: str | None
    """The offsets before and after, where the clocks were set since the moment before; null where they were not."""

    @classmethod
    def of(cls, moment: datetime, before: datetime, schedule: Schedule) -> Self:
        """Return a moment as the clocks of the schedule show it."""
        zone = ZoneInfo(getattr(schedule, "timezone", "UTC"))
        offsets = [offset_text(_offset(at, zone)) for at in (before, moment)]
        return cls(
            moment=moment,
            local=moment.astimezone(zone).isoformat(),
            latest=moment + timedelta(seconds=schedule.jitter_seconds),
            clock_change=None if offsets[0] == offsets[1] else " -> ".join(offsets),
        )


class ShownMoments(Shown):
    """The moments of a schedule."""

    results: list[ShownMoment]


class SchedulesQuery(Paging):
    """Which schedules."""

    synchronization_id: Text | None = Field(
        default=None, alias="synchronizationId", description="Only those of this synchronization."
    )


class ShownFiring(Shown):
    """A moment that came."""

    schedule: str
    """The `key` of the schedule it is of, which may have been changed since."""
    moment: datetime
    """What the schedule says."""
    due: datetime
    """When it was to begin."""
    state: str
    """waiting (for the run before), started or missed."""
    reason: str | None
    """Why it was missed."""
    missed_since: datetime | None
    """The first of the moments before it that passed unused; null when there are none."""
    run_id: str | None
    """The run it started."""

    @classmethod
    def of(cls, row: FiringRow) -> Self:
        """Return a row as it is shown."""
        same = {name: getattr(row, name) for name in cls.model_fields if name != "due"}
        return cls(**same, due=row.due_at)


class FiringsQuery(Paging):
    """Which of the moments that came."""

    schedule: Text | None = Field(
        default=None, description="Only those of this schedule: the `key` the list has for it."
    )


class FiringList(Listing[ShownFiring]):
    """One page of moments that came."""


class ShownSchedule(Shown):
    """A schedule and what it belongs to."""

    key: str
    """Which schedule of its synchronization; with other moments it is another one."""
    synchronization_id: str
    synchronization: str
    """The slug of the synchronization."""
    number: int | None
    """Its place among the schedules of the synchronization, from 0; null for the scan that makes up for lost events."""
    schedule: Annotated[Schedule, SCHEDULES]
    is_active: bool
    """Whether it starts anything: neither it nor the synchronization is switched off."""
    next: list[datetime]
    """When it begins next, jitter included; empty where it never does."""
    last: ShownFiring | None
    """The latest moment that came; null when none did in the last 30 days."""


class ScheduleList(Listing[ShownSchedule]):
    """One page of schedules."""


routes = APIRouter(prefix="/schedules", tags=["schedules"], route_class=Route)


@routes.get("", response_model=ScheduleList)
@needs(Right.READ)
async def list_schedules(
    session: Reading, engine: Parts, wanted: Annotated[SchedulesQuery, Query()]
) -> dict[str, Any]:
    """Return one page of the schedules of synchronizations, with what they start next."""
    page, total = await _page(session, wanted)
    ids = [one.synchronization.id for one in page]
    last = {
        (row.synchronization_id, row.schedule): row for row in await firings.newest(session, ids)
    }
    now = engine.clock.now()
    shown = [_shown(one, last.get(one.key), now) for one in page]
    return listing(shown, total, wanted)


@routes.get("/{key}/firings", response_model=FiringList)
@needs(Right.READ)
async def list_firings(
    key: Annotated[str, Path(description="Id, slug or reference of a synchronization.")],
    session: Reading,
    wanted: Annotated[FiringsQuery, Query()],
) -> dict[str, Any]:
    """Return one page of the moments at which a synchronization was to begin in the last 30 days, the latest first."""
    row = await definitions.get(session, SynchronizationRow, key)
    found, total = await firings.page(session, row.id, wanted.schedule, wanted)
    return listing([ShownFiring.of(one) for one in found], total, wanted)


@routes.post("/preview")
@needs(Right.CHANGE)
async def preview(body: SchedulePreview, engine: Parts) -> ShownMoments:
    """Return the next moments of a schedule, also across changes of the clocks."""
    before = body.after or engine.clock.now()
    shown = []
    for moment in islice(body.schedule.moments(before), body.count):
        shown.append(ShownMoment.of(moment, before, body.schedule))
        before = moment
    return ShownMoments(results=shown)


async def _page(session: Session, wanted: SchedulesQuery) -> tuple[list[Planned], int]:
    """Return one page of schedules and how many there are; definitions are read of that page alone."""
    counts = await firings.schedule_counts(session, wanted.synchronization_id)
    places = [(key, number) for key, count in counts for number in range(count)]
    start = (wanted.page - 1) * wanted.limit
    page = places[start : start + wanted.limit]
    rows = await definitions.having(session, SynchronizationRow, {key for key, _ in page})
    plans = {row.id: planned([row]) for row in rows}
    # One that cannot be read has a place, and is left out of it.
    found = [plans[key][number] for key, number in page if number < len(plans.get(key, ()))]
    return found, len(places)


def _offset(moment: datetime, zone: ZoneInfo) -> int:
    return int((moment.astimezone(zone).utcoffset() or timedelta()).total_seconds())


def _shown(one: Planned, last: FiringRow | None, now: datetime) -> ShownSchedule:
    return ShownSchedule(
        key=one.schedule.key,
        synchronization_id=one.synchronization.id,
        synchronization=one.synchronization.slug,
        number=one.number,
        schedule=one.schedule,
        is_active=one.is_active,
        next=[start.due_at for start in one.following(now, NEXT_SHOWN)],
        last=None if last is None else ShownFiring.of(last),
    )

"""Schedules tried out: the moments they have."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import AfterValidator, AwareDatetime, Field

from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Parts
from openconnector.api.trials import Asked
from openconnector.expressions.walltime import within_calendar
from openconnector.expressions.zones import offset_text
from openconnector.kinds.schedule import Schedule
from openconnector.schedules import SCHEDULES
from openconnector.synchronization.shown import Shown

MAX_MOMENTS = 100
"""How many moments are shown at once."""


class SchedulePreview(Asked):
    """A schedule to try out; it is not saved."""

    schedule: Annotated[Schedule, SCHEDULES]
    """The schedule, as in a synchronization."""
    count: int = Field(default=10, strict=True, ge=1, le=MAX_MOMENTS)
    """How many of its moments to show."""
    after: Annotated[AwareDatetime, AfterValidator(within_calendar)] | None = None
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


routes = APIRouter(prefix="/schedules", tags=["schedules"], route_class=Route)


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


def _offset(moment: datetime, zone: ZoneInfo) -> int:
    return int((moment.astimezone(zone).utcoffset() or timedelta()).total_seconds())

"""What passed while nobody looked, and what of it is made up for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from openconnector.kinds.schedule import Schedule, Start

IN_TIME = timedelta(seconds=60)
"""A moment that begins so much too late at most is no misfire."""

MOST_MADE_UP = 100
"""Moments of one schedule that are made up for, the latest ones."""

FIRST_WINDOW = timedelta(hours=1)
WINDOW_GROWTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What has come since a schedule was last looked at."""

    starts: list[Start]
    """What to begin now, the oldest first."""
    latest: Start
    """The last moment that has come, which is as far as the schedule is decided on."""
    missed_since: datetime | None
    """The first of the moments that start nothing; None when each of them starts something."""


def passed(schedule: Schedule, since: datetime, now: datetime, salt: str) -> Passed | None:
    """Return what became due after ``since``; None when nothing did."""
    first = next(schedule.starts(since, salt), None)
    if first is None or first.due_at > now:
        return None
    latest = _latest(schedule, since, now, salt)
    starts = latest if schedule.misfire == "all" else latest[-1:]
    if schedule.misfire == "none":
        starts = [start for start in starts if now - start.due_at <= IN_TIME]
    is_whole = bool(starts) and starts[0].moment == first.moment
    return Passed(starts=starts, latest=latest[-1], missed_since=None if is_whole else first.moment)


def _latest(schedule: Schedule, since: datetime, now: datetime, salt: str) -> list[Start]:
    """Return the last moments that are due, looking back no further than it takes to find enough of them.

    After a year of standstill a schedule of every minute has had half a million.
    """
    enough = MOST_MADE_UP if schedule.misfire == "all" else 1
    window = FIRST_WINDOW
    while True:
        begin = max(since, now - window)
        starts = takewhile(lambda start: start.due_at <= now, schedule.starts(begin, salt))
        found = list(starts)[-enough:]
        if len(found) >= enough or begin == since:
            return found
        window *= WINDOW_GROWTH

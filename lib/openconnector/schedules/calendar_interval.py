"""The same time of day on dates that the calendar counts."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import count
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field
from typing_extensions import override

from openconnector.expressions.walltime import LAST_DAY, Day, TimeZone, moment_of
from openconnector.kinds.schedule import Schedule

UNITS = {"days": (1, 0), "weeks": (7, 0), "months": (0, 1), "years": (0, 12)}
"""How many days and how many months a unit is."""


class CalendarInterval(Schedule):
    """Every so many days, weeks, months or years.

    The same time of day on dates that are counted by the calendar, also across a change of the clocks. A month without
    the day takes its last one: from 31 January on, monthly is 28 February, 31 March, 30 April.

    Example:
    {"kind": "calendar_interval", "every": 2, "unit": "weeks", "start": "2026-12-07", "time": "06:30",
     "timezone": "Europe/Amsterdam"}
    """

    kind: Literal["calendar_interval"] = "calendar_interval"
    every: int = Field(default=1, ge=1, le=1_000)
    """How many units lie between two dates."""
    unit: Literal["days", "weeks", "months", "years"] = "days"
    """What is counted."""
    start: Day
    """The first date, such as `2026-12-07`; the others are counted from it."""
    time: str = Field(default="00:00", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
    """The time of day, such as `06:30`. One that the clocks leave out comes right after the gap."""
    timezone: TimeZone = "UTC"
    """Whose clocks it goes by, such as `Europe/Amsterdam`."""

    @override
    def moments(self, after: datetime) -> Iterator[datetime]:
        zone, clock, latest = ZoneInfo(self.timezone), time.fromisoformat(self.time), after
        for number in count(self._passed(after.astimezone(zone).date())):
            day = self._date(number)
            if day is None:
                return
            moment = moment_of(datetime.combine(day, clock), zone)
            if moment > latest:
                latest = moment
                yield moment

    def _passed(self, day: date) -> int:
        """Return how many dates have surely passed on this day."""
        days, months = UNITS[self.unit]
        if days:
            passed = (day - self.start).days // (days * self.every)
        else:
            between = (day.year - self.start.year) * 12 + day.month - self.start.month
            passed = between // (months * self.every)
        return max(passed - 1, 0)

    def _date(self, number: int) -> date | None:
        """Return the date with this number, the first being 0; None after the end of time."""
        days, months = (each * self.every * number for each in UNITS[self.unit])
        year, month = divmod(self.start.year * 12 + self.start.month - 1 + months, 12)
        if year >= LAST_DAY.year or self.start.toordinal() + days >= LAST_DAY.toordinal():
            return None
        last = monthrange(year, month + 1)[1]
        moved = date(year, month + 1, min(self.start.day, last))
        return date.fromordinal(moved.toordinal() + days)

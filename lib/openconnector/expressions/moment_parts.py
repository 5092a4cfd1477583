"""What the text of a date says, part by part, before it is known what "now" is."""

from dataclasses import dataclass, field
from typing import Final, Literal

from openconnector.expressions.zones import Zone

KEEP_DAY: Final = 0
"""Of the weekday asked for, today's counts."""
THIS_WEEK: Final = 2
"""The weekday of the week that the rest of the text leads to, which begins on Monday."""


@dataclass(slots=True)
class Relative:
    """How far the text leads away from a date."""

    years: int = 0
    months: int = 0
    days: int = 0
    hours: int = 0
    minutes: int = 0
    seconds: int = 0
    micros: int = 0
    weekday: int | None = None
    """The weekday to go on to, 0 for Sunday."""
    behavior: int = KEEP_DAY
    """1 when today counts as that weekday, `THIS_WEEK` when it is one of a week."""
    working_days: int | None = None
    """Days to go on, weekends left out."""
    edge: Literal["first", "last"] | None = None
    """The first or last day of the month."""
    of_month: Literal["nth", "last"] | None = None
    """The weekday is counted from the beginning of the month, or from its end."""

    def turned(self) -> None:
        """Lead as far the other way (`ago`)."""
        for name in ("years", "months", "days", "hours", "minutes", "seconds", "micros"):
            setattr(self, name, -getattr(self, name))
        if self.weekday is not None:
            self.weekday = -7 if self.weekday == 0 else -self.weekday
        if self.working_days is not None:
            self.working_days = -self.working_days


@dataclass(slots=True)
class Parts:
    """The parts of a date that a text names; None is a part it leaves to "now"."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    micro: int | None = None
    zone: Zone | None = None
    has_date: bool = False
    has_time: bool = False
    is_timestamp: bool = False
    """The date is a number of seconds, whatever the zone."""
    relative: Relative = field(default_factory=Relative)

    def set_date(self, year: int | None, month: int | None, day: int | None) -> None:
        """Take a date. Raises `ValueError` for a second one."""
        if self.has_date:
            raise ValueError("it names two dates")
        self.has_date = True
        self.year = self.year if year is None else year
        self.month = self.month if month is None else month
        self.day = self.day if day is None else day

    def set_time(self, hour: int, minute: int = 0, second: int = 0, micro: int = 0) -> None:
        """Take a time. Raises `ValueError` for a second one."""
        if self.has_time:
            raise ValueError("it names two times")
        self.has_time = True
        self.hour, self.minute, self.second, self.micro = hour, minute, second, micro

    def reset_time(self) -> None:
        """Begin at midnight; a time may still follow."""
        self.has_time = False
        self.hour = self.minute = self.second = self.micro = 0

    def set_zone(self, zone: Zone) -> None:
        """Take a time zone. Raises `ValueError` for a second one."""
        if self.zone is not None:
            raise ValueError("it names two time zones")
        self.zone = zone

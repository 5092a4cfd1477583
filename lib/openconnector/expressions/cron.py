"""Cron expressions of five fields, meaning what they mean to cron (Vixie's, as in Debian's crontab(5)).

Libraries differ where it hurts: APScheduler counts weekdays from Monday and wants day and weekday both to fit. This is
held to vectors on which two others agree.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import product
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from openconnector.errors import ConfigurationError
from openconnector.expressions.walltime import LAST_DAY, MINUTE, moment_of

DAY: Final = timedelta(days=1)

HORIZON_DAYS: Final = 50 * 366
"""How far ahead a match is looked for: 29 February on one weekday may be 40 years away."""

MACROS: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}

MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
WEEKDAYS: Final = {
    name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
}

PART: Final = re.compile(
    r"(?:(?P<all>\*)|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>\d{1,4}))?", re.ASCII
)


class Field(NamedTuple):
    """One of the five: what it is called, between which numbers, and the names they have."""

    name: str
    low: int
    high: int
    names: dict[str, int]


FIELDS: Final = (
    Field("minute", 0, 59, {}),
    Field("hour", 0, 23, {}),
    Field("day", 1, 31, {}),
    Field("month", 1, 12, MONTHS),
    Field("weekday", 0, 7, WEEKDAYS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A cron expression that was read."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday."""
    is_either: bool
    """Day and weekday are both limited, so that a date which fits one of them will do."""
    is_wild: bool
    """Minute or hour begins with `*`: it goes by the time that passes, not by the clock on the wall."""

    def moments(self, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Yield the moments after this one, in UTC.

        Where the clocks are set, an expression with `*` for minute or hour goes on as time passes, and one of fixed
        times comes once: at the end of the gap, or the first time of two.
        """
        return self._passing(after, zone) if self.is_wild else self._on_the_wall(after, zone)

    def _passing(self, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        moment = after.astimezone(UTC).replace(second=0, microsecond=0) + MINUTE
        last = _last_day(moment.date())
        while (local := moment.astimezone(zone)).date() < last:
            if not self._has(local.date()):
                midnight = datetime.combine(local.date() + DAY, time())
                moment = max(moment_of(midnight, zone), moment + MINUTE)
            elif local.hour not in self.hours:
                moment += (60 - local.minute) * MINUTE
            else:
                if local.minute in self.minutes:
                    yield moment
                moment += MINUTE

    def _on_the_wall(self, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        latest = after
        day = after.astimezone(zone).date() - DAY  # whose moments may lie beyond a gap at midnight
        last = _last_day(day)
        while day < last:
            if self._has(day):
                for hour, minute in product(self.hours, self.minutes):
                    moment = moment_of(datetime.combine(day, time(hour, minute)), zone)
                    if moment > latest:
                        latest = moment
                        yield moment
            day += DAY

    def _has(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        fits = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return any(fits) if self.is_either else all(fits)


@lru_cache(maxsize=1_000)
def compile_cron(text: str) -> Cron:
    """Return what an expression means. Raises `ConfigurationError` that says which field is wrong."""
    fields = MACROS.get(text.strip().lower(), text).split()
    if len(fields) != len(FIELDS):
        names = ", ".join(field.name for field in FIELDS)
        raise ConfigurationError(
            f"A cron expression has five fields ({names}), and {text[:80]!r} has {len(fields)}"
        )
    minutes, hours, days, months, weekdays = (
        _numbers(field, written) for field, written in zip(FIELDS, fields, strict=True)
    )
    cron = Cron(
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=days,
        months=months,
        weekdays=frozenset(number % 7 for number in weekdays),
        is_either=not fields[2].startswith("*") and not fields[4].startswith("*"),
        is_wild=fields[0].startswith("*") or fields[1].startswith("*"),
    )
    longest = max(monthrange(2024, month)[1] for month in months)
    if not cron.is_either and min(days) > longest:
        raise ConfigurationError(
            f"The cron expression {text[:80]!r} never comes: no month it names has a day {min(days)}"
        )
    return cron


def _last_day(first: date) -> date:
    return min(first + HORIZON_DAYS * DAY, LAST_DAY)


def _numbers(field: Field, written: str) -> frozenset[int]:
    numbers: set[int] = set()
    for part in written.split(","):
        numbers.update(_range(field, part))
    return frozenset(numbers)


def _range(field: Field, part: str) -> range:
    found = PART.fullmatch(part)
    if found is None:
        raise _wrong(field, part, "is not understood; write `*`, `5`, `1-5`, `*/10` or `0-20/5`")
    step = int(found["step"] or 1)
    if step == 0:
        raise _wrong(field, part, "has a step of 0; use 1 or more")
    if found["all"]:
        return range(field.low, field.high + 1, step)
    low = _number(field, found["low"])
    if found["high"] is None:
        if found["step"] is not None:
            raise _wrong(field, part, f"has a step without a range; write `{low}-{field.high}/{step}`")  # fmt: skip
        return range(low, low + 1)
    high = _number(field, found["high"])
    if high < low:
        raise _wrong(field, part, "ends before it begins; write two ranges, with a comma between")
    return range(low, high + 1, step)


def _number(field: Field, word: str) -> int:
    number = field.names.get(word.lower(), int(word) if word.isdigit() else -1)
    if not field.low <= number <= field.high:
        names = f", or {'-'.join(list(field.names)[:: len(field.names) - 1])}" if field.names else ""  # fmt: skip
        raise _wrong(field, word, f"is outside of {field.low}-{field.high}{names}")
    return number


def _wrong(field: Field, part: str, flaw: str) -> ConfigurationError:
    return ConfigurationError(f"The {field.name} {part[:40]!r} of the cron expression {flaw}")

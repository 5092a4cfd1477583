"""Texts as moments, by PHP's rules: `2024-02-29`, `5 March 2024 14:30`, `first day of next month`."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from openconnector.expressions.days import day_of, weekday
from openconnector.expressions.moment_parts import THIS_WEEK, Parts, Relative
from openconnector.expressions.moment_words import read_parts
from openconnector.expressions.moments import Local, Moment, moment_at, moment_of
from openconnector.expressions.zones import UTC_ZONE, Zone, find_zone

MAX_TEXT: Final = 200
"""The longest text of a date, in characters."""

READ_TEXTS: Final = 2048
"""How many texts are kept read: the same dates and ways come again and again."""

SUNDAY: Final = 0
SATURDAY: Final = 6
WORKING_DAYS: Final = 5


_ISO: Final = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.ASCII,
)
_ZULU: Final = find_zone("Z")


def read_iso(text: str, zone: Zone) -> Moment | None:
    """Return the moment of an ISO 8601 text that Python reads as PHP does, None for any other.

    It is what most dates in records are, and many times faster than reading parts.
    """
    if _ISO.fullmatch(text) is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:  # 30 February counts on into March
        return None
    if at.tzinfo is None:
        read = moment_at(at.replace(tzinfo=UTC))
        return Moment(zone.to_utc(read.seconds), read.micro, zone)
    return moment_at(at, _ZULU if text[-1] == "Z" else None)


@lru_cache(maxsize=READ_TEXTS)
def _parts(text: str) -> Parts:
    return read_parts(text)


def parts_of(text: str) -> Parts:
    """Return what the text of a date says. Raises `ValueError` for one that is no date."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"a date has at most {MAX_TEXT} characters")
    try:
        return _parts(text.strip(" \t\n\r\v\f\0").partition("\n")[0])
    except ValueError as error:
        raise ValueError(
            f"the text is no date, {error}; write it like 2024-01-31T12:00:00Z"
        ) from None


def read_moment(text: str, now: Moment) -> Moment:
    """Return the moment a text names. What it leaves open is as the clock of ``now`` shows it; so is the zone."""
    parts = parts_of(text)
    zone = now.zone if parts.zone is None else parts.zone
    shown = now.local
    if parts.has_date and not parts.has_time and parts.hour is None:
        hour = minute = second = micro = 0
    else:
        hour, minute, second = (
            given if mine is None else mine
            for mine, given in (
                (parts.hour, shown.hour), (parts.minute, shown.minute), (parts.second, shown.second),
            )
        )  # fmt: skip
        micro = parts.micro or 0 if parts.micro is not None or parts.hour is not None else now.micro
    start = Local(
        shown.year if parts.year is None else parts.year,
        shown.month if parts.month is None else parts.month,
        shown.day if parts.day is None else parts.day,
        hour, minute, second, micro,
    )  # fmt: skip
    return moved(start, parts.relative, zone)


def modify(at: Moment, text: str) -> Moment:
    """Return the moment that a text leads to from another; a date or time in it replaces that part."""
    parts = parts_of(text)
    shown = at.local
    has_time = parts.hour is not None
    start = Local(
        shown.year if parts.year is None else parts.year,
        shown.month if parts.month is None else parts.month,
        shown.day if parts.day is None else parts.day,
        shown.hour if parts.hour is None else parts.hour,
        (parts.minute or 0) if has_time else shown.minute,
        (parts.second or 0) if has_time else shown.second,
        shown.micro if parts.micro is None else parts.micro,
    )
    return moved(start, parts.relative, (parts.zone or at.zone) if parts.is_timestamp else at.zone)


def moved(start: Local, way: Relative, zone: Zone) -> Moment:
    """Return where a way leads: first to its weekday, then by years, months and days, then by working days."""
    year, month, day = start.year, start.month, start.day
    months = way.months
    if way.of_month is not None:
        month += months + (1 if way.of_month == "last" else 0)
        day, months = 1, 0
    if way.weekday is not None:
        # 24:00 is the next day already.
        number = Local(year, month, day + start.hour // 24).number
        year, month, day = day_of(number + _days_to_weekday(number, way) - start.hour // 24)
    year, month, day = year + way.years, month + months, day + way.days
    if way.edge is not None:
        month, day = (month, 1) if way.edge == "first" else (month + 1, 0)
    # Hours are those of the clock: across a change of the clocks a day has 24 of them all the same.
    hour, minute = start.hour + way.hours, start.minute + way.minutes
    second, micro = start.second + way.seconds, start.micro + way.micros
    arrived = Local(year, month, day, hour, minute, second, micro)
    if way.working_days is not None:
        arrived = moment_of(arrived, UTC_ZONE).local
        arrived = replace(
            arrived, day=arrived.day + _working_days(arrived.number, way.working_days)
        )
    return moment_of(arrived, zone)


def _days_to_weekday(number: int, way: Relative) -> int:
    today, wanted = weekday(number), way.weekday or 0
    if way.behavior == THIS_WEEK:
        # A week ends with Sunday.
        return (7 if wanted == SUNDAY else wanted) - (today or 7)
    if wanted < 0:
        return today - 7 - wanted
    ahead = wanted - today
    if (way.days < 0 and ahead < 0) or (way.days >= 0 and ahead <= -way.behavior):
        ahead += 7
    return ahead


def _working_days(number: int, count: int) -> int:
    """Return how far away a number of working days is; from a weekend one begins at the working day before."""
    today = weekday(number)
    if count == 0:
        return {SATURDAY: 2, SUNDAY: 1}.get(today, 0)
    step = 1 if count > 0 else -1
    begin = _WEEKEND.get((today, step), 0)
    weeks, rest = divmod(abs(count), WORKING_DAYS)
    days = begin + step * weeks * 7
    for _ in range(rest):
        days += step
        while weekday(number + days) in (SATURDAY, SUNDAY):
            days += step
    return days


_WEEKEND: Final = {(SATURDAY, 1): -1, (SUNDAY, 1): -2, (SATURDAY, -1): 2, (SUNDAY, -1): 1}
"""Weekday and direction to the days that lead to the working day one comes from."""

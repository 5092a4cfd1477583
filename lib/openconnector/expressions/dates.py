"""Filters, functions and methods of moments. What each does is its docstring.

The functions in `CLOCKED` are given the present moment first; its zone is the one in which dates are shown.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from openconnector.expressions import php
from openconnector.expressions.moment_forms import write_interval, write_moment
from openconnector.expressions.moment_texts import modify, parts_of, read_iso, read_moment
from openconnector.expressions.moments import MICRO, Interval, Moment, between, moment_at
from openconnector.expressions.paths import MISSING
from openconnector.expressions.zones import Zone, find_zone, fixed_zone, zone_of

DEFAULT_FORM: Final = "F j, Y H:i"
"""How Twig writes a moment when it is told no form."""

DEFAULT_INTERVAL: Final = "%d days"

COMPACT: Final = len("20240131")
"""Text of so many digits is a date in the dialect `jinja`, not a number of seconds."""


def date(now: datetime, value: Any, format: Any = None, timezone: Any = None) -> str:  # noqa: A002 - Twig's own name
    """Write a moment with PHP's date letters; nothing stands for now. The time zone is the instance's, or a named one.

    Takes ISO 8601 and every other text PHP reads as a date, seconds since 1970, and what `date()`, `date_modify` and
    `diff` give.

    Example:
        >>> {{ '2024-03-05T14:30:45+01:00' | date('d-m-Y H:i') }}
        05-03-2024 13:30
        >>> {{ '5 March 2024' | date('l jS F') }}
        Tuesday 5th March
        >>> {{ 1709210096 | date('c', 'Europe/Amsterdam') }}
        2024-02-29T13:34:56+01:00
    """
    if isinstance(value, Interval):
        return write_interval(
            value, DEFAULT_INTERVAL if php.is_null(format) else php.to_text(format)
        )
    moment = _shown(to_moment(value, now), now, timezone)
    return write_moment(moment, DEFAULT_FORM if php.is_null(format) else php.to_text(format))


def date_in_place(
    now: datetime,
    value: Any,
    format: str = "Y-m-d H:i:s",  # noqa: A002 - Twig's own name
    timezone: str | None = None,
) -> str:
    """Write a moment with PHP's date letters, in its own time zone or a named one; nothing gives an empty text.

    Example:
        >>> {{ '2024-03-05T14:30:45+01:00' | date('d-m-Y H:i') }}
        05-03-2024 14:30
        >>> {{ 1709210096 | date('c', 'Europe/Amsterdam') }}
        2024-02-29T13:34:56+01:00
        >>> {{ 1709210096.5 | date('H:i:s.v') }}
        12:34:56.500
        >>> {{ none | date }}

    """
    if value is MISSING or value is None or value == "":
        return ""
    if isinstance(value, Interval):
        return write_interval(value, format)
    moment = _in_place(now, value)
    return write_moment(moment if php.is_null(timezone) else _shown(moment, now, timezone), format)


def _in_place(now: datetime, value: Any) -> Moment:
    if isinstance(value, float):
        # PHP would make a text of it, which is no date; a number counts seconds here, whole or not.
        seconds, micro = divmod(round(value * MICRO), MICRO)
        return Moment(seconds, micro, fixed_zone(0))
    if isinstance(value, str) and value.isdecimal() and len(value) == COMPACT:
        return read_moment(value, moment_at(now))
    return to_moment(value, now)


def date_modify(now: datetime, value: Any, modifier: Any) -> Moment:
    """Go from a moment to another as a text says: `+1 day`, `first day of next month`, `last monday of january 2024`.

    Example:
        >>> {{ '2024-02-29' | date_modify('+1 month') | date('Y-m-d') }}
        2024-03-29
        >>> {{ '2024-02-29' | date_modify('last day of next month noon') | date('Y-m-d H:i') }}
        2024-03-31 12:00
        >>> {{ '2024-02-29' | date_modify('+2 weekdays') | date('D j M') }}
        Mon 4 Mar
    """
    return modify(to_moment(value, now), php.to_text(modifier))


def make_date(now: datetime, date: Any = None, timezone: Any = None) -> Moment:
    """Give a moment, to compare with others and to go on from; without arguments it is now.

    Example:
        >>> {{ date('2024-01-01').timestamp }}
        1704067200
        >>> {{ date('2024-01-10').diff(date('2024-01-01')).days }}
        9
        >>> {{ date('2024-02-29') < date('now') }}
        1
        >>> {{ date() | date('Y-m-d') }}
        2026-01-02
    """
    return _shown(to_moment(date, now), now, timezone)


def to_moment(value: Any, now: datetime) -> Moment:
    """Return the moment a value names. Raises `ValueError` for a text that is no date, `TypeError` for a list."""
    if isinstance(value, Moment):
        return value
    if php.is_null(value):
        return moment_at(now)
    text = php.to_text(value)
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdecimal():
        if len(digits) > php.SURE_DIGITS:
            raise ValueError("the number of seconds is too large")
        return Moment(int(text), 0, fixed_zone(0))
    iso = read_iso(text, zone_of(now.tzinfo))
    return read_moment(text, moment_at(now)) if iso is None else iso


def _shown(moment: Moment, now: datetime, timezone: Any) -> Moment:
    """Return a moment in a named zone; in the zone of ``now`` for none, unchanged for false."""
    if timezone is False:
        return moment
    zone = zone_of(now.tzinfo) if php.is_null(timezone) else named_zone(php.to_text(timezone))
    return moment if zone is moment.zone else Moment(moment.seconds, moment.micro, zone)


def named_zone(name: str) -> Zone:
    """Return the zone of a name or an offset such as `+02:00`. Raises `ValueError`."""
    zone = find_zone(name)
    if zone is None and name[:1] in "+-":
        zone = parts_of(name).zone
    if zone is None:
        raise ValueError("there is no such time zone; name one like Europe/Amsterdam or +02:00")
    return zone


def formatted(value: Any, format: Any) -> Any:  # noqa: A002 - PHP's own name
    """Write a moment, or the time between two, with PHP's letters.

    Example:
        >>> {{ date('2024-02-29').format('d.m.Y') }}
        29.02.2024
        >>> {{ date('2024-01-01').diff(date('2025-03-02')).format('%y year, %m months, %d day') }}
        1 year, 2 months, 1 day
    """
    if isinstance(value, Moment):
        return write_moment(value, php.to_text(format))
    return write_interval(value, php.to_text(format)) if isinstance(value, Interval) else MISSING


def difference(now: datetime, value: Any, target_object: Any, absolute: Any = False) -> Any:  # noqa: FBT002 - PHP's own signature
    """Give the time from a moment to another: `y`, `m`, `d`, `h`, `i`, `s`, and `days` in all.

    Example:
        >>> {{ date('2024-01-15').diff(date('2024-03-01')).m }}
        1
        >>> {{ date('2024-01-31').diff(date('2024-03-01')).days }}
        30
    """
    if not isinstance(value, Moment):
        return MISSING
    span = between(value, to_moment(target_object, now))
    return span.absolute() if php.is_truthy(absolute) else span


def modified(value: Any, modifier: Any) -> Any:
    """Go from a moment to another, as `date_modify` does.

    Example:
        >>> {{ date('2024-02-29').modify('+1 day').format('Y-m-d') }}
        2024-03-01
    """
    return modify(value, php.to_text(modifier)) if isinstance(value, Moment) else MISSING


def timestamp(value: Any) -> Any:
    """Give the seconds since 1970.

    Example:
        >>> {{ date('2024-01-01').getTimestamp() }}
        1704067200
    """
    return value.seconds if isinstance(value, Moment) else MISSING


CLOCKED: Final[frozenset[Callable[..., Any]]] = frozenset(
    {date, date_in_place, date_modify, make_date, difference}
)
"""Functions that take the present moment first."""

"""The Gregorian calendar, backwards and forwards without end: days as numbers, counted from 1970-01-01.

Python's own dates begin with the year 1 and end with 9999; PHP's do not, and records hold what PHP wrote.
"""

from typing import Final

DAY: Final = 86_400
"""Seconds of a day."""

CYCLE_YEARS: Final = 400
CYCLE_DAYS: Final = 146_097
"""After so many years, or days, the calendar repeats itself, weekdays included."""

_EPOCH: Final = 719_468
"""Days from 0000-03-01 to 1970-01-01. Years are counted from March, so that the leap day is their last."""
_YEAR_DAYS: Final = 365
_MARCH: Final = 3
_FEBRUARY: Final = 2
_MONTHS: Final = 12


def day_number(year: int, month: int, day: int) -> int:
    """Return the number of a day; months and days beyond their range count on into other years and months."""
    year, month = year + (month - 1) // _MONTHS, (month - 1) % _MONTHS + 1
    year -= month < _MARCH
    cycle, year_of_cycle = divmod(year, CYCLE_YEARS)
    day_of_year = (153 * ((month - _MARCH) % _MONTHS) + 2) // 5 + day - 1
    day_of_cycle = (
        year_of_cycle * _YEAR_DAYS + year_of_cycle // 4 - year_of_cycle // 100 + day_of_year
    )
    return cycle * CYCLE_DAYS + day_of_cycle - _EPOCH


def day_of(number: int) -> tuple[int, int, int]:
    """Return year, month and day of a day's number."""
    cycle, day_of_cycle = divmod(number + _EPOCH, CYCLE_DAYS)
    leap_days = day_of_cycle // 1_460 - day_of_cycle // 36_524 + day_of_cycle // (CYCLE_DAYS - 1)
    year_of_cycle = (day_of_cycle - leap_days) // _YEAR_DAYS
    begins = _YEAR_DAYS * year_of_cycle + year_of_cycle // 4 - year_of_cycle // 100
    day_of_year = day_of_cycle - begins
    month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month + 2) // 5 + 1
    month = month + _MARCH if month < _MONTHS - _FEBRUARY else month + _MARCH - _MONTHS
    return cycle * CYCLE_YEARS + year_of_cycle + (month < _MARCH), month, day


def weekday(number: int) -> int:
    """Return the weekday of a day's number: 0 is Sunday."""
    return (number + 4) % 7


def is_leap(year: int) -> bool:
    """Return whether a year has a leap day."""
    return year % 4 == 0 and (year % 100 != 0 or year % CYCLE_YEARS == 0)


def days_in_month(year: int, month: int) -> int:
    """Return how many days a month has."""
    return day_number(year, month + 1, 1) - day_number(year, month, 1)


def iso_week(number: int) -> tuple[int, int]:
    """Return the ISO 8601 year and week of a day's number."""
    thursday = number - (weekday(number) - 1) % 7 + 3
    year = day_of(thursday)[0]
    return year, (thursday - day_number(year, 1, 1)) // 7 + 1


def iso_week_day(year: int, week: int, day: int = 1) -> int:
    """Return the number of a day of an ISO 8601 week; 1 is Monday."""
    fourth = day_number(year, 1, 4)
    return fourth - (weekday(fourth) - 1) % 7 + (week - 1) * 7 + day - 1

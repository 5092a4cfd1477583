"""Times as clocks on the wall show them, and the moments they stand for."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator

MINUTE: Final = timedelta(minutes=1)

FIRST_YEAR: Final = 1970

LAST_DAY: Final = date(9900, 1, 1)
"""No moment after it is looked for: Python's calendar ends soon after."""

D = TypeVar("D", bound=date)


def within_calendar(day: D) -> D:
    """Return the date or time, for a validator. Raises `ValueError` where there is no room for time zones."""
    if not FIRST_YEAR <= day.year < LAST_DAY.year:
        raise ValueError(f"lies outside of the years {FIRST_YEAR} to {LAST_DAY.year - 1}")
    return day


def _known(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"is {name[:80]!r}, which is no time zone; use a name such as Europe/Amsterdam or UTC"
        ) from None
    return name


TimeZone = Annotated[str, AfterValidator(_known)]
"""The name of a time zone in the IANA database, such as `Europe/Amsterdam`."""


def moment_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, at which the clocks of a zone show a time to the minute.

    Of a time that comes twice it is the first. For one that the clocks leave out it is the first moment after the gap:
    what was to be done then is done as soon as it can be.
    """
    local = wall.replace(tzinfo=zone, fold=0)
    while not _is_shown(local):
        local += MINUTE  # on the wall: the gap ends within the day
    return local.astimezone(UTC)


def _is_shown(local: datetime) -> bool:
    return local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(
        tzinfo=None
    )

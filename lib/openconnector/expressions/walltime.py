"""Times as clocks on the wall show them, and the moments they stand for."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, WithJsonSchema

from openconnector.messages import t

MINUTE: Final = timedelta(minutes=1)

FIRST_YEAR: Final = 1970

LAST_DAY: Final = date(9900, 1, 1)
"""No moment after it is looked for: Python's calendar ends soon after."""

D = TypeVar("D", bound=date)


DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
MOMENT: Final = re.compile(rf"{DAY.pattern}[Tt ]\d{{2}}:\d{{2}}")


def _begins_with_time(value: Any) -> Any:
    """Refuse what pydantic takes for a moment as well: a number of seconds, also as text, and a day alone."""
    if isinstance(value, datetime) or (isinstance(value, str) and MOMENT.match(value)):
        return value
    raise ValueError(t("is no date with a time, such as 2027-01-04T06:00:00Z"))


def _is_day(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and DAY.fullmatch(value)):
        return value
    raise ValueError(t("is no date, such as 2027-01-04"))


def _within_calendar(day: D) -> D:
    """Return the date or time. Raises `ValueError` where there is no room for time zones."""
    if not FIRST_YEAR <= day.year < LAST_DAY.year:
        raise ValueError(
            t(
                "lies outside of the years {first} to {last}",
                first=FIRST_YEAR,
                last=LAST_DAY.year - 1,
            )
        )
    return day


Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_begins_with_time)]
"""A moment, written as RFC 3339 has it."""

WallTime = Annotated[
    datetime,
    Field(strict=False),
    BeforeValidator(_begins_with_time),
    AfterValidator(_within_calendar),
    WithJsonSchema({"type": "string", "pattern": f"^{MOMENT.pattern}"}),
]
"""A date with a time, as RFC 3339 has it; without an offset, as the clocks of some zone show it."""

PlannedMoment = Annotated[Moment, AfterValidator(_within_calendar)]
"""A moment for which every time zone has an offset."""

Day = Annotated[
    date, Field(strict=False), BeforeValidator(_is_day), AfterValidator(_within_calendar)
]
"""A date of the calendar."""


OF_THE_MACHINE: Final = {"localtime", "posixrules"}
"""What systems keep among the time zones for whatever theirs is: on another machine it is another one."""


def _known(name: str) -> str:
    try:
        is_known = name not in OF_THE_MACHINE and ZoneInfo(name) is not None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        is_known = False
    if not is_known:
        raise ValueError(
            t(
                "is {name}, which is no time zone; use a name such as Europe/Amsterdam or UTC",
                name=repr(name[:80]),
            )
        )
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

"""A single moment."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from typing_extensions import override

from openconnector.expressions.walltime import TimeZone, WallTime, moment_of
from openconnector.kinds.schedule import Schedule


class Once(Schedule):
    """Once.

    A single moment. Saved with a moment that has passed already, it never comes.

    Example:
    {"kind": "once", "at": "2027-01-04T06:00:00", "timezone": "Europe/Amsterdam"}
    """

    kind: Literal["once"] = "once"
    at: WallTime
    """The date and time, such as `2027-01-04T06:00:00`; with an offset at its end (`+01:00`), that one counts."""
    timezone: TimeZone = "UTC"
    """Whose clocks it goes by where no offset is given, such as `Europe/Amsterdam`."""

    @override
    def moments(self, after: datetime) -> Iterator[datetime]:
        is_local = self.at.tzinfo is None
        moment = moment_of(self.at, ZoneInfo(self.timezone)) if is_local else self.at
        if moment > after:
            yield moment.astimezone(UTC)

"""Moments that are equally far apart."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Literal, Self

from pydantic import Field, model_validator
from typing_extensions import override

from openconnector.expressions.walltime import LAST_DAY, PlannedMoment
from openconnector.kinds.schedule import Schedule
from openconnector.messages import t

MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
"""From where intervals are counted, so that they fall on whole hours and weeks begin on a Monday."""

END = datetime.combine(LAST_DAY, time(), UTC) - timedelta(microseconds=1)

SHORTEST = timedelta(seconds=10)


class Interval(Schedule):
    """Every so often.

    Moments that are equally far apart, whatever the clocks on the wall do. They are counted from a fixed moment and not
    from the start of the app: every 15 minutes is at :00, :15, :30 and :45.

    Example:
    {"kind": "interval", "every": 15, "unit": "minutes"}
    """

    kind: Literal["interval"] = "interval"
    every: int = Field(ge=1, le=100_000)
    """How many units lie between two moments; together at least 10 seconds."""
    unit: Literal["seconds", "minutes", "hours", "days", "weeks"] = "minutes"
    """A day is 24 hours here, also when the clocks are set; for the same time each day use a calendar interval."""
    start: PlannedMoment | None = None
    """The first moment, with its offset from UTC. Left empty, they count from Monday 5 January 1970 in UTC."""

    @model_validator(mode="after")
    def _is_bearable(self) -> Self:
        if self.step < SHORTEST:
            raise ValueError(
                t("comes every {seconds} seconds; use 10 seconds or more", seconds=self.every)
            )
        return self

    @property
    def step(self) -> timedelta:
        """The time between two moments."""
        return timedelta(**{self.unit: self.every})

    @override
    def moments(self, after: datetime) -> Iterator[datetime]:
        first = (self.start or MONDAY).astimezone(UTC)
        number = (after - first) // self.step + 1 if after >= first else 0
        for count in range(number, (END - first) // self.step + 1):
            yield first + count * self.step

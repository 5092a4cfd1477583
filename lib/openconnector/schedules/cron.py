"""Moments by a cron expression."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field
from typing_extensions import override

from openconnector.errors import ConfigurationError
from openconnector.expressions.cron import compile_cron
from openconnector.expressions.walltime import TimeZone
from openconnector.kinds.schedule import Schedule


def _compilable(expression: str) -> str:
    try:
        compile_cron(expression)
    except ConfigurationError as error:
        raise ValueError(str(error)) from error
    return expression


class CronSchedule(Schedule):
    """Cron expression.

    Five fields say at which minutes, hours, days, months and weekdays. Day and weekday both limited means either, 0 and
    7 are Sunday. A fixed time that the clocks leave out comes right after the gap, one they show twice comes once.

    Example:
    {"kind": "cron", "expression": "30 6 * * 1-5", "timezone": "Europe/Amsterdam"}
    """

    kind: Literal["cron"] = "cron"
    expression: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_compilable)]
    """Minute, hour, day, month, weekday: `*`, `5`, `1-5`, `*/10`, `0-20/5`, lists with commas, names such as `MON` and
    `JAN`; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`."""
    timezone: TimeZone = "UTC"
    """Whose clocks it goes by, such as `Europe/Amsterdam`."""

    @override
    def moments(self, after: datetime) -> Iterator[datetime]:
        return compile_cron(self.expression).moments(after, ZoneInfo(self.timezone))

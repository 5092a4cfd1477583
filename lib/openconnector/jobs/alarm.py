"""The clock of the background work: APScheduler keeps the time, and nothing else. No other module imports it."""

import asyncio
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

LOOK_SECONDS = 1.0
"""How often it rings at the least, so that changed schedules and ended runs are noticed."""

NEXT = "next"


class Alarm:
    """Rings at the moment it is set to, and now and then in between. It is on while its block runs."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._rung = asyncio.Event()

    async def __aenter__(self) -> Self:
        look = IntervalTrigger(seconds=LOOK_SECONDS, timezone=UTC)
        self._scheduler.add_job(self._ring, look, coalesce=True, misfire_grace_time=None)
        self._scheduler.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._scheduler.shutdown(wait=False)

    def set_to(self, moment: datetime | None) -> None:
        """Ring at this moment instead of the one it was set to before; None takes that away."""
        if moment is not None:
            self._scheduler.add_job(
                self._ring,
                DateTrigger(run_date=moment, timezone=UTC),
                id=NEXT,
                replace_existing=True,
                misfire_grace_time=None,
            )
        elif self._scheduler.get_job(NEXT):
            self._scheduler.remove_job(NEXT)

    async def rung(self) -> None:
        """Return when it rings next, or has rung since it was last asked."""
        await self._rung.wait()
        self._rung.clear()

    async def _ring(self) -> None:
        self._rung.set()

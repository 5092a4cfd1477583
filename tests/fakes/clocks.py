"""Clocks for whole engines: one on which nothing waits, one that a test moves on by hand."""

import asyncio
from datetime import datetime, timedelta

from typing_extensions import override

from openconnector.engine import SystemClock
from openconnector.jobs.worker import RENEW_SECONDS
from openconnector.testing import FakeClock


class HurriedClock(FakeClock):
    """A clock on which pauses take no time and no lease is ever renewed: it would be all the time."""

    @override
    async def sleep(self, seconds: float) -> None:
        if seconds == RENEW_SECONDS:
            await asyncio.Event().wait()
        await super().sleep(seconds)


class SteppedClock(FakeClock):
    """A clock that moves when the test says so; whoever sleeps wakes when his moment has come."""

    def __init__(self) -> None:
        super().__init__()
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    @override
    async def sleep(self, seconds: float) -> None:
        awake = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.moment + timedelta(seconds=seconds), awake))
        await awake

    def move(self, seconds: float) -> None:
        """Move the clock on."""
        self.moment += timedelta(seconds=seconds)
        for until, sleeper in self._sleepers:
            if until <= self.moment and not sleeper.done():
                sleeper.set_result(None)


class ShiftedClock(SystemClock):
    """The time of this machine, so many seconds later."""

    def __init__(self, seconds: float) -> None:
        self._later = timedelta(seconds=seconds)

    @override
    def now(self) -> datetime:
        return super().now() + self._later


class UnrenewingClock(SystemClock):
    """The time of this machine, on which no lease is ever renewed."""

    @override
    async def sleep(self, seconds: float) -> None:
        await (asyncio.Event().wait() if seconds == RENEW_SECONDS else super().sleep(seconds))

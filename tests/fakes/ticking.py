"""A scheduler in another process that fires on and on, until it is killed."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from openconnector.db import firings
from openconnector.db.firing_rows import FiringRow
from openconnector.definitions.store import SYNCHRONIZATIONS
from openconnector.engine import Engine
from tests.fakes.clocks import HurriedClock
from tests.fakes.commands import context, pipe
from tests.fakes.installation import opened


async def firings_of(engine: Engine) -> Sequence[FiringRow]:
    """Return every firing of the synchronization `s`."""
    async with engine.database.reading() as session:
        loaded = await engine.definitions.load(session, SYNCHRONIZATIONS, "s")
        return await firings.every(session, loaded.id)


@asynccontextmanager
async def ticking(url: str, folder: Path, begin: datetime) -> AsyncIterator[asyncio.StreamReader]:
    """Have another process go on from the last moment fired, a minute at a time; it tells of each tick.

    It is killed when the block ends.
    """
    async with pipe() as (told, out):
        process = context().Process(target=_tick, args=(url, str(folder), begin, out))
        process.start()
        out.close()
        try:
            yield told
        finally:
            process.kill()
            await asyncio.to_thread(process.join, 30)


def _tick(url: str, folder: str, begin: datetime, out: Connection) -> None:
    asyncio.run(_tick_on(url, Path(folder), begin, out))


async def _tick_on(url: str, folder: Path, begin: datetime, out: Connection) -> None:
    clock = HurriedClock()
    async with opened(url, folder, clock) as engine:
        scheduler = engine.scheduler()
        rows = await firings_of(engine)
        clock.moment = rows[-1].moment if rows else begin
        while True:
            clock.moment += timedelta(minutes=1)
            await scheduler.tick()
            os.write(out.fileno(), b".")

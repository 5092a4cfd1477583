"""The worker process. It imports neither the API nor the migrations: they would only cost memory."""

import asyncio
import signal
import sys

from typing_extensions import override

from openconnector.cli.carrying import opened, unusable
from openconnector.cli.outcome import Exit
from openconnector.cli.settings import Settings
from openconnector.db import runs
from openconnector.engine import Engine


async def work(*, is_supervised: bool) -> Exit:
    """Work on runs until interrupted; supervised, until standard input closes: the supervisor is gone then."""
    async with opened(Settings.read(), migrated=False) as engine:
        await work_on(engine, is_supervised=is_supervised)
    return Exit.SUCCESS


async def work_on(engine: Engine, *, is_supervised: bool) -> None:
    """Do the same with an engine that is open. Raises `ConfigurationError` when its database cannot be used."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if is_supervised:
        await loop.connect_read_pipe(lambda: _UntilClosed(stop), sys.stdin)
    await _check_tables(engine)
    await asyncio.gather(engine.work(stop), engine.calls.serve(stop))


class _UntilClosed(asyncio.Protocol):
    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop

    @override
    def connection_lost(self, error: Exception | None) -> None:
        self._stop.set()


async def _check_tables(engine: Engine) -> None:
    """Raise `ConfigurationError` in words when the database cannot be used, for one because nobody migrated it."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        async with engine.database.reading() as session:
            await runs.leases(session)
    except (SQLAlchemyError, OSError) as error:
        raise unusable(engine.database, error) from error

"""Keeps one worker process running beside the web process: restarted when it dies, ended when we end."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

import structlog

from openconnector.ports import Clock

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0

SETTLED = timedelta(seconds=60)
"""A process that lived this long is no failed start; the next one begins without a growing pause."""

STOP_SECONDS = 8.0
"""How long a process may take to end after it was asked to; then it is killed."""

logger = structlog.get_logger(__name__)


class Supervisor:
    """Runs a command for as long as it is wanted.

    The process gets the reading end of a pipe as its standard input and has to end when that closes: so it never
    outlives this process, however this one dies.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        clock: Clock,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command = command
        self._clock = clock
        self._environment = environment
        self._process: Process | None = None
        self._keeping: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The number of the process that runs now; None between two."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start the process and keep it running; asked twice, there is still one.

        Raises `OSError` when it cannot be started at all.
        """
        if self._keeping is None:
            self._process = await self._begin()
            self._keeping = asyncio.create_task(self._keep(self._process), name="supervisor")

    async def stop(self) -> None:
        """Ask the process to end, wait for it and start no other."""
        if self._keeping is None:
            return
        self._keeping.cancel()
        await asyncio.gather(self._keeping, return_exceptions=True)
        self._keeping = None
        if self._process is not None:
            await _ended(self._process)

    async def _begin(self) -> Process:
        program, *arguments = self._command
        process = await asyncio.create_subprocess_exec(
            program, *arguments, stdin=PIPE, env=self._environment
        )
        logger.info("worker process started", pid=process.pid)
        return process

    async def _keep(self, process: Process) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = self._clock.now()
            code = await process.wait()
            if self._clock.now() - began >= SETTLED:
                pause = FIRST_PAUSE_SECONDS
            logger.warning("worker process ended", pid=process.pid, code=code, pause_seconds=pause)
            await self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            with suppress(OSError):
                self._process = process = await self._begin()


async def _ended(process: Process) -> None:
    """Ask a process to end and return when it has; one that does not listen is killed."""
    if process.stdin is not None:
        process.stdin.close()
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        logger.warning("worker process killed: it did not end by itself", pid=process.pid)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

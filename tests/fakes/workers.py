"""Workers: in a process of their own, which can be stopped and killed, and in this one."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from openconnector.jobs.worker import Worker
from tests.fakes.clocks import UnrenewingClock
from tests.fakes.commands import PRELOADED
from tests.fakes.installation import opened


class WorkerProcess:
    """A worker in another process that carries out one run, its lease not renewed, and ends."""

    def __init__(self, url: str, folder: Path, run_id: str) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        self._process = context.Process(target=_work, args=(url, str(folder), run_id))
        self._process.start()

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """End the process, if it is still there."""
        self._process.kill()

    async def ended(self) -> int | None:
        """Return the exit code once the process has ended; a killed one has a negative one."""
        await asyncio.to_thread(self._process.join, 30)
        return self._process.exitcode


@asynccontextmanager
async def worker_process(url: str, folder: Path, run_id: str) -> AsyncIterator[WorkerProcess]:
    """Have another process carry out a run while the block runs, at most."""
    process = WorkerProcess(url, folder, run_id)
    try:
        yield process
    finally:
        process.kill()
        await process.ended()


@asynccontextmanager
async def at_work(*workers: Worker) -> AsyncIterator[None]:
    """Have workers of this process at work while the block runs."""
    stop = asyncio.Event()
    serving = [asyncio.create_task(worker.serve(stop)) for worker in workers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*serving)


async def until(is_so: Callable[[], Awaitable[object]]) -> None:
    """Return when something has come true that tells nobody, so that it has to be looked at."""
    async with asyncio.timeout(30):
        while not await is_so():  # noqa: ASYNC110  see above
            await asyncio.sleep(0.01)


def _work(url: str, folder: str, run_id: str) -> None:
    asyncio.run(_finish(url, Path(folder), run_id))


async def _finish(url: str, folder: Path, run_id: str) -> None:
    async with opened(url, folder, UnrenewingClock()) as engine:
        await engine.worker().finish(run_id)

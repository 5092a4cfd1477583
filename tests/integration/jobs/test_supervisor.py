"""The supervisor with real processes; each of them tells its number by a file that the test waits for."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from openconnector.jobs.supervisor import Supervisor
from openconnector.testing import FakeClock

CHILD = """
import os, sys, pathlib, signal
folder = pathlib.Path(sys.argv[1])
if "--deaf" in sys.argv: signal.signal(signal.SIGTERM, signal.SIG_IGN)
(folder / "making").write_text(str(os.getpid()))
(folder / "making").rename(folder / f"child-{os.getpid()}")
if "--short" not in sys.argv: sys.stdin.read()
"""

PARENT = """
import asyncio, sys
from openconnector.engine import SystemClock
from openconnector.jobs.supervisor import Supervisor

async def main():
    supervisor = Supervisor([sys.executable, "-c", sys.argv[1], sys.argv[2]], clock=SystemClock())
    await supervisor.start()
    await asyncio.Event().wait()

asyncio.run(main())
"""


def started(folder: Path) -> set[int]:
    return {int(file.name.removeprefix("child-")) for file in folder.glob("child-*")}


async def until(is_so: Callable[[], object]) -> None:
    """Return when something outside this process has come true; it tells nobody, so it is looked at."""
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110  see above
            await asyncio.sleep(0.02)


async def another(folder: Path, known: set[int]) -> int:
    """Return the number of a process that was not there before."""
    await until(lambda: started(folder) - known)
    return (started(folder) - known).pop()


async def gone(pid: int) -> None:
    """Return when a process has ended."""
    await until(lambda: _state(pid) == "Z")


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


@asynccontextmanager
async def supervised(folder: Path, *options: str) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor([sys.executable, "-c", CHILD, str(folder), *options], clock=FakeClock())
    await supervisor.start()
    try:
        yield supervisor
    finally:
        await supervisor.stop()


async def test_a_process_that_is_killed_is_started_again(tmp_path: Path):
    async with supervised(tmp_path) as supervisor:
        first = await another(tmp_path, set())

        os.kill(first, signal.SIGKILL)

        second = await another(tmp_path, {first})
        assert second == supervisor.pid != first


async def test_starting_twice_keeps_one_process(tmp_path: Path):
    async with supervised(tmp_path) as supervisor:
        first = await another(tmp_path, set())

        await supervisor.start()

        assert supervisor.pid == first
        assert started(tmp_path) == {first}


@pytest.mark.parametrize("options", [(), ("--deaf",)])
async def test_stopping_ends_the_process_for_good(tmp_path: Path, options: tuple[str, ...]):
    async with supervised(tmp_path, *options) as supervisor:
        first = await another(tmp_path, set())

    await gone(first)
    assert supervisor.pid is None
    assert started(tmp_path) == {first}


async def test_a_process_that_ends_at_once_is_tried_with_growing_pauses(tmp_path: Path):
    clock = FakeClock()
    supervisor = Supervisor([sys.executable, "-c", CHILD, str(tmp_path), "--short"], clock=clock)

    await supervisor.start()
    await until(lambda: len(started(tmp_path)) >= 4)
    await supervisor.stop()

    assert clock.slept[:3] == [0.5, 1.0, 2.0]


async def test_a_command_that_does_not_exist_is_an_error_at_once(tmp_path: Path):
    supervisor = Supervisor([str(tmp_path / "nothing")], clock=FakeClock())

    with pytest.raises(FileNotFoundError):
        await supervisor.start()


async def test_the_process_does_not_outlive_a_supervisor_that_is_killed(tmp_path: Path):
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, CHILD, str(tmp_path)
    )
    child = await another(tmp_path, set())

    parent.kill()
    await parent.wait()

    await gone(child)
    assert started(tmp_path) == {child}

"""Our programs in processes of their own that start at once: they are forked from one that has everything loaded.

What a process is stays real: its number, signals, standard output and error, environment and exit code. What a cold
start loads, and in which order, is for tests that start the interpreter themselves.
"""

import asyncio
import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

PRELOADED = [
    "anyio._backends._asyncio",
    "ex_app.hosting",
    "h11",
    "httpcore",
    "openconnector.cli.commands",
    "openconnector.cli.demo",
    "openconnector.cli.processes",
    "openconnector.cli.runs",
    "openconnector.db.creating",
    "openconnector.db.migrate",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
]
"""What they load, and what that loads only when it is used."""

COMMAND_LINE = "openconnector.cli"


class Program:
    """A program under way, as `python -m` starts it; a real process, which can be killed like any other."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        environment: Mapping[str, str],
        folder: Path | None = None,
        out: Path | Connection,
        errors: Path | Connection | None = None,
    ) -> None:
        """Start it. What it prints is added to a file or goes into a pipe; errors go where ours go unless told."""
        self._process: ForkServerProcess = context().Process(
            target=_become,
            args=(module, arguments, dict(environment), folder or Path.cwd(), out, errors),
        )
        self._process.start()
        for place in (out, errors):
            if isinstance(place, Connection):
                place.close()  # so that the pipe ends when the process does

    @property
    def is_alive(self) -> bool:
        """Whether the process is still there."""
        return self._process.is_alive()

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal, if it is still there."""
        if self.is_alive:
            os.kill(self.pid, number)

    def kill(self) -> bool:
        """Send SIGKILL; return whether the process was still there."""
        is_alive = self.is_alive
        self._process.kill()
        return is_alive

    async def ended(self) -> int:
        """Return the exit code once the process has ended; a killed one has a negative one."""
        loop, has_ended = asyncio.get_running_loop(), asyncio.Event()
        # In a thread of its own `join` would lose the code: every start of a process looks after the others too.
        loop.add_reader(self._process.sentinel, has_ended.set)
        try:
            await has_ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode


@asynccontextmanager
async def running(program: Program) -> AsyncIterator[Program]:
    """Have a program run while the block does, at most; it ends as a service is ended."""
    try:
        yield program
        program.send(signal.SIGTERM)
        async with asyncio.timeout(30):
            await program.ended()
    finally:
        program.kill()


@asynccontextmanager
async def pipe() -> AsyncIterator[tuple[asyncio.StreamReader, Connection]]:
    """Give what a program prints while it runs, and where it is to print."""
    reader, writer = multiprocessing.Pipe(duplex=False)
    stream = asyncio.StreamReader()
    end = os.fdopen(os.dup(reader.fileno()), "rb", buffering=0)
    reader.close()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), end
    )
    try:
        yield stream, writer
    finally:
        transport.close()
        writer.close()


class Command(Program):
    """A command of `openconnector` under way."""

    def __init__(self, arguments: Sequence[str], storage: Path, **environment: str) -> None:
        self._out, self._errors = storage.with_suffix(".out"), storage.with_suffix(".errors")
        for file in (self._out, self._errors):
            file.unlink(missing_ok=True)
        super().__init__(
            *(COMMAND_LINE, *arguments),
            environment=os.environ | environment | {"APP_PERSISTENT_STORAGE": str(storage)},
            out=self._out,
            errors=self._errors,
        )

    async def wait(self) -> tuple[int, str]:
        """Return the exit code and standard output once the process has ended."""
        return await self.ended(), self._out.read_text()

    def told(self) -> str:
        """Return what it wrote to standard error so far."""
        return self._errors.read_text()


def context() -> ForkServerContext:
    """Return what starts processes that have our programs loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _become(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    out: Path | Connection,
    errors: Path | Connection | None,
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    tempfile.tempdir = None  # the environment says where
    _lead(1, out)
    if errors is not None:
        _lead(2, errors)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _lead(descriptor: int, place: Path | Connection) -> None:
    """Have a standard stream go there."""
    if isinstance(place, Path):
        opened = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, descriptor)
        os.close(opened)
    else:
        os.dup2(place.fileno(), descriptor)
        place.close()

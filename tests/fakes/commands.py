"""The command line in processes of its own that start at once: they are forked from one that has everything loaded."""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Sequence
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

PRELOADED = ["openconnector.cli.runs", "openconnector.engine", "openconnector.db.migrate"]


class Command:
    """One command under way; a real process, which can be killed like any other."""

    def __init__(self, arguments: Sequence[str], storage: Path) -> None:
        self._out = storage.with_suffix(".out")
        self._code = storage.with_suffix(".code")
        self._code.unlink(missing_ok=True)
        self._process: ForkServerProcess = _context().Process(
            target=_run, args=(list(arguments), str(storage), str(self._out), str(self._code))
        )
        self._process.start()

    @property
    def is_alive(self) -> bool:
        """Whether the process is still there."""
        return self._process.is_alive()

    def kill(self) -> bool:
        """Send SIGKILL; return whether the process was still there."""
        is_alive = self._process.is_alive()
        self._process.kill()
        return is_alive

    async def wait(self) -> tuple[int | None, str]:
        """Return the exit code and standard output once the process has ended."""
        await asyncio.to_thread(self._process.join)
        # Its own word counts: multiprocessing loses exit codes when processes are started while others are waited for.
        code = int(self._code.read_text()) if self._code.exists() else None
        return code, self._out.read_text()


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _run(arguments: list[str], storage: str, out: str, code: str) -> None:
    os.environ["APP_PERSISTENT_STORAGE"] = storage
    with Path(out).open("w") as standard_output:
        sys.stdout = standard_output
        sys.argv = ["openconnector", *arguments]
        from openconnector.cli import main  # noqa: PLC0415  reads its arguments when called

        try:
            main()
        except SystemExit as ended:
            Path(code).write_text(str(ended.code or 0))

"""One process at a time makes or migrates a SQLite file."""

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO


@asynccontextmanager
async def locked_file(file: Path) -> AsyncIterator[None]:
    """Hold the lock of a database file, waiting for whoever has it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = await asyncio.to_thread(_lock, Path(f"{file}.migrating"))
    try:
        yield
    finally:
        lock.close()


def _lock(path: Path) -> TextIO:
    lock = path.open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock

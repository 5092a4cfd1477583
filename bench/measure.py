"""Runs a command in a fresh process and says what it cost."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class WrongResult(Exception):
    """A contender did not do what was asked, so its speed means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one process with its children cost, and what it said."""

    wall_seconds: float
    cpu_seconds: float
    """User and system, of the process and all it waited for."""
    peak_mib: float
    """Resident memory of the largest process at its largest."""
    output: str


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Usage:
    """Run to the end. Raises `WrongResult` with what it said when it fails."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as complaints:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=out, stderr=complaints, env={**os.environ, **(environment or {})}
        )
        # Not `wait()`: the kernel's account of this very child, which `resource` gives only for all together.
        # Its peak memory begins with ours (a child starts as our image), so this process stays small.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - started
        if process.returncode != 0:
            complaints.seek(0)
            said = complaints.read().decode(errors="replace")[-3_000:]
            raise WrongResult(f"{' '.join(command)} ended with {process.returncode}: {said}")
        out.seek(0)
        return Usage(
            wall_seconds=wall,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_mib=usage.ru_maxrss / 1024,
            output=out.read().decode(),
        )

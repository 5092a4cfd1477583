"""Who holds a lease: a process that can be recognised as dead by others on the same machine."""

import os
import secrets
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PID_NAMESPACE = Path("/proc/self/ns/pid")

ENDED = ("Z", "X", "x")
"""States of a process that has ended while its parent has not taken notice yet (proc(5))."""


def machine() -> str:
    """Return what tells this boot of this machine (and this container) from every other."""
    try:
        namespace = PID_NAMESPACE.readlink()
        return f"{BOOT_ID.read_text().strip()}/{namespace}"
    except OSError:
        return f"unknown-{os.getpid()}-{secrets.token_hex(4)}"


def new_owner() -> str:
    """Return a name for this worker, unique for ever."""
    return f"{machine()}/{os.getpid()}/{_started(os.getpid())}/{secrets.token_hex(4)}"


def is_surely_dead(owner: str) -> bool:
    """Whether the process of this name ran here and runs no longer; in doubt it is taken for alive."""
    try:
        where, pid, started, _ = owner.rsplit("/", 3)
        return where == machine() and _started(int(pid)) != started
    except ValueError:
        return False


def _started(pid: int) -> str:
    """Return when the process started, as the kernel counts it, so that a reused number is told apart."""
    try:
        # The second field, the command, may hold blanks and parentheses; what follows the last one is regular.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "gone" if fields[0] in ENDED else fields[19]
    except (OSError, IndexError):
        return "gone"

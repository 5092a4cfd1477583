"""The port by which accounts of the host are told something."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to tell an account; the host finds the words, in the account's language."""

    id: str
    """Its own: a notice with an id that is there already is the same one."""
    kind: str
    """failed, approval (a run waits for one), works (again) or expires (something it needs)."""
    synchronization: str
    """What people call the synchronization."""
    reason: str
    """Why, in English, or as a `Message`; empty when all is well."""
    run_id: str
    """The run to look at."""


class Notifications(Protocol):
    """Tells accounts of the host something."""

    async def receivers(self, users: Sequence[str], groups: Sequence[str]) -> list[str]:
        """Return these accounts and the members of these groups; the administrators where none are named.

        Raises `TransientError` when the host cannot be asked now.
        """
        ...

    async def send(self, user: str, notice: Notice) -> None:
        """Tell an account. Raises `TransientError`, or any other error when it will never work."""
        ...

    async def was_sent(self, user: str, notice_id: str) -> bool:
        """Whether the account has this notice already, as far as the host knows."""
        ...

"""Accounts of a host that keep what they are told."""

from dataclasses import dataclass, field

from openconnector.errors import OpenConnectorError
from openconnector.notifications import Notice


@dataclass
class Inbox:
    """A host whose accounts keep what they are told."""

    admins: list[str] = field(default_factory=lambda: ["admin"])
    told: list[tuple[str, str, str]] = field(default_factory=list)
    """Account, kind and reason, in order."""
    ids: list[tuple[str, str]] = field(default_factory=list)
    failures: list[OpenConnectorError] = field(default_factory=list)
    """What the next attempts end with, instead of arriving."""
    is_cut: bool = False
    """The next one arrives, and the worker dies before it can say so."""

    async def receivers(self, users, groups):
        return [*users, *(f"member of {group}" for group in groups)] or self.admins

    async def send(self, user: str, notice: Notice) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.told.append((user, notice.kind, notice.reason))
        self.ids.append((user, notice.id))
        if self.is_cut:
            self.is_cut = False
            raise KeyboardInterrupt

    async def was_sent(self, user: str, notice_id: str) -> bool:
        return (user, notice_id) in self.ids

    @property
    def kinds(self) -> list[str]:
        return [kind for _, kind, _ in self.told]

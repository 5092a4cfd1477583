"""Where mapped records go."""

from collections.abc import Sequence
from typing import Any, ClassVar

from openconnector.kinds.base import Kind
from openconnector.kinds.reach import Reach
from openconnector.records import Change, Outcome, Record


class Target(Kind):
    """Writes batches of changes."""

    kind: str

    chooses_ids: ClassVar[bool] = False
    """Whether the target gives new objects their ids itself; otherwise the run derives them."""

    placed_by: ClassVar[tuple[str, ...]] = ()
    """The fields, as users write them, that say where objects go; none where there is but one place."""

    @property
    def through(self) -> str | None:
        """The source by which it writes, by id, slug or reference; None where it writes by itself."""
        return None

    async def place(self, reach: Reach) -> str:
        """Return what tells this target from another one, however it is spelled: contracts belong to it."""
        raise NotImplementedError

    def is_transactional(self, reach: Reach) -> bool:
        """Whether its writes can be part of our own database's transaction."""
        return False

    async def write(self, reach: Reach, changes: Sequence[Change]) -> list[Outcome]:
        """Carry out a batch; one outcome per change, in order.

        What concerns one record is an outcome; what would hit every record is raised: `TransientError` or `StopRun`.
        Repeating a batch is harmless: ids are derived or idempotency keys sent.
        """
        raise NotImplementedError

    async def object_schema(self, reach: Reach) -> dict[str, Any] | None:
        """Return the JSON Schema of what is written; None when the target has none, or does not tell."""
        return None

    async def check(self, reach: Reach, data: Record) -> list[str]:
        """Return what the target's schema says against a record; [] when it has none. Writes nothing."""
        return []

    def shows_current(self) -> bool:
        """Whether `current` can tell what the target holds: without it a dry run shows every field as new."""
        return False

    async def current(self, reach: Reach, target_id: str) -> Record | None:
        """Return what the target holds now, for the differences of a dry run; None when it cannot tell."""
        return None

    async def existing(self, reach: Reach, target_ids: Sequence[str]) -> set[str] | None:
        """Return which of the ids exist at the target; None when it cannot tell cheaply."""
        return None

    async def confirm_identity(self, reach: Reach) -> None:
        """Make sure the target knows who asks, before anything rests on absence."""

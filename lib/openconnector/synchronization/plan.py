"""Everything a run needs, fixed when it starts: loaded, narrowed, compiled."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from openconnector.definitions.models import SynchronizationDefinition
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.kinds.target import Target
from openconnector.records import Record

Mapped = Callable[[Record], Record]
"""Takes a record, gives the mapped one; raises `RecordError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One synchronization, ready to run."""

    synchronization_id: str
    definition: SynchronizationDefinition
    target_key: str
    """Under which its contracts belong to this target."""
    source: Source
    target: Target
    reach: Reach
    origin_id: Callable[[Record], str]
    """Reads a record's id at its source."""
    object_id: Callable[[str], str]
    """Gives the object of a record that never had one its id."""
    is_selected: Callable[[Record], bool] | None
    """The conditions; None takes every record."""
    apply: Mapped
    fingerprint: bytes
    """Of the mapping and its output schema: the same one makes the same object of the same record."""
    hash_apply: Mapped | None
    """The mapping whose result decides whether a record changed."""
    hash_fingerprint: bytes
    """Of that mapping."""
    revisions: dict[str, Any]
    """Revision ids of synchronization, source and mapping, as runs keep them."""
    is_personal: bool
    is_transactional: bool
    """The target's writes are part of our own transaction."""

    @property
    def synchronization_revision(self) -> int:
        """The revision of the synchronization that runs."""
        return int(self.revisions["synchronization"])

    @property
    def mapping_revision(self) -> int | None:
        """The revision of the mapping that runs, if there is one."""
        return self.revisions.get("mapping")

"""Values in flight: what passes between a source, a mapping, a target and a run."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

Record = dict[str, Any]
"""One JSON object as a source gives it."""

Cursor = dict[str, Any]
"""Where to read on from, as JSON; only the source that wrote it understands it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a source with a version of its own, such as a file: while that stands still, so do its records."""

    key: str
    """Which piece; the same in every read."""
    version: str
    """Another one whenever any of its records may be another."""
    note: Any = field(default=None, compare=False)
    """What the source wants to be told when it recalls the part, as JSON; nobody else looks at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one request to a source brought."""

    records: list[Any]
    """The records in the order of the source. What is no JSON object is kept, so that it is counted."""
    cursor: Cursor | None = None
    """Where the next page begins; None when no further page is known."""
    is_end: bool = False
    """The source proved that nothing follows. A read whose last page lacks this is incomplete."""
    digest: bytes | None = field(default=None, compare=False)
    """Of the bytes the records were read from: with the same source, the same bytes give the same records."""
    incomplete: str | None = None
    """Why reading stops here although more may follow (a page cap, for one)."""
    part: Part | None = None
    """The part all of these records are of."""
    begins_part: bool = True
    """Nothing of the part came before this page."""
    ends_part: bool = True
    """Nothing of the part comes after this page."""
    unchanged: tuple[Part, ...] = ()
    """Parts that were recalled in this read and are not read again: their records count as found. Such a page has no
    records of its own."""


class Action(StrEnum):
    """What a change does to its target."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Change(NamedTuple):
    """One intended write; a plain tuple, because a run makes one per record."""

    action: Action
    origin_id: str
    """The record's id at its source."""
    target_id: str | None
    """The id at the target: known, derived by us, or None when the target will choose it."""
    data: Record | None
    """The mapped record; None for a deletion."""
    key: str
    """Idempotency key: the same intended write always has the same one. Empty where the write is part of our own
    transaction, which needs none."""
    text: bytes | None = None
    """`data` as canonical JSON, where it has been written down already."""
    is_repeat: bool = False
    """An interrupted run may have sent it already: a target that chooses ids looks before it creates again."""


class Verdict(StrEnum):
    """What became of a change."""

    WRITTEN = "written"
    """The target acknowledged it."""
    UNCHANGED = "unchanged"
    """The target holds it already and wrote nothing."""
    INVALID = "invalid"
    """The target's schema or rules refuse the record."""
    FAILED = "failed"
    """The target could not take this record."""


class Outcome(NamedTuple):
    """What became of one change; a plain tuple like it."""

    verdict: Verdict
    target_id: str | None = None
    """The id at the target, once known."""
    writes: int = 0
    """Write requests the target acknowledged for this change; a bulk call counts at its first change."""
    reason: str | None = None
    """Why it was refused or failed, for people."""
    is_uncertain: bool = False
    """It failed, and the target may have acted all the same: the next attempt counts as a repetition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that a write changes."""

    path: str
    before: Any = field(default=None)
    after: Any = field(default=None)

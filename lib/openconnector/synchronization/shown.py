"""Runs as answers and the command line show them."""

from datetime import datetime
from typing import Any, Self

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from openconnector.db.rows import RunRow
from openconnector.kinds.explained import Explained
from openconnector.languages import retold


class Shown(Explained):
    """Base of what is shown: camelCase in JSON. We make it ourselves, so that a tuple may stand for a list."""

    model_config = ConfigDict(
        frozen=True,
        strict=False,
        alias_generator=to_camel,
        populate_by_name=True,
        from_attributes=True,
    )


class ShownBalance(Shown):
    """What became of the records: found = created + updated + unchanged + skipped + invalid + failed."""

    found: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    invalid: int
    failed: int
    deleted: int


class ShownContracts(Shown):
    """Contracts that stand for an object: before + created + restored = after + deleted."""

    before: int | None
    after: int | None
    """None until the run has ended."""


class ShownError(Shown):
    """Why a run stopped."""

    code: str
    """A stable name, for programs."""
    message: str


class ShownRun(Shown):
    """One execution of a synchronization."""

    id: str
    synchronization_id: str
    state: str
    """queued, running, waiting, needs_approval, succeeded, partial, failed or cancelled."""
    mode: str
    """run, dry_run or replay."""
    is_forced: bool
    balance: ShownBalance
    restored: int
    """Of the updated records, those whose object had been deleted or lost."""
    writes: int
    """Write requests the target acknowledged."""
    contracts: ShownContracts
    missing: int | None
    """Contracts whose object the target no longer has; null when the target cannot tell."""
    deletions_pending: int
    """Objects whose deletion waits for approval."""
    error: ShownError | None
    incomplete_reason: str | None
    """Why the read did not provably reach the end; null when it did."""
    pages: int
    """Pages committed so far."""
    revisions: dict[str, int | None]
    """Revision ids of the synchronization, its source and its mapping, fixed when the run starts."""
    parent_id: str | None
    """The run this one follows up or replays."""
    requested_by: str
    trigger: str
    """What started it: manual, command, schedule, webhook or follow_up."""
    attempts: int
    is_cancel_requested: bool
    queued: datetime
    started: datetime | None
    finished: datetime | None
    due: datetime | None
    """When a waiting run goes on."""
    timings: dict[str, float] = Field(default_factory=dict)
    """Seconds spent reading, mapping, writing and committing."""

    @classmethod
    def of(cls, row: RunRow) -> Self:
        """Return a row as it is shown."""
        same = {
            name: getattr(row, name)
            for name in cls.model_fields
            if name not in OWN and hasattr(row, name)
        }
        return cls(**same, **_own(row))


OWN = frozenset(
    {
        *("balance", "contracts", "error", "incomplete_reason"),
        *("queued", "started", "finished", "due", "cursor"),
    }
)
"""What a row holds under other names, in several columns, as sentences, or (its cursor) for itself alone."""


def _own(row: RunRow) -> dict[str, Any]:
    error = None
    if row.error_code is not None:
        error = ShownError(code=row.error_code, message=retold(row.error_message or ""))
    return {
        "balance": ShownBalance.model_validate(row),
        "contracts": ShownContracts(before=row.contracts_before, after=row.contracts_after),
        "error": error,
        "incomplete_reason": row.incomplete_reason and retold(row.incomplete_reason),
        "queued": row.queued_at,
        "started": row.started_at,
        "finished": row.finished_at,
        "due": row.due_at,
    }


def run_json(row: RunRow) -> dict[str, Any]:
    """Return a run as JSON, the same for the API and the command line."""
    return ShownRun.of(row).model_dump(mode="json", by_alias=True)

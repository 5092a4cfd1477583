"""What a run deletes, object by object, and why it asks before it does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from openconnector.db import contracts, definitions, objects, runs
from openconnector.db.contracts import Known
from openconnector.db.rows import RunRow, SourceRow, SynchronizationRow
from openconnector.db.session import Session
from openconnector.definitions.models import DeletionPolicy
from openconnector.synchronization.seen import Seen

LOOKED_UP = 900
"""Contracts looked up at once: a database takes only so many values in one query."""

NAMING = ("name", "title", "displayName", "displayname", "label", "naam", "titel")
"""Properties by which people know an object, the surest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Why a run asks before it deletes."""

    pending: int
    """Objects that would be deleted."""
    before: int
    """Objects there were when the run began."""
    allowed: int
    """How many of them may go without asking, as the synchronization stands now."""
    is_empty: bool
    """The source had no record at all, which is never taken on trust."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """An object that a run deleted or wants to delete."""

    number: int
    """Counts the contracts of the synchronization; the list goes on after it."""
    origin_id: str
    target_id: str | None
    name: str | None
    """What the object calls itself; None where it is not in our own store, or about a person."""


async def guard(session: Session, row: RunRow) -> Guard | None:
    """Return why a run asks; None when it does not."""
    if row.state != "needs_approval":
        return None
    synchronization = await definitions.get(session, SynchronizationRow, row.synchronization_id)
    policy = DeletionPolicy.model_validate(synchronization.definition.get("deletion", {}))
    before = row.contracts_before or 0
    return Guard(
        pending=row.deletions_pending,
        before=before,
        allowed=policy.limit(before),
        is_empty=row.found == 0,
    )


async def doomed(session: Session, row: RunRow, *, after: int, limit: int) -> list[Doomed]:
    """Return what a run wants to delete while it waits for approval, and afterwards what it deleted.

    A dry run, which deletes nothing, tells this among its changes.
    """
    if row.target is None or row.mode == "dry_run":
        return []
    if row.state == "needs_approval":
        found = await _unseen(session, row, row.target, after, limit)
    else:
        found = await contracts.deleted_by(
            session, row.synchronization_id, row.target, row.id, after=after, limit=limit
        )
    names = await _names(session, row.synchronization_id, found)
    return [
        Doomed(
            number=contract.ordinal,
            origin_id=contract.origin_id,
            target_id=contract.target_id,
            name=names.get(contract.target_id or ""),
        )
        for contract in found
    ]


async def _unseen(
    session: Session, row: RunRow, target: str, after: int, limit: int
) -> list[Known]:
    seen = Seen()
    for packed in await runs.seen(session, row.id):
        seen.load(packed)
    end = await contracts.next_ordinal(session, row.synchronization_id, target)
    missing = seen.missing(after + 1, end)
    found: list[Known] = []
    while len(found) < limit and (some := list(islice(missing, LOOKED_UP))):
        found += await contracts.active_at(session, row.synchronization_id, target, some)
    return found[:limit]


async def _names(
    session: Session, synchronization_id: str, found: Sequence[Known]
) -> dict[str, str]:
    ids = [contract.target_id for contract in found if contract.target_id is not None]
    if not ids or await is_personal(session, synchronization_id):
        return {}
    held = await objects.data_of(session, ids)
    return {id_: name for id_, data in held.items() if (name := named(data)) is not None}


async def is_personal(session: Session, synchronization_id: str) -> bool:
    """Whether a synchronization's records are about people; taken for certain when its source is gone."""
    synchronization = await definitions.get(session, SynchronizationRow, synchronization_id)
    key = synchronization.definition["sourceId"]
    source = await definitions.find(session, SourceRow, key)
    return source is None or bool(source.definition.get("personal", False))


def named(data: dict[str, Any]) -> str | None:
    """Return what an object calls itself, if anything."""
    values: Iterable[Any] = (data.get(name) for name in NAMING)
    return next((value for value in values if isinstance(value, str) and value), None)

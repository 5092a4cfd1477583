"""Select and compare: what has to be written of one page, and what has not. Pure, and on every record's path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from openconnector.db.contracts import Known
from openconnector.errors import RecordError
from openconnector.records import Action, Change, Record
from openconnector.synchronization.balance import Balance
from openconnector.synchronization.hashing import HASH_VERSION, canonical, digest, digest_of
from openconnector.synchronization.identity import write_key
from openconnector.synchronization.plan import Plan
from openconnector.synchronization.seen import Seen


class Pending(NamedTuple):
    """A change to be written, with what its contract will hold afterwards; a plain tuple, one per record."""

    change: Change
    record: Record
    known: Known | None
    origin_hash: bytes
    mapped_hash: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that could not be handled, and why."""

    record: Any
    origin_id: str | None
    verdict: str
    stage: str
    reason: str
    field: str | None = None


@dataclass(slots=True)
class Sorted:
    """One page, sorted by what has to be done."""

    balance: Balance = field(default_factory=Balance)
    pending: list[Pending] = field(default_factory=list)
    refreshed: list[tuple[Known, bytes, bytes]] = field(default_factory=list)
    """Contract, new origin hash, new mapped hash: the record changed, its object does not."""
    failures: list[Failure] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    """Ordinals of the contracts this page touched."""
    recalled: bytes | None = None
    """The packed ordinals of a page that was known as a whole; nothing else here is filled then."""
    duplicates: list[str] = field(default_factory=list)
    replayed: list[str] = field(default_factory=list)
    """Ids of every selected record, when failed records are replayed."""
    unidentified: int = 0
    """Records without an id: what they stand for is unknown, so nothing may be deleted after them."""


Selected = list[tuple[str, Record]]


def select(plan: Plan, records: Sequence[Any], page: Sorted) -> Selected:
    """Return the records that take part with their ids; the others are counted in ``page``."""
    page.balance.found += len(records)
    selected: Selected = []
    chosen: set[str] = set()
    for record in records:
        try:
            if plan.is_selected is not None and not plan.is_selected(_object(record)):
                page.balance.skipped += 1
                continue
            origin_id = plan.origin_id(_object(record))
        except RecordError as error:
            page.unidentified += 1
            _fail(page, Failure(record, None, "invalid", error.stage, str(error), error.field))
            continue
        if origin_id in chosen:
            _duplicate(plan, page, origin_id, record)
        else:
            chosen.add(origin_id)
            selected.append((origin_id, record))
    return selected


def _object(record: Any) -> Record:
    if type(record) is dict:
        return record
    raise RecordError("The record is no JSON object", stage="select")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Holds selected records against what is known of them."""

    plan: Plan
    seen: Seen
    """What earlier pages of this read came across; this page is added."""
    is_forced: bool
    page: Sorted
    is_repeating: bool = False
    """What came before is no duplicate: a thing that changed is read again when it was interrupted."""

    def sort(self, selected: Selected, known: Mapping[str, Known]) -> None:
        """Sort the selected records into unchanged ones, refreshed contracts, changes and failures."""
        page, seen, hash_apply = self.page, self.seen, self.plan.hash_apply
        for origin_id, record in selected:
            contract = known.get(origin_id)
            if contract is not None:
                if not seen.add(contract.ordinal):
                    self._again(origin_id, record)
                    continue
                page.seen.append(contract.ordinal)
            try:
                origin_hash = digest(record if hash_apply is None else hash_apply(record))
                if contract is not None and self._is_unchanged(contract, origin_hash):
                    page.balance.unchanged += 1
                else:
                    self._map(origin_id, record, contract, origin_hash)
            except RecordError as error:
                stage, reason = error.stage, str(error)
                verdict = "invalid" if stage == "validate" else "failed"
                _fail(page, Failure(record, origin_id, verdict, stage, reason, error.field))

    def _again(self, origin_id: str, record: Record) -> None:
        if self.is_repeating:
            self.page.balance.found -= 1
        else:
            _duplicate(self.plan, self.page, origin_id, record)

    def _is_unchanged(self, contract: Known, origin_hash: bytes) -> bool:
        return (
            contract.origin_hash == origin_hash
            and contract.fingerprint == self.plan.fingerprint
            and contract.hash_version == HASH_VERSION
            and contract.state == "active"
            and not self.is_forced
        )

    def _is_same_object(self, contract: Known, mapped_hash: bytes) -> bool:
        return (
            contract.mapped_hash == mapped_hash
            and contract.hash_version == HASH_VERSION
            and not self.is_forced
        )

    def _map(
        self, origin_id: str, record: Record, contract: Known | None, origin_hash: bytes
    ) -> None:
        plan = self.plan
        mapped = plan.apply(record)
        if type(mapped) is not dict:
            raise RecordError("The mapping gives no object", stage="map")
        text = canonical(mapped)
        mapped_hash = digest_of(text)
        is_there = contract is not None and contract.state == "active"
        if contract is not None and is_there and self._is_same_object(contract, mapped_hash):
            self.page.balance.unchanged += 1
            self.page.refreshed.append((contract, origin_hash, mapped_hash))
            return
        action = Action.UPDATE if is_there else Action.CREATE
        target_id = _object_id(plan, contract, origin_id, is_there=is_there)
        key = "" if plan.is_transactional else self._key(origin_id, action, mapped_hash)
        change = Change(action, origin_id, target_id, mapped, key, text)
        self.page.pending.append(Pending(change, record, contract, origin_hash, mapped_hash))

    def _key(self, origin_id: str, action: Action, mapped_hash: bytes) -> str:
        plan = self.plan
        return write_key(plan.synchronization_id, plan.target_key, origin_id, action, mapped_hash)


def _object_id(plan: Plan, contract: Known | None, origin_id: str, *, is_there: bool) -> str | None:
    if contract is not None and is_there:
        return contract.target_id
    if plan.target.chooses_ids:
        return None
    if contract is not None and contract.target_id:
        return contract.target_id
    return plan.object_id(origin_id)


def _duplicate(plan: Plan, page: Sorted, origin_id: str, record: Any) -> None:
    page.duplicates.append(origin_id)
    if plan.definition.duplicates == "skip":
        page.balance.skipped += 1
        return
    reason = "An earlier record of this read has the same id"
    _fail(page, Failure(record, origin_id, "failed", "select", reason, None))


def _fail(page: Sorted, failure: Failure) -> None:
    page.failures.append(failure)
    if failure.verdict == "invalid":
        page.balance.invalid += 1
    else:
        page.balance.failed += 1

"""What the target's outcomes make of a page: contracts to keep, records that failed, the balance."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from openconnector.db.contracts import Making, Written
from openconnector.records import Action, Outcome, Verdict
from openconnector.synchronization.compare import Failure, Pending, Sorted
from openconnector.synchronization.hashing import HASH_VERSION
from openconnector.synchronization.plan import Plan


class Settling:
    """Turns outcomes into contracts; it counts new contracts on from ``ordinal``."""

    def __init__(self, plan: Plan, run_id: str, ordinal: int) -> None:
        self._plan = plan
        self._run_id = run_id
        self.ordinal = ordinal
        """The ordinal of the next new contract."""

    def making(self, now: datetime) -> Making:
        """Return what the contracts of a page that is written now have in common."""
        plan = self._plan
        return Making(
            plan.synchronization_id,
            plan.target_key,
            "active",
            HASH_VERSION,
            plan.fingerprint,
            plan.synchronization_revision,
            plan.mapping_revision,
            self._run_id,
            now,
            now,
        )

    def settle(self, page: Sorted, outcomes: Sequence[Outcome]) -> list[Written]:
        """Return the contracts to write; failures, ordinals and counts are added to ``page``."""
        contracts = []
        for pending, outcome in zip(page.pending, outcomes, strict=True):
            page.balance.writes += outcome.writes
            if outcome.verdict in (Verdict.WRITTEN, Verdict.UNCHANGED):
                contracts.append(self._written(page, pending, outcome))
            else:
                self._refused(page, pending, outcome)
        return contracts

    def _written(self, page: Sorted, pending: Pending, outcome: Outcome) -> Written:
        known = pending.known
        if known is None:
            ordinal, self.ordinal = self.ordinal, self.ordinal + 1
            page.seen.append(ordinal)
            page.balance.created += 1
        else:
            ordinal = known.ordinal
            page.balance.updated += 1
            page.balance.restored += pending.change.action is Action.CREATE
        change, _, _, origin_hash, mapped_hash = pending
        target_id = outcome.target_id or change.target_id
        return Written(change.origin_id, ordinal, target_id, origin_hash, mapped_hash)

    def _refused(self, page: Sorted, pending: Pending, outcome: Outcome) -> None:
        verdict = "invalid" if outcome.verdict is Verdict.INVALID else "failed"
        stage = "validate" if verdict == "invalid" else "write"
        page.failures.append(
            Failure(
                pending.record,
                pending.change.origin_id,
                verdict,
                stage,
                outcome.reason or "The target refused the record without saying why",
            )
        )
        if verdict == "invalid":
            page.balance.invalid += 1
        else:
            page.balance.failed += 1


def refreshed(plan: Plan, page: Sorted) -> list[tuple[Any, ...]]:
    """Return what `contracts.refresh` takes for records that changed without changing their objects."""
    return [
        (
            origin_hash,
            mapped_hash,
            HASH_VERSION,
            plan.fingerprint,
            plan.mapping_revision,
            plan.synchronization_id,
            plan.target_key,
            known.origin_id,
        )
        for known, origin_hash, mapped_hash in page.refreshed
    ]

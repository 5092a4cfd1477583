"""How records are kept for later eyes: sealed when they are about people."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import orjson

from openconnector.crypto import KeyRing
from openconnector.db.rows import FailedRecordRow, IntentRow, RunChangeRow
from openconnector.records import Change, Difference
from openconnector.synchronization.compare import Failure, Pending
from openconnector.synchronization.plan import Plan

SEALED = "Sealed with the record, because it may quote data about a person"
"""What stands where the reason of a failure would, for records of personal sources."""


class Keeper:
    """Writes records into rows and reads them back; personal ones are sealed with the key outside the database."""

    def __init__(self, keys: KeyRing, run_id: str, *, is_personal: bool) -> None:
        self._keys = keys
        self._run_id = run_id
        self._is_personal = is_personal

    def failed(
        self, plan: Plan, failures: Iterable[Failure], first: int, now: Any
    ) -> list[dict[str, Any]]:
        """Return rows of failed records, numbered from ``first``."""
        return [
            {
                "run_id": self._run_id,
                "number": number,
                "synchronization_id": plan.synchronization_id,
                "origin_id": failure.origin_id,
                "verdict": failure.verdict,
                "stage": failure.stage,
                "field": failure.field,
                "reason": told(failure.reason, is_personal=self._is_personal),
                "payload": self._kept(self._with_reason(failure)),
                "is_sealed": self._is_personal,
                "synchronization_revision_id": plan.synchronization_revision,
                "mapping_revision_id": plan.mapping_revision,
                "state": "open",
                "created_at": now,
            }
            for number, failure in enumerate(failures, first)
        ]

    def intents(
        self, plan: Plan, pending: Iterable[Pending], ordinal: int, now: Any
    ) -> list[dict[str, Any]]:
        """Return rows of writes that are about to be sent."""
        return [
            {
                "synchronization_id": plan.synchronization_id,
                "target": plan.target_key,
                "origin_id": one.change.origin_id,
                "run_id": self._run_id,
                "action": one.change.action,
                "target_id": one.change.target_id,
                "key": one.change.key,
                "ordinal": ordinal + place,
                "payload": self._kept(one.change.data),
                "is_sealed": self._is_personal,
                "origin_hash": one.origin_hash,
                "mapped_hash": one.mapped_hash,
                "created_at": now,
            }
            for place, one in enumerate(pending)
        ]

    def change(self, number: int, change: Change, found: list[Difference]) -> dict[str, Any]:
        """Return the row of what a dry run would write."""
        return {
            "run_id": self._run_id,
            "number": number,
            "action": change.action,
            "origin_id": change.origin_id,
            "target_id": change.target_id,
            "differences": self._kept([asdict(difference) for difference in found]),
            "is_sealed": self._is_personal,
        }

    def _with_reason(self, failure: Failure) -> Any:
        if not self._is_personal:
            return failure.record
        return {"record": failure.record, "reason": failure.reason}

    def _kept(self, value: Any) -> bytes:
        text = _text(value)
        return self._keys.seal(text, self._run_id) if self._is_personal else text


def told(reason: str, *, is_personal: bool) -> str:
    """Return a reason as logs and columns may hold it: one about a personal record may quote its values."""
    return SEALED if is_personal else reason


def opened(keys: KeyRing, row: FailedRecordRow | RunChangeRow) -> Any:
    """Return what a row keeps: a failed record, or a dry run's differences."""
    kept = row.payload if isinstance(row, FailedRecordRow) else row.differences
    value = _value(keys.open(kept, row.run_id) if row.is_sealed else kept)
    return value["record"] if row.is_sealed and isinstance(row, FailedRecordRow) else value


def reason_of(keys: KeyRing, row: FailedRecordRow) -> str:
    """Return why a record failed, also where the row itself does not say it."""
    if not row.is_sealed:
        return row.reason
    return str(_value(keys.open(row.payload, row.run_id))["reason"])


def opened_intent(keys: KeyRing, row: IntentRow) -> Any:
    """Return the mapped record an intent was about to write."""
    return _value(keys.open(row.payload, row.run_id) if row.is_sealed else row.payload)


def _text(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        # What is no proper JSON (an integer beyond 64 bits, half a surrogate pair) is kept all the same.
        return json.dumps(value).encode()


def _value(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)

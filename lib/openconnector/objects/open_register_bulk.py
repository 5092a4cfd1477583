"""Whether and how a place of Open Register takes bulk writes.

No answer to a bulk call is believed: v1.0.0 refuses each, patched it stores rows without their values, v0.2.14 calls
changed rows unchanged and unchanged ones saved, and other builds say `success` with rows missing (issue 2778). What was
written is read back instead. Bulk also leaves objects deleted that it writes, checks no schema and loses properties
named like its own columns; all of it shows when the rows are read back, and such rows are then written one by one.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from openconnector.ports import Clock, Log, Place, Stored, StoredObject

MAX_ROWS = 500
MAX_BYTES = 2 * 1024 * 1024
TRIAL_ROWS = 5
"""Rows of the first bulk call to a place: more than one, since a deleted one among them proves nothing."""
WORTH_ROWS = 20
"""From so many rows on a bulk call and reading back are cheaper than single calls."""
ABANDONED_FOR = timedelta(hours=24)


class BulkTrials:
    """Which places take bulk writes, learned by trying; kept as long as the store."""

    def __init__(self, clock: Clock, log: Log) -> None:
        self._clock = clock
        self._log = log
        self._proven: set[Place] = set()
        self._abandoned_until: dict[Place, datetime] = {}

    def rows_at_once(self, place: Place, waiting: int) -> int:
        """Return how many of the ``waiting`` rows the next bulk call may hold; 0 for none at all."""
        until = self._abandoned_until.get(place)
        if until and self._clock.now() < until:
            return 0
        if place in self._proven:
            return MAX_ROWS
        return TRIAL_ROWS if waiting >= WORTH_ROWS else 0

    def judge(self, place: Place, sent: int, kept: int) -> None:
        """Learn from a call of which ``kept`` of the ``sent`` rows could be read back."""
        if not kept:
            self.abandon(place, "it did not keep what was sent")
            return
        self._proven.add(place)
        if kept < sent:
            self._log.warning(
                "open_register_bulk_incomplete",
                register=place.register,
                schema=place.schema,
                sent=sent,
                kept=kept,
            )

    def abandon(self, place: Place, reason: str) -> None:
        """Use no bulk call on this place for a day."""
        self._proven.discard(place)
        self._abandoned_until[place] = self._clock.now() + ABANDONED_FOR
        self._log.warning(
            "open_register_bulk_abandoned",
            register=place.register,
            schema=place.schema,
            reason=reason,
        )


def bulk_rows(
    properties: Iterable[str], objects: Sequence[Stored], limit: int
) -> list[dict[str, Any]]:
    """Return the first objects as rows of one call, at least one and at most ``limit``, within 2 MiB.

    Each row has every column: a column that any row has becomes null in the rows that lack it.
    """
    chosen = objects[:limit]
    columns = dict.fromkeys([*properties, *(name for one in chosen for name in one.data)])
    rows: list[dict[str, Any]] = []
    size = 0
    for one in chosen:
        row = dict.fromkeys(columns) | one.data | {"id": one.id}
        size += len(orjson.dumps(row))
        if rows and size > MAX_BYTES:
            break
        rows.append(row)
    return rows


def is_kept(properties: Iterable[str], sent: Stored, found: StoredObject | None) -> bool:
    """Return whether what was read back holds what was sent, as far as the schema knows its properties."""
    return found is not None and all(
        sent.data.get(name) == found.data.get(name) for name in properties
    )

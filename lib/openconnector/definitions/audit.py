"""The audit trail: who changed what and when, each entry chained to the one before, the end sealed with the key.

An entry that is changed, removed or moved breaks the chain. An end that is cut off is missed by the sealed head, from
which the next entry goes on. What was true of an installation that was replaced as a whole, database and head, only
an end noted elsewhere can tell: every export ends with one.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC
from typing import Any

import orjson

from openconnector.crypto import KeyRing
from openconnector.db import audit as rows
from openconnector.db.database import Database
from openconnector.db.installation_rows import AuditHeadRow, AuditRow
from openconnector.db.sealed import AUDIT_HEAD_BINDING
from openconnector.db.session import Session
from openconnector.errors import ConfigurationError
from openconnector.ports import Clock

START = bytes(32)
"""What the first entry is chained to."""

BATCH = 1_000
"""How many entries are read at once."""

MAX_FINDINGS = 50
NUMBER_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody did. It holds no secret: names of fields, never values."""

    who: str
    action: str
    """create, update, delete, or a word of its own."""
    subject: str
    """What kind of thing, for example `source`."""
    subject_id: str
    name: str = ""
    """What people call the thing."""
    revision: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Where a trail ends, or ended once."""

    number: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it was written."""

    number: int
    """The entry where it shows."""
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What became of following the whole chain."""

    entries: int
    end: End
    """Of the entries that are there; worth noting elsewhere."""
    findings: list[Finding]
    """At most `MAX_FINDINGS`; [] when everything is as it was written."""

    def told(self) -> dict[str, Any]:
        """Return it as answers and the command line show it."""
        return {
            "isIntact": not self.findings,
            "entries": self.entries,
            "end": {"number": self.end.number, "digest": self.end.digest.hex()},
            "findings": [asdict(finding) for finding in self.findings],
        }


class Audit:
    """Writes the trail. `note` works in the transaction of the change itself."""

    def __init__(self, keys: KeyRing, clock: Clock, *, batch: int = BATCH) -> None:
        self._keys = keys
        self._clock = clock
        self._batch = batch

    async def note(self, session: Session, change: Change) -> None:
        """Append an entry: it is there if and only if the change is."""
        head = await rows.head(session)
        end = self._end(head)
        details = dict(change.details)
        if end is None:
            newest = await rows.last(session)
            end = _end_of(newest)
            if head is None or head.sealed or newest is not None:
                details["headLost"] = True
        row = AuditRow(
            number=end.number + 1,
            at=self._clock.now(),
            who=change.who,
            action=change.action,
            subject=change.subject,
            subject_id=change.subject_id,
            name=change.name,
            revision=change.revision,
            details=details,
        )
        row.digest = chained(end.digest, row)
        await rows.append(session, row, head, self._sealed(row))

    async def examine(self, database: Database, noted: End | None = None) -> Examination:
        """Follow the chain from its first entry to the sealed head; ``noted`` is an end known from elsewhere."""
        found = _Follower(noted)
        async with database.reading() as session:
            sealed = await rows.sealed_head(session)
            while batch := await rows.after(session, found.read_to, limit=self._batch):
                for row in batch:
                    found.take(row)
                session.expunge_all()
            is_used = found.entries > 0 or await rows.has_revisions(session)
        found.close(self._opened(sealed), is_sealed=bool(sealed), is_used=is_used)
        return Examination(
            entries=found.entries,
            end=End(number=found.read_to, digest=found.digest),
            findings=found.findings[:MAX_FINDINGS],
        )

    def _sealed(self, row: AuditRow) -> bytes:
        return self._keys.seal(
            row.number.to_bytes(NUMBER_BYTES, "big") + row.digest, AUDIT_HEAD_BINDING
        )

    def _end(self, head: AuditHeadRow | None) -> End | None:
        return self._opened(None if head is None else head.sealed)

    def _opened(self, sealed: bytes | None) -> End | None:
        if not sealed:
            return None
        try:
            opened = self._keys.open(sealed, AUDIT_HEAD_BINDING)
        except ConfigurationError:
            return None  # its key is lost, or somebody changed it: the next entry says so
        return End(
            number=int.from_bytes(opened[:NUMBER_BYTES], "big"), digest=opened[NUMBER_BYTES:]
        )


async def every(
    database: Database, after: int = 0, *, batch: int = BATCH
) -> AsyncIterator[AuditRow]:
    """Yield the entries after a number in their order, a batch at a time."""
    while True:
        async with database.reading() as session:
            found = await rows.after(session, after, limit=batch)
        if not found:
            return
        for row in found:
            yield row
        after = found[-1].number


def shown(row: AuditRow) -> dict[str, Any]:
    """Return an entry as answers and exports show it."""
    return _told(row) | {"digest": row.digest.hex()}


def _told(row: AuditRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "at": row.at.astimezone(UTC),
        "who": row.who,
        "action": row.action,
        "subject": row.subject,
        "subjectId": row.subject_id,
        "name": row.name,
        "revision": row.revision,
        "details": row.details,
    }


def chained(previous: bytes, row: AuditRow) -> bytes:
    """Return the digest of an entry that follows one with the digest ``previous``."""
    told = _told(row)
    return hashlib.sha256(previous + orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).digest()


def _end_of(row: AuditRow | None) -> End:
    return End(number=0, digest=START) if row is None else End(number=row.number, digest=row.digest)


class _Follower:
    """Follows the chain and notes where it breaks."""

    def __init__(self, noted: End | None) -> None:
        self.entries = 0
        self.read_to = 0
        self.digest = START
        self.findings: list[Finding] = []
        self._noted = noted
        self._has_met = noted is None

    def take(self, row: AuditRow) -> None:
        expected = self.read_to + 1
        if row.number != expected:
            last = row.number - 1
            gap = (
                f"entry {expected} is" if last == expected else f"entries {expected} to {last} are"
            )
            self._find(row.number, f"{gap} missing")
        elif chained(self.digest, row) != row.digest:
            self._find(row.number, "was changed, or is not the entry that was written here")
        if row.details.get("headLost"):
            self._find(row.number, "was written when the sealed end before it was lost")
        if self._noted is not None and row.number == self._noted.number:
            self._has_met = True
            if row.digest != self._noted.digest:
                self._find(row.number, "is another entry than the one that was noted elsewhere")
        self.entries += 1
        self.read_to, self.digest = row.number, row.digest

    def close(self, end: End | None, *, is_sealed: bool, is_used: bool) -> None:
        """Hold the last entry against the sealed head."""
        if end is None and is_sealed:
            self._find(self.read_to, "the sealed end does not open: changed, or its key is lost")
        elif end is None and is_used:
            self._find(self.read_to, "the sealed end is missing")
        elif end is not None and end.number > self.read_to:
            self._find(self.read_to, f"the entries after it are missing; the last was {end.number}")
        elif end is not None and end.digest != self.digest:
            self._find(self.read_to, "is not the entry the trail was sealed with")
        if not self._has_met and self._noted is not None:
            self._find(self._noted.number, "was noted elsewhere and is not there")

    def _find(self, number: int, message: str) -> None:
        self.findings.append(Finding(number=number, message=message))

"""A database in which every column that may be sealed is, as far as the engine seals it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from openconnector.crypto import KeyRing
from openconnector.db.database import Database
from openconnector.db.draft_rows import DraftRow
from openconnector.db.installation_rows import AuditHeadRow
from openconnector.db.memo_rows import PartMemoRow
from openconnector.db.rows import FailedRecordRow, IntentRow, RunChangeRow, RunRow, SecretRow
from openconnector.db.sealed import (
    AUDIT_HEAD_BINDING,
    SEALED_COLUMNS,
    SealedColumn,
    SealedValue,
    cursor_binding,
    draft_binding,
    part_binding,
    sealed_json,
    secret_binding,
)
from tests.fakes.synchronizing import Synchronizing

NOW = datetime(2026, 1, 2, tzinfo=UTC)
TRAIL_END = b"the end"
PLAIN = b'{"open": "to all"}'


@dataclass
class SealedEverywhere:
    """Some rows of every kind, and what they hold when opened."""

    database: Database
    ring: KeyRing
    expected: list[bytes] = field(default_factory=list)

    async def fill(self, count: int = 3) -> None:
        """Store so many rows of each kind, and one beside them that nobody sealed."""
        sync = Synchronizing(self.database)
        await sync.save()
        run_id = await sync.queue("dry_run")
        rows = [
            *self._secrets(count),
            *self._records(sync.id, run_id, count),
            *self._parts(sync.id, run_id, count),
            *self._drafts(count),
        ]
        async with self.database.writing() as session:
            session.add_all(rows)
            run = await session.get(RunRow, run_id)
            assert run is not None
            run.cursor = sealed_json(self._sealed(b'{"page": 7}', cursor_binding(run_id)))
            head = await session.get(AuditHeadRow, 1)
            assert head is not None
            head.sealed = self._sealed(TRAIL_END, AUDIT_HEAD_BINDING)

    def _secrets(self, count: int) -> Iterator[SecretRow]:
        for number in range(count):
            place = ("source", f"s{number}", "/configuration/auth/token")
            yield SecretRow(
                collection=place[0],
                entity_id=place[1],
                field=place[2],
                sealed=self._sealed(f"token {number}".encode(), secret_binding(*place)),
                changed_at=NOW,
            )

    def _records(
        self, synchronization_id: str, run_id: str, count: int
    ) -> Iterator[RunChangeRow | FailedRecordRow | IntentRow]:
        for number in range(count + 1):
            is_sealed = number < count
            kept = [
                self._sealed(f"{kind} {number}".encode(), run_id) if is_sealed else PLAIN
                for kind in ("change", "failed", "intent")
            ]
            yield RunChangeRow(
                run_id=run_id,
                number=number,
                action="create",
                origin_id=str(number),
                differences=kept[0],
                is_sealed=is_sealed,
            )
            yield FailedRecordRow(
                run_id=run_id,
                number=number,
                synchronization_id=synchronization_id,
                origin_id=str(number),
                verdict="failed",
                stage="map",
                reason="why",
                payload=kept[1],
                is_sealed=is_sealed,
                synchronization_revision_id=1,
                state="open",
                created_at=NOW,
            )
            yield IntentRow(
                synchronization_id=synchronization_id,
                target="main",
                origin_id=str(number),
                run_id=run_id,
                action="create",
                key=str(number),
                ordinal=number,
                payload=kept[2],
                is_sealed=is_sealed,
                origin_hash=b"o",
                mapped_hash=b"m",
                created_at=NOW,
            )

    def _sealed(self, value: bytes, binding: str) -> bytes:
        self.expected.append(value)
        return self.ring.seal(value, binding)

    def _parts(self, synchronization_id: str, run_id: str, count: int) -> Iterator[PartMemoRow]:
        for number in range(count):
            key = f"{number:032}"
            yield PartMemoRow(
                synchronization_id=synchronization_id,
                target="main",
                key=key,
                digest=b"d",
                run_id=run_id,
                found=0,
                skipped=0,
                seen=b"",
                note=self._sealed(f"note {number}".encode(), part_binding(synchronization_id, key)),
            )

    def _drafts(self, count: int) -> Iterator[DraftRow]:
        for number in range(count):
            owner = f"account {number}"
            sealed = self._sealed(f"draft {number}".encode(), draft_binding(owner))
            yield DraftRow(owner=owner, sealed=sealed, updated_at=NOW)

    async def opened(self, ring: KeyRing) -> list[bytes]:
        """Return everything that is sealed, opened with these keys, sorted. Raises like `KeyRing.open`."""
        values = [value async for _, value in each_sealed(self.database)]
        return sorted(ring.open(value.sealed, value.binding) for value in values)


async def each_sealed(database: Database) -> AsyncIterator[tuple[SealedColumn, SealedValue]]:
    """Give every sealed value with its column."""
    async with database.reading() as session:
        for column in SEALED_COLUMNS:
            for value in await column.after(session, limit=1_000_000):
                yield column, value

"""Runs over fakes and a real database: what the tests of the run are written with."""

from typing import Any
from uuid import uuid4

from openconnector.crypto import KeyRing
from openconnector.db import contracts, failures, runs
from openconnector.db.database import Database
from openconnector.db.rows import ContractRow, FailedRecordRow, RunRow, SynchronizationRow
from openconnector.definitions.models import SynchronizationDefinition
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.synchronization.identity import origin_id_reader, target_ids, target_key
from openconnector.synchronization.plan import Plan
from openconnector.synchronization.progress import LEASE, Context, Progress
from openconnector.synchronization.run import OnEnd, Run
from openconnector.testing import FakeClock, FakeLog
from tests.fakes.memory import MemorySource, MemoryTarget, Shelf


class Synchronizing:
    """One synchronization over a memory source and a memory target."""

    def __init__(self, database: Database, target_kind: type[MemoryTarget] = MemoryTarget) -> None:
        self.database = database
        self.clock = FakeClock()
        self.keys = KeyRing({b"test": bytes(32)}, b"test")
        self.context = Context(database=database, keys=self.keys, clock=self.clock)
        self.id = str(uuid4())
        self.shelf = Shelf()
        self.target = target_kind(shelf=self.shelf)
        self.options: dict[str, Any] = {}
        self.apply: Any = lambda record: {"name": record.get("name")}
        self.fingerprint = b"mapping1"
        self.is_selected: Any = None
        self.revision = 1
        """Of the synchronization; a test that changes its conditions counts it up, as saving them would."""
        self.is_personal = False
        self.on_success: OnEnd | None = None

    async def save(self) -> None:
        """Store the synchronization, so that runs can refer to it."""
        now = self.clock.now()
        async with self.database.writing() as session:
            session.add(
                SynchronizationRow(
                    id=self.id,
                    slug=self.id,
                    name="s",
                    owner="t",
                    created_by="t",
                    updated_by="t",
                    created_at=now,
                    updated_at=now,
                    revision_id=1,
                    definition={},
                )
            )

    def plan(self, source: Source) -> Plan:
        """Return a plan over this source."""
        fields = {
            "name": "s",
            "sourceId": "s",
            "target": {"kind": "rest", "source": "s", "endpoint": "e"},
        }
        definition = SynchronizationDefinition.model_validate(fields | self.options)
        nothing: Any = None
        reach = Reach(
            http=nothing,
            objects=nothing,
            sources=nothing,
            contracts=nothing,
            tokens=nothing,
            host=nothing,
            clock=self.clock,
            log=FakeLog(),
        )
        key = target_key(self.target.kind, "shelf")
        return Plan(
            synchronization_id=self.id,
            definition=definition,
            target_key=key,
            source=source,
            target=self.target,
            reach=reach,
            origin_id=origin_id_reader("id"),
            object_id=target_ids(self.id, key),
            is_selected=self.is_selected,
            apply=self.apply,
            fingerprint=self.fingerprint,
            hash_apply=None,
            hash_fingerprint=b"",
            revisions={"synchronization": self.revision, "source": 2, "mapping": 3},
            is_personal=self.is_personal,
            is_transactional=False,
        )

    async def queue(self, mode: str = "run", **columns: Any) -> str:
        """Queue a run and return its id."""
        row = RunRow(
            id=str(uuid4()),
            synchronization_id=self.id,
            mode=mode,
            state="queued",
            trigger="test",
            requested_by="t",
            queued_at=self.clock.now(),
            **columns,
        )
        async with self.database.writing() as session:
            await runs.add(session, row)
        return row.id

    async def claim(self, run_id: str, owner: str = "w") -> RunRow:
        """Take a run over."""
        now = self.clock.now()
        async with self.database.writing() as session:
            row = await runs.claim(session, run_id, owner=owner, now=now, until=now + LEASE)
        assert row is not None
        return row

    def execution(self, row: RunRow, source: Source) -> Run:
        """Return a run that this process has claimed."""
        progress = Progress(self.context, row)
        return Run(self.context, row, self.plan(source), progress, on_success=self.on_success)

    async def work(self, run_id: str, source: Source) -> RunRow:
        """Claim a run, carry it out and return how it stands."""
        await self.execution(await self.claim(run_id), source).carry_out()
        return await self.row(run_id)

    async def run(self, *steps: Any, mode: str = "run", **columns: Any) -> RunRow:
        """Carry out a whole run over these pages."""
        self.clock.moment += LEASE
        return await self.work(await self.queue(mode, **columns), MemorySource(steps=steps))

    async def row(self, run_id: str) -> RunRow:
        """Return a run as it stands."""
        async with self.database.reading() as session:
            return await runs.get(session, run_id)

    async def failures(self, run_id: str) -> list[FailedRecordRow]:
        """Return the failed records of a run."""
        async with self.database.reading() as session:
            return list(await failures.of_run(session, run_id))

    async def contracts(self) -> dict[str, ContractRow]:
        """Return every contract by origin id."""
        query = contracts.ContractQuery(synchronization_id=self.id, limit=10_000)
        async with self.database.reading() as session:
            rows, _ = await contracts.page(session, query)
        return {row.origin_id: row for row in rows}


def records(*ids: Any, name: str = "n") -> list[dict[str, Any]]:
    """Return records with these ids."""
    return [{"id": one, "name": f"{name}{one}"} for one in ids]


def balance(row: RunRow) -> dict[str, int]:
    """Return what is not zero of a run's balance."""
    names = (
        "found", "created", "updated", "unchanged", "skipped", "invalid", "failed", "deleted", "restored",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names if getattr(row, name)}

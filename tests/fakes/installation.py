"""A whole engine over a hostile remote API: definitions as users write them, runs as workers carry them out."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from openconnector.cli.configuration import save
from openconnector.db import contracts, failures, runs
from openconnector.db.rows import ContractRow, FailedRecordRow, RunLogRow, RunRow
from openconnector.definitions.notation import read
from openconnector.engine import Engine, Ports, Settings
from openconnector.notifications import Notifications
from openconnector.ports import Clock, ObjectQuery, Place, StoredObject
from openconnector.synchronization import requests
from openconnector.testing import FakeClock
from tests.fakes.clocks import HurriedClock
from tests.fakes.hostile_server import Act, HostileServer, answer, hostile_server
from tests.fakes.prepared import configured, storage

WHO = "somebody"
COUNTED = ("created", "updated", "unchanged", "skipped", "invalid", "failed")
SHOWN = ("found", *COUNTED, "deleted", "restored")
OVER = ("succeeded", "partial", "failed", "cancelled")


class Installation:
    """One engine with one synchronization `s`, from `/records` of the remote API to the store `kept`/`thing`.

    `source`, `mapping`, `synchronization`, `schema` and `registers` hold what a test changes of their definitions.
    """

    def __init__(self, engine: Engine, clock: FakeClock, api: HostileServer) -> None:
        self.engine = engine
        self.clock = clock
        self.api = api
        self.source: dict[str, Any] = {}
        self.configuration: dict[str, Any] = {}
        self.mapping: dict[str, Any] = {"code": "code", "name": "name"}
        self.synchronization: dict[str, Any] = {}
        self.schema: dict[str, Any] = {
            "properties": {"name": {"type": ["string", "null"], "maxLength": 20}}
        }
        self.more: dict[str, list[dict[str, Any]]] = {}
        """Further entries, by section."""
        self._saved = ""

    def document(self) -> dict[str, Any]:
        """Return everything that is configured."""
        configuration = {
            "kind": "rest",
            "location": f"http://127.0.0.1:{self.api.port}",
            "endpoint": "records",
            "resultsPosition": "results",
            "paginator": {"kind": "next_url"},
        }
        source = {"slug": "remote", "name": "Remote", **self.source}
        source["configuration"] = configuration | self.configuration
        synchronization = {
            "slug": "s",
            "name": "S",
            "sourceId": "remote",
            "sourceConfig": {"idPosition": "code"},
            "sourceTargetMapping": "m",
            "target": {"kind": "object_store", "register": "kept", "schema": "thing"},
        }
        own = {
            "schemas": [
                {"slug": "thing", "title": "Thing", **self.schema},
                {"slug": "other", "title": "Other"},
            ],
            "registers": [{"slug": "kept", "title": "Kept", "schemas": ["thing", "other"]}],
            "sources": [source],
            "mappings": [{"slug": "m", "name": "M", "mapping": self.mapping}],
            "synchronizations": [synchronization | self.synchronization],
        }
        return {name: [*entries, *self.more.get(name, [])] for name, entries in own.items()}

    async def configure(self) -> None:
        """Save what is configured now, unless it is saved already."""
        wanted = json.dumps(self.document())
        if wanted != self._saved:
            key = (wanted, self.clock.now())
            await configured(self.engine.database, key, lambda: save(self.engine, [read(wanted)]))
            self._saved = wanted

    async def request(self, slug: str = "s", **options: Any) -> str:
        """Queue a run and return its id; a second goes by first, so that runs have an order."""
        self.clock.moment += timedelta(seconds=1)
        async with self.engine.database.writing() as session:
            row = await requests.request_run(
                session,
                self.engine.definitions,
                slug,
                now=self.clock.now(),
                who=WHO,
                **options,
            )
        return row.id

    async def run(self, *acts: Act, **options: Any) -> RunRow:
        """Carry out a run over a remote API that answers so; what it counted has to add up."""
        await self.configure()
        self.api.play("/records", *acts)
        return await self.finish(await self.request(**options))

    async def finish(self, run_id: str) -> RunRow:
        """Work on a queued or due run and return how it stands."""
        await self.engine.worker().finish(run_id)
        row = await self.row(run_id)
        assert_closed(row)
        return row

    async def states(self) -> Counter[str]:
        """Return how many runs are in each state."""
        return Counter(row.state for row in await self.runs())

    async def wait_until_due(self, row: RunRow) -> None:
        """Move the clock to where a waiting run goes on."""
        assert row.due_at is not None
        self.clock.moment = row.due_at

    async def cancel(self, row: RunRow) -> None:
        """Cancel a run that waits; one that is over stays as it is."""
        if row.state not in OVER:
            async with self.engine.database.writing() as session:
                await requests.cancel(session, row.id, now=self.clock.now())

    async def replay(self, run_id: str, numbers: Sequence[int] | None = None) -> RunRow:
        """Carry out a replay of a run's failed records, or of those with these numbers."""
        self.clock.moment += timedelta(seconds=1)
        async with self.engine.database.writing() as session:
            row = await requests.replay(
                session, self.engine.context, run_id, who=WHO, numbers=numbers
            )
        return await self.finish(row.id)

    async def row(self, run_id: str) -> RunRow:
        """Return a run as it stands."""
        async with self.engine.database.reading() as session:
            return await runs.get(session, run_id)

    async def runs(self) -> Sequence[RunRow]:
        """Return every run, newest first."""
        async with self.engine.database.reading() as session:
            return (await runs.page(session, runs.RunQuery(limit=1_000)))[0]

    async def log(self, run_id: str) -> Sequence[RunLogRow]:
        """Return the log of a run."""
        async with self.engine.database.reading() as session:
            return await runs.log(session, run_id, limit=1_000)

    async def failures(self, run_id: str) -> Sequence[FailedRecordRow]:
        """Return the failed records of a run."""
        async with self.engine.database.reading() as session:
            return await failures.of_run(session, run_id)

    async def contracts(self) -> dict[str, ContractRow]:
        """Return the contracts by origin id."""
        query = contracts.ContractQuery(limit=10_000)
        async with self.engine.database.reading() as session:
            rows, _ = await contracts.page(session, query)
        return {row.origin_id: row for row in rows}

    async def place(self, schema: str = "thing") -> Place:
        """Return where the objects are."""
        return await self.engine.objects.resolve("kept", schema)

    async def objects(self, schema: str = "thing") -> dict[str, StoredObject]:
        """Return the objects by their code."""
        query = ObjectQuery(limit=10_000)
        found = await self.engine.objects.search(await self.place(schema), query)
        assert found.total == len(found.results)
        return {str(one.data["code"]): one for one in found.results}

    async def names(self, schema: str = "thing") -> dict[str, Any]:
        """Return the name of every object by its code."""
        return {code: one.data.get("name") for code, one in (await self.objects(schema)).items()}


@asynccontextmanager
async def installation(
    url: str,
    folder: Path,
    clock: FakeClock | None = None,
    notifications: Notifications | None = None,
) -> AsyncIterator[Installation]:
    """Open an engine over a migrated database, and the remote API it talks to."""
    clock = clock or HurriedClock()
    async with hostile_server() as api, opened(url, folder, clock, notifications) as engine:
        yield Installation(engine, clock, api)


def opened(
    url: str, folder: Path, clock: Clock, notifications: Notifications | None = None
) -> Engine:
    """Return an engine over this database that may call this machine."""
    settings = Settings(
        storage=storage(folder), database_url=url, allowed_networks=("127.0.0.0/8",)
    )
    return Engine(settings, Ports(clock=clock, notifications=notifications))


def page(records: Sequence[Any], following: str | None = None, **more: Any) -> Act:
    """Answer with a page of records and the address of the next one."""
    body = {"results": records, "next": following, **more}
    return answer(body=json.dumps(body).encode(), content_type="application/json")


def pages(*lists: Sequence[Any]) -> list[Act]:
    """Answer with these pages, each with a link to the one after it."""
    last = len(lists)
    return [
        page(records, None if number == last else f"?page={number + 1}")
        for number, records in enumerate(lists, 1)
    ]


def paged(
    api: HostileServer, *lists: Sequence[Any], held: Mapping[int, asyncio.Event] | None = None
) -> Act:
    """Answer with the page that is asked for, whoever asks; a page in ``held`` once its event is set."""
    every = pages(*lists)

    async def act(writer: asyncio.StreamWriter) -> None:
        number = int(api.seen[-1].target.partition("page=")[2] or 1)
        if held is not None and number in held:
            await held[number].wait()
        await every[number - 1](writer)

    return act


def records(*codes: Any, name: str = "n") -> list[dict[str, Any]]:
    """Return records with these codes."""
    return [{"code": code, "name": f"{name}{code}"} for code in codes]


def balance(row: RunRow) -> Mapping[str, int]:
    """Return what is not zero of a run's balance."""
    return {name: getattr(row, name) for name in SHOWN if getattr(row, name)}


def assert_closed(row: RunRow) -> None:
    """Fail unless every record found is accounted for and, once the run is over, so is every contract."""
    assert row.found == sum(getattr(row, name) for name in COUNTED), balance(row)
    if row.state in OVER and row.contracts_before is not None and row.mode != "dry_run":
        gained = row.created + row.restored - row.deleted
        assert row.contracts_before + gained == row.contracts_after, balance(row)

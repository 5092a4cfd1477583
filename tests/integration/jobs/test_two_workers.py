"""Two workers on one database: each run has one of them, and only one can say what became of it."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openconnector.engine import SystemClock
from openconnector.errors import Conflict
from openconnector.synchronization.requests import request_run
from tests.fakes.clocks import ShiftedClock
from tests.fakes.installation import (
    WHO,
    Installation,
    balance,
    installation,
    opened,
    paged,
    records,
)
from tests.fakes.workers import at_work, until, worker_process

AHEAD_SECONDS = 60.0
"""How far the second worker's clock is ahead: every lease of the first has run out for it."""


@pytest.fixture
async def shared(migrated_postgres_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    """An engine on PostgreSQL, whose address and folder others may use as well."""
    async with installation(migrated_postgres_url, tmp_path / "storage") as one:
        yield one


@pytest.mark.postgres
async def test_two_workers_share_the_runs_and_no_page_is_read_twice(
    shared: Installation, migrated_postgres_url: str, tmp_path: Path
):
    slugs = [f"s{number}" for number in range(8)]
    base = shared.document()
    shared.more = {
        "sources": [
            base["sources"][0]
            | {"slug": slug, "configuration": base["sources"][0]["configuration"] | {"endpoint": slug}}
            for slug in slugs
        ],
        "synchronizations": [
            base["synchronizations"][0] | {"slug": slug, "name": slug, "sourceId": slug} for slug in slugs
        ],
    }  # fmt: skip
    await shared.configure()
    for slug in slugs:
        shared.api.play(f"/{slug}", paged(shared.api, records(1), records(2), records(3)))
        await shared.request(slug)

    async def are_over() -> bool:
        return await shared.states() == {"succeeded": len(slugs)}

    clock = SystemClock()
    async with (
        opened(migrated_postgres_url, tmp_path / "storage", clock) as one,
        opened(migrated_postgres_url, tmp_path / "storage", clock) as other,
        at_work(one.worker(), other.worker()),
    ):
        await until(are_over)

    assert {row.fence for row in await shared.runs()} == {1}
    assert set(Counter(one.target for one in shared.api.seen).values()) == {1}


@pytest.mark.postgres
async def test_a_worker_that_slept_through_its_lease_commits_nothing_more(
    shared: Installation, migrated_postgres_url: str, tmp_path: Path
):
    folder, held = tmp_path / "storage", asyncio.Event()
    await shared.configure()
    every = [records(number) for number in range(5)]
    shared.api.play("/records", paged(shared.api, *every, held={4: held}))
    run_id = await shared.request()

    async def stands_at_the_held_page() -> bool:
        return (await shared.row(run_id)).pages == 3

    async def is_over() -> bool:
        return await shared.states() == {"succeeded": 1}

    async with worker_process(migrated_postgres_url, folder, run_id) as sleeper:
        await until(stands_at_the_held_page)
        sleeper.send(signal.SIGSTOP)
        held.set()
        async with (
            opened(migrated_postgres_url, folder, ShiftedClock(AHEAD_SECONDS)) as engine,
            at_work(engine.worker()),
        ):
            await until(is_over)
        row, objects = await shared.row(run_id), await shared.objects()
        sleeper.send(signal.SIGCONT)
        code = await sleeper.ended()
    after = await shared.row(run_id)

    assert (row.state, row.fence, balance(row)) == ("succeeded", 2, {"found": 5, "created": 5})
    assert {one.version for one in objects.values()} == {1}
    assert (code, shared.api.seen[-1].target) == (0, "/records?page=5")
    assert (balance(after), after.pages, after.finished_at) == (
        balance(row), row.pages, row.finished_at,
    )  # fmt: skip
    assert await shared.objects() == objects


async def test_of_twenty_requests_at_once_one_starts_a_run(migrated_url: str, tmp_path: Path):
    folder = tmp_path / "storage"
    async with (
        installation(migrated_url, folder) as first,
        opened(migrated_url, folder, first.clock) as second,
    ):
        await first.configure()

        async def request(number: int) -> str:
            engine = (first.engine, second)[number % 2]
            async with engine.database.writing() as session:
                row = await request_run(
                    session, engine.definitions, "s", now=first.clock.now(), who=WHO
                )
            return row.id

        results = await asyncio.gather(*map(request, range(20)), return_exceptions=True)

        refused = [one for one in results if isinstance(one, Conflict)]
        assert len(refused) == 19
        assert all("queued, running or waiting" in str(one) for one in refused)
        assert [row.id for row in await first.runs()] == [
            one for one in results if isinstance(one, str)
        ]

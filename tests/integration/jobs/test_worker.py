"""What a worker promises: runs are taken up, kept, given back, and never lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from openconnector.db import runs
from openconnector.db.rows import RunRow
from openconnector.jobs.owner import new_owner
from openconnector.jobs.worker import AT_ONCE, MOST_CLAIMS, RENEW_SECONDS
from openconnector.synchronization.progress import LEASE
from tests.fakes.clocks import SteppedClock
from tests.fakes.hostile_server import answer
from tests.fakes.installation import (
    Installation,
    assert_closed,
    balance,
    installation,
    page,
    paged,
    pages,
    records,
)
from tests.fakes.workers import at_work, until, worker_process


async def ended(installed: Installation, run_id: str) -> RunRow:
    """Return a run once it has ended; what it counted has to add up."""

    async def is_over() -> bool:
        return (await installed.row(run_id)).state in runs.ENDED

    await until(is_over)
    row = await installed.row(run_id)
    assert_closed(row)
    return row


def asked(installed: Installation) -> list[str]:
    return [one.target for one in installed.api.seen]


async def test_a_worker_takes_up_what_is_queued(installed: Installation):
    await installed.configure()
    installed.api.play("/records", *pages(records(1), records(2)))

    async with at_work(installed.engine.worker()):
        row = await ended(installed, await installed.request())

    assert (row.state, balance(row)) == ("succeeded", {"found": 2, "created": 2})


async def test_a_waiting_run_is_taken_up_when_its_moment_has_come_and_not_before(
    installed: Installation,
):
    waiting = await installed.run(answer(429, retry_after="600"), page(records(1)))
    worker = installed.engine.worker()
    assert waiting.due_at is not None

    installed.clock.moment = waiting.due_at - timedelta(seconds=1)
    too_early = await worker.claim(waiting.id)
    installed.clock.moment = waiting.due_at
    async with at_work(worker):
        row = await ended(installed, waiting.id)

    assert (too_early, row.state, row.created) == (None, "succeeded", 1)


async def test_one_worker_carries_out_a_few_runs_side_by_side_and_the_others_wait(
    installed: Installation,
):
    slugs = [f"s{number}" for number in range(AT_ONCE + 1)]
    base = installed.document()["synchronizations"][0]
    installed.more["synchronizations"] = [base | {"slug": slug, "name": slug} for slug in slugs]
    await installed.configure()
    held = asyncio.Event()
    installed.api.play("/records", paged(installed.api, records(1), held={1: held}))
    queued = [await installed.request(slug) for slug in slugs]

    async with at_work(installed.engine.worker()):

        async def are_asking() -> bool:
            return len(installed.api.seen) == AT_ONCE

        await until(are_asking)
        between = [(await installed.row(run_id)).state for run_id in queued]
        held.set()
        rows = [await ended(installed, run_id) for run_id in queued]

    assert between == ["running"] * AT_ONCE + ["queued"]
    assert [row.state for row in rows] == ["succeeded"] * len(slugs)


async def test_the_run_of_a_worker_that_was_killed_is_taken_up_at_once_where_it_stood(
    installed: Installation, migrated_sqlite_url: str, tmp_path: Path
):
    """The clock here is months before the end of the lease: only the death of its owner sets the run free."""
    await installed.configure()
    held = asyncio.Event()
    third = paged(installed.api, records(1), records(2), records(3), held={3: held})
    installed.api.play("/records", third)
    run_id = await installed.request()

    async def has_begun() -> bool:
        return (await installed.row(run_id)).pages == 2

    async with worker_process(migrated_sqlite_url, tmp_path / "storage", run_id) as process:
        await until(has_begun)
        process.kill()
        await process.ended()
    between, before = await installed.row(run_id), len(installed.api.seen)
    held.set()
    async with at_work(installed.engine.worker()):
        row = await ended(installed, run_id)

    assert between.lease_until is not None
    assert (between.state, between.lease_until > installed.clock.now()) == ("running", True)
    assert asked(installed)[before:] == ["/records?page=3"]
    assert (row.state, balance(row)) == ("succeeded", {"found": 3, "created": 3})
    assert [one.version for one in (await installed.objects()).values()] == [1, 1, 1]


async def test_the_run_of_a_worker_elsewhere_is_taken_up_when_its_lease_has_run_out(
    installed: Installation,
):
    await installed.configure()
    installed.api.play("/records", page(records(1)))
    run_id, now = await installed.request(), installed.clock.now()
    elsewhere = "another-machine/pid:[1]/7/8/9"
    async with installed.engine.database.writing() as session:
        await runs.claim(session, run_id, owner=elsewhere, now=now, until=now + LEASE)
    worker = installed.engine.worker()

    await worker.take()
    installed.clock.moment = now + LEASE
    held = await worker.claim(run_id)
    installed.clock.moment += timedelta(seconds=1)
    async with at_work(worker):
        row = await ended(installed, run_id)

    assert (held, row.state, row.fence) == (None, "succeeded", 2)


@pytest.mark.parametrize("at", range(1, 7))
async def test_a_worker_that_is_stopped_gives_its_run_back_and_loses_nothing(
    installed: Installation, at: int
):
    """Stopped when the source is asked for this page, while the one before it is being written."""
    await installed.configure()
    every, stop, released = pages(*([one] for one in records(*range(6)))), asyncio.Event(), asyncio.Event()  # fmt: skip

    async def stops(writer: asyncio.StreamWriter) -> None:
        stop.set()
        await released.wait()
        await every[at - 1](writer)

    installed.api.play("/records", *every[: at - 1], stops, *every[at:])
    run_id = await installed.request()

    await asyncio.wait_for(installed.engine.worker().serve(stop), 20)
    between, given_back = await installed.row(run_id), installed.clock.now()
    again = paged(installed.api, *([one] for one in records(*range(6))))
    installed.api.play("/records", again)
    await installed.engine.worker().finish(run_id)
    row = await installed.row(run_id)

    assert between.lease_until is not None
    assert (between.state, between.lease_until < given_back) == ("running", True)
    assert (row.state, balance(row)) == ("succeeded", {"found": 6, "created": 6})
    assert [one.version for one in (await installed.objects()).values()] == [1] * 6


@pytest.fixture
async def stepped(migrated_sqlite_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    """An engine whose clock moves when the test says so."""
    async with installation(migrated_sqlite_url, tmp_path / "storage", SteppedClock()) as one:
        yield one


async def test_a_page_that_takes_longer_than_a_lease_is_not_taken_away(stepped: Installation):
    await stepped.configure()
    held, clock = asyncio.Event(), stepped.clock
    assert isinstance(clock, SteppedClock)
    stepped.api.play("/records", paged(stepped.api, records(1), held={1: held}))
    run_id, other = await stepped.request(), stepped.engine.worker()

    async def is_renewed() -> bool:
        return (await stepped.row(run_id)).lease_until == clock.now() + LEASE

    async with at_work(stepped.engine.worker()):
        taken = []
        for _ in range(int(LEASE.total_seconds() / RENEW_SECONDS) + 2):
            await until(is_renewed)
            taken.append(await other.claim(run_id))
            clock.move(RENEW_SECONDS)
        held.set()
        row = await ended(stepped, run_id)

    assert (set(taken), row.state, row.fence) == ({None}, "succeeded", 1)


async def test_a_worker_outlives_a_database_that_is_away_for_a_while(installed: Installation):
    await installed.configure()
    installed.api.play("/records", page(records(1)))
    run_id, database = await installed.request(), installed.engine.database
    async with database.writing() as session:
        await session.execute(text("ALTER TABLE run RENAME TO away"))

    async with at_work(worker := installed.engine.worker()):
        with pytest.raises(Exception, match="no such table"):
            await worker.take()
        async with database.writing() as session:
            await session.execute(text("ALTER TABLE away RENAME TO run"))
        row = await ended(installed, run_id)

    assert row.state == "succeeded"


async def test_a_run_that_cannot_be_prepared_fails_and_says_what_has_to_be_changed(
    installed: Installation,
):
    installed.source["isEnabled"] = False
    await installed.configure()

    async with at_work(installed.engine.worker()):
        row = await ended(installed, await installed.request())

    assert (row.state, row.error_code) == ("failed", "conflict")
    assert "The source 'remote' is switched off" in (row.error_message or "")


async def test_the_name_of_a_worker_fits_its_column_and_is_never_used_twice():
    names = {new_owner() for _ in range(100)}

    assert len(names) == 100
    assert max(map(len, names)) <= 255


async def test_a_run_that_never_gets_a_page_further_is_given_up(installed: Installation):
    await installed.configure()
    run_id = await installed.request()
    async with installed.engine.database.writing() as session:
        changes = {"attempts": MOST_CLAIMS}
        await runs.set_state(session, run_id, expected=("queued",), changes=changes)

    await installed.engine.worker().finish(run_id)

    async with installed.engine.database.reading() as session:
        row = await runs.get(session, run_id)
    assert (row.state, row.error_code) == ("failed", "given-up")

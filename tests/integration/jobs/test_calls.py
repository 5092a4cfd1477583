"""The call log loses nothing, and never grows without end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from openconnector.db.count_rows import SourceHourRow
from openconnector.db.counts import is_failure
from openconnector.db.database import Database
from openconnector.db.rows import CallRow
from openconnector.jobs.calls import MAX_WAITING, CallJournal
from openconnector.ports import Call
from tests.fakes.hostile_server import answer
from tests.fakes.installation import Installation, opened, pages, records

CALL = Call(
    method="GET",
    url="https://api.test/cases",
    status=200,
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
    duration_ms=1.5,
    connect_ms=None,
    sent_bytes=0,
    received_bytes=2,
    error=None,
)


async def statuses(database: Database) -> list[int | None]:
    async with database.reading() as session:
        return list(await session.scalars(select(CallRow.status).order_by(CallRow.id)))


@asynccontextmanager
async def refusing(database: Database) -> AsyncIterator[None]:
    """Have the database refuse calls while the block runs."""
    async with database.writing() as session:
        await session.execute(text("ALTER TABLE call RENAME TO away"))
    yield
    async with database.writing() as session:
        await session.execute(text("ALTER TABLE away RENAME TO call"))


async def test_every_call_is_in_the_log_once_the_engine_is_closed(
    installed: Installation, migrated_sqlite_url: str, tmp_path: Path
):
    await installed.configure()
    every = pages(*([one] for one in records(*range(9))))
    installed.api.play("/records", *every[:4], answer(503), *every[4:])
    run_id = await installed.request()

    async with opened(migrated_sqlite_url, tmp_path / "storage", installed.clock) as engine:
        await engine.worker().finish(run_id)

    assert await statuses(installed.engine.database) == [200] * 4 + [503] + [200] * 5


async def test_calls_that_the_database_refuses_are_written_in_order_later(database: Database):
    journal = CallJournal(database)
    log = journal.log(source_id=None, run_id=None)

    log.add(replace(CALL, status=201))
    async with refusing(database):
        await journal.flush()
        log.add(replace(CALL, status=202))
        await journal.flush()
    log.add(replace(CALL, status=203))
    await journal.flush()

    assert await statuses(database) == [201, 202, 203]


async def test_when_too_many_wait_the_oldest_go_and_their_number_is_logged(
    migrated_sqlite_url: str,
):
    database = Database(migrated_sqlite_url)
    journal = CallJournal(database)
    log = journal.log(source_id=None, run_id=None)

    for number in range(MAX_WAITING):
        log.add(replace(CALL, status=number))
    with capture_logs() as logs:
        async with refusing(database):
            flushing = asyncio.create_task(journal.flush())
            await asyncio.sleep(0)
            for number in range(MAX_WAITING, MAX_WAITING + 5):
                log.add(replace(CALL, status=number))
            await flushing
        await journal.flush()
    kept = await statuses(database)
    await database.close()

    assert kept == list(range(5, MAX_WAITING + 5))
    assert logs[-1]["event"] == "call log lines dropped"
    assert logs[-1]["count"] == 5


async def hours(database: Database) -> list[SourceHourRow]:
    async with database.reading() as session:
        return list(await session.scalars(select(SourceHourRow).order_by(SourceHourRow.hour)))


async def test_calls_are_counted_by_source_and_hour_with_the_latest_of_each_outcome(
    database: Database,
):
    at = CALL.started_at
    served = replace(CALL, started_at=at + timedelta(minutes=59))
    refused = replace(CALL, started_at=at + timedelta(minutes=3), status=401)
    silent = replace(CALL, started_at=at + timedelta(minutes=2), status=None, error="not-sent")
    next_hour = replace(CALL, started_at=at + timedelta(minutes=60))
    # Two processes, of which the one that writes last saw the earlier calls.
    for seen in ([refused, served], [CALL, silent, next_hour]):
        journal = CallJournal(database)
        for call in seen:
            journal.log(source_id="s", run_id=None).add(call)
            journal.log(source_id=None, run_id=None).add(call)
        await journal.flush()

    first, second = await hours(database)

    assert (first.source_id, first.hour, first.calls, first.failures) == ("s", at, 4, 2)
    assert first.milliseconds == 4 * CALL.duration_ms
    assert (first.served_at, first.failed_at) == (served.started_at, refused.started_at)
    assert (first.status, first.error) == (401, None)
    assert (second.calls, second.failures, second.failed_at) == (1, 0, None)


async def test_calls_that_the_database_refuses_are_not_counted_twice(database: Database):
    journal = CallJournal(database)
    journal.log(source_id="s", run_id=None).add(CALL)

    async with refusing(database):
        await journal.flush()
    await journal.flush()

    assert [hour.calls for hour in await hours(database)] == [1]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((200, 204, 301, 304, 400, 404, 409, 410, 412, 422, 499), {False}),
        ((None, 401, 403, 407, 408, 429, 500, 503, 599), {True}),
    ],
)
def test_a_call_fails_where_the_source_did_not_serve_it(
    given: tuple[int | None, ...], expected: set[bool]
):
    assert {is_failure({"status": status}) for status in given} == expected

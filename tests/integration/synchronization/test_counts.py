"""What runs write is counted with the write itself, by the day, and never twice."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select

from openconnector.db import counts
from openconnector.db.count_rows import SynchronizationDayRow
from openconnector.db.counts import Day
from openconnector.db.rows import SynchronizationRow
from tests.fakes.hostile_server import answer
from tests.fakes.installation import Installation, balance, page, pages, records

SHORT = {"properties": {"name": {"type": "string", "maxLength": 2}}}


async def days(installed: Installation) -> Sequence[Day]:
    async with installed.engine.database.reading() as session:
        return await counts.days(session, "")


def today(installed: Installation, *counted: int) -> Day:
    return Day(installed.clock.now().date().isoformat(), *counted)


async def test_a_run_counts_what_it_wrote_and_one_that_writes_nothing_counts_nothing(
    installed_on_both: Installation,
):
    installed = installed_on_both
    installed.schema = SHORT
    await installed.run(page(records(*range(9), 10)))
    assert await days(installed) == [today(installed, 9, 0, 1)]

    installed.clock.moment += timedelta(days=1)
    await installed.run(page(records(*range(9))))
    await installed.run(page(records(*range(9))), mode="dry_run", is_forced=True)
    assert len(await days(installed)) == 1

    installed.clock.moment += timedelta(days=1)
    await installed.run(page(records(*range(8))))
    await installed.run(page(records(*range(8), name="m")))

    assert (await days(installed))[1:] == [today(installed, 8, 1, 0)]


async def test_a_run_that_was_interrupted_counts_each_page_once(installed_on_both: Installation):
    installed = installed_on_both
    first, second = pages(records(1, 2), records(3, 4))
    row = await installed.run(first, *[answer(503)] * 4)
    assert row.state == "waiting"
    installed.api.play("/records", second)
    await installed.wait_until_due(row)

    row = await installed.finish(row.id)

    assert balance(row) == {"found": 4, "created": 4}
    assert await days(installed) == [today(installed, 4, 0, 0)]


async def test_what_is_deleted_with_its_synchronization_is_forgotten(installed: Installation):
    await installed.run(page(records(1)))
    engine = installed.engine
    async with engine.database.writing() as session:
        row = await session.scalar(select(SynchronizationDayRow))
        assert row is not None
        await session.execute(
            delete(SynchronizationRow).where(SynchronizationRow.id == row.synchronization_id)
        )

    assert await days(installed) == []


async def test_a_run_knows_how_many_of_its_failed_records_were_handled_later(
    installed_on_both: Installation,
):
    installed = installed_on_both
    installed.schema = SHORT
    failed = await installed.run(page(records(1, 10, 20, 30)))
    assert (failed.invalid, failed.resolved) == (3, 0)

    installed.schema = {}
    await installed.configure()
    await installed.replay(failed.id, numbers=[2])
    assert (await installed.row(failed.id)).resolved == 1

    await installed.run(page(records(1, 10, 20, 30)))

    assert (await installed.row(failed.id)).resolved == 3


async def test_a_dry_run_handles_nothing_so_failed_records_stay_open(installed: Installation):
    installed.schema = SHORT
    failed = await installed.run(page(records(10)))
    installed.schema = {}

    await installed.run(page(records(10)), mode="dry_run")

    assert [one.state for one in await installed.failures(failed.id)] == ["open"]
    assert (await installed.row(failed.id)).resolved == 0

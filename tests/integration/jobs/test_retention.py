"""What is old goes, what is needed stays, and the audit trail is never touched."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from openconnector.db.count_rows import SourceHourRow, SynchronizationDayRow
from openconnector.db.installation_rows import AuditRow, NoticeDeliveryRow, NoticeRow
from openconnector.db.rows import Base, CallRow, FailedRecordRow, RunLogRow, RunRow
from openconnector.definitions.drafts import DraftBody
from openconnector.jobs.retention import Retention
from tests.fakes.installation import Installation, installation, page, records


@pytest.fixture
async def installed(migrated_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(migrated_url, tmp_path) as opened:
        yield opened


async def count(installed: Installation, table: type[Base]) -> int:
    async with installed.engine.database.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


def retention(installed: Installation) -> Retention:
    engine = installed.engine
    return Retention(engine.database, engine.installation, engine.clock)


async def test_old_runs_go_with_all_they_left_and_the_newest_stays(installed: Installation):
    installed.schema = {"properties": {"name": {"type": "string", "maxLength": 1}}}
    old = await installed.run(page(records(1, 2)))
    newest = await installed.run(page(records(1, 2)))
    await installed.engine.calls.flush()
    entries = await count(installed, AuditRow)
    assert await count(installed, FailedRecordRow) == 4
    assert await count(installed, CallRow) == 2

    installed.clock.moment += timedelta(days=91)
    gone = await retention(installed).delete_old()

    assert [row.id for row in await installed.runs()] == [newest.id]
    assert old.id != newest.id
    assert await count(installed, FailedRecordRow) == 2
    assert await count(installed, RunLogRow) == 0
    assert await count(installed, CallRow) == 0
    assert await count(installed, AuditRow) == entries
    assert (gone["runs"], gone["calls"]) == (1, 2)
    assert (await retention(installed).delete_old())["runs"] == 0


async def test_nothing_goes_before_its_day_and_each_kind_has_its_own(installed: Installation):
    await installed.run(page(records(1)))
    await installed.run(page(records(1)))
    await installed.engine.calls.flush()
    async with installed.engine.database.writing() as session:
        fields = {"keepRunsDays": 3, "keepCallsDays": 2}
        await installed.engine.installation.change(session, fields, "admin")

    installed.clock.moment += timedelta(days=2, hours=-1)
    nothing = await retention(installed).delete_old()
    installed.clock.moment += timedelta(hours=2)
    calls = await retention(installed).delete_old()
    installed.clock.moment += timedelta(days=1)
    runs = await retention(installed).delete_old()

    assert set(nothing.values()) == {0}
    assert (calls["runs"], calls["calls"]) == (0, 2)
    assert runs["runs"] == 1


async def test_a_draft_goes_when_nobody_has_gone_on_with_it(installed: Installation):
    engine = installed.engine
    async with engine.database.writing() as session:
        await engine.drafts.keep(session, "ada", DraftBody(step=2))
    installed.clock.moment += timedelta(days=89)
    async with engine.database.writing() as session:
        await engine.drafts.keep(session, "bob", DraftBody(step=3))

    installed.clock.moment += timedelta(days=2)
    gone = await retention(installed).delete_old()

    assert gone["drafts"] == 1
    async with engine.database.reading() as session:
        assert await engine.drafts.find(session, "ada") is None
        assert await engine.drafts.find(session, "bob") is not None


async def test_a_run_that_has_not_ended_stays_however_old(installed: Installation):
    await installed.configure()
    await installed.request()
    await installed.request(mode="dry_run")

    installed.clock.moment += timedelta(days=4000)
    await retention(installed).delete_old()

    assert await count(installed, RunRow) == 2


async def test_notices_go_with_the_runs_and_those_nobody_got_yet_stay(installed: Installation):
    await installed.configure()
    await installed.run(page(records(1)))
    synchronization_id = (await installed.runs())[0].synchronization_id
    rows = [
        NoticeRow(
            id=state,
            synchronization_id=synchronization_id,
            run_id="r",
            reason="why",
            kind="failed",
            values={},
            state=state,
            created_at=installed.clock.now(),
        )
        for state in ("waiting", "spread")
    ]
    async with installed.engine.database.writing() as session:
        session.add_all(rows)
    delivery = {"notice_id": "spread", "user_id": "anna", "state": "sent", "attempts": 1}
    async with installed.engine.database.writing() as session:
        session.add(NoticeDeliveryRow(**delivery, due_at=installed.clock.now()))

    installed.clock.moment += timedelta(days=91)
    gone = await retention(installed).delete_old()

    assert gone["notices"] == 1
    assert await count(installed, NoticeRow) == 1
    assert await count(installed, NoticeDeliveryRow) == 0


async def test_counts_outlive_what_they_counted_and_go_after_ninety_days(installed: Installation):
    await installed.run(page(records(1)))
    await installed.engine.calls.flush()
    async with installed.engine.database.writing() as session:
        fields = {"keepRunsDays": 1, "keepCallsDays": 1}
        await installed.engine.installation.change(session, fields, "admin")

    installed.clock.moment += timedelta(days=89)
    kept = await retention(installed).delete_old()
    assert (kept["calls"], kept["days"], kept["hours"]) == (1, 0, 0)
    installed.clock.moment += timedelta(days=2)
    gone = await retention(installed).delete_old()

    assert (gone["days"], gone["hours"]) == (1, 1)
    assert await count(installed, SynchronizationDayRow) == 0
    assert await count(installed, SourceHourRow) == 0

"""People are told about trouble once, also when a worker is killed, and told when it is over."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from openconnector.db.installation_rows import NoticeDeliveryRow
from openconnector.db.rows import RunRow
from openconnector.errors import CredentialsRejected, Unavailable
from openconnector.jobs.notices import HOLD, MAX_ATTEMPTS, MAX_REASON, MAX_RECEIVERS
from openconnector.synchronization.outcome import Ending
from tests.fakes.hostile_server import answer
from tests.fakes.inbox import Inbox
from tests.fakes.installation import Installation, installation, page, records
from tests.fakes.ways import ON_ONE_DATABASE


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def installed(migrated_url: str, tmp_path: Path, inbox: Inbox) -> AsyncIterator[Installation]:
    async with installation(migrated_url, tmp_path, notifications=inbox) as opened:
        yield opened


async def fails(installed: Installation, status: int = 404) -> RunRow:
    return await installed.run(answer(status))


async def works(installed: Installation) -> RunRow:
    return await installed.run(page(records(1)))


async def sent(installed: Installation, inbox: Inbox) -> list[str]:
    await installed.engine.notices.send(inbox)
    return inbox.kinds


async def decide(installed: Installation, **fields: object) -> None:
    async with installed.engine.database.writing() as session:
        await installed.engine.installation.change(session, fields, "admin")
    async with installed.engine.database.reading() as session:
        await installed.engine.installation.refresh(session)


async def deliveries(installed: Installation) -> list[tuple[str, int]]:
    async with installed.engine.database.reading() as session:
        rows = (await session.scalars(select(NoticeDeliveryRow))).all()
    return [(row.state, row.attempts) for row in rows]


async def test_trouble_is_told_once_in_its_period_and_again_after_it(installed, inbox):
    await fails(installed)
    await fails(installed)
    assert await sent(installed, inbox) == ["failed"]
    assert inbox.told[0][0] == "admin"
    assert inbox.told[0][2]

    installed.clock.moment += timedelta(hours=25)
    await fails(installed)

    assert await sent(installed, inbox) == ["failed", "failed"]


async def test_that_it_works_again_is_told_once_and_ends_the_period(installed, inbox):
    await fails(installed)
    await works(installed)
    await works(installed)
    await fails(installed)

    assert await sent(installed, inbox) == ["failed", "works", "failed"]


@ON_ONE_DATABASE
async def test_what_never_troubled_anybody_is_not_told(installed, inbox):
    await works(installed)

    assert await sent(installed, inbox) == []


@ON_ONE_DATABASE
async def test_another_reason_is_told_within_the_period(installed, inbox):
    await fails(installed)
    await installed.run(answer(200, body=b"<no json", content_type="application/json"))

    assert await sent(installed, inbox) == ["failed", "failed"]
    assert len({reason for _, _, reason in inbox.told}) == 2


async def test_a_run_that_waits_for_an_approval_is_told(installed, inbox):
    await installed.run(page(records(*range(30))))
    row = await installed.run(page([]))

    assert row.state == "needs_approval"
    assert await sent(installed, inbox) == ["approval"]


@ON_ONE_DATABASE
async def test_a_long_reason_is_shortened_and_too_many_receivers_are_not_told(installed, inbox):
    inbox.admins = [f"admin{number}" for number in range(MAX_RECEIVERS + 1)]
    ending = Ending(state="failed", code="odd", message="x" * 5_000)
    row = await works(installed)
    async with installed.engine.database.writing() as session:
        await installed.engine.notices.note(session, row.id, ending)

    await sent(installed, inbox)

    assert len(await deliveries(installed)) == MAX_RECEIVERS
    assert len(inbox.told[0][2]) == MAX_REASON


@ON_ONE_DATABASE
async def test_who_is_told_is_a_setting(installed, inbox):
    await decide(installed, notifiedUsers=["anna"], notifiedGroups=["staff"])
    await fails(installed)
    await sent(installed, inbox)

    assert [user for user, _, _ in inbox.told] == ["anna", "member of staff"]


@ON_ONE_DATABASE
async def test_nobody_is_told_where_the_settings_say_so_or_about_dry_runs(installed, inbox):
    await installed.run(answer(404), mode="dry_run")
    await decide(installed, notifies=False)
    await fails(installed)

    assert await sent(installed, inbox) == []


async def test_a_worker_killed_before_it_sends_loses_nothing(installed, inbox):
    await fails(installed)

    assert inbox.told == []
    assert await sent(installed, inbox) == ["failed"]
    assert await sent(installed, inbox) == ["failed"]


async def test_a_worker_killed_after_it_sent_makes_nobody_be_told_twice(installed, inbox):
    await fails(installed)
    inbox.is_cut = True
    with pytest.raises(KeyboardInterrupt):
        await installed.engine.notices.send(inbox)

    at_once = await sent(installed, inbox)
    installed.clock.moment += HOLD
    later = await sent(installed, inbox)

    assert (at_once, later) == (["failed"], ["failed"])
    assert await deliveries(installed) == [("sent", 2)]


@ON_ONE_DATABASE
async def test_a_host_that_is_away_is_asked_again_later_and_later(installed, inbox):
    await fails(installed)
    inbox.failures = [Unavailable("away")] * 2

    assert await sent(installed, inbox) == []
    assert await sent(installed, inbox) == []
    assert len(inbox.failures) == 1
    installed.clock.moment += timedelta(seconds=31)
    assert await sent(installed, inbox) == []
    installed.clock.moment += timedelta(seconds=61)
    assert await sent(installed, inbox) == ["failed"]


async def test_who_cannot_be_told_is_given_up(installed, inbox):
    await decide(installed, notifiedUsers=["gone", "away"])
    await fails(installed)
    inbox.failures = [CredentialsRejected("no such account")]
    inbox.failures += [Unavailable("away")] * MAX_ATTEMPTS
    for _ in range(MAX_ATTEMPTS + 1):
        await sent(installed, inbox)
        installed.clock.moment += timedelta(hours=1)

    assert sorted(await deliveries(installed)) == [("given_up", 1), ("given_up", MAX_ATTEMPTS)]
    assert inbox.told == []


async def test_a_run_over_what_changed_tells_of_trouble_and_never_that_all_is_well(
    installed, inbox
):
    await installed.configure()
    run_id = await installed.request(mode="changes")
    notices = installed.engine.notices
    async with installed.engine.database.writing() as session:
        await notices.note(session, run_id, Ending(state="failed", code="odd", message="why"))
        await notices.note(session, run_id, Ending(state="succeeded"))

    assert await sent(installed, inbox) == ["failed"]

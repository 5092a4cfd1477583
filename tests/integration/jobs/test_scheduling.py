"""Schedules at work: each moment is fired once, whoever looks, whatever dies, and its run is queued with it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from openconnector.testing import FakeClock
from tests.fakes.installation import Installation, installation, opened, page, records
from tests.fakes.ticking import firings_of, ticking
from tests.fakes.ways import ON_ONE_DATABASE
from tests.fakes.workers import until

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MINUTELY = {"kind": "interval", "every": 1, "unit": "minutes"}
HOURLY = {"kind": "interval", "every": 1, "unit": "hours"}


@pytest.fixture
async def installed(migrated_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    """An engine on each kind of database."""
    async with installation(migrated_url, tmp_path / "storage") as one:
        yield one


async def scheduled(installed: Installation, *schedules: dict[str, Any], **fields: Any) -> None:
    """Save the synchronization with these schedules."""
    installed.synchronization = {"schedules": list(schedules), **fields}
    await installed.configure()


async def finish(installed: Installation) -> None:
    """Carry out what is queued."""
    for row in await installed.runs():
        if row.state == "queued":
            installed.api.play("/records", page(records(1)))
            await installed.finish(row.id)


async def test_a_moment_that_comes_queues_a_run_that_says_so(installed: Installation):
    await scheduled(installed, HOURLY)
    scheduler = installed.engine.scheduler()

    following = await scheduler.tick()
    early = await installed.runs()
    installed.clock.moment = BEGIN + timedelta(hours=1)
    await scheduler.tick()

    assert following == BEGIN + timedelta(hours=1)
    assert early == []
    [run] = await installed.runs()
    [firing] = await firings_of(installed.engine)
    assert (run.trigger, run.state, run.requested_by) == ("schedule", "queued", "cli")
    assert (firing.state, firing.run_id, firing.moment) == ("started", run.id, following)
    assert firing.missed_since is None


async def test_two_schedulers_never_fire_a_moment_twice(
    migrated_url: str, tmp_path: Path, installed: Installation
):
    await scheduled(installed, MINUTELY | {"misfire": "all"}, HOURLY)
    async with opened(migrated_url, tmp_path / "storage", installed.clock) as other:
        schedulers = [installed.engine.scheduler(), other.scheduler(), other.scheduler()]
        await schedulers[0].tick()
        for _ in range(4):
            installed.clock.moment += timedelta(minutes=20)
            await asyncio.gather(*(scheduler.tick() for scheduler in schedulers * 3))
            await finish(installed)

    found = Counter((row.schedule, row.moment) for row in await firings_of(installed.engine))
    assert len(found) == 80 + 1
    assert set(found.values()) == {1}
    runs = Counter(row.run_id for row in await firings_of(installed.engine) if row.run_id)
    assert set(runs.values()) == {1}
    assert len(runs) == len(await installed.runs())


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("misfire", "made_up"),
    [
        ("last", [BEGIN + timedelta(hours=5)]),
        ("all", [BEGIN + timedelta(hours=hour) for hour in range(1, 6)]),
        ("none", []),
    ],
)
async def test_what_passed_while_the_app_was_down_is_made_up_for_as_the_schedule_says(
    installed: Installation, misfire: str, made_up: list[datetime]
):
    await scheduled(installed, HOURLY | {"misfire": misfire})
    await installed.engine.scheduler().tick()

    installed.clock.moment = BEGIN + timedelta(hours=5, minutes=30)
    scheduler = installed.engine.scheduler()
    for _ in range(7):
        following = await scheduler.tick()
        await finish(installed)

    rows = await firings_of(installed.engine)
    assert [row.moment for row in rows if row.state == "started"] == made_up
    assert len(await installed.runs()) == len(made_up)
    assert rows[0].missed_since == (None if misfire == "all" else BEGIN + timedelta(hours=1))
    assert following == BEGIN + timedelta(hours=6)


@ON_ONE_DATABASE
async def test_a_moment_that_is_a_little_late_is_no_misfire(installed: Installation):
    await scheduled(installed, HOURLY | {"misfire": "none"})
    scheduler = installed.engine.scheduler()
    await scheduler.tick()

    installed.clock.moment = BEGIN + timedelta(hours=1, seconds=60)
    await scheduler.tick()

    assert len(await installed.runs()) == 1


async def test_a_moment_that_comes_during_a_run_waits_for_its_end(installed: Installation):
    await scheduled(installed, HOURLY)
    scheduler = installed.engine.scheduler()
    await scheduler.tick()
    await installed.request()

    installed.clock.moment = BEGIN + timedelta(hours=1)
    await scheduler.tick()
    [waiting] = await firings_of(installed.engine)
    installed.clock.moment = BEGIN + timedelta(hours=2)
    await scheduler.tick()
    await finish(installed)
    await scheduler.tick()

    assert waiting.state == "waiting"
    first, second = await firings_of(installed.engine)
    assert (first.state, second.state) == ("missed", "started")
    assert first.reason
    assert "later moment" in first.reason
    assert Counter(run.trigger for run in await installed.runs()) == {"manual": 1, "schedule": 1}


async def test_a_moment_that_must_be_in_time_is_missed_when_the_run_before_takes_too_long(
    installed: Installation,
):
    await scheduled(installed, HOURLY | {"misfire": "none"})
    scheduler = installed.engine.scheduler()
    await scheduler.tick()
    await installed.request()

    installed.clock.moment = BEGIN + timedelta(hours=1)
    await scheduler.tick()
    installed.clock.moment += timedelta(minutes=5)
    await finish(installed)
    await scheduler.tick()

    [firing] = await firings_of(installed.engine)
    assert (firing.state, firing.run_id) == ("missed", None)
    assert firing.reason
    assert "in time" in firing.reason


async def test_switched_off_nothing_comes_and_nothing_is_made_up_for_later(
    installed: Installation,
):
    await scheduled(installed, HOURLY | {"misfire": "all"})
    scheduler = installed.engine.scheduler()
    await scheduler.tick()

    await scheduled(installed, HOURLY | {"misfire": "all"}, isEnabled=False)
    installed.clock.moment = BEGIN + timedelta(hours=3, minutes=30)
    off = await scheduler.tick()
    await scheduled(
        installed, HOURLY | {"misfire": "all"}, HOURLY | {"every": 2, "isEnabled": False}
    )
    on = await scheduler.tick()

    assert (off, on) == (None, BEGIN + timedelta(hours=4))
    assert await firings_of(installed.engine) == []


async def test_a_changed_policy_keeps_what_a_schedule_has_done(installed: Installation):
    await scheduled(installed, HOURLY | {"misfire": "none"})
    scheduler = installed.engine.scheduler()
    await scheduler.tick()

    installed.clock.moment = BEGIN + timedelta(hours=2, minutes=30)
    await scheduled(installed, HOURLY | {"misfire": "all"})
    await scheduler.tick()

    assert len(await firings_of(installed.engine)) == 2


async def test_a_moment_between_the_save_and_the_first_look_comes_as_well(installed: Installation):
    await scheduled(installed, {"kind": "once", "at": "2026-01-01T00:00:01Z"})

    installed.clock.moment = BEGIN + timedelta(seconds=5)
    await installed.engine.scheduler().tick()

    assert [run.trigger for run in await installed.runs()] == ["schedule"]


@ON_ONE_DATABASE
async def test_another_jitter_moves_what_comes_next(installed: Installation):
    await scheduled(installed, HOURLY | {"jitterSeconds": 3_000})
    scheduler = installed.engine.scheduler()
    spread = await scheduler.tick()

    await scheduled(installed, HOURLY)
    plain = await scheduler.tick()
    await scheduled(installed, HOURLY | {"jitterSeconds": 3_000})
    again = await scheduler.tick()

    assert spread is not None
    assert BEGIN + timedelta(hours=1) < spread < BEGIN + timedelta(hours=1, seconds=3_000)
    assert (plain, again) == (BEGIN + timedelta(hours=1), spread)


async def test_clocks_that_are_set_back_double_nothing(installed: Installation):
    await scheduled(installed, HOURLY | {"misfire": "all"})
    scheduler = installed.engine.scheduler()
    await scheduler.tick()

    for hours in (1, 3, 2, 1, 3, 4):
        installed.clock.moment = BEGIN + timedelta(hours=hours)
        await scheduler.tick()
        await finish(installed)

    moments = [row.moment for row in await firings_of(installed.engine)]
    assert moments == [BEGIN + timedelta(hours=hour) for hour in (1, 2, 3, 4)]


async def test_an_error_while_firing_leaves_the_moment_to_be_fired(installed: Installation):
    await scheduled(installed, HOURLY)
    broken = installed.engine.scheduler()
    await broken.tick()
    installed.clock.moment = BEGIN + timedelta(hours=1)
    installed.engine.definitions.load, load = None, installed.engine.definitions.load  # type: ignore[method-assign, assignment]  # breaks between mark and run

    with pytest.raises(TypeError):
        await broken.tick()
    installed.engine.definitions.load = load  # type: ignore[method-assign]
    nothing = await firings_of(installed.engine)
    await installed.engine.scheduler().tick()

    assert nothing == []
    [firing] = await firings_of(installed.engine)
    assert firing.state == "started"


async def test_a_killed_scheduler_loses_no_moment_and_doubles_none(
    migrated_url: str, tmp_path: Path, installed: Installation
):
    await scheduled(installed, MINUTELY | {"misfire": "all"})
    await installed.engine.scheduler().tick()
    for _ in range(3):
        async with ticking(migrated_url, tmp_path / "storage", BEGIN) as ticks:
            for _ in range(7):
                await ticks.readexactly(1)
    rows = await firings_of(installed.engine)
    installed.clock.moment = rows[-1].moment + timedelta(minutes=5)
    await installed.engine.scheduler().tick()

    moments = [row.moment for row in await firings_of(installed.engine)]
    assert moments == [BEGIN + timedelta(minutes=number + 1) for number in range(len(moments))]
    assert len(moments) == len(rows) + 5


@ON_ONE_DATABASE
async def test_the_clock_wakes_the_scheduler(migrated_url: str, tmp_path: Path):
    stop = asyncio.Event()
    async with installation(migrated_url, tmp_path / "storage", RealClock()) as installed:
        at = datetime.now(UTC) + timedelta(seconds=1.2)
        await scheduled(installed, {"kind": "once", "at": at.isoformat()})
        serving = asyncio.create_task(installed.engine.scheduler().serve(stop))

        await until(installed.runs)
        stop.set()
        await serving

        [run] = await installed.runs()
        assert run.queued_at >= at
        assert run.trigger == "schedule"


class RealClock(FakeClock):
    """The time of this machine, for fakes that move their clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

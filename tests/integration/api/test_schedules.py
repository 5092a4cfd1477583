"""Schedules over HTTP."""

from datetime import timedelta

import httpx
import pytest

from openconnector.engine import Engine, Ports
from tests.fakes.clocks import ShiftedClock

NIGHTLY = {"kind": "cron", "expression": "30 2 * * *", "timezone": "Europe/Amsterdam"}


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """Trying out asks no database."""
    return migrated_sqlite_url


async def test_a_preview_shows_the_moments_across_a_change_of_the_clocks(api: httpx.AsyncClient):
    body = {"schedule": NIGHTLY, "count": 3, "after": "2026-03-28T00:00:00Z"}

    answer = await api.post("schedules/preview", json=body)

    assert answer.status_code == 200, answer.text
    assert answer.json()["results"] == [
        {
            "moment": "2026-03-28T01:30:00Z",
            "local": "2026-03-28T02:30:00+01:00",
            "latest": "2026-03-28T01:30:00Z",
            "clockChange": None,
        },
        {
            "moment": "2026-03-29T01:00:00Z",
            "local": "2026-03-29T03:00:00+02:00",
            "latest": "2026-03-29T01:00:00Z",
            "clockChange": "+01:00 -> +02:00",
        },
        {
            "moment": "2026-03-30T00:30:00Z",
            "local": "2026-03-30T02:30:00+02:00",
            "latest": "2026-03-30T00:30:00Z",
            "clockChange": None,
        },
    ]


async def test_a_preview_without_a_moment_shows_those_to_come(api: httpx.AsyncClient):
    body = {"schedule": {"kind": "interval", "every": 1, "unit": "weeks"}}

    found = (await api.post("schedules/preview", json=body)).json()["results"]

    assert len(found) == 10


WRONG_PREVIEWS: list[tuple[dict, str]] = [
    ({"schedule": {"kind": "cron", "expression": "61 * * * *"}}, "schedule.expression"),
    ({"schedule": {"kind": "sometimes"}}, "schedule"),
    ({"schedule": NIGHTLY, "count": 101}, "count"),
    ({"schedule": NIGHTLY, "after": "2026-01-01T00:00:00"}, "after"),
    ({"schedule": NIGHTLY, "after": "9999-01-01T00:00:00Z"}, "after"),
]


async def test_a_preview_that_cannot_be_shown_names_the_field(
    api: httpx.AsyncClient, subtests: pytest.Subtests
):
    for body, field in WRONG_PREVIEWS:
        with subtests.test(body=body):
            answer = await api.post("schedules/preview", json=body)

            assert answer.status_code == 400
            assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.fixture
async def saved(configured: httpx.AsyncClient) -> httpx.AsyncClient:
    """The interface with two schedules of the synchronization `cases`, one of them switched off."""
    body = (await configured.get("synchronizations/cases")).json()
    schedules = [NIGHTLY, {"kind": "interval", "every": 1, "unit": "weeks", "isEnabled": False}]
    own = {name: body[name] for name in ("name", "slug", "sourceId", "target")}
    answer = await configured.put("synchronizations/cases", json=own | {"schedules": schedules})
    assert answer.status_code == 200, answer.text
    return configured


async def test_the_list_shows_what_each_schedule_starts_next(
    saved: httpx.AsyncClient, engine: Engine
):
    await engine.scheduler().tick()

    body = (await saved.get("schedules")).json()

    nightly, weekly = body["results"]
    assert body["total"] == 2
    assert (nightly["synchronization"], nightly["number"]) == ("cases", 0)
    assert nightly["schedule"] == {
        **NIGHTLY,
        "isEnabled": True,
        "jitterSeconds": 0,
        "misfire": "last",
    }
    assert (nightly["isActive"], len(nightly["next"]), nightly["last"]) == (True, 5, None)
    assert (weekly["isActive"], weekly["next"]) == (False, [])


async def test_the_list_shows_the_moment_that_came_last(saved: httpx.AsyncClient, engine: Engine):
    later = Engine(engine.settings, Ports(clock=ShiftedClock(timedelta(days=2).total_seconds())))
    await engine.scheduler().tick()
    async with later:
        await later.scheduler().tick()

    nightly = (await saved.get("schedules")).json()["results"][0]

    [run] = (await saved.get("runs?trigger=schedule")).json()["results"]
    assert (nightly["last"]["state"], nightly["last"]["runId"]) == ("started", run["id"])
    assert nightly["last"]["missedSince"] < nightly["last"]["moment"]
    assert (await saved.get("runs?trigger=manual")).json()["total"] == 0


async def test_the_moments_that_came_are_told_the_latest_first_and_of_one_schedule(
    saved: httpx.AsyncClient, engine: Engine
):
    nightly, weekly = (await saved.get("schedules")).json()["results"]
    await engine.scheduler().tick()
    for days in (2, 3):
        clock = ShiftedClock(timedelta(days=days).total_seconds())
        async with Engine(engine.settings, Ports(clock=clock)) as later:
            await later.scheduler().tick()

    body = (await saved.get("schedules/cases/firings")).json()
    second = (await saved.get("schedules/cases/firings?_limit=1&_page=2")).json()

    waiting, started = body["results"]
    assert (waiting["state"], started["state"]) == ("waiting", "started")
    assert waiting["moment"] > started["moment"]
    assert (second["results"], second["total"]) == ([started], 2)
    of = {
        key: (await saved.get(f"schedules/cases/firings?schedule={key}")).json()["total"]
        for key in (nightly["key"], weekly["key"])
    }
    assert of == {nightly["key"]: 2, weekly["key"]: 0}
    assert (await saved.get("schedules/nonsense/firings")).status_code == 404


async def test_the_scan_for_lost_events_stands_in_the_list_after_the_schedules(
    saved: httpx.AsyncClient,
):
    body = (await saved.get("synchronizations/cases")).json()
    own = {name: body[name] for name in ("name", "slug", "sourceId", "target", "schedules")}
    woken = own | {"wakeOn": [{"event": "files"}], "scanEveryHours": 12}
    (await saved.put("synchronizations/cases", json=woken)).raise_for_status()

    last = (await saved.get("schedules?_limit=1&_page=3")).json()

    assert (last["total"], last["results"][0]["number"]) == (3, None)
    assert last["results"][0]["schedule"]["every"] == 12


async def test_the_list_can_be_narrowed_to_one_synchronization(saved: httpx.AsyncClient):
    synchronization = (await saved.get("synchronizations/cases")).json()["id"]

    own = (await saved.get("schedules", params={"synchronizationId": synchronization})).json()
    other = (await saved.get("schedules", params={"synchronizationId": "none"})).json()

    assert (own["total"], other["total"]) == (2, 0)


WRONG_SCHEDULES: list[tuple[list, str]] = [
    ([{"kind": "cron", "expression": "0 0 30 2 *"}], "schedules.0.expression"),
    ([NIGHTLY, {**NIGHTLY, "misfire": "all"}], "schedules"),
    ([{"kind": "interval", "every": 1 + number} for number in range(21)], "schedules"),
]


async def test_a_synchronization_with_a_wrong_schedule_is_refused(
    saved: httpx.AsyncClient, subtests: pytest.Subtests
):
    body = (await saved.get("synchronizations/cases")).json()
    own = {name: body[name] for name in ("name", "slug", "sourceId", "target")}

    for schedules, field in WRONG_SCHEDULES:
        with subtests.test(schedules=schedules):
            answer = await saved.put("synchronizations/cases", json=own | {"schedules": schedules})

            assert answer.status_code == 400
            assert [one["field"] for one in answer.json()["errors"]] == [field]

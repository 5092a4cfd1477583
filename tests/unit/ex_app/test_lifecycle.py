"""What AppAPI's calls set off: migrations, reports, registrations, work in the background."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from ex_app.app import create_app
from ex_app.lifecycle import PAUSES, Lifecycle
from ex_app.nextcloud.client import Nextcloud
from ex_app.registrations import REGISTRATIONS
from openconnector.errors import StorageFailed
from openconnector.testing import FakeClock
from tests.fakes.exapp import client_for, settings_for
from tests.fakes.nextcloud import FakeNextcloud

BACKGROUND = {"init", "resume", "register", "predecessor"}


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
async def lifecycle(client_to_nextcloud, engine, clock):
    lifecycle = Lifecycle(
        client_to_nextcloud,
        registrations=REGISTRATIONS,
        migrate=engine.migrate,
        on_enabled=engine.on_enabled,
        sleep=clock.sleep,
    )
    yield lifecycle
    await lifecycle.close()


async def settle() -> None:
    """Let every task in the background come to its end."""
    tasks = [task for task in asyncio.all_tasks() if task.get_name() in BACKGROUND]
    await asyncio.wait_for(asyncio.gather(*tasks), timeout=5)


def reports(nextcloud: FakeNextcloud) -> list[dict]:
    return [call.json for call in nextcloud.calls if call.path.endswith("/ex-app/status")]


@pytest.fixture
def installed(engine):
    """A Nextcloud and an ExApp that reach each other, before the administrator's first command."""
    nextcloud = FakeNextcloud()
    transport = httpx.ASGITransport(nextcloud)
    app = create_app(settings_for(nextcloud), engine.hosted, transport=transport)
    nextcloud.exapp = client_for(app)
    return nextcloud


async def test_an_installation_runs_in_the_order_seen_on_a_real_server(installed, engine):
    is_good = await installed.install()

    assert is_good
    assert installed.asked == [
        "GET /heartbeat",
        "POST /init",
        "GET /heartbeat",
        "PUT /enabled?enabled=1",
    ]
    assert (installed.progress, installed.is_enabled, installed.error) == (100, True, "")
    assert (engine.migrations, engine.switched) == (1, [True])
    assert list(installed.menu) == ["main"]


async def test_init_is_answered_while_the_migration_still_runs(exapp, nextcloud, engine):
    engine.may_migrate.clear()

    answer = await exapp.post("/init", headers=nextcloud.signed())

    assert (answer.status_code, answer.json()) == (200, {})
    engine.may_migrate.set()
    await settle()


async def test_asked_twice_the_initialisation_runs_once(exapp, nextcloud, engine):
    engine.may_migrate.clear()

    for _ in range(2):
        await exapp.post("/init", headers=nextcloud.signed())
    engine.may_migrate.set()
    await settle()

    assert engine.migrations == 1
    assert [report["progress"] for report in reports(nextcloud)].count(100) == 1


@pytest.mark.parametrize(("percent", "told"), [(40, 40), (100, 99)])
async def test_progress_stays_below_the_word_that_enables_until_all_is_done(
    exapp, nextcloud, engine, percent, told
):
    engine.percent = percent
    engine.may_migrate.clear()
    await exapp.post("/init", headers=nextcloud.signed())
    await asyncio.wait_for(nextcloud.was_reported_to.wait(), timeout=5)
    engine.may_migrate.set()
    await settle()

    assert [report["progress"] for report in reports(nextcloud)] == [told, 100]


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (StorageFailed("The disk is full; free some space"), "The disk is full; free some space"),
        (RuntimeError("s3cret"), "Unexpected RuntimeError; the log of the app says more"),
    ],
)
async def test_a_failed_migration_ends_the_installation_with_its_reason(
    installed, engine, failure, told
):
    engine.failure = failure

    await installed.install()

    assert installed.error == told
    assert "PUT /enabled?enabled=1" not in installed.asked


async def test_an_initialisation_that_failed_may_be_tried_again(installed, engine):
    engine.failure = StorageFailed("full")
    await installed.install()
    engine.failure = None

    await installed.install()

    assert (installed.is_enabled, installed.error) == (True, "")


async def test_the_last_report_is_repeated_until_nextcloud_hears_it(lifecycle, nextcloud, clock):
    nextcloud.failures = [503] * len(PAUSES)

    await lifecycle.init(None)
    await settle()

    assert clock.slept == list(PAUSES)
    assert nextcloud.progress == 100


async def test_a_report_that_is_refused_is_not_repeated(lifecycle, nextcloud, clock):
    nextcloud.is_registered = False

    await lifecycle.init(None)
    await settle()

    assert clock.slept == []


async def test_enabling_twice_changes_nothing(exapp, nextcloud, engine):
    answers = [await exapp.put("/enabled?enabled=1", headers=nextcloud.signed()) for _ in range(2)]

    assert [answer.json() for answer in answers] == [{"error": ""}] * 2
    assert (engine.migrations, engine.switched) == (1, [True])
    assert list(nextcloud.menu) == ["main"]


async def test_disabling_ends_the_work_and_takes_the_menu_entry_away(exapp, nextcloud, engine):
    await exapp.put("/enabled?enabled=1", headers=nextcloud.signed())

    answers = [await exapp.put("/enabled?enabled=0", headers=nextcloud.signed()) for _ in range(2)]

    assert [answer.json() for answer in answers] == [{"error": ""}] * 2
    assert (engine.switched, nextcloud.menu) == ([True, False], {})


async def test_disabling_ends_the_work_even_when_nextcloud_fails(exapp, nextcloud, engine):
    await exapp.put("/enabled?enabled=1", headers=nextcloud.signed())
    nextcloud.failures = [500, 500, 500]

    answer = await exapp.put("/enabled?enabled=0", headers=nextcloud.signed())

    assert answer.json() == {"error": ""}
    assert engine.switched == [True, False]


async def test_enabling_says_what_stood_in_its_way_and_starts_no_work(exapp, nextcloud, engine):
    engine.failure = StorageFailed("The disk is full")

    answer = await exapp.put("/enabled?enabled=1", headers=nextcloud.signed())

    assert answer.json() == {"error": "The disk is full"}
    assert engine.switched == []


async def test_a_server_without_menu_entries_enables_all_the_same(exapp, nextcloud, engine):
    nextcloud.lacks = {"/ui/top-menu", "/ui/script", "/ui/style"}

    answer = await exapp.put("/enabled?enabled=1", headers=nextcloud.signed())

    assert answer.json() == {"error": ""}
    assert engine.switched == [True]


async def enable(lifecycle: Lifecycle, *, wanted: int = 1) -> Any:
    query = f"enabled={wanted}".encode()
    answer = await lifecycle.enabled(Request({"type": "http", "query_string": query}))
    return json.loads(bytes(answer.body))


async def test_a_registration_that_fails_is_made_later_and_enabling_goes_on(
    lifecycle, nextcloud, engine, clock
):
    nextcloud.failures = [*[500] * len(REGISTRATIONS), 503]

    answer = await enable(lifecycle)
    menu = dict(nextcloud.menu)
    await settle()

    assert (answer, menu, engine.switched) == ({"error": ""}, {}, [True])
    assert list(nextcloud.menu) == ["main"]
    assert clock.slept == list(PAUSES[:2])


async def test_what_waits_to_be_registered_is_forgotten_when_the_app_is_disabled(
    nextcloud, client_to_nextcloud, engine
):
    is_waiting = asyncio.Event()

    async def wait(_seconds: float) -> None:
        is_waiting.set()
        await asyncio.Event().wait()

    lifecycle = Lifecycle(
        client_to_nextcloud,
        registrations=REGISTRATIONS,
        migrate=engine.migrate,
        on_enabled=engine.on_enabled,
        sleep=wait,
    )
    nextcloud.failures = [503]
    await enable(lifecycle)
    await is_waiting.wait()

    answer = await enable(lifecycle, wanted=0)

    assert answer == {"error": ""}
    assert [task for task in asyncio.all_tasks() if task.get_name() == "register"] == []
    assert nextcloud.menu == {}


@pytest.mark.parametrize("is_there", [True, False])
async def test_the_php_app_beside_us_is_told_of_when_we_are_enabled(
    lifecycle, nextcloud, is_there, capsys
):
    nextcloud.has_php_app = is_there

    await enable(lifecycle)
    await settle()

    assert ("occ app:disable openconnector" in capsys.readouterr().out) == is_there


@pytest.mark.parametrize("query", ["", "?enabled=", "?enabled=true", "?enabled=2"])
async def test_anything_but_one_and_nought_is_not_understood(exapp, nextcloud, engine, query):
    answer = await exapp.put(f"/enabled{query}", headers=nextcloud.signed())

    assert answer.status_code == 400
    assert engine.switched == []


async def test_after_a_restart_the_work_goes_on_without_being_told(lifecycle, engine):
    lifecycle.resume()
    await settle()

    assert (engine.migrations, engine.switched) == (1, [True])


async def test_after_a_restart_a_disabled_app_rests(lifecycle, nextcloud, engine):
    nextcloud.is_enabled = False

    lifecycle.resume()
    await settle()

    assert engine.switched == []


async def test_a_nextcloud_that_starts_later_is_waited_for(lifecycle, nextcloud, engine, clock):
    nextcloud.failures = [503, 503, 502]

    lifecycle.resume()
    await settle()

    assert clock.slept == list(PAUSES[:3])
    assert engine.switched == [True]


async def test_a_secret_nextcloud_does_not_accept_is_not_tried_again(lifecycle, nextcloud, clock):
    nextcloud.is_registered = False

    lifecycle.resume()
    await settle()

    assert len(nextcloud.calls) == 1
    assert clock.slept == []


@pytest.mark.parametrize("answers", [[503, 200], [200]], ids=["while waiting", "while asking"])
async def test_being_disabled_meanwhile_counts_more_than_a_late_answer(nextcloud, engine, answers):
    left = list(answers)

    async def disable(_seconds: float = 0) -> None:
        await resumed.enabled(Request({"type": "http", "query_string": b"enabled=0"}))

    async def api(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and left.pop(0) == 503:
            return httpx.Response(503)
        if request.method == "GET":
            await disable()
        return httpx.Response(200, json={"ocs": {"meta": {"statuscode": 200}, "data": 1}})

    client = Nextcloud(settings_for(nextcloud), transport=httpx.MockTransport(api))
    resumed = Lifecycle(
        client,
        registrations=REGISTRATIONS,
        migrate=engine.migrate,
        on_enabled=engine.on_enabled,
        sleep=disable,
    )

    resumed.resume()
    await settle()

    assert engine.switched == []


async def test_closing_ends_the_work(lifecycle, engine):
    lifecycle.resume()
    await settle()

    await lifecycle.close()

    assert engine.switched == [True, False]


async def test_closing_ends_a_migration_that_hangs(lifecycle, engine):
    engine.may_migrate.clear()
    lifecycle.resume()
    await asyncio.sleep(0)

    await lifecycle.close()

    assert engine.switched == []

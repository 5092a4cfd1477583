"""Events in Nextcloud wake synchronizations: from the webhook to the run, against the double."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from ex_app.callers import AppApiAuth
from ex_app.nextcloud.client import Nextcloud
from ex_app.registrations.webhooks import WEBHOOKS
from ex_app.wakes.keeping import ABSENT, WebhookKeeper
from ex_app.wakes.receiving import SETTLING, receiver
from ex_app.wakes.webhooks import INTERFACE
from tests.fakes.exapp import client_for, settings_for
from tests.fakes.installation import Installation, installation, page, records
from tests.fakes.nextcloud import FakeNextcloud

WRITTEN = "OCP\\Files\\Events\\Node\\NodeWrittenEvent"


@pytest.fixture
async def installed(migrated_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(migrated_url, tmp_path / "storage") as one:
        yield one


@pytest.fixture
def server() -> FakeNextcloud:
    return FakeNextcloud(is_registered=True, is_enabled=True)


@pytest.fixture
async def nextcloud(server: FakeNextcloud) -> AsyncIterator[Nextcloud]:
    client = Nextcloud(settings_for(server), transport=httpx.ASGITransport(server))
    yield client
    await client.aclose()


@pytest.fixture
def keeper(installed: Installation, nextcloud: Nextcloud) -> WebhookKeeper:
    return WebhookKeeper(installed.engine, nextcloud)


async def wanting(installed: Installation, *wakes: dict[str, Any], **fields: Any) -> None:
    installed.synchronization = {"wakeOn": list(wakes), **fields}
    await installed.configure()


async def happen(server: FakeNextcloud, installed: Installation, path: str) -> list[int]:
    """Let a file be written."""
    exapp = AppApiAuth(
        Starlette(routes=[receiver(installed.engine)]), app_id=server.app_id, secret=server.secret
    )
    async with client_for(exapp) as client:

        async def post(uri: str, user: str, body: dict[str, Any]) -> httpx.Response:
            return await client.post(uri, headers=server.signed(user), json=body)

        payload = {"node": {"id": 177, "path": path}}
        return await server.webhooks.happen(WRITTEN, payload, post)


async def test_a_written_file_wakes_the_synchronization_that_waits_for_it(
    installed: Installation, server: FakeNextcloud, keeper: WebhookKeeper
):
    await wanting(installed, {"event": "files", "path": "/Inbox"})
    scheduler = installed.engine.scheduler()
    await scheduler.tick()
    await keeper.keep()

    elsewhere = await happen(server, installed, "/alice/files/other.txt")
    answered = await happen(server, installed, "/alice/files/Inbox/new.csv")
    await scheduler.tick()
    early = await installed.runs()
    installed.clock.moment += SETTLING
    await scheduler.tick()

    [run] = await installed.runs()
    assert (elsewhere, answered, early) == ([], [200], [])
    assert (run.trigger, run.state, run.mode) == ("webhook", "queued", "run")
    assert keeper.state == "4 registered"


async def test_a_burst_costs_one_run_and_what_comes_during_it_another(
    installed: Installation, server: FakeNextcloud, keeper: WebhookKeeper
):
    await wanting(installed, {"event": "files"})
    scheduler = installed.engine.scheduler()
    await keeper.keep()

    answers = [await happen(server, installed, f"/alice/files/{number}") for number in range(50)]
    installed.clock.moment += SETTLING
    await scheduler.tick()
    [first] = await installed.runs()
    await happen(server, installed, "/alice/files/late")
    installed.clock.moment += SETTLING
    await scheduler.tick()
    during = await installed.runs()
    installed.api.play("/records", page(records(1)))
    await installed.finish(first.id)
    await scheduler.tick()
    await scheduler.tick()

    assert answers == [[200]] * 50
    assert len(during) == 1
    assert [run.trigger for run in await installed.runs()] == ["webhook", "webhook"]


async def test_only_what_is_wanted_is_registered(
    installed: Installation, server: FakeNextcloud, keeper: WebhookKeeper, nextcloud: Nextcloud
):
    foreign = {"httpMethod": "POST", "uri": "https://x.test/", "event": WRITTEN}
    await nextcloud.ocs("POST", INTERFACE, user="admin", json=foreign)
    server.webhooks.hooks[30]["appId"] = "another"
    await wanting(installed, {"event": "files"}, {"event": "calendar"})
    await keeper.keep()
    first = dict(server.webhooks.hooks)
    server.webhooks.hooks[99] = {**first[31], "id": 99}
    asked = len(server.calls)
    await keeper.keep()
    again = dict(server.webhooks.hooks)
    calls = [call.method for call in server.calls[asked:]]
    await wanting(installed, {"event": "files", "user": "alice"})
    await keeper.keep()
    changed = dict(server.webhooks.hooks)
    await wanting(installed, {"event": "files"}, isEnabled=False)
    await keeper.keep()

    assert len(first) == 1 + 4 + 6
    assert again == first
    assert calls == ["GET", "DELETE"]
    assert {hook["userIdFilter"] for hook in changed.values() if hook["appId"] != "another"} == {
        "alice"
    }
    assert list(server.webhooks.hooks) == [30]


async def test_an_event_nextcloud_refuses_is_told_and_stops_no_other(
    installed: Installation, server: FakeNextcloud, keeper: WebhookKeeper
):
    await wanting(installed, {"event": "forms"}, {"event": "tags"})

    await keeper.keep()

    assert len(server.webhooks.hooks) == 2
    assert keeper.state.startswith("2 registered; OCA\\Forms\\Events\\FormSubmittedEvent: ")


async def test_a_server_without_webhooks_is_told_and_scans_go_on(
    installed: Installation, server: FakeNextcloud, keeper: WebhookKeeper
):
    server.lacks.add("/webhooks")
    await wanting(installed, {"event": "files"}, scanEveryHours=6)
    scheduler = installed.engine.scheduler()

    await keeper.keep()
    following = await scheduler.tick()
    installed.clock.moment += timedelta(hours=7)
    await scheduler.tick()

    assert keeper.state == ABSENT
    assert following is not None
    [run] = await installed.runs()
    assert run.trigger == "schedule"


async def test_disabled_the_app_leaves_no_webhook_behind(
    installed: Installation, server: FakeNextcloud, keeper: WebhookKeeper, nextcloud: Nextcloud
):
    await wanting(installed, {"event": "files"})
    await keeper.keep()

    await WEBHOOKS.unregister(nextcloud)

    assert server.webhooks.hooks == {}


async def test_the_keeper_follows_what_is_saved(
    installed: Installation, server: FakeNextcloud, keeper: WebhookKeeper
):
    await wanting(installed, {"event": "tags"})
    await keeper.start()
    async with asyncio.timeout(30):
        while len(server.webhooks.hooks) != 2:  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0.01)
    await keeper.stop()

    assert keeper.state == "2 registered"


async def test_a_webhook_of_a_synchronization_that_is_gone_wakes_nothing(
    installed: Installation, server: FakeNextcloud
):
    server.webhooks.hooks[1] = {
        "uri": "/_internal/wake/gone",
        "event": WRITTEN,
        "eventFilter": [],
        "userIdFilter": "",
    }

    assert await happen(server, installed, "/alice/files/x") == [404]

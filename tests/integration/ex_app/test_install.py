"""AppAPI installs, disables and restarts the ExApp over real connections."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from ex_app.__main__ import server
from ex_app.app import create_app
from ex_app.settings import Settings
from tests.fakes.exapp import FakeEngine, settings_for
from tests.fakes.hosted import free_port, reachable, serving
from tests.fakes.nextcloud import FakeNextcloud


@pytest.fixture
async def nextcloud() -> AsyncIterator[FakeNextcloud]:
    async with reachable(FakeNextcloud()) as double:
        yield double


@pytest.fixture(params=["host and port", "socket file"])
def settings(request, nextcloud, tmp_path) -> Settings:
    path = tmp_path / "exapp.sock"
    is_tunnelled = request.param == "socket file"
    if is_tunnelled:
        with socket.socket(socket.AF_UNIX) as killed:
            killed.bind(str(path))  # a process that was killed leaves its file
    return settings_for(
        nextcloud,
        nextcloud_url=f"{nextcloud.url}/index.php/",
        app_port=free_port(),
        hp_shared_key="key" if is_tunnelled else None,
        hp_exapp_sock=path,
    )


@asynccontextmanager
async def running(
    nextcloud: FakeNextcloud, settings: Settings, engine: FakeEngine
) -> AsyncIterator[httpx.AsyncClient]:
    """Start the ExApp as its process does and give Nextcloud's way to it."""
    app = create_app(settings, engine.hosted)
    uds = str(settings.socket) if settings.socket else None
    client = httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(uds=uds),
        base_url=f"http://{settings.app_host}:{settings.app_port}",
    )
    async with client as nextcloud.exapp, serving(server(app, settings)):
        yield client


async def test_an_app_is_installed_used_disabled_and_enabled_again(nextcloud, settings):
    engine = FakeEngine()

    async with running(nextcloud, settings, engine) as exapp:
        assert await nextcloud.install()
        assert nextcloud.asked == [
            "GET /heartbeat",
            "POST /init",
            "GET /heartbeat",
            "PUT /enabled?enabled=1",
        ]
        assert list(nextcloud.menu) == ["main"]

        icon = await exapp.get(
            f"/{nextcloud.menu['main']['icon']}", headers=nextcloud.signed("admin")
        )
        caller = await exapp.get("/api/v1/sources", headers=nextcloud.signed("admin"))
        assert icon.headers["Content-Type"] == "image/svg+xml"
        assert caller.json() == {"kind": "user", "userId": "admin", "isAdmin": True}

        await nextcloud.disable()
        assert nextcloud.menu == {}
        assert engine.switched == [True, False]

        assert await nextcloud.enable()
        assert engine.switched == [True, False, True]

    assert engine.switched == [True, False, True, False]
    assert engine.migrations == 1


async def test_a_restarted_process_goes_on_by_itself(nextcloud, settings):
    async with running(nextcloud, settings, FakeEngine()):
        await nextcloud.install()
    engine = FakeEngine()

    async with running(nextcloud, settings, engine):
        await asyncio.wait_for(engine.was_switched.wait(), timeout=20)

    assert engine.switched == [True, False]


async def test_an_app_that_cannot_migrate_tells_nextcloud_why_and_still_lives(nextcloud, settings):
    engine = FakeEngine()
    engine.failure = OSError("No space left on device")

    async with running(nextcloud, settings, engine) as exapp:
        is_good = await nextcloud.install()
        heartbeat = await exapp.get("/heartbeat")

    assert not is_good
    assert nextcloud.error == "Unexpected OSError; the log of the app says more"
    assert heartbeat.status_code == 200

"""The interface over a real database, asked without a network."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from openconnector.api.callers import by_host, by_token
from openconnector.api.rights import Role
from openconnector.engine import Engine, Settings
from tests.fakes.doors import Visitors
from tests.fakes.exapp import client_for, hosting
from tests.fakes.harp import Harp
from tests.fakes.interfaces import Interfaces
from tests.fakes.nextcloud import FakeNextcloud
from tests.fakes.php_proxy import PhpProxy
from tests.fakes.prepared import configured as have_configured
from tests.fakes.prepared import storage
from tests.fakes.previews import PreviewsHere, calculate_with
from tests.fakes.town import Remote, configure, standing
from tests.fakes.ways import ADDRESSES, DIRECT, PHP, WAYS, Way

TOKEN = "right"


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """Which database, and which door; a module whose tests need fewer ways overrides this."""
    found: Way = request.param
    return found


@pytest.fixture
def migrated_url(request: pytest.FixtureRequest, way: Way) -> str:
    """Address of a database with our tables and nothing in them."""
    return str(request.getfixturevalue(way[0]))


@pytest.fixture
def door(way: Way) -> str:
    """`DIRECT` to a server of our own, or through a front door of Nextcloud to the ExApp."""
    return way[1]


@pytest.fixture
async def engine(migrated_url: str, tmp_path: Path) -> AsyncIterator[Engine]:
    settings = Settings(
        storage=storage(tmp_path / "storage"),
        database_url=migrated_url,
        allowed_networks=("127.0.0.0/8",),
    )
    async with Engine(settings) as opened:
        calculate_with(opened, PreviewsHere())
        yield opened


@pytest.fixture
def app(interfaces: Interfaces, engine: Engine, door: str) -> FastAPI:
    """The interface to this test's engine."""
    return interfaces(engine, by_token(TOKEN) if door == DIRECT else by_host(_only_administrators))


async def _only_administrators(_groups: frozenset[str]) -> Role:
    return Role.NONE


@pytest.fixture
def nextcloud() -> FakeNextcloud:
    """A Nextcloud in which the ExApp is installed and enabled."""
    return FakeNextcloud(is_registered=True, is_enabled=True)


@pytest.fixture
async def anyone(
    app: FastAPI, door: str, nextcloud: FakeNextcloud
) -> AsyncIterator[httpx.AsyncClient]:
    """A client that does not say who it is."""
    async with AsyncExitStack() as opened:
        served: Any = app
        if door != DIRECT:
            nextcloud.exapp = await opened.enter_async_context(client_for(hosting(app, nextcloud)))
            served = PhpProxy(nextcloud) if door == PHP else Harp(nextcloud)
        transport = httpx.ASGITransport(served, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=ADDRESSES[door])
        yield await opened.enter_async_context(client)


@pytest.fixture
async def administrator(
    anyone: httpx.AsyncClient, door: str, nextcloud: FakeNextcloud
) -> httpx.AsyncClient:
    """The administrator's client, whose paths are whole."""
    proof = {"Authorization": f"Bearer {TOKEN}"}
    anyone.headers.update(proof if door == DIRECT else Visitors(nextcloud).basic("admin"))
    return anyone


@pytest.fixture
async def api(administrator: httpx.AsyncClient, door: str) -> httpx.AsyncClient:
    """The administrator's client, whose paths are below `/api/v1/`."""
    administrator.base_url = httpx.URL(f"{ADDRESSES[door]}/api/v1/")
    return administrator


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    """A remote system on the loopback."""
    async with standing() as found:
        yield found


@pytest.fixture
async def configured(api: httpx.AsyncClient, engine: Engine, remote: Remote) -> httpx.AsyncClient:
    """The interface with a synchronization `cases` from the remote system into the register `town`."""
    await have_configured(engine.database, remote.address, lambda: configure(api, remote))
    return api

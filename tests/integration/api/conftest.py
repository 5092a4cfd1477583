"""The interface over a real database, asked without a network."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from openconnector.api.app import create_api
from openconnector.api.callers import by_token
from openconnector.engine import Engine, Ports, Settings
from openconnector.testing import FakeClock

TOKEN = "right"


@pytest.fixture
async def engine(migrated_url: str, tmp_path: Path) -> AsyncIterator[Engine]:
    settings = Settings(storage=tmp_path / "storage", database_url=migrated_url)
    async with Engine(settings, Ports(clock=FakeClock())) as opened:
        yield opened


@pytest.fixture
def app(engine: Engine) -> FastAPI:
    return create_api(engine, authenticate=by_token(TOKEN))


@pytest.fixture
async def anyone(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that does not say who it is."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
        yield client


@pytest.fixture
async def api(anyone: httpx.AsyncClient) -> httpx.AsyncClient:
    """The administrator's client, whose paths are below `/api/v1/`."""
    anyone.headers["Authorization"] = f"Bearer {TOKEN}"
    anyone.base_url = httpx.URL("http://api.test/api/v1/")
    return anyone

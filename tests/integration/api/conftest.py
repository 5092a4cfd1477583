"""The interface over a real database, asked without a network."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from openconnector.api.app import create_api
from openconnector.api.callers import by_token
from openconnector.cli.serving import listening
from openconnector.engine import Engine, Settings

TOKEN = "right"


@pytest.fixture
async def engine(migrated_url: str, tmp_path: Path) -> AsyncIterator[Engine]:
    settings = Settings(
        storage=tmp_path / "storage",
        database_url=migrated_url,
        allowed_networks=("127.0.0.0/8",),
    )
    async with Engine(settings) as opened:
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


class Remote:
    """A remote system with records."""

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.address = ""

    async def answer(self, request: Request) -> Response:
        """Answer two records to a page, to whoever has the token."""
        if request.headers.get("authorization") != "Bearer s3cret":
            return JSONResponse({"detail": "who are you?"}, 401)
        start = int(request.query_params.get("page", "1")) * 2 - 2
        body = {"results": self.records[start : start + 2], "total": len(self.records)}
        return JSONResponse(body, headers={"X-Api-Key": "s3cret", "X-Shelf": "7"})


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    """A remote system on the loopback."""
    remote = Remote()
    async with listening(Starlette(routes=[Route("/cases", remote.answer)])) as port:
        remote.address = f"http://127.0.0.1:{port}"
        yield remote


@pytest.fixture
async def configured(api: httpx.AsyncClient, remote: Remote) -> httpx.AsyncClient:
    """The interface with a synchronization `cases` from the remote system into the register `town`."""
    properties = {"title": {"type": "string"}, "amount": {"type": "integer"}}
    shelved = await api.post("schemas", json={"title": "Case", "properties": properties})
    await api.post("registers", json={"title": "Town", "schemas": [shelved.json()["slug"]]})
    source = {
        "kind": "rest",
        "location": remote.address,
        "endpoint": "cases",
        "auth": {"kind": "bearer", "token": "s3cret"},
    }
    await api.post("sources", json={"name": "Remote", "configuration": source})
    mapping = {"title": "name", "amount": "{{ amount }}"}
    await api.post("mappings", json={"name": "Case", "mapping": mapping})
    synchronization = {
        "name": "Cases",
        "sourceId": "remote",
        "sourceTargetMapping": "case",
        "target": {"kind": "object_store", "register": "town", "schema": "case"},
    }
    created = await api.post("synchronizations", json=synchronization)
    assert created.status_code == 201, created.text
    return api

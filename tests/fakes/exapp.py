"""An ExApp to test with: its settings, and an engine that notes what is asked of it."""

import asyncio
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ex_app.app import Hosted, create_app
from ex_app.lifecycle import Progress
from ex_app.settings import Settings
from tests.fakes.nextcloud import FakeNextcloud


def settings_for(nextcloud: FakeNextcloud, **changes: Any) -> Settings:
    """Return what the environment would say when this Nextcloud had installed the ExApp."""
    values: dict[str, Any] = {
        "app_id": nextcloud.app_id,
        "app_secret": SecretStr(nextcloud.secret),
        "app_version": nextcloud.version,
        "app_persistent_storage": Path("unused"),
        "nextcloud_url": nextcloud.url,
        "aa_version": "32.0.0",
        "hp_shared_key": None,
        "database_url": None,
    }
    return _settings(frozenset(os.environ.items()), **{**values, **changes})


@lru_cache
def _settings(_environment: frozenset[tuple[str, str]], **values: Any) -> Settings:
    """Return settings, which nobody can change: reading the environment takes longer than most tests."""
    return Settings(**values)


class FakeEngine:
    """Stands in for the engine: its API tells who called, its work is a list of what was asked."""

    def __init__(self) -> None:
        self.migrations = 0
        self.percent = 40
        """What the migration reports on its way."""
        self.switched: list[bool] = []
        self.was_switched = asyncio.Event()
        self.failure: Exception | None = None
        """What the next migrations fail with."""
        self.may_migrate = asyncio.Event()
        self.may_migrate.set()

    async def migrate(self, progress: Progress) -> None:
        self.migrations += 1
        progress(self.percent)
        await self.may_migrate.wait()
        if self.failure:
            raise self.failure
        progress(100)

    async def on_enabled(self, is_enabled: bool) -> None:  # noqa: FBT001  the shape of the port
        self.switched.append(is_enabled)
        self.was_switched.set()

    @property
    def hosted(self) -> Hosted:
        routes = [
            Route("/redirect", _redirect),
            Route("/boom", _boom),
            Route("/{path:path}", _tell_caller, methods=["GET", "POST", "PUT", "DELETE"]),
        ]
        return Hosted(
            api=Starlette(routes=routes), migrate=self.migrate, on_enabled=self.on_enabled
        )


def hosting(api: Starlette, nextcloud: FakeNextcloud) -> ASGIApp:
    """Return the ExApp in this Nextcloud with an API that is there already: nothing to migrate or to start."""

    async def nothing(_told: object) -> None:
        pass

    hosted = Hosted(api=api, migrate=nothing, on_enabled=nothing)
    return create_app(settings_for(nextcloud), hosted, transport=httpx.ASGITransport(nextcloud))


async def _tell_caller(request: Request) -> Response:
    caller = request.state.caller
    return JSONResponse(
        {"kind": caller.kind, "userId": caller.user_id, "isAdmin": caller.is_admin},
        headers={"X-Language": caller.language, "X-Nextcloud-Request": caller.request_id},
    )


async def _redirect(_request: Request) -> Response:
    return RedirectResponse("https://elsewhere.test/")


async def _boom(_request: Request) -> Response:
    raise RuntimeError("boom")


def client_for(app: Any) -> httpx.AsyncClient:
    """Return a client that calls the application in this process."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://exapp.test")

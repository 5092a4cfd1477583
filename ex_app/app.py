"""The ExApp as one ASGI application: AppAPI's calls, the page's files and, below, the engine's API."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from ex_app.answers import SafeAnswers
from ex_app.callers import HEARTBEAT_PATH, AppApiAuth, CsrfGuard, Membership
from ex_app.lifecycle import Lifecycle, Migrate, OnEnabled
from ex_app.nextcloud.client import Nextcloud
from ex_app.nextcloud.users import Users
from ex_app.registrations import REGISTRATIONS
from ex_app.settings import Settings
from openconnector.api.answers import Languages
from openconnector.api.ocs import Ocs
from openconnector.api.pages import assets


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """What the ExApp serves and drives; the engine fills it."""

    api: Starlette
    """The engine's API, reached by every path that is not AppAPI's. Its lifespan runs within ours.

    Each request brings ``scope["state"]["caller"]``, a `Caller`.
    """
    migrate: Migrate
    on_enabled: OnEnabled
    internal: tuple[BaseRoute, ...] = ()
    """Handlers of commands and webhooks, below `callers.INTERNAL_PREFIX`: Nextcloud alone calls them."""


def create_app(
    settings: Settings, hosted: Hosted, *, transport: httpx.AsyncBaseTransport | None = None
) -> ASGIApp:
    """Return the application; ``transport`` replaces the network between us and Nextcloud."""
    nextcloud = Nextcloud(settings, transport=transport)
    lifecycle = Lifecycle(
        nextcloud,
        registrations=REGISTRATIONS,
        migrate=hosted.migrate,
        on_enabled=hosted.on_enabled,
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with aclosing(nextcloud), hosted.api.router.lifespan_context(hosted.api):
            lifecycle.resume()
            yield
            await lifecycle.close()

    routes = [
        Route(HEARTBEAT_PATH, lifecycle.heartbeat),
        Route("/init", lifecycle.init, methods=["POST"]),
        Route("/enabled", lifecycle.enabled, methods=["PUT"]),
        *hosted.internal,
        *assets(),
        Mount("/", Membership(hosted.api, Users(nextcloud))),
    ]
    guarded = AppApiAuth(
        CsrfGuard(Starlette(routes=routes, lifespan=lifespan)),
        app_id=settings.app_id,
        secret=settings.app_secret.get_secret_value(),
    )
    return Languages(SafeAnswers(Ocs(guarded)))

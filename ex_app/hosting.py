"""The engine inside Nextcloud: built from the ExApp's settings, working while the app is enabled."""

import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from fastapi import FastAPI

from ex_app.app import Hosted
from ex_app.building import built
from ex_app.commands import COMMANDS
from ex_app.commands.command import Means
from ex_app.lifecycle import Progress
from ex_app.mirroring import Mirror
from ex_app.nextcloud.appconfig import AppConfig
from ex_app.nextcloud.client import Nextcloud
from ex_app.settings import Settings
from ex_app.wakes.keeping import WebhookKeeper
from ex_app.wakes.receiving import receiver
from openconnector.api.app import create_api
from openconnector.api.callers import by_host
from openconnector.api.rights import Role, role_in
from openconnector.db.migrate import migrate
from openconnector.engine import Engine
from openconnector.jobs.supervisor import Supervisor

WORKER = (sys.executable, "-m", "ex_app.worker", "--supervised")
"""The worker process; it reads the same environment as we do."""


class Beside:
    """What works beside the API while the app is enabled; both ways may be taken again and again."""

    def __init__(self, engine: Engine, nextcloud: Nextcloud) -> None:
        self.supervisor = Supervisor(WORKER, clock=engine.clock)
        self.mirror = Mirror(engine, AppConfig(nextcloud))
        self.keeper = WebhookKeeper(engine, nextcloud)

    async def start(self) -> None:
        """Begin with all of it. Raises `OSError` when there can be no worker process."""
        self.mirror.start()
        await self.supervisor.start()
        await self.keeper.start()

    async def stop(self) -> None:
        """End all of it."""
        await self.keeper.stop()
        await self.mirror.stop()
        await self.supervisor.stop()


def hosted(settings: Settings) -> Hosted:
    """Return the engine's API with what starts and stops its work. Raises `ConfigurationError` for a broken storage."""
    engine, nextcloud = built(settings)
    beside = Beside(engine, nextcloud)

    @asynccontextmanager
    async def lifespan(_api: FastAPI) -> AsyncIterator[None]:
        async with aclosing(nextcloud), engine:
            try:
                yield
            finally:
                await beside.stop()

    async def migrate_engine(progress: Progress) -> None:
        await migrate(engine.database, progress)

    async def on_enabled(is_enabled: bool) -> None:  # noqa: FBT001  the shape of the port
        await (beside.start() if is_enabled else beside.stop())

    async def role_of(groups: frozenset[str]) -> Role:
        return role_in(groups, engine.installation.settings)

    api = create_api(engine, authenticate=by_host(role_of))
    api.router.lifespan_context = lifespan
    means = Means(engine=engine, nextcloud=nextcloud, webhooks=lambda: beside.keeper.state)
    return Hosted(
        api=api,
        migrate=migrate_engine,
        on_enabled=on_enabled,
        internal=(receiver(engine), *(command.route(means) for command in COMMANDS)),
    )

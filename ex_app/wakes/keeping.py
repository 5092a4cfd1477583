"""Keeps the webhooks in Nextcloud in step with what synchronizations want to be woken by."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from ex_app.nextcloud.client import Nextcloud
from ex_app.wakes.hooks import hooks_for
from ex_app.wakes.webhooks import reconcile
from openconnector.db import definitions
from openconnector.db.rows import SynchronizationRow
from openconnector.definitions.planning import wakers
from openconnector.engine import Engine
from openconnector.errors import NotFound

LOOK_SECONDS = 5.0
"""How often it looks whether something was saved."""

RETRY_SECONDS = 30.0

STOP_SECONDS = 2.0

AGAIN = timedelta(hours=1)
"""How often the list is gone through without a reason: somebody may have taken a webhook away."""

ABSENT = (
    "not offered by this Nextcloud; enable its app `webhook_listeners`. Until then synchronizations begin by their "
    "schedules and scans alone"
)

logger = structlog.get_logger(__name__)


class WebhookKeeper:
    """Goes through the webhooks whenever a definition was saved, and every hour."""

    def __init__(self, engine: Engine, nextcloud: Nextcloud) -> None:
        self._engine = engine
        self._nextcloud = nextcloud
        self._change: int | None = None
        self._stop = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self.state = "not looked at yet"
        """How it stands, for an administrator."""

    async def start(self) -> None:
        """Begin to keep them; asked twice, it goes on."""
        if self._keeping is None:
            self._stop = asyncio.Event()
            self._keeping = asyncio.create_task(self._keep_on(self._stop), name="webhooks")

    async def stop(self) -> None:
        """Keep them no longer; what is registered stays."""
        self._stop.set()
        keeping, self._keeping = self._keeping, None
        if keeping is not None:
            await asyncio.wait({keeping}, timeout=STOP_SECONDS)
            keeping.cancel()  # Nextcloud may take long to answer, and whoever ends us does not wait for it
            await asyncio.gather(keeping, return_exceptions=True)

    async def _keep_on(self, stop: asyncio.Event) -> None:
        self._change = None
        again = self._engine.clock.now()
        while not stop.is_set():
            pause = LOOK_SECONDS
            try:
                now = self._engine.clock.now()
                if now >= again or await self._was_saved():
                    await self.keep()
                    again = now + AGAIN
            except Exception as error:  # noqa: BLE001  whatever keeps us from it may pass, and the next look tries again
                self.state = f"cannot be brought up to date: {error}"
                logger.warning("webhooks not kept", reason=str(error).partition("\n")[0])
                pause = RETRY_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)

    async def keep(self) -> None:
        """Go through them once. Raises like `Nextcloud.ocs` when Nextcloud cannot be asked now."""
        async with self._engine.database.reading() as session:
            change = await definitions.change_counter(session)
            wanted = {
                hook
                for row, wake in wakers(await definitions.every(session, SynchronizationRow))
                for hook in hooks_for(row.id, wake)
            }
        try:
            problems = await reconcile(self._nextcloud, wanted)
        except NotFound:
            self.state = ABSENT if wanted else "none wanted, and not offered by this Nextcloud"
        else:
            self.state = "; ".join([f"{len(wanted) - len(problems)} registered", *problems])
        if wanted:
            logger.info("webhooks kept", state=self.state)
        self._change = change

    async def _was_saved(self) -> bool:
        async with self._engine.database.reading() as session:
            return await definitions.change_counter(session) != self._change

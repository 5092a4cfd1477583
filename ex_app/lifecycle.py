"""The calls AppAPI makes on an ExApp: heartbeat, init, enabled."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ex_app.answers import problem
from ex_app.nextcloud.appapi import AppApi
from ex_app.nextcloud.client import Nextcloud
from ex_app.nextcloud.predecessor import REMEDY, is_enabled_too
from ex_app.registrations.entries import Registration, register_all, unregister_all
from openconnector.errors import OpenConnectorError, TransientError
from openconnector.messages import t

Progress = Callable[[int], None]
"""Takes how many percent of the work are done."""

Migrate = Callable[[Progress], Awaitable[object]]
"""Brings the database to what this version needs; doing it again changes nothing."""

OnEnabled = Callable[[bool], Awaitable[None]]
"""Starts the work in the background, or ends it."""

PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between attempts to reach Nextcloud."""

ALMOST_DONE = 99
"""The most a progress report says: 100 is the word by which Nextcloud enables us."""

REGISTERING_SECONDS = 25.0
"""How long one round of registering may take: AppAPI waits 60 s for the answer to `/enabled`, or 30 s."""

log = structlog.get_logger(__name__)


class Lifecycle:
    """Turns AppAPI's calls into migrations, registrations and the start and end of background work."""

    def __init__(
        self,
        nextcloud: Nextcloud,
        *,
        registrations: Sequence[Registration],
        migrate: Migrate,
        on_enabled: OnEnabled,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._nextcloud = nextcloud
        self._appapi = AppApi(nextcloud)
        self._registrations = registrations
        self._migrate = migrate
        self._on_enabled = on_enabled
        self._sleep = sleep
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._migrating = asyncio.Lock()
        self._is_migrated = False
        self._switching = asyncio.Lock()
        self._is_working = False
        self._was_told = False

    async def heartbeat(self, _request: Request) -> Response:
        """Answer that the process lives; asks neither the database nor Nextcloud."""
        return JSONResponse({"status": "ok"})

    async def init(self, _request: Request) -> Response:
        """Start the initialisation and answer at once: AppAPI waits 30 s at most. Asked twice, it runs once."""
        self._begin("init", self._initialise)
        return JSONResponse({})

    async def enabled(self, request: Request) -> Response:
        """Do what `?enabled=1` or `?enabled=0` says; the answer's ``error`` is empty when it worked."""
        wanted = request.query_params.get("enabled")
        if wanted not in {"0", "1"}:
            return problem(400, t("Not understood"), t("Say `?enabled=1` or `?enabled=0`"))
        self._was_told = True
        turn = self._enable if wanted == "1" else self._disable
        return JSONResponse({"error": await _attempt(turn())})

    def resume(self) -> None:
        """Take work up where a restart of the process left it: AppAPI does not repeat `/enabled` then."""
        self._begin("resume", self._resume)

    async def close(self) -> None:
        """End what runs in the background."""
        for name in list(self._tasks):
            await self._end(name)
        await self._switch(on=False)

    def _begin(self, name: str, step: Callable[[], Coroutine[Any, Any, None]]) -> None:
        running = self._tasks.get(name)
        if running is None or running.done():
            self._tasks[name] = asyncio.create_task(step(), name=name)

    async def _end(self, name: str) -> None:
        running = self._tasks.get(name)
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _initialise(self) -> None:
        """Migrate and report: progress on the way, then 100, or the error that ends the installation."""
        percents: asyncio.Queue[int] = asyncio.Queue()
        passing_on = asyncio.create_task(self._pass_on(percents))
        error = await _attempt(self._migrated(percents.put_nowait))
        passing_on.cancel()
        await asyncio.gather(passing_on, return_exceptions=True)
        # Nextcloud calls `/enabled` on us while this report is still being answered.
        await self._tell(0 if error else 100, error)

    async def _pass_on(self, percents: asyncio.Queue[int]) -> None:
        while True:
            percent = min(await percents.get(), ALMOST_DONE)
            with suppress(OpenConnectorError):
                await self._appapi.report(percent)

    async def _tell(self, percent: int, error: str) -> None:
        """Report until Nextcloud has heard it; nobody else would tell it that the installation may go on."""
        for pause in (*PAUSES, None):
            try:
                await self._appapi.report(percent, error)
            except TransientError as failure:
                log.warning("report not heard", percent=percent, reason=str(failure))
                if pause is not None:
                    await self._sleep(pause)
                continue
            except OpenConnectorError as failure:
                log.warning("report refused", percent=percent, reason=str(failure))
            break

    async def _enable(self) -> None:
        await self._migrated()
        missing = await self._register(self._registrations)
        if missing:
            self._begin("register", lambda: self._register_later(missing))
        await self._switch(on=True)
        self._begin("predecessor", self._look_for_predecessor)

    async def _look_for_predecessor(self) -> None:
        if await is_enabled_too(self._nextcloud):
            log.warning("the PHP app is enabled, too", remedy=REMEDY)

    async def _disable(self) -> None:
        await self._switch(on=False)
        await self._end("register")
        try:
            async with asyncio.timeout(REGISTERING_SECONDS):
                await unregister_all(self._nextcloud, self._registrations)
        except TimeoutError:
            log.warning("unregistering takes too long", seconds=REGISTERING_SECONDS)

    async def _register(self, wanted: Sequence[Registration]) -> Sequence[Registration]:
        """Register and return what has to be tried again, within the time AppAPI waits for us."""
        try:
            async with asyncio.timeout(REGISTERING_SECONDS):
                return await register_all(self._nextcloud, wanted)
        except TimeoutError:
            log.warning("registering takes too long", seconds=REGISTERING_SECONDS)
            return wanted  # doing it again does no harm

    async def _register_later(self, missing: Sequence[Registration]) -> None:
        for pause in PAUSES:
            await self._sleep(pause)
            missing = await self._register(missing)
            if not missing:
                break
        else:
            names = [registration.label for registration in missing]
            log.error("left unregistered; disable the app and enable it again", names=names)

    async def _resume(self) -> None:
        if await _attempt(self._migrated()):
            return
        if await self._is_enabled() and not self._was_told:
            await _attempt(self._switch(on=True))

    async def _is_enabled(self) -> bool:
        """Ask until Nextcloud answers or says by itself whether we are enabled."""
        for pause in itertools.chain(PAUSES, itertools.repeat(60.0)):
            try:
                return await self._appapi.is_enabled()
            except TransientError as failure:
                log.warning("state unknown", reason=str(failure))
                await self._sleep(pause)
            except OpenConnectorError as failure:
                # Asking again would count as guessing of the secret and slow down every other app.
                log.info("not registered in this Nextcloud", reason=str(failure))
                break
        return False

    async def _migrated(self, progress: Progress = lambda _percent: None) -> None:
        async with self._migrating:
            if not self._is_migrated:
                await self._migrate(progress)
                self._is_migrated = True

    async def _switch(self, *, on: bool) -> None:
        async with self._switching:
            if self._is_working != on:
                await self._on_enabled(on)
                self._is_working = on


async def _attempt(step: Awaitable[object]) -> str:
    """Await the step and return what went wrong in words for an administrator, "" when nothing."""
    try:
        await step
    except OpenConnectorError as error:
        log.warning("lifecycle step failed", reason=str(error))
        return str(error)
    except Exception as error:
        log.exception("lifecycle step failed")
        return f"Unexpected {type(error).__name__}; the log of the app says more"
    return ""

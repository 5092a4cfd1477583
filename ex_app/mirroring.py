"""Keeps the settings of the engine and the form in Nextcloud's settings alike: what was changed last counts.

Nextcloud says nothing when somebody uses the form, so it is looked at now and then.
"""

import asyncio
from collections.abc import Sequence

import structlog

from ex_app.nextcloud.appconfig import AppConfig
from ex_app.registrations.settings_form import SHOWN, key, text, value
from openconnector.definitions.installation import InstallationSettings
from openconnector.engine import Engine
from openconnector.errors import InvalidInput, OpenConnectorError

LOOK_SECONDS = 15.0
"""How long a change on the form may wait."""

USUAL = {name: text(getattr(InstallationSettings(), name)) for name in SHOWN}
"""What the fields show before anything is saved."""

WHO = "settings form"
"""Who changed something there; Nextcloud does not tell, but only administrators can."""

log = structlog.get_logger(__name__)


class Mirror:
    """Takes over what was changed on the form, and brings the form what was changed here."""

    def __init__(self, engine: Engine, config: AppConfig) -> None:
        self._engine = engine
        self._config = config
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to keep both alike."""
        if self._running is None:
            self._running = asyncio.create_task(self._serve())

    async def stop(self) -> None:
        """End it."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def exchange(self) -> None:
        """Make both alike once. Raises what keeps it from being done."""
        installation, database = self._engine.installation, self._engine.database
        async with database.reading() as session:
            settings = await installation.refresh(session)
            before = await installation.mirrored(session)
        theirs = await self._shown(SHOWN)
        changed = {
            name: theirs[name]
            for name in SHOWN
            if theirs[name] not in (before.get(name, USUAL[name]), _text(settings, name))
        }
        for name, given in changed.items():
            settings = await self._take(settings, name, given)
        ours = {name: _text(settings, name) for name in SHOWN}
        for name in SHOWN:
            # Somebody may have saved it since; that is taken over when the form is looked at next.
            if theirs[name] != ours[name] and await self._shown([name]) == {name: theirs[name]}:
                await self._config.write(key(name), ours[name])
        if ours != before:
            async with database.writing() as session:
                await installation.note_mirrored(session, ours)

    async def _shown(self, names: Sequence[str]) -> dict[str, str]:
        """Return what the form shows: a field that was never saved has its usual value."""
        kept = await self._config.read([key(name) for name in names])
        return {name: kept.get(key(name), USUAL[name]) for name in names}

    async def _take(
        self, settings: InstallationSettings, name: str, given: str
    ) -> InstallationSettings:
        """Save one setting as the form has it; one that is wrong is written back as it was."""
        installation, database = self._engine.installation, self._engine.database
        alias = InstallationSettings.model_fields[name].alias or name
        body = settings.model_dump(by_alias=True) | {alias: value(name, given)}
        try:
            async with database.writing() as session:
                settings = await installation.change(session, body, WHO)
        except InvalidInput as error:
            log.warning("setting of the form not taken over", setting=name, reason=str(error))
            return settings
        async with database.reading() as session:
            return await installation.refresh(session)

    async def _serve(self) -> None:
        while True:
            try:
                await self.exchange()
            except OpenConnectorError as error:
                log.warning("settings not compared with the form", reason=str(error))
            except Exception:
                log.exception("settings not compared with the form")
            await self._engine.clock.sleep(LOOK_SECONDS)


def _text(settings: InstallationSettings, name: str) -> str:
    return text(getattr(settings, name))

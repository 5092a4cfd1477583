"""What we tell AppAPI about ourselves: how far starting is, which pages we have."""

from pathlib import Path

import structlog

from ex_app.nextcloud.client import Nextcloud
from openconnector.errors import NotFound, OpenConnectorError

APP_API = "/ocs/v1.php/apps/app_api"

Entry = dict[str, str | int]

MENU: Entry = {
    "name": "main",
    "displayName": "OpenConnector",
    "icon": "img/app.svg",
    "adminRequired": 1,
}
"""The entry in Nextcloud's menu. Its label is a name, so it needs no translation."""

RESOURCES = {"script": "js/openconnector-main.js", "style": "css/openconnector-main.css"}
"""The files the page of that entry loads, as the build names them."""

ENABLING_SECONDS = 120.0
"""Nextcloud answers the report of 100 only after it has called `/enabled`, for which it allows 60 s."""

log = structlog.get_logger(__name__)


class AppApi:
    """AppAPI's side of our life in this Nextcloud."""

    def __init__(self, nextcloud: Nextcloud, bundle: Path) -> None:
        self._nextcloud = nextcloud
        self._bundle = bundle

    async def is_enabled(self) -> bool:
        """Return whether an administrator has enabled us. Raises like `Nextcloud.ocs`."""
        return bool(await self._nextcloud.ocs("GET", f"{APP_API}/ex-app/state"))

    async def report(self, percent: int, error: str = "") -> None:
        """Say how far initialisation is; 100 lets Nextcloud enable us, an error ends the installation."""
        await self._nextcloud.ocs(
            "PUT",
            f"{APP_API}/ex-app/status",
            json={"progress": percent, "error": error},
            timeout_seconds=ENABLING_SECONDS,
        )

    async def register_pages(self) -> None:
        """Register the menu entry and what its page loads; what the build did not make is taken away.

        Doing it again changes nothing. What an older or newer server lacks is left out. Raises like `Nextcloud.ocs`.
        """
        await self._register("top-menu", MENU)
        for kind, file in RESOURCES.items():
            turn = self._register if (self._bundle / file).is_file() else self._unregister
            await turn(kind, _resource(file))

    async def unregister_pages(self) -> None:
        """Take away what `register_pages` registered; failures are noted and end nothing."""
        resources = {kind: _resource(file) for kind, file in RESOURCES.items()}
        for kind, entry in {"top-menu": {"name": MENU["name"]}, **resources}.items():
            try:
                await self._unregister(kind, entry)
            except OpenConnectorError as error:
                log.warning("page not unregistered", kind=kind, reason=str(error))

    async def _register(self, kind: str, entry: Entry) -> None:
        try:
            await self._nextcloud.ocs("POST", f"{APP_API}/api/v1/ui/{kind}", json=entry)
        except NotFound:
            log.warning("this server offers no such registration", kind=kind)

    async def _unregister(self, kind: str, entry: Entry) -> None:
        try:
            await self._nextcloud.ocs("DELETE", f"{APP_API}/api/v1/ui/{kind}", json=entry)
        except NotFound:
            log.debug("was not registered", kind=kind)


def _resource(file: str) -> Entry:
    """Describe a file of the page; AppAPI puts the ending back itself."""
    return {"type": "top_menu", "name": MENU["name"], "path": file.rpartition(".")[0]}

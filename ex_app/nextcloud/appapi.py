"""What we tell AppAPI about our life, and ask of it."""

from ex_app.nextcloud.client import Nextcloud

APP_API = "/ocs/v1.php/apps/app_api"

ENABLING_SECONDS = 120.0
"""Nextcloud answers the report of 100 only after it has called `/enabled`, for which it allows 60 s."""


class AppApi:
    """AppAPI's side of our life in this Nextcloud."""

    def __init__(self, nextcloud: Nextcloud) -> None:
        self._nextcloud = nextcloud

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

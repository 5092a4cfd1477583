"""The app's configuration in Nextcloud: texts by key."""

from collections.abc import Sequence

from ex_app.nextcloud.appapi import APP_API
from ex_app.nextcloud.client import Nextcloud
from openconnector.errors import MalformedAnswer
from openconnector.messages import t

PATH = f"{APP_API}/api/v1/ex-app/config"


class AppConfig:
    """Reads and writes the configuration Nextcloud keeps for us; never a secret."""

    def __init__(self, nextcloud: Nextcloud) -> None:
        self._nextcloud = nextcloud

    async def read(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the texts of these keys; those that are not set are left out. Raises like `Nextcloud.ocs`."""
        found = await self._nextcloud.ocs(
            "POST", f"{PATH}/get-values", json={"configKeys": list(keys)}
        )
        try:
            return {one["configkey"]: str(one["configvalue"] or "") for one in found}
        except (KeyError, TypeError):
            raise MalformedAnswer(
                t("Nextcloud told the app's configuration in another form")
            ) from None

    async def write(self, key: str, text: str) -> None:
        """Set a key. Raises like `Nextcloud.ocs`."""
        await self._nextcloud.ocs(
            "POST", PATH, json={"configKey": key, "configValue": text, "sensitive": 0}
        )

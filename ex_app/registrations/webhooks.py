"""Our webhooks, as one registration."""

from typing_extensions import override

from ex_app.nextcloud.client import Nextcloud
from ex_app.registrations.entries import Registration
from ex_app.wakes.webhooks import INTERFACE


class AllWebhooks(Registration):
    """Every webhook of ours: made one by one as synchronizations want them, taken away together."""

    @property
    @override
    def label(self) -> str:
        return "webhooks"

    @override
    async def register(self, nextcloud: Nextcloud) -> None:
        await nextcloud.ocs("GET", INTERFACE)  # says once in the log when this server has none

    @override
    async def unregister(self, nextcloud: Nextcloud) -> None:
        await nextcloud.ocs("DELETE", f"{INTERFACE}/byappid/{nextcloud.app_id}")


WEBHOOKS = AllWebhooks()

"""Our webhooks in Nextcloud: exactly those that are wanted."""

from collections.abc import Iterable
from typing import Any

from ex_app.nextcloud.client import Nextcloud
from ex_app.wakes.hooks import RECEIVER, Hook
from openconnector.errors import OpenConnectorError, TransientError

INTERFACE = "/ocs/v2.php/apps/webhook_listeners/api/v1/webhooks"


async def reconcile(nextcloud: Nextcloud, wanted: Iterable[Hook]) -> list[str]:
    """Make what is missing, take away what is not wanted or there twice, and return what Nextcloud refuses, in words.

    Raises `NotFound` when this Nextcloud has no webhooks, and like `Nextcloud.ocs` when it cannot be asked now.
    """
    missing = set(wanted)
    for entry in await _ours(nextcloud):
        hook = Hook.listed(entry)
        if hook in missing:
            missing.remove(hook)
        else:
            await nextcloud.ocs("DELETE", f"{INTERFACE}/{entry['id']}")
    problems = []
    for hook in sorted(missing, key=lambda one: (one.uri, one.event, one.filter)):
        try:
            # As the app itself: that is allowed what an administrator is, and a plain account is not.
            await nextcloud.ocs("POST", INTERFACE, json=hook.body)
        except TransientError:
            raise
        except OpenConnectorError as error:
            problems.append(f"{hook.event}: {error}")
    return problems


async def _ours(nextcloud: Nextcloud) -> list[dict[str, Any]]:
    listed = await nextcloud.ocs("GET", INTERFACE)
    return [
        entry
        for entry in listed
        if entry.get("appId") == nextcloud.app_id and str(entry.get("uri")).startswith(RECEIVER)
    ]

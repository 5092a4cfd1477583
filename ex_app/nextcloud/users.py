"""Nextcloud's accounts, as far as rights depend on them."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from ex_app.nextcloud.client import Nextcloud
from openconnector.errors import MalformedAnswer
from openconnector.messages import t

ADMIN_GROUP = "admin"
"""The id of Nextcloud's group of administrators."""

KEPT_SECONDS = 60.0
"""How long an answer is believed: a right taken away is gone after this time at the latest."""

KEPT_ACCOUNTS = 1000
"""How many accounts' answers are kept at the same time."""


class Users:
    """Asks Nextcloud about accounts, as these accounts, and keeps the answers for a minute."""

    def __init__(
        self,
        nextcloud: Nextcloud,
        *,
        now: Callable[[], float] = time.monotonic,
        kept: int = KEPT_ACCOUNTS,
    ) -> None:
        self._nextcloud = nextcloud
        self._now = now
        self._kept = kept
        self._known: OrderedDict[str, tuple[float, frozenset[str]]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[frozenset[str]]] = {}

    async def groups(self, user_id: str) -> frozenset[str]:
        """Return the ids of the groups the account is in.

        Requests that ask for one account at the same time share one call. Raises `CredentialsRejected` when the
        account does not exist or is disabled, otherwise like `Nextcloud.ocs`.
        """
        known = self._known.get(user_id)
        if known is not None and known[0] > self._now():
            return known[1]
        asking = self._asking.get(user_id)
        if asking is None:
            asking = self._asking[user_id] = asyncio.create_task(self._ask(user_id))
            asking.add_done_callback(lambda _: self._asking.pop(user_id))
        return await asyncio.shield(asking)

    async def _ask(self, user_id: str) -> frozenset[str]:
        account = await self._nextcloud.ocs("GET", "/ocs/v2.php/cloud/user", user=user_id)
        try:
            groups = frozenset(account["groups"])
        except (KeyError, TypeError):
            raise MalformedAnswer(t("Nextcloud described an account without its groups")) from None
        self._known[user_id] = self._now() + KEPT_SECONDS, groups
        self._known.move_to_end(user_id)
        if len(self._known) > self._kept:
            self._known.popitem(last=False)
        return groups

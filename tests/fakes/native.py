"""The reach of a kind that asks Nextcloud, over the fake one."""

from collections.abc import Collection, Mapping
from typing import Any

import httpx

from ex_app.nextcloud.accounts import NextcloudAccess
from ex_app.nextcloud.client import Nextcloud
from openconnector.kinds.reach import Reach
from openconnector.ports import Account
from openconnector.testing import FakeClock, MemoryCallLog
from tests.fakes.exapp import settings_for
from tests.fakes.nextcloud import FakeNextcloud
from tests.fakes.reach import reach_with


class FakeHost:
    """Implements `ports.Host` for a run that acts for somebody."""

    def __init__(
        self,
        nextcloud: FakeNextcloud,
        user_id: str = "admin",
        *,
        way: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.log = MemoryCallLog()
        transport = way or httpx.ASGITransport(nextcloud)
        client = Nextcloud(settings_for(nextcloud), transport=transport)
        self._access = NextcloudAccess(client, clock=FakeClock())
        self._user_id = user_id

    def account(self, user_id: str = "") -> Account:
        return self._access.account(user_id or self._user_id, log=self.log)


class Made:
    """Implements `ports.Contracts` with the origin ids of what was made before."""

    def __init__(self, **owners: str) -> None:
        self._owners = owners

    async def owners(self, target_ids: Collection[str]) -> Mapping[str, str]:
        return {one: owner for one, owner in self._owners.items() if one in target_ids}


def reach_to(nextcloud: FakeNextcloud, user_id: str = "admin", **parts: Any) -> Reach:
    """Return the reach of a run that acts for this user."""
    return reach_with(host=FakeHost(nextcloud, user_id), **parts)

"""Nextcloud while any one of its answers is garbage: every failure is one of ours."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ex_app.nextcloud.accounts import NextcloudAccess
from ex_app.nextcloud.client import Nextcloud
from ex_app.nextcloud.profiles import NextcloudAccounts
from ex_app.nextcloud.users import Users
from openconnector.errors import OpenConnectorError
from openconnector.testing import FakeClock
from tests.fakes.exapp import settings_for
from tests.fakes.garbage import GARBAGE, GARBAGE_ENVELOPES, Garbling
from tests.fakes.nextcloud import FakeNextcloud

WAYS = GARBAGE | GARBAGE_ENVELOPES

FIRST_REQUESTS = 7
"""Of so many requests each answer is garbled: among them is one of every kind."""

ACTS: dict[str, Callable[[NextcloudAccounts, Users], Awaitable[Any]]] = {
    "profile": lambda accounts, _: accounts.profile("alice"),
    "change": lambda accounts, _: accounts.change("alice", {"email": "a@b.c", "first_name": "A"}),
    "log in": lambda accounts, _: accounts.log_in("alice", "right", client_address=""),
    "groups": lambda _, users: users.groups("alice"),
}


async def tried(name: str, nextcloud: FakeNextcloud, way: str, at: int) -> bool:
    """Garble one answer of an act; return whether there was such an answer."""
    garbling = Garbling(nextcloud, WAYS[way])
    client = Nextcloud(settings_for(nextcloud), transport=garbling)
    accounts = NextcloudAccounts(client, NextcloudAccess(client, clock=FakeClock()))
    garbling.at = at
    try:
        await ACTS[name](accounts, Users(client))
    except OpenConnectorError:
        return True
    return garbling.at < 0


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
async def test_no_garbage_breaks_what_asks_nextcloud_about_accounts(way: str):
    for name in ACTS:
        nextcloud = FakeNextcloud(is_registered=True, is_enabled=True)
        nextcloud.accounts.passwords["alice"] = "right"
        for at in range(FIRST_REQUESTS):
            if not await tried(name, nextcloud, way, at):
                break

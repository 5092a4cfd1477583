import asyncio

import httpx
import pytest

from ex_app.nextcloud.client import Nextcloud
from ex_app.nextcloud.users import KEPT_SECONDS, Users
from openconnector.errors import CredentialsRejected, MalformedAnswer, Unavailable
from tests.fakes.exapp import settings_for


class Hours:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def hours():
    return Hours()


@pytest.fixture
def users(client_to_nextcloud, hours):
    return Users(client_to_nextcloud, now=hours)


async def test_an_account_has_the_groups_nextcloud_says(users):
    assert await users.groups("admin") == {"admin"}
    assert await users.groups("bob") == {"editors"}
    assert await users.groups("alice") == set()


async def test_an_answer_is_believed_for_a_minute_and_no_longer(users, nextcloud, hours):
    assert await users.groups("admin")
    nextcloud.groups["admin"] = []

    hours.seconds = KEPT_SECONDS - 1
    assert await users.groups("admin")
    hours.seconds = KEPT_SECONDS
    assert not await users.groups("admin")

    assert len(nextcloud.calls) == 2


async def test_requests_at_the_same_time_share_one_call(users, nextcloud):
    answers = await asyncio.gather(*(users.groups("admin") for _ in range(10)))

    assert answers == [{"admin"}] * 10
    assert len(nextcloud.calls) == 1


async def test_a_failure_is_not_kept(users, nextcloud):
    nextcloud.failures = [503]
    with pytest.raises(Unavailable):
        await users.groups("admin")

    assert await users.groups("admin")


async def test_an_account_that_does_not_exist_is_refused(users):
    with pytest.raises(CredentialsRejected):
        await users.groups("ghost")


async def test_an_account_without_groups_is_not_taken_for_one_without_rights(nextcloud):
    envelope = {"ocs": {"meta": {"statuscode": 200}, "data": {"id": "alice"}}}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=envelope))
    users = Users(Nextcloud(settings_for(nextcloud), transport=transport))

    with pytest.raises(MalformedAnswer):
        await users.groups("alice")


async def test_the_memory_of_accounts_has_an_end(client_to_nextcloud, nextcloud, hours):
    users = Users(client_to_nextcloud, now=hours, kept=3)
    nextcloud.groups |= {f"user{number}": [] for number in range(3)}
    await users.groups("admin")
    for number in range(3):
        await users.groups(f"user{number}")
    before = len(nextcloud.calls)

    await users.groups("user2")
    await users.groups("admin")

    assert len(nextcloud.calls) == before + 1

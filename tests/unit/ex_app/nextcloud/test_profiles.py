"""Accounts over Nextcloud's own interfaces, each in its own name."""

import httpx
import pytest

from ex_app.nextcloud.accounts import NextcloudAccess
from ex_app.nextcloud.client import Nextcloud
from ex_app.nextcloud.profiles import NextcloudAccounts
from openconnector.errors import (
    CredentialsRejected,
    InvalidInput,
    LoginRefused,
    TooManyTries,
    Unavailable,
)
from openconnector.testing import FakeClock
from tests.fakes.nextcloud import FakeNextcloud

PASSWORD = "Alice-12345!:é"


@pytest.fixture
def accounts(nextcloud: FakeNextcloud, client_to_nextcloud: Nextcloud) -> NextcloudAccounts:
    nextcloud.accounts.passwords["alice"] = PASSWORD
    access = NextcloudAccess(client_to_nextcloud, clock=FakeClock())
    return NextcloudAccounts(client_to_nextcloud, access)


async def test_a_profile_is_read_in_the_accounts_own_name(accounts, nextcloud: FakeNextcloud):
    nextcloud.accounts.profiles["bob"] = {"email": "bob@example.org", "quota": 1000}

    profile = await accounts.profile("bob")

    assert (profile.uid, profile.email, profile.groups) == ("bob", "bob@example.org", ["editors"])
    assert (profile.quota.total, profile.quota.used) == (1000, 0)
    assert profile.backend_capabilities.email
    assert profile.email_verified is None
    assert {call.user for call in nextcloud.calls} == {"bob"}


async def test_an_account_without_a_limit_has_none(accounts):
    quota = (await accounts.profile("alice")).quota

    assert (quota.free, quota.total) == (None, None)


async def test_texts_arrive_as_they_were_sent(accounts):
    texts = {
        "display_name": "Ålice <b>&amp;",
        "biography": 'regel 1\nregel 2 & "x"',
        "first_name": "<A>",
        "middle_name": "",
    }

    await accounts.change("alice", texts)

    profile = await accounts.profile("alice")
    assert {name: getattr(profile, name) for name in texts} == texts


async def test_every_field_that_is_not_taken_is_named_and_the_rest_is_saved(accounts):
    changes = {"email": "no address", "phone": "+31", "active_organisation": "o-9"}

    with pytest.raises(InvalidInput) as raised:
        await accounts.change("alice", changes)

    assert [one.field for one in raised.value.problems] == ["email", "active_organisation"]
    assert (await accounts.profile("alice")).phone == "+31"


async def test_organisations_are_those_of_open_register(accounts, nextcloud: FakeNextcloud):
    without = (await accounts.profile("alice")).organisations
    nextcloud.logins.organisations = {"alice": [{"uuid": "o-1", "name": "Town"}]}

    await accounts.change("alice", {"active_organisation": "o-1"})

    organisations = (await accounts.profile("alice")).organisations
    assert not without.available
    assert (organisations.available, organisations.total) == (True, 1)
    assert organisations.active == {"uuid": "o-1", "name": "Town"}


async def test_an_open_register_that_fails_keeps_no_profile_from_being_read(
    accounts, nextcloud: FakeNextcloud
):
    nextcloud.logins.organisations = {}
    nextcloud.logins.is_register_broken = True

    organisations = (await accounts.profile("alice")).organisations

    assert organisations.available
    assert "500" in (organisations.error or "")


async def test_a_login_gives_an_app_password_named_after_us_and_the_profile(
    accounts, nextcloud: FakeNextcloud
):
    login = await accounts.log_in("alice", PASSWORD, client_address="192.0.2.7")

    made = login.app_password.get_secret_value()
    assert nextcloud.logins.app_passwords == {made: ("alice", "alice")}
    assert nextcloud.logins.agents == ["OpenConnector"]
    assert nextcloud.logins.forwarded_for[:1] == ["192.0.2.7"]
    assert login.profile.uid == "alice"


async def test_who_logs_in_by_another_name_logs_out_by_it(accounts, nextcloud: FakeNextcloud):
    nextcloud.accounts.profiles["alice"] = {"email": "a@example.org"}
    login = await accounts.log_in("A@example.org", PASSWORD, client_address="")
    made = login.app_password.get_secret_value()

    with pytest.raises(LoginRefused):
        await accounts.log_out("alice", made, client_address="192.0.2.9")
    await accounts.log_out(login.login_name, made, client_address="192.0.2.9")

    assert (login.login_name, login.profile.uid) == ("A@example.org", "alice")
    assert nextcloud.logins.forwarded_for == ["192.0.2.9", "192.0.2.9"]
    assert nextcloud.logins.app_passwords == {}


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("alice", "wrong"),
        ("nobody", PASSWORD),
        ("alice", ""),
        ("alice:Alice-12345!", "é"),
        ("admin", PASSWORD),
    ],
)
async def test_what_nextcloud_does_not_accept_is_refused(accounts, name: str, password: str):
    with pytest.raises(LoginRefused):
        await accounts.log_in(name, password, client_address="")


async def test_neither_a_second_factor_nor_an_app_password_is_gone_around(
    accounts, nextcloud: FakeNextcloud
):
    login = await accounts.log_in("alice", PASSWORD, client_address="")
    nextcloud.logins.second_factor.add("alice")

    for password in (PASSWORD, login.app_password.get_secret_value()):
        with pytest.raises(LoginRefused):
            await accounts.log_in("alice", password, client_address="")


async def test_nextclouds_own_limit_is_passed_on(accounts, nextcloud: FakeNextcloud):
    nextcloud.logins.is_tired = True

    with pytest.raises(TooManyTries):
        await accounts.log_in("alice", PASSWORD, client_address="")


async def test_an_app_password_nobody_hears_of_is_revoked(accounts, nextcloud: FakeNextcloud):
    nextcloud.lacks.add("/user/fields")

    with pytest.raises(Exception, match="fields"):
        await accounts.log_in("alice", PASSWORD, client_address="")

    assert nextcloud.logins.app_passwords == {}


async def test_an_account_that_is_gone_is_no_profile(accounts):
    with pytest.raises(CredentialsRejected):
        await accounts.profile("ghost")


async def test_a_nextcloud_in_maintenance_refuses_nobody(accounts, nextcloud: FakeNextcloud):
    nextcloud.failures.append(503)

    with pytest.raises(Unavailable):
        await accounts.log_in("alice", PASSWORD, client_address="")


async def test_no_error_holds_a_password(accounts, nextcloud: FakeNextcloud):
    nextcloud.failures.append(500)

    with pytest.raises(Unavailable) as raised:
        await accounts.log_in("alice", PASSWORD, client_address="")

    assert PASSWORD not in f"{raised.value!r}"
    assert isinstance(raised.value.__context__, httpx.HTTPError | None)

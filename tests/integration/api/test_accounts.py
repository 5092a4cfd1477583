"""The caller's own account: its profile, logging in and out, without a password ever being told."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from openconnector.api.callers import Caller
from openconnector.api.rights import Role
from openconnector.api.tries import PER_ADDRESS, WINDOW
from openconnector.db import audit as rows
from openconnector.engine import Engine, Ports, Settings
from openconnector.errors import Unavailable
from openconnector.testing import FakeAccounts, FakeClock
from tests.fakes.interfaces import Interfaces

RIGHT = {"username": "alice", "password": "alice-password"}
WRONG = RIGHT | {"password": "wr<o>ng&é-password"}
FIELDS = """
uid displayName email emailVerified enabled quota avatarScope lastLogin backend subadmin groups language locale
backendCapabilities phone address website twitter fediverse organisation role headline biography firstName lastName
middleName organisations
"""
"""What the PHP app answered."""


@pytest.fixture
def accounts() -> FakeAccounts:
    return FakeAccounts("alice", "bob")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def engine(
    migrated_sqlite_url: str, tmp_path: Path, accounts: FakeAccounts, clock: FakeClock
) -> AsyncIterator[Engine]:
    settings = Settings(storage=tmp_path / "storage", database_url=migrated_sqlite_url)
    async with Engine(settings, Ports(clock=clock, accounts=accounts)) as opened:
        yield opened


@pytest.fixture
async def alice(engine: Engine, interfaces: Interfaces) -> AsyncIterator[httpx.AsyncClient]:
    """A client for an account without a role."""

    async def authenticate(_scope) -> Caller:
        return Caller(user_id="alice", role=Role.NONE)

    transport = httpx.ASGITransport(interfaces(engine, authenticate))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://api.test/api/v1/user/"
    ) as client:
        yield client


@pytest.fixture
async def visitor(engine: Engine, interfaces: Interfaces) -> AsyncIterator[httpx.AsyncClient]:
    """A client nobody knows."""

    async def authenticate(_scope) -> None:
        return None

    transport = httpx.ASGITransport(interfaces(engine, authenticate), client=("192.0.2.7", 1))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://api.test/api/v1/user/"
    ) as client:
        yield client


async def test_the_profile_has_the_fields_of_the_predecessor(alice: httpx.AsyncClient):
    answer = await alice.get("me")

    assert answer.status_code == 200
    assert set(answer.json()) == set(FIELDS.split())
    assert set(answer.json()["quota"]) == {"free", "used", "total", "relative"}
    assert set(answer.json()["backendCapabilities"]) == {
        "displayName",
        "email",
        "password",
        "avatar",
    }
    assert set(answer.json()["organisations"]) == {
        "total",
        "active",
        "results",
        "available",
        "error",
    }


async def test_texts_are_kept_as_they_are_sent(alice: httpx.AsyncClient):
    texts = {
        "displayName": "Ålice <b>&amp; \"co\" 'x'",
        "biography": "línea 1\nregel 2 & <script>" + "x" * 300,
        "firstName": "A.",
    }

    answer = await alice.put("me", json=texts)

    assert {name: answer.json()[name] for name in texts} == texts
    assert (await alice.get("me")).json() == answer.json()


async def test_fields_that_are_refused_are_named_and_the_others_saved(
    alice: httpx.AsyncClient, accounts: FakeAccounts
):
    accounts.refuses = {"display_name": "is managed elsewhere"}

    answer = await alice.put("me", json={"displayName": "A", "phone": "+31 6 1"})

    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"field": "displayName", "message": "is managed elsewhere"}]
    assert (await alice.get("me")).json()["phone"] == "+31 6 1"


async def test_the_active_organisation_can_be_chosen(alice: httpx.AsyncClient):
    answer = await alice.put("me", json={"activeOrganisation": "o-1"})

    assert answer.json()["organisations"]["active"] == {"uuid": "o-1"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"uid": "root"}, "uid"),
        ({"displayName": 7}, "displayName"),
        ({"email": "x" * 321}, "email"),
        ({"password": "new"}, "(whole)"),
        ([], "(whole)"),
    ],
)
async def test_what_is_no_change_of_a_profile_is_refused(alice: httpx.AsyncClient, body, field):
    answer = await alice.put("me", json=body)

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_a_new_password_needs_the_present_one(
    alice: httpx.AsyncClient, accounts: FakeAccounts
):
    wrong = await alice.put("me", json={"password": "n<e>w", "currentPassword": "guess"})
    right = await alice.put("me", json={"password": "n<e>w", "currentPassword": "alice-password"})

    assert [one["field"] for one in wrong.json()["errors"]] == ["currentPassword"]
    assert right.status_code == 200
    assert accounts.passwords["alice"] == "n<e>w"
    assert accounts.app_passwords == {}


async def test_the_present_password_cannot_be_guessed_at_will(alice: httpx.AsyncClient):
    body = {"password": "new", "currentPassword": "guess"}

    answers = [await alice.put("me", json=body) for _ in range(PER_ADDRESS + 1)]

    assert {answer.status_code for answer in answers[:-1]} == {400}
    assert answers[-1].status_code == 429


async def test_a_logout_is_no_way_to_guess_passwords_at_will(alice: httpx.AsyncClient):
    body = {"appPassword": "guess", "loginName": "bob"}

    answers = [await alice.post("logout", json=body) for _ in range(PER_ADDRESS + 1)]

    assert {answer.status_code for answer in answers[:-1]} == {400}
    assert answers[-1].status_code == 429


async def test_a_login_gives_an_app_password_and_a_logout_revokes_it(
    visitor: httpx.AsyncClient, alice: httpx.AsyncClient, accounts: FakeAccounts
):
    login = (await visitor.post("login", json=RIGHT)).json()
    given = dict(accounts.app_passwords)
    logout = await alice.post("logout", json={"appPassword": login["appPassword"]})
    again = await alice.post("logout", json={"appPassword": login["appPassword"]})

    assert given == {login["appPassword"]: "alice"}
    assert (login["message"], login["loginName"]) == ("Login successful", "alice")
    assert login["user"]["uid"] == "alice"
    assert (logout.json(), accounts.app_passwords) == ({"logout": True}, {})
    assert [one["field"] for one in again.json()["errors"]] == ["appPassword"]


async def test_the_audit_trail_tells_who_logged_in_and_out_and_changed_what(
    visitor: httpx.AsyncClient, alice: httpx.AsyncClient, engine: Engine
):
    login = (await visitor.post("login", json=RIGHT)).json()
    await visitor.post("login", json=WRONG)
    await alice.put("me", json={"phone": "+31 s3cret", "headline": ""})
    await alice.post("logout", json={"appPassword": login["appPassword"]})

    async with engine.database.reading() as session:
        found = await rows.after(session, 0, limit=10)
    assert [(row.who, row.action, row.details) for row in found] == [
        ("alice", "login", {"address": "192.0.2.7"}),
        ("alice", "update", {"asked": ["phone"]}),
        ("alice", "logout", {}),
    ]


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(visitor: httpx.AsyncClient):
    wrong = await visitor.post("login", json=WRONG)
    unknown = await visitor.post("login", json=WRONG | {"username": "nobody"})

    assert (wrong.status_code, wrong.json()["type"]) == (
        401,
        "urn:openconnector:problem:login-refused",
    )
    assert wrong.content == unknown.content


@pytest.mark.parametrize(
    "body",
    [
        {"username": "alice"},
        {"username": "", "password": "s3cret-word"},
        {"username": "alice", "password": ["s3cret-word"]},
        {"username": "alice", "password": "s3cret-word" * 100},
        {"username": "alice", "password": "ok", "passwrd": "s3cret-word"},
        {"username": "alice", "appPassword": "s3cret-word"},
        "s3cret-word",
    ],
)
async def test_a_login_that_is_not_understood_repeats_no_password(
    visitor: httpx.AsyncClient, body, capsys
):
    answer = await visitor.post("login", json=body)

    assert answer.status_code == 400
    assert "s3cret-word" not in answer.text + "".join(capsys.readouterr())


async def test_no_log_holds_a_name_or_password_of_a_login(visitor: httpx.AsyncClient, capsys):
    await visitor.post("login", json=WRONG | {"username": "typed-s3cret"})
    refused = "".join(capsys.readouterr())
    login = (await visitor.post("login", json=RIGHT)).json()
    accepted = "".join(capsys.readouterr())

    assert "login refused" in refused
    assert "typed-s3cret" not in refused
    assert "wr<o>ng" not in refused
    assert "logged in" in accepted
    assert login["appPassword"] not in accepted
    assert RIGHT["password"] not in accepted


async def test_an_address_that_fails_too_often_has_to_wait(
    visitor: httpx.AsyncClient, clock: FakeClock
):
    for number in range(PER_ADDRESS):
        await visitor.post("login", json=WRONG | {"username": f"name-{number}"})

    refused = await visitor.post("login", json=RIGHT)
    await clock.sleep(float(refused.headers["retry-after"]))
    later = await visitor.post("login", json=RIGHT)

    assert (refused.status_code, later.status_code) == (429, 200)
    assert float(refused.headers["retry-after"]) == WINDOW.total_seconds()


async def test_logins_that_work_count_for_nothing(visitor: httpx.AsyncClient):
    answers = [await visitor.post("login", json=RIGHT) for _ in range(PER_ADDRESS + 1)]

    assert {answer.status_code for answer in answers} == {200}


async def test_a_host_that_cannot_be_asked_counts_for_nothing(
    visitor: httpx.AsyncClient, accounts: FakeAccounts
):
    accounts.failure = Unavailable("Nextcloud is in maintenance")
    answers = [await visitor.post("login", json=RIGHT) for _ in range(PER_ADDRESS + 1)]
    accounts.failure = None

    assert {answer.status_code for answer in answers} == {503}
    assert (await visitor.post("login", json=RIGHT)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "me", None),
        ("PUT", "me", {"phone": "1"}),
        ("POST", "login", RIGHT),
        ("POST", "logout", {"appPassword": "x"}),
    ],
)
async def test_a_server_by_itself_says_that_it_has_no_accounts(
    alice: httpx.AsyncClient, engine: Engine, method: str, path: str, body
):
    engine.accounts = None

    answer = await alice.request(method, path, json=body)

    assert (answer.status_code, answer.json()["type"]) == (
        404,
        "urn:openconnector:problem:not-offered",
    )


@pytest.mark.parametrize(("method", "path"), [("GET", "me"), ("PUT", "me"), ("POST", "logout")])
async def test_nobody_but_the_login_is_open_to_visitors(
    visitor: httpx.AsyncClient, method: str, path: str
):
    assert (await visitor.request(method, path, json={})).status_code == 401

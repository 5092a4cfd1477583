"""Promises of the target `nextcloud_users`."""

from typing import Any

import pytest

from ex_app.kinds.targets.nextcloud_users import NextcloudUsersTarget
from openconnector.errors import AccessDenied, CredentialsRejected, Unavailable
from openconnector.records import Action, Change, Outcome, Verdict
from tests.fakes.native import Made, reach_to
from tests.fakes.nextcloud import FakeNextcloud

CAROL = {
    "id": "carol",
    "displayname": "Carol C",
    "email": "carol@example.org",
    "quota": "5 GB",
    "language": "nl",
    "organisation": "Town hall",
    "groups": ["editors"],
}


def change(data: dict[str, Any] | None, action: Action = Action.CREATE, **fields: Any) -> Change:
    known = {"action": action, "origin_id": "o1", "target_id": None, "data": data, "key": "k"}
    return Change(**{**known, **fields})


def update(data: dict[str, Any]) -> Change:
    return change(data, Action.UPDATE, target_id=data["id"])


def gone(user: str) -> Change:
    return change(None, Action.DELETE, target_id=user)


async def write(
    nextcloud: FakeNextcloud,
    *changes: Change,
    made: Made | None = None,
    user: str = "admin",
    **fields: Any,
) -> list[Outcome]:
    target = NextcloudUsersTarget.model_validate(fields)
    return await target.write(reach_to(nextcloud, user, contracts=made or Made()), changes)


async def test_an_account_is_made_with_all_a_record_says(nextcloud):
    [outcome] = await write(nextcloud, change(CAROL))

    shown = nextcloud.accounts.shown("carol")
    assert (outcome.verdict, outcome.target_id) == (Verdict.WRITTEN, "carol")
    assert (shown["displayname"], shown["email"]) == ("Carol C", "carol@example.org")
    assert shown["quota"]["quota"] == 5 * 1024**3
    assert (shown["language"], shown["organisation"], shown["groups"]) == (
        "nl",
        "Town hall",
        ["editors"],
    )
    assert nextcloud.accounts.invited == ["carol"]
    assert nextcloud.accounts.passwords == {}
    assert outcome.writes == sum(call.method != "GET" for call in nextcloud.calls)


async def test_an_update_writes_the_fields_that_differ_and_no_other(nextcloud):
    await write(nextcloud, change(CAROL))
    nextcloud.calls.clear()

    [outcome] = await write(nextcloud, update(CAROL | {"email": "c2@example.org", "phone": None}))

    written = [call.json for call in nextcloud.calls if call.method != "GET"]
    assert written == [{"key": "email", "value": "c2@example.org"}]
    assert (outcome.verdict, outcome.writes) == (Verdict.WRITTEN, 1)


async def test_an_account_that_is_as_it_should_be_is_unchanged(nextcloud):
    await write(nextcloud, change(CAROL))

    [outcome] = await write(nextcloud, update(CAROL))

    assert (outcome.verdict, outcome.writes) == (Verdict.UNCHANGED, 0)


@pytest.mark.parametrize(("leaves", "after"), [(False, ["old", "editors"]), (True, ["editors"])])
async def test_groups_are_left_only_where_that_is_wanted(nextcloud, leaves, after):
    nextcloud.groups["carol"] = ["old"]

    await write(nextcloud, update({"id": "carol", "groups": ["editors"]}), leave_groups=leaves)

    assert nextcloud.groups["carol"] == after


async def test_groups_are_made_only_where_that_is_wanted(nextcloud):
    new = {"id": "carol", "email": "c@example.org", "groups": ["brand new"]}

    [refused] = await write(nextcloud, change(new))
    [made] = await write(nextcloud, change(new), create_groups=True)

    assert (refused.verdict, "brand new" in (refused.reason or "")) == (Verdict.INVALID, True)
    assert made.verdict is Verdict.WRITTEN
    assert nextcloud.groups["carol"] == ["brand new"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"id": "da/ve", "email": "d@example.org"}, "Only the following characters"),
        ({"id": "dave"}, "An email address is required"),
        ({"id": "dave", "email": "nomail"}, ""),
        ({"email": "d@example.org"}, "id: Field required"),
        ({"id": "dave", "email": 5}, "email: Input should be a valid string"),
        ({"id": ".."}, "id: is only dots"),
        ({"id": "dave", "email": "d@example.org", "groups": 5}, "groups: Input should be"),
        ({"id": "dave", "email": "d@example.org", "groups": [""]}, "groups.0: String should have"),
        ({"id": "dave", "shoe": "42"}, "shoe: is none of id, displayname"),
        ({"id": "dave", "password": "hunter2"}, "password is not taken from records"),
        ({"id": "dave", "email": "d@example.org", "groups": ["admin"]}, "nobody an administrator"),
    ],
)
async def test_what_cannot_be_is_invalid_with_the_reason_and_without_values(nextcloud, data, told):
    [outcome] = await write(nextcloud, change(data))

    assert outcome.verdict is Verdict.INVALID or data.get("email") == "nomail"
    assert told in (outcome.reason or "")
    assert "hunter2" not in (outcome.reason or "")
    assert "admin" not in nextcloud.groups.get("dave", [])


async def test_a_field_nextcloud_refuses_is_named(nextcloud):
    nextcloud.groups["carol"] = []

    [outcome] = await write(nextcloud, update({"id": "carol", "email": "notmail"}))

    assert outcome.verdict is Verdict.INVALID
    assert outcome.reason == "setting email: Nextcloud answered 101: Nextcloud takes no such value"


async def test_an_account_made_halfway_is_finished_at_the_next_attempt(nextcloud):
    halfway = CAROL | {"manager": "x", "headline": "H"}
    nextcloud.accounts.refuses.add("headline")
    [failed] = await write(nextcloud, change(halfway))
    nextcloud.accounts.refuses.clear()

    [done] = await write(nextcloud, change(halfway, is_repeat=True))

    assert (failed.verdict, failed.is_uncertain) == (Verdict.INVALID, True)
    assert done.verdict is Verdict.WRITTEN
    assert nextcloud.accounts.shown("carol")["headline"] == "H"


async def test_an_account_without_an_address_gets_a_password_nobody_knows_where_wanted(nextcloud):
    outcomes = await write(
        nextcloud, change({"id": "dave"}), change({"id": "erin"}), without_email="random"
    )

    passwords = nextcloud.accounts.passwords
    assert {outcome.verdict for outcome in outcomes} == {Verdict.WRITTEN}
    assert len(passwords["dave"]) > 40
    assert passwords["dave"] != passwords["erin"]
    assert passwords["dave"] not in repr(outcomes)


@pytest.mark.parametrize(
    ("existing", "verdict"), [("refuse", Verdict.INVALID), ("adopt", Verdict.WRITTEN)]
)
async def test_an_account_of_somebody_else_is_taken_over_only_where_that_is_wanted(
    nextcloud, existing, verdict
):
    [outcome] = await write(
        nextcloud, change({"id": "bob", "displayname": "Robert"}), when_existing=existing
    )

    assert outcome.verdict is verdict
    is_taken = nextcloud.accounts.shown("bob")["displayname"] == "Robert"
    assert is_taken == (existing == "adopt")


async def test_two_records_never_become_one_account(nextcloud):
    nextcloud.groups["carol"] = []

    [outcome] = await write(nextcloud, change(CAROL), made=Made(carol="o2"), when_existing="adopt")

    assert outcome.verdict is Verdict.INVALID
    assert "the record 'o2'" in (outcome.reason or "")


async def test_two_records_of_one_batch_never_become_one_account(nextcloud):
    second = change(CAROL | {"id": "CAROL"}, origin_id="o2")

    outcomes = await write(nextcloud, change(CAROL), second, when_existing="adopt")

    assert [outcome.verdict for outcome in outcomes] == [Verdict.WRITTEN, Verdict.INVALID]
    assert "the record 'o1'" in (outcomes[1].reason or "")


async def test_an_account_is_not_taken_over_under_another_spelling(nextcloud):
    nextcloud.accounts.spellings["BOB"] = "bob"

    [outcome] = await write(nextcloud, change({"id": "BOB", "phone": "1"}), when_existing="adopt")

    assert outcome.verdict is Verdict.INVALID
    assert "is called 'bob'" in (outcome.reason or "")


async def test_an_account_is_never_renamed(nextcloud):
    nextcloud.groups["carol"] = []

    [outcome] = await write(nextcloud, change({"id": "karel"}, Action.UPDATE, target_id="carol"))

    assert outcome.verdict is Verdict.INVALID
    assert "karel" not in nextcloud.groups


async def test_an_account_whose_record_is_gone_is_disabled_and_comes_back(nextcloud):
    nextcloud.groups["carol"] = []

    [off] = await write(nextcloud, gone("carol"))
    [again] = await write(nextcloud, gone("carol"))
    was_off = "carol" in nextcloud.accounts.disabled
    [back] = await write(nextcloud, change({"id": "carol"}, target_id="carol"))

    assert [off.verdict, again.verdict, back.verdict] == [
        Verdict.WRITTEN,
        Verdict.UNCHANGED,
        Verdict.WRITTEN,
    ]
    assert was_off
    assert nextcloud.accounts.disabled == set()


async def test_an_account_whose_record_is_gone_is_deleted_only_by_choice(nextcloud):
    nextcloud.groups["carol"] = []

    [first] = await write(nextcloud, gone("carol"), when_gone="delete")
    [second] = await write(nextcloud, gone("carol"), when_gone="delete")

    assert "carol" not in nextcloud.groups
    assert (first.verdict, second.verdict) == (Verdict.WRITTEN, Verdict.UNCHANGED)


@pytest.mark.parametrize("when_gone", ["disable", "delete"])
@pytest.mark.parametrize("user", ["root", "runner", "RUNNER"])
async def test_neither_an_administrator_nor_oneself_is_ever_lost(nextcloud, when_gone, user):
    nextcloud.groups |= {"root": ["admin"], "runner": ["staff"], "RUNNER": []}
    nextcloud.accounts.in_charge_of["runner"] = {"runner"}
    nextcloud.groups["runner"] = ["admin"] if user == "root" else ["staff"]
    nextcloud.accounts.sees_all.add("runner")

    outcomes = [
        *await write(nextcloud, gone(user), user="runner", when_gone=when_gone),
        *await write(nextcloud, update({"id": user, "enabled": False}), user="runner"),
    ]

    assert [outcome.verdict for outcome in outcomes] == [Verdict.FAILED, Verdict.FAILED]
    assert user in nextcloud.groups
    assert user not in nextcloud.accounts.disabled


async def test_an_administrator_is_not_changed_at_all(nextcloud):
    nextcloud.groups["root"] = ["admin"]

    [outcome] = await write(nextcloud, update({"id": "root", "email": "mine@example.org"}))

    assert outcome.verdict is Verdict.FAILED
    assert nextcloud.accounts.shown("root")["email"] is None


async def test_an_account_without_the_right_ends_the_run(nextcloud):
    with pytest.raises(AccessDenied, match="making the account"):
        await write(nextcloud, change(CAROL), user="alice")


async def test_maintenance_is_no_fault_of_the_record(nextcloud):
    nextcloud.failures = [503] * 4

    with pytest.raises(Unavailable):
        await write(nextcloud, change(CAROL))


async def test_what_an_account_holds_is_shown_for_the_differences_of_a_dry_run(nextcloud):
    await write(nextcloud, change(CAROL))
    reach = reach_to(nextcloud)

    shown = await NextcloudUsersTarget().current(reach, "carol")
    missing = await NextcloudUsersTarget().current(reach, "nobody")

    assert shown is not None
    assert (shown["email"], shown["groups"], shown["enabled"]) == (
        "carol@example.org",
        ["editors"],
        True,
    )
    assert "password" not in shown
    assert missing == {}


async def test_the_acting_account_is_confirmed(nextcloud):
    await NextcloudUsersTarget().confirm_identity(reach_to(nextcloud))

    with pytest.raises(CredentialsRejected):
        await NextcloudUsersTarget().confirm_identity(reach_to(nextcloud, "ghost"))

"""Promises of the target `nextcloud_groups`."""

from typing import Any

import pytest

from ex_app.kinds.targets.nextcloud_groups import NextcloudGroupsTarget
from openconnector.records import Action, Outcome, Verdict
from tests.fakes.native import Made, reach_to
from tests.fakes.nextcloud import FakeNextcloud
from tests.unit.ex_app.kinds.test_nextcloud_users_target import change, gone, update


async def write(nextcloud: FakeNextcloud, *changes: Any, **fields: Any) -> list[Outcome]:
    target = NextcloudGroupsTarget.model_validate(fields)
    return await target.write(reach_to(nextcloud, contracts=Made()), changes)


async def test_a_group_is_made_with_its_name_and_members(nextcloud):
    record = {"id": "team a", "displayname": "Team A", "members": ["alice", "bob"]}

    [outcome] = await write(nextcloud, change(record))

    assert (outcome.verdict, outcome.target_id, outcome.writes) == (Verdict.WRITTEN, "team a", 3)
    assert nextcloud.accounts.names["team a"] == "Team A"
    assert "team a" in nextcloud.groups["alice"]


@pytest.mark.parametrize("leaves", [False, True])
async def test_members_are_taken_out_only_where_that_is_wanted(nextcloud, leaves):
    await write(nextcloud, update({"id": "editors", "members": ["alice"]}), leave_groups=leaves)

    assert "editors" in nextcloud.groups["alice"]
    assert ("editors" in nextcloud.groups["bob"]) != leaves


async def test_a_group_that_exists_is_taken_over_only_where_that_is_wanted(nextcloud):
    record = change({"id": "editors", "displayname": "Mine"})

    [refused] = await write(nextcloud, record)
    [adopted] = await write(nextcloud, record, when_existing="adopt")

    assert (refused.verdict, adopted.verdict) == (Verdict.INVALID, Verdict.WRITTEN)


async def test_a_group_whose_record_is_gone_is_deleted(nextcloud):
    [first] = await write(nextcloud, gone("editors"))
    [second] = await write(nextcloud, gone("editors"))

    assert (first.verdict, second.verdict) == (Verdict.WRITTEN, Verdict.UNCHANGED)
    assert nextcloud.groups["bob"] == []


async def test_the_group_of_administrators_is_never_touched(nextcloud):
    outcomes = await write(
        nextcloud,
        gone("admin"),
        update({"id": "admin", "members": ["alice"]}),
        change({"id": "admin"}, Action.CREATE),
        when_existing="adopt",
        leave_groups=True,
    )

    assert Verdict.WRITTEN not in {outcome.verdict for outcome in outcomes}
    assert (nextcloud.groups["admin"], nextcloud.groups["alice"]) == (["admin"], [])
    assert {call.method for call in nextcloud.calls} <= {"GET"}  # nothing was even tried


async def test_an_account_that_does_not_exist_cannot_be_a_member(nextcloud):
    [outcome] = await write(nextcloud, change({"id": "new", "members": ["ghost"]}))

    assert outcome.verdict is Verdict.INVALID
    assert "putting it into the group 'new'" in (outcome.reason or "")


@pytest.mark.parametrize("data", [{"id": ".."}, {"id": "."}, {"id": "staff", "members": [".."]}])
async def test_a_name_that_would_lead_elsewhere_is_invalid_and_the_others_are_written(
    nextcloud, data
):
    other = change({"id": "editors2"})._replace(origin_id="other")

    refused, made = await write(nextcloud, change(data), other)

    assert (refused.verdict, made.verdict) == (Verdict.INVALID, Verdict.WRITTEN)
    assert "is only dots" in (refused.reason or "")

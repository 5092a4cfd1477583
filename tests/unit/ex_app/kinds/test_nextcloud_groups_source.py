"""Promises of the source `nextcloud_groups`."""

import pytest

from ex_app.kinds.sources.nextcloud_groups import NextcloudGroupsSource
from openconnector.errors import AccessDenied
from openconnector.records import Record
from tests.fakes.native import reach_to


async def read(nextcloud, user: str = "admin", **fields) -> list[Record]:
    pages = [page async for page in NextcloudGroupsSource(**fields).read(reach_to(nextcloud, user))]
    assert pages[-1].is_end
    return [record for page in pages for record in page.records]


async def test_a_group_comes_with_its_name_and_how_many_are_in_it(nextcloud):
    nextcloud.accounts.names["editors"] = "Editors of the site"

    groups = {group["id"]: group for group in await read(nextcloud)}

    assert groups.keys() == {"admin", "editors"}
    assert groups["editors"]["displayname"] == "Editors of the site"
    assert groups["editors"]["usercount"] == 1
    assert len(nextcloud.calls) == 1


async def test_members_are_asked_for_only_where_they_are_wanted(nextcloud):
    nextcloud.groups["alice"].append("editors")

    [group] = await read(nextcloud, search="editors", with_members=True)

    assert group["members"] == ["alice", "bob"]
    assert len(nextcloud.calls) == 2


async def test_long_lists_are_read_page_by_page(nextcloud):
    nextcloud.accounts.names |= {f"group {number:02}": "G" for number in range(20)}

    groups = await read(nextcloud, page_size=5)

    assert len({group["id"] for group in groups}) == len(groups) == 22


async def test_an_account_in_charge_of_nothing_may_not_read_them(nextcloud):
    with pytest.raises(AccessDenied):
        await read(nextcloud, "alice")

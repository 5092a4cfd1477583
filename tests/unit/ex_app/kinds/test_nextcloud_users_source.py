"""Promises of the source `nextcloud_users`, and of reading long lists of Nextcloud."""

import tracemalloc

import pytest

from ex_app.kinds.sources.nextcloud_users import NextcloudUsersSource
from openconnector.errors import AccessDenied, CredentialsRejected, NotFound
from openconnector.records import Page
from tests.fakes.native import reach_to
from tests.fakes.nextcloud import FakeNextcloud


def staffed(nextcloud: FakeNextcloud, count: int) -> None:
    """Add accounts, besides the administrator."""
    nextcloud.groups.clear()
    nextcloud.groups["admin"] = ["admin"]
    nextcloud.groups |= {f"user{number:05}": ["staff"] for number in range(count - 1)}


async def read(nextcloud: FakeNextcloud, user: str = "admin", **fields) -> list[Page]:
    source = NextcloudUsersSource(**fields)
    return [page async for page in source.read(reach_to(nextcloud, user))]


def ids(pages: list[Page]) -> list[str]:
    return [record["id"] for page in pages for record in page.records]


async def test_an_account_comes_with_all_its_details(nextcloud):
    nextcloud.accounts.profiles["bob"] = {
        "email": "bob@example.org",
        "quota": 1024,
        "organisation": "Town hall",
        "language": "nl",
    }
    nextcloud.accounts.disabled.add("bob")

    pages = await read(nextcloud, search="bob")

    [bob] = pages[0].records
    assert bob["groups"] == ["editors"]
    assert bob["quota"]["quota"] == 1024
    assert (bob["enabled"], bob["language"]) == (False, "nl")
    assert (bob["email"], bob["organisation"]) == ("bob@example.org", "Town hall")
    assert "password" not in str(bob)


@pytest.mark.parametrize("count", [1, 9, 10, 11, 19, 20, 28, 29, 30])
async def test_every_account_comes_once_whatever_the_size_of_the_last_page(nextcloud, count):
    staffed(nextcloud, count)

    pages = await read(nextcloud, page_size=10)

    assert ids(pages) == sorted(nextcloud.groups)
    assert [page.is_end for page in pages] == [False] * (len(pages) - 1) + [True]


async def test_five_thousand_users_cost_one_request_per_page(nextcloud):
    staffed(nextcloud, 5000)

    pages = await read(nextcloud, page_size=500)

    assert len(ids(pages)) == 5000
    assert len(nextcloud.calls) == len(pages) == 11


@pytest.mark.slow
async def test_memory_does_not_grow_with_the_number_of_users(nextcloud):
    async def peak(count: int) -> int:
        staffed(nextcloud, count)
        source = NextcloudUsersSource(page_size=40)
        tracemalloc.start()
        async for _ in source.read(reach_to(nextcloud)):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    await peak(160)
    few, many = await peak(160), await peak(800)

    assert many < few * 2  # the double itself grows a little


async def test_a_read_goes_on_where_it_was_interrupted(nextcloud):
    staffed(nextcloud, 25)
    first = (await read(nextcloud, page_size=10))[0]
    source = NextcloudUsersSource(page_size=10)

    rest = [page async for page in source.read(reach_to(nextcloud), first.cursor)]

    assert ids([first, *rest]) == sorted(nextcloud.groups)


async def test_an_account_that_moved_past_the_reading_makes_the_read_incomplete(nextcloud):
    staffed(nextcloud, 30)
    pages: list[Page] = []

    async for page in NextcloudUsersSource(page_size=10).read(reach_to(nextcloud)):
        if not pages:
            for gone in ("user00000", "user00001"):
                del nextcloud.groups[gone]  # user00009 moves to a place that was read already
        pages.append(page)

    assert "user00009" not in ids(pages)
    assert not pages[-1].is_end
    assert "changed while it was read" in (pages[-1].incomplete or "")


async def test_accounts_shown_by_their_id_alone_are_left_out_and_said(nextcloud):
    nextcloud.accounts.in_charge_of["alice"] = {"alice"}

    pages = await read(nextcloud, user="alice")

    assert ids(pages) == ["alice"]
    assert not pages[-1].is_end
    assert "an administrator sees all" in (pages[-1].incomplete or "")


async def test_the_members_of_one_group_can_be_read_alone(nextcloud):
    nextcloud.groups["carol"] = ["team a"]

    assert ids(await read(nextcloud, group="team a")) == ["carol"]
    assert nextcloud.calls[-1].path.endswith("/groups/team a/users/details")


async def test_unchanged_pages_have_the_same_digest(nextcloud):
    first, second = await read(nextcloud), await read(nextcloud)
    nextcloud.accounts.disabled.add("bob")
    third = await read(nextcloud)

    assert first[0].digest == second[0].digest != third[0].digest


async def test_no_match_is_an_empty_list(nextcloud):
    pages = await read(nextcloud, search="zzz")

    assert (ids(pages), pages[-1].is_end) == ([], True)


@pytest.mark.parametrize(
    ("user", "fields", "error"),
    [
        ("alice", {}, AccessDenied),
        ("ghost", {}, CredentialsRejected),
        ("admin", {"group": "nogroup"}, NotFound),
        ("admin", {"acting_user": "alice"}, AccessDenied),
    ],
)
async def test_what_the_account_may_not_see_ends_the_read(nextcloud, user, fields, error):
    with pytest.raises(error):
        await read(nextcloud, user, **fields)

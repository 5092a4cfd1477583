"""Promises of the sources `nextcloud_contacts` and `nextcloud_calendar`."""

from collections.abc import Sequence
from typing import Any

import pytest

from ex_app.kinds.portions import PER_PORTION
from ex_app.kinds.sources.nextcloud_calendar import NextcloudCalendarSource
from ex_app.kinds.sources.nextcloud_contacts import NextcloudContactsSource
from openconnector.errors import CredentialsRejected, NotFound
from openconnector.ports import Remembered
from openconnector.records import Page, Part
from tests.fakes.native import reach_to
from tests.fakes.nextcloud import FakeNextcloud
from tests.unit.ex_app.kinds.test_cards_and_events import EVENT

BOOK = "addressbooks/users/alice/contacts"


class Memory:
    """Implements `ports.Memory`: remembers the parts of the pages it was shown."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}

    def keep(self, pages: list[Page]) -> None:
        kept = {page.part.key: page.part for page in pages if page.part}
        again = {part.key: self.parts[part.key] for page in pages for part in page.unchanged}
        self.parts = kept | again

    async def recall(self, wanted: Sequence[Part]) -> dict[str, Remembered]:
        known = {part.key: self.parts.get(part.key) for part in wanted}
        return {
            part.key: Remembered(1, found.note)
            for part in wanted
            if (found := known[part.key]) and found.version == part.version
        }


def fill(nextcloud: FakeNextcloud, count: int) -> None:
    for number in range(count):
        put(nextcloud, number)


def put(nextcloud: FakeNextcloud, number: int, name: str = "N") -> None:
    card = f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u{number}\r\nFN:{name} {number}\r\nEND:VCARD\r\n"
    nextcloud.shelves.put(BOOK, f"u{number} é.vcf", card)


async def read(
    nextcloud: FakeNextcloud, memory: Memory, cursor: Any = None, user: str = "alice", **fields: Any
) -> list[Page]:
    source = NextcloudContactsSource(**fields)
    return [page async for page in source.read(reach_to(nextcloud, user, memory=memory), cursor)]


def ids(pages: list[Page]) -> set[str]:
    found = [record["id"] for page in pages for record in page.records]
    assert len(set(found)) == len(found)
    return set(found)


def asked(nextcloud: FakeNextcloud) -> list[str]:
    return [call.method for call in nextcloud.calls]


async def test_every_contact_comes_once_with_one_request_for_each_portion(nextcloud):
    fill(nextcloud, 5 * PER_PORTION)

    pages = await read(nextcloud, Memory())

    assert ids(pages) == {f"u{number}" for number in range(5 * PER_PORTION)}
    assert pages[-1].is_end
    assert asked(nextcloud) == ["PROPFIND", "PROPFIND", *["REPORT"] * (len(pages) - 1)]
    assert len(pages) - 1 == 8


async def test_of_an_address_book_that_did_not_change_nothing_is_read(nextcloud):
    fill(nextcloud, 250)
    memory = Memory()
    memory.keep(await read(nextcloud, memory))
    nextcloud.calls.clear()

    known = set(memory.parts)
    pages = await read(nextcloud, memory)
    memory.keep(pages)
    again = await read(nextcloud, memory)

    assert asked(nextcloud) == ["PROPFIND"] * 2
    assert [(page.records, page.is_end) for page in pages + again] == [([], True)] * 2
    assert {part.key for part in pages[0].unchanged} == known


async def test_of_one_that_changed_only_the_portions_with_a_change_are_read(nextcloud):
    fill(nextcloud, 750)
    memory = Memory()
    memory.keep(await read(nextcloud, memory))
    put(nextcloud, 17, "Renamed")
    nextcloud.calls.clear()

    pages = await read(nextcloud, memory)

    assert asked(nextcloud) == ["PROPFIND", "PROPFIND", "REPORT"]
    assert "Renamed 17" in {one["fullName"] for page in pages for one in page.records}
    assert sum(len(page.unchanged) for page in pages) == 7


async def test_of_one_that_did_not_change_a_portion_that_was_forgotten_is_read_again(nextcloud):
    fill(nextcloud, 250)
    memory = Memory()
    memory.keep(first := await read(nextcloud, memory))
    forgotten = first[0]
    assert forgotten.part
    del memory.parts[forgotten.part.key]

    pages = await read(nextcloud, memory)

    assert ids(pages) == ids([forgotten])
    assert {part.key for page in pages for part in page.unchanged} < set(memory.parts)


async def test_a_deleted_contact_is_in_no_portion(nextcloud):
    fill(nextcloud, 3)
    memory = Memory()
    memory.keep(await read(nextcloud, memory))
    nextcloud.shelves.remove(BOOK, "u1 é.vcf")

    assert ids(await read(nextcloud, memory)) == {"u0", "u2"}


async def test_a_read_goes_on_where_it_was_interrupted(nextcloud):
    fill(nextcloud, 350)
    first, *_ = await read(nextcloud, Memory())

    rest = await read(nextcloud, Memory(), first.cursor)

    assert ids([first, *rest]) == {f"u{number}" for number in range(350)}


async def test_a_card_that_cannot_be_read_counts_as_a_bad_record(nextcloud):
    fill(nextcloud, 2)
    nextcloud.shelves.put(BOOK, "bad.vcf", "no card")

    pages = await read(nextcloud, Memory())

    assert "bad.vcf cannot be read" in pages[0].records


async def test_a_card_that_is_gone_by_then_is_left_out(nextcloud):
    fill(nextcloud, 2)
    nextcloud.shelves.unreadable.add("u0 é.vcf")

    assert ids(await read(nextcloud, Memory())) == {"u1"}


async def test_an_empty_address_book_is_read_to_its_end(nextcloud):
    fill(nextcloud, 1)
    nextcloud.shelves.remove(BOOK, "u0 é.vcf")

    pages = await read(nextcloud, Memory())

    assert [(page.records, page.is_end) for page in pages] == [([], True)]


@pytest.mark.parametrize(
    ("user", "fields", "error"),
    [
        ("alice", {"address_book": "none"}, NotFound),
        ("bob", {}, NotFound),
        ("ghost", {}, CredentialsRejected),
    ],
)
async def test_what_is_not_there_or_not_ones_own_ends_the_read(nextcloud, user, fields, error):
    fill(nextcloud, 1)

    with pytest.raises(error):
        await read(nextcloud, Memory(), user=user, **fields)


async def test_a_calendar_is_read_in_the_same_way(nextcloud):
    nextcloud.shelves.put("calendars/alice/personal", "e1.ics", EVENT)
    reach = reach_to(nextcloud, "alice", memory=Memory())

    pages = [page async for page in NextcloudCalendarSource().read(reach)]

    [event] = [record for page in pages for record in page.records]
    assert (event["id"], event["summary"], event["collection"]) == (
        "e1",
        "Meeting, weekly",
        "personal",
    )

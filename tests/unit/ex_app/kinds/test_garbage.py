"""Nextcloud as a source and a target while any one of its answers is garbage: every failure is one of ours."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from ex_app.kinds.sources.nextcloud_calendar import NextcloudCalendarSource
from ex_app.kinds.sources.nextcloud_contacts import NextcloudContactsSource
from ex_app.kinds.sources.nextcloud_files import NextcloudFilesSource
from ex_app.kinds.sources.nextcloud_groups import NextcloudGroupsSource
from ex_app.kinds.sources.nextcloud_tables import NextcloudTablesSource
from ex_app.kinds.sources.nextcloud_users import NextcloudUsersSource
from ex_app.kinds.targets.nextcloud_files import NextcloudFilesTarget
from ex_app.kinds.targets.nextcloud_groups import NextcloudGroupsTarget
from ex_app.kinds.targets.nextcloud_tables import NextcloudTablesTarget
from ex_app.kinds.targets.nextcloud_users import NextcloudUsersTarget
from openconnector.errors import OpenConnectorError
from openconnector.kinds.reach import Reach
from openconnector.records import Change, Page
from tests.fakes.garbage import GARBAGE, GARBAGE_ENVELOPES, Garbling
from tests.fakes.native import FakeHost, Made
from tests.fakes.nextcloud import FakeNextcloud
from tests.fakes.reach import reach_with
from tests.unit.ex_app.kinds.test_cards_and_events import EVENT
from tests.unit.ex_app.kinds.test_nextcloud_collections import Memory, put
from tests.unit.ex_app.kinds.test_nextcloud_users_target import CAROL, change, gone, update

WAYS = GARBAGE | GARBAGE_ENVELOPES

FIRST_REQUESTS = 5
"""Of so many requests each answer is garbled: among them is one of every kind."""

READS: dict[str, Callable[[Reach], AsyncIterator[Page]]] = {
    "users": NextcloudUsersSource().read,
    "groups": NextcloudGroupsSource(with_members=True).read,
    "files": NextcloudFilesSource(folder="in").read,
    "contents": NextcloudFilesSource(folder="in", reads="content").read,
    "tables": NextcloudTablesSource(table=7).read,
    "contacts": NextcloudContactsSource().read,
    "calendar": NextcloudCalendarSource().read,
}
FILE = {"path": "out/a.txt", "content": "x", "tags": ["t"]}
WRITES: dict[str, tuple[Any, list[Change]]] = {
    "user": (NextcloudUsersTarget(), [change(CAROL), update({**CAROL, "id": "bob"}), gone("bob")]),
    "group": (
        NextcloudGroupsTarget(),
        [change({"id": "g", "members": ["alice"]}), update({"id": "editors"}), gone("editors")],
    ),
    "file": (NextcloudFilesTarget(form="text"), [change(FILE)]),
    "row": (NextcloudTablesTarget(table=7), [change({"Number": "1"}), update({"id": "1"})]),
}


def filled() -> FakeNextcloud:
    nextcloud = FakeNextcloud(is_registered=True, is_enabled=True)
    nextcloud.files.put("alice/in/a.csv", "id\n1\n")
    nextcloud.tables.add(7, "Number", "Title")
    nextcloud.tables.put(7, Number="1", Title="One")
    put(nextcloud, 1)
    nextcloud.shelves.put("calendars/alice/personal", "e1.ics", EVENT)
    return nextcloud


def reached(nextcloud: FakeNextcloud, way: str, at: int, user: str) -> tuple[Reach, Garbling]:
    garbling = Garbling(nextcloud, WAYS[way])
    garbling.at = at
    host = FakeHost(nextcloud, user, way=garbling)
    return reach_with(host=host, memory=Memory(), contracts=Made()), garbling


async def read(name: str, nextcloud: FakeNextcloud, way: str, at: int) -> Garbling:
    user = "admin" if name in {"users", "groups", "tables"} else "alice"
    reach, garbling = reached(nextcloud, way, at, user)
    try:
        async for page in READS[name](reach):
            assert all(isinstance(record, dict | str) for record in page.records), name
    except OpenConnectorError:
        garbling.at = -1
    return garbling


async def written(name: str, _nextcloud: FakeNextcloud, way: str, at: int) -> Garbling:
    reach, garbling = reached(filled(), way, at, "alice" if name == "file" else "admin")
    target, changes = WRITES[name]
    try:
        outcomes = await target.write(reach, changes)
        assert len(outcomes) == len(changes), name
    except OpenConnectorError:
        garbling.at = -1
    return garbling


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
async def test_no_garbage_breaks_a_source_or_target(way: str):
    nextcloud = filled()
    for act, names in ((read, READS), (written, WRITES)):
        for name in names:
            for at in range(FIRST_REQUESTS):
                if (await act(name, nextcloud, way, at)).at >= 0:
                    break

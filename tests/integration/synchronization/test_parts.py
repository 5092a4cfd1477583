"""Promises about parts, such as files: what did not change is not read again, and counts all the same."""

from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ConfigDict

from openconnector.crypto import KeyRing
from openconnector.db.database import Database
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.records import Cursor, Page, Part
from openconnector.synchronization.progress import LEASE, Context
from tests.fakes.synchronizing import Synchronizing, balance, records
from tests.fakes.ways import ON_ONE_DATABASE


class FilesSource(Source):
    """Gives the records of files, two to a page; a file whose version is remembered is not opened."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    kind: Literal["files"] = "files"
    files: Any
    """Name -> version and records."""
    opened: Any
    """The names of the files that were read, in order."""
    incomplete: str | None = None

    async def read(self, reach: Reach, cursor: Cursor | None = None) -> AsyncIterator[Page]:
        parts = [
            Part(key=name, version=version, note={"file": name})
            for name, (version, _) in self.files.items()
        ]
        known = await reach.memory.recall(parts)
        for part in parts:
            if part.key in known:
                assert known[part.key].note == part.note
                assert known[part.key].found == len(self.files[part.key][1])
                yield Page(records=[], unchanged=(part,), cursor={})
                continue
            self.opened.append(part.key)
            rows = self.files[part.key][1]
            for start in range(0, max(len(rows), 1), 2):
                is_last = start + 2 >= len(rows)
                yield Page(
                    records=rows[start : start + 2],
                    part=part,
                    begins_part=start == 0,
                    ends_part=is_last,
                    cursor={},
                )
        yield Page(records=[], is_end=self.incomplete is None, incomplete=self.incomplete)


class Folder:
    """A synchronization over files that a test changes."""

    def __init__(self, sync: Synchronizing) -> None:
        self.sync = sync
        self.files: dict[str, tuple[str, list[Any]]] = {}
        self.opened: list[str] = []
        self.incomplete: str | None = None

    async def run(self, mode: str = "run", **columns: Any):
        """Carry out a run and return it; `opened` tells what it read."""
        self.opened.clear()
        self.sync.clock.moment += LEASE
        source = FilesSource(files=self.files, opened=self.opened, incomplete=self.incomplete)
        return await self.sync.work(await self.sync.queue(mode, **columns), source)

    @property
    def names(self) -> list[str]:
        """What the target holds."""
        return sorted(one["name"] for one in self.sync.shelf.objects.values())


@pytest.fixture
async def folder(database: Database) -> Folder:
    sync = Synchronizing(database)
    sync.options = {"deletion": {"maxCount": 1000, "smallBelow": 0}}
    await sync.save()
    return Folder(sync)


async def test_a_file_that_did_not_change_is_not_read_and_its_records_count(folder: Folder):
    folder.files = {"a": ("1", records(1, 2, 3)), "b": ("1", records(4))}
    await folder.run()

    row = await folder.run()

    assert folder.opened == []
    assert balance(row) == {"found": 4, "unchanged": 4}
    assert (row.state, row.writes) == ("succeeded", 0)


async def test_only_the_file_that_changed_is_read(folder: Folder):
    folder.files = {"a": ("1", records(1, 2, 3)), "b": ("1", records(4))}
    await folder.run()
    folder.files["a"] = ("2", records(1, 2, 5, name="new"))

    row = await folder.run()
    assert folder.opened == ["a"]
    assert balance(row) == {"found": 4, "created": 1, "updated": 2, "unchanged": 1, "deleted": 1}
    again = await folder.run()

    assert folder.opened == []
    assert balance(again) == {"found": 4, "unchanged": 4}


async def test_a_file_that_is_gone_and_comes_back_is_read_again(folder: Folder):
    folder.files = {"a": ("1", records(1, 2)), "b": ("1", records(3))}
    await folder.run()
    kept = folder.files.pop("a")
    gone = await folder.run()
    folder.files["a"] = kept

    row = await folder.run()

    assert balance(gone) == {"found": 1, "unchanged": 1, "deleted": 2}
    assert folder.opened == ["a"]
    assert balance(row) == {"found": 3, "updated": 2, "restored": 2, "unchanged": 1}
    assert folder.names == ["n1", "n2", "n3"]


async def test_a_record_that_moves_into_another_file_is_no_duplicate(folder: Folder):
    folder.files = {"a": ("1", records(1, 2)), "b": ("1", records(3))}
    await folder.run()
    folder.files = {"a": ("2", records(1)), "b": ("2", records(3, 2))}

    row = await folder.run()

    assert balance(row) == {"found": 3, "unchanged": 3}


async def test_a_record_in_two_files_counts_once_and_never_stays_out_of_date(folder: Folder):
    folder.files = {"a": ("1", records(9)), "b": ("1", records(1, 2))}
    await folder.run()
    folder.files["a"] = ("2", records(9) + records(1, name="other"))

    both = await folder.run()
    assert balance(both) == {"found": 4, "updated": 1, "unchanged": 2, "skipped": 1}
    folder.files["a"] = ("3", records(9))
    row = await folder.run()

    assert balance(row) == {"found": 3, "updated": 1, "unchanged": 2}
    assert folder.names == ["n1", "n2", "n9"]


async def test_a_file_with_a_record_that_failed_is_read_again(folder: Folder):
    folder.files = {"a": ("1", [*records(1), {"name": "without an id"}]), "b": ("1", records(2))}
    await folder.run()

    row = await folder.run()

    assert folder.opened == ["a"]
    assert balance(row) == {"found": 3, "unchanged": 2, "invalid": 1}


async def test_records_that_conditions_leave_out_are_left_out_again(folder: Folder):
    folder.sync.is_selected = lambda record: record["id"] != 2
    folder.files = {"a": ("1", records(1, 2, 3))}
    await folder.run()

    row = await folder.run()

    assert folder.opened == []
    assert balance(row) == {"found": 3, "unchanged": 2, "skipped": 1}


async def test_an_incomplete_read_deletes_nothing_and_forgets_nothing(folder: Folder):
    folder.files = {"a": ("1", records(1, 2)), "b": ("1", records(3))}
    await folder.run()
    kept = folder.files.pop("a")
    folder.incomplete = "one file is broken"
    assert balance(await folder.run()) == {"found": 1, "unchanged": 1}
    folder.files, folder.incomplete = {"a": kept, **folder.files}, None

    row = await folder.run()

    assert folder.opened == []
    assert balance(row) == {"found": 3, "unchanged": 3}


async def test_another_mapping_or_force_reads_every_file(folder: Folder):
    folder.files = {"a": ("1", records(1)), "b": ("1", [])}
    await folder.run()

    await folder.run(is_forced=True)
    assert folder.opened == ["a", "b"]
    await folder.run(mode="dry_run")
    assert folder.opened == ["a", "b"]
    await folder.run()
    assert folder.opened == []
    folder.sync.fingerprint = b"mapping2"
    await folder.run()

    assert folder.opened == ["a", "b"]


async def test_what_is_remembered_is_sealed_and_read_again_with_another_key(folder: Folder):
    folder.files = {"a": ("1", records(1))}
    await folder.run()
    sync = folder.sync
    other = KeyRing({b"other": bytes(32)}, b"other")
    sync.context = Context(database=sync.database, keys=other, clock=sync.clock)

    row = await folder.run()

    assert folder.opened == ["a"]
    assert balance(row) == {"found": 1, "unchanged": 1}


versions = st.integers(min_value=0, max_value=2)
contents = st.dictionaries(
    st.sampled_from("abc"),
    st.dictionaries(st.sampled_from("123"), st.sampled_from("xy"), max_size=3),
    max_size=3,
)


@ON_ONE_DATABASE
@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(history=st.lists(contents, min_size=1, max_size=5))
async def test_remembering_never_gives_another_result_than_reading(
    database: Database, history: list[dict[str, dict[str, str]]]
):
    """The target holds what a read without memory gives, whatever came before."""
    sync = Synchronizing(database)
    sync.options = {"deletion": {"maxCount": 1000, "smallBelow": 0}}
    await sync.save()
    folder = Folder(sync)

    for content in [*history, history[-1]]:
        folder.files = {
            # The version stands for the content, as an ETag does.
            name: (
                repr(sorted(rows.items())),
                [{"id": key, "name": value} for key, value in sorted(rows.items())],
            )
            for name, rows in sorted(content.items())
        }
        row = await folder.run()
        expected: dict[str, str] = {}
        for _, rows in folder.files.values():
            for one in rows:
                expected.setdefault(one["id"], one["name"])
        if row.state == "needs_approval":
            return
        contracts = await sync.contracts()
        held = {
            origin_id: sync.shelf.objects[contract.target_id or ""]["name"]
            for origin_id, contract in contracts.items()
            if contract.state == "active"
        }
        assert held == expected

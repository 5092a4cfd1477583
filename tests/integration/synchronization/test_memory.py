"""Promises about whole pages that are recognised: quicker, and never another result."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openconnector.db.database import Database
from tests.fakes.memory import MemorySource
from tests.fakes.synchronizing import Synchronizing, balance, records
from tests.fakes.ways import ON_ONE_DATABASE


@pytest.fixture
async def sync(database: Database) -> Synchronizing:
    synchronizing = Synchronizing(database)
    await synchronizing.save()
    return synchronizing


def count_looks(sync: Synchronizing) -> list[str]:
    """Note every record that is looked at one by one."""
    looked: list[str] = []

    def is_selected(record: dict[str, Any]) -> bool:
        looked.append(str(record["id"]))
        return True

    sync.is_selected = is_selected
    return looked


async def test_a_page_that_did_not_change_is_not_looked_at_record_by_record(sync: Synchronizing):
    looked = count_looks(sync)
    await sync.run(records(1, 2), records(3, 4))
    looked.clear()

    row = await sync.run(records(1, 2), [*records(3), {"id": 4, "name": "new"}])

    assert looked == ["3", "4"]
    assert balance(row) == {"found": 4, "unchanged": 3, "updated": 1}


async def test_what_changed_and_changed_back_is_written_back(sync: Synchronizing):
    before, after = records(1, 2), [*records(1), {"id": 2, "name": "new"}]
    await sync.run(before)
    await sync.run(after)

    row = await sync.run(before)
    again = await sync.run(before)

    assert balance(row) == {"found": 2, "unchanged": 1, "updated": 1}
    assert balance(again) == {"found": 2, "unchanged": 2}
    assert sorted(o["name"] for o in sync.shelf.objects.values()) == ["n1", "n2"]


async def test_a_page_whose_objects_we_deleted_is_written_again(sync: Synchronizing):
    await sync.run(records(1, 2, 3), records(4))
    await sync.run(records(1, 2, 3))

    row = await sync.run(records(1, 2, 3), records(4))

    assert balance(row) == {"found": 4, "unchanged": 3, "updated": 1, "restored": 1}


async def test_another_mapping_recognises_nothing(sync: Synchronizing):
    looked = count_looks(sync)
    await sync.run(records(1, 2))
    sync.fingerprint = b"mapping2"
    looked.clear()

    await sync.run(records(1, 2))

    assert looked == ["1", "2"]


async def test_force_and_a_dry_run_look_at_every_record(sync: Synchronizing):
    looked = count_looks(sync)
    await sync.run(records(1, 2))
    looked.clear()

    await sync.run(records(1, 2), is_forced=True)
    await sync.run(records(1, 2), mode="dry_run")

    assert looked == ["1", "2"] * 2


async def test_a_page_that_comes_a_second_time_in_one_read_counts_as_duplicates(
    sync: Synchronizing,
):
    await sync.run(records(1, 2), records(3))

    row = await sync.run(records(1, 2), records(1, 2))

    assert balance(row) == {"found": 4, "unchanged": 2, "skipped": 2, "deleted": 1}


async def test_a_page_with_a_failed_record_is_looked_at_again_until_it_is_mended(
    sync: Synchronizing,
):
    rows = [await sync.run([*records(1), 7]) for _ in range(2)]

    assert [balance(row) for row in rows] == [
        {"found": 2, "created": 1, "invalid": 1},
        {"found": 2, "unchanged": 1, "invalid": 1},
    ]


PAGES = st.lists(
    st.lists(st.tuples(st.integers(0, 6), st.sampled_from("ab")), max_size=4), max_size=3
)


POLICIES = [{"mode": "keep"}, {"maxShare": 1, "smallShare": 1}]


@ON_ONE_DATABASE
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(PAGES, min_size=2, max_size=5), st.sampled_from(POLICIES))
async def test_recognising_pages_never_changes_a_result(
    database: Database, runs: list[list[list[tuple[int, str]]]], policy: dict[str, Any]
):
    twins = [Synchronizing(database) for _ in range(2)]
    for twin in twins:
        twin.options["deletion"] = policy
        await twin.save()

    for pages in runs:
        steps = [[{"id": key, "name": name} for key, name in page] for page in pages]
        sources = [MemorySource(steps=steps, tells_bytes=tells) for tells in (True, False)]
        rows = [
            await twin.work(await twin.queue(), source)
            for twin, source in zip(twins, sources, strict=True)
        ]

        assert balance(rows[0]) == balance(rows[1])
        assert rows[0].state == rows[1].state
        held = [sorted(o["name"] for o in twin.shelf.objects.values()) for twin in twins]
        assert held[0] == held[1]

"""Promises of the source and the target `nextcloud_tables`."""

from typing import Any

import pytest

from ex_app.kinds.sources.nextcloud_tables import NextcloudTablesSource
from ex_app.kinds.targets.nextcloud_tables import NextcloudTablesTarget
from openconnector.errors import NotFound, Unavailable
from openconnector.records import Action, Change, Outcome, Record, Verdict
from tests.fakes.native import reach_to
from tests.fakes.nextcloud import FakeNextcloud
from tests.unit.ex_app.kinds.test_nextcloud_users_target import change, gone

OPTIONS = [{"id": 0, "label": "new"}, {"id": 1, "label": "done"}]


@pytest.fixture
def tables(nextcloud: FakeNextcloud) -> FakeNextcloud:
    """A Nextcloud with a table 7 of numbers, titles, a state and marks."""
    nextcloud.tables.add(7, "Number", "Title", "State", "Marks")
    state, marks = nextcloud.tables.columns[7][2:]
    state |= {"type": "selection", "subtype": "", "selectionOptions": OPTIONS}
    marks |= {"type": "selection", "subtype": "multi", "selectionOptions": OPTIONS}
    return nextcloud


async def read(nextcloud: FakeNextcloud, user: str = "admin", **fields: Any) -> list[Record]:
    source = NextcloudTablesSource.model_validate({"table": 7, **fields})
    pages = [page async for page in source.read(reach_to(nextcloud, user))]
    assert pages[-1].is_end
    return [record for page in pages for record in page.records]


async def write(nextcloud: FakeNextcloud, *changes: Change, **fields: Any) -> list[Outcome]:
    target = NextcloudTablesTarget.model_validate({"table": 7, **fields})
    return await target.write(reach_to(nextcloud), changes)


async def test_a_row_comes_with_its_values_by_title_and_the_labels_of_options(tables):
    tables.tables.put(7, Number="1", Title="One", State=1, Marks=[0, 1])

    [row] = await read(tables)

    assert (row["id"], row["createdBy"]) == (1, "admin")
    assert row["values"] == {
        "Number": "1",
        "Title": "One",
        "State": "done",
        "Marks": ["new", "done"],
    }


async def test_a_long_table_is_read_with_one_request_for_each_page(tables):
    for number in range(95):
        tables.tables.put(7, Number=str(number))

    rows = await read(tables, page_size=20)

    assert [row["id"] for row in rows] == list(range(1, 96))
    assert len(tables.calls) == 1 + 5


@pytest.mark.parametrize(("user", "table"), [("admin", 8), ("alice", 7)])
async def test_a_table_that_is_not_there_or_not_ones_own_ends_the_read(tables, user, table):
    with pytest.raises(NotFound, match="Tables"):
        await read(tables, user, table=table)


async def test_a_record_becomes_a_row_and_changes_that_row(tables):
    [made] = await write(tables, change({"Number": "1", "State": "new", "Marks": ["done"]}))
    [changed] = await write(
        tables, change({"State": "done"}, Action.UPDATE, target_id=made.target_id)
    )

    assert (made.verdict, made.writes, changed.verdict) == (Verdict.WRITTEN, 1, Verdict.WRITTEN)
    assert [row["values"] for row in await read(tables)] == [
        {"Number": "1", "State": "done", "Marks": ["done"]}
    ]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"Shoe": "42"}, "no column 'Shoe'"),
        ({"State": "lost"}, "State: has no such option"),
        ({"State": {"label": "new"}}, "State: has no such option"),
        ({"Marks": [["new"]]}, "Marks: has no such option"),
        ({"State": []}, "State: takes one option"),
        ({"State": ["new", "done"]}, "State: takes one option"),
    ],
)
async def test_what_the_table_cannot_hold_is_invalid_with_the_reason(tables, data, told):
    [outcome] = await write(tables, change(data))

    assert (outcome.verdict, told in (outcome.reason or "")) == (Verdict.INVALID, True)
    assert tables.tables.rows == {}


@pytest.mark.parametrize(
    ("status", "verdict", "is_uncertain"),
    [(400, Verdict.INVALID, False), (500, Verdict.FAILED, True)],
)
async def test_what_tables_refuses_concerns_its_record(tables, status, verdict, is_uncertain):
    tables.tables.refuses = status

    [outcome] = await write(tables, change({"Number": "1"}))

    assert (outcome.verdict, outcome.is_uncertain) == (verdict, is_uncertain)
    assert "no such value" in (outcome.reason or "")


async def test_maintenance_is_no_fault_of_the_record(tables):
    tables.tables.refuses = 503

    with pytest.raises(Unavailable):
        await write(tables, change({"Number": "1"}))


async def test_a_row_that_may_have_been_added_is_found_by_its_key_or_not_added_again(tables):
    tables.tables.put(7, Number="1")
    repeat = change({"Number": "1", "Title": "One"}, is_repeat=True)

    [unknown] = await write(tables, repeat)
    [found] = await write(tables, repeat, key_column="Number")

    assert (unknown.verdict, "keyColumn" in (unknown.reason or "")) == (Verdict.INVALID, True)
    assert (found.verdict, found.target_id) == (Verdict.WRITTEN, "1")
    assert len(tables.tables.rows) == 1


async def test_a_row_whose_record_is_gone_is_deleted_once(tables):
    row = str(tables.tables.put(7, Number="1"))

    [first], [second] = await write(tables, gone(row)), await write(tables, gone(row))

    assert (first.verdict, second.verdict) == (Verdict.WRITTEN, Verdict.UNCHANGED)
    assert tables.tables.rows == {}


async def test_what_a_row_holds_is_shown_for_the_differences_of_a_dry_run(tables):
    row = tables.tables.put(7, Number="1", State=1)
    target, reach = NextcloudTablesTarget(table=7), reach_to(tables)

    assert await target.current(reach, str(row)) == {"Number": "1", "State": "done"}
    assert await target.current(reach, "99") == {}
    assert await target.check(reach, {"State": "lost"}) != []

"""Whole runs into the object store: deletions, objects that come back, changed definitions, and what may be asked."""

import asyncio
from typing import Any

import pytest

from openconnector.db import runs
from openconnector.definitions.store import SYNCHRONIZATIONS
from openconnector.errors import Conflict, InvalidInput
from openconnector.synchronization import requests
from openconnector.synchronization.keeping import opened
from tests.fakes.hostile_server import Act
from tests.fakes.installation import WHO, Installation, balance, page, pages, records


async def test_an_object_whose_record_is_gone_is_deleted_and_comes_back_with_its_id(
    installed_on_both: Installation,
):
    installed = installed_on_both
    await installed.run(*pages(records(1, 2), records(3)))
    before = await installed.objects()

    gone = await installed.run(*pages(records(1), records(3)))
    between = set(await installed.objects())
    back = await installed.run(*pages(records(1, 2), records(3)))
    after = await installed.objects()

    assert (gone.state, balance(gone)) == (
        "succeeded", {"found": 2, "unchanged": 2, "deleted": 1},
    )  # fmt: skip
    assert between == {"1", "3"}
    assert (back.state, balance(back)) == (
        "succeeded", {"found": 3, "unchanged": 2, "updated": 1, "restored": 1},
    )  # fmt: skip
    assert {code: one.id for code, one in after.items()} == {
        code: one.id for code, one in before.items()
    }


async def test_an_object_that_somebody_removed_is_written_again(installed_on_both: Installation):
    installed = installed_on_both
    await installed.run(*pages(records(1, 2)))
    removed = (await installed.objects())["2"]
    await installed.engine.objects.delete(await installed.place(), [removed.id])

    row = await installed.run(*pages(records(1, 2)))

    assert (row.state, row.missing, balance(row)) == (
        "succeeded", 0, {"found": 2, "unchanged": 1, "updated": 1, "restored": 1},
    )  # fmt: skip
    assert (await installed.objects())["2"].id == removed.id
    noted = [line.fields for line in await installed.log(row.id) if "gone" in line.event]
    assert noted == [{"count": 1}]


async def test_an_object_that_is_removed_during_the_run_is_told_and_written_by_the_next(
    installed: Installation,
):
    await installed.run(*pages(records(1, 2)))
    store, place = installed.engine.objects, await installed.place()
    removed = (await installed.objects())["2"]
    first, second = pages(records(1), records(2))

    async def removes(writer: asyncio.StreamWriter) -> None:
        await store.delete(place, [removed.id])
        await second(writer)

    row = await installed.run(first, removes)
    again = await installed.run(first, second)

    assert (row.state, row.error_code, row.missing) == ("partial", "objects-missing", 1)
    assert "1 objects are gone at the target" in (row.error_message or "")
    assert (again.state, again.restored) == ("succeeded", 1)


async def test_a_changed_mapping_writes_what_comes_out_different_and_nothing_else(
    installed: Installation,
):
    given = [*records(1, 2), {"code": 3, "name": "N3"}]
    await installed.run(*pages(given))
    installed.mapping["name"] = "{{ name | upper }}"

    changed = await installed.run(*pages(given))
    again = await installed.run(*pages(given))

    assert balance(changed) == {"found": 3, "updated": 2, "unchanged": 1}
    assert changed.writes == 2
    assert await installed.names() == {"1": "N1", "2": "N2", "3": "N3"}
    assert (balance(again), again.writes) == ({"found": 3, "unchanged": 3}, 0)


async def test_a_target_that_moved_is_filled_and_the_old_one_left_as_it_was(
    installed: Installation,
):
    await installed.run(*pages(records(1, 2)))
    old = await installed.objects()
    moved = {"kind": "object_store", "register": "kept", "schema": "other"}
    installed.synchronization["target"] = moved

    row = await installed.run(*pages(records(1)))

    assert (row.state, balance(row)) == ("succeeded", {"found": 1, "created": 1})
    assert await installed.objects() == old
    assert await installed.names("other") == {"1": "n1"}


async def test_force_writes_what_is_unchanged(installed: Installation):
    await installed.run(*pages(records(1, 2)))

    row = await installed.run(*pages(records(1, 2)), is_forced=True)

    assert (balance(row), row.writes) == ({"found": 2, "updated": 2}, 2)
    assert [one.version for one in (await installed.objects()).values()] == [2, 2]


async def test_a_dry_run_shows_every_difference_and_writes_nothing(
    installed_on_both: Installation,
):
    installed = installed_on_both
    await installed.run(*pages(records(1, 2, 3)))
    before, contracts = await installed.objects(), set(await installed.contracts())
    given = [*records(1), {"code": 2, "name": "new"}, *records(4), {"code": 5, "name": "l" * 21}]

    row = await installed.run(*pages(given), mode="dry_run")

    async with installed.engine.database.reading() as session:
        changes = await runs.changes(session, row.id)
    shown = [(one.action, one.origin_id, opened(installed.engine.keys, one)) for one in changes]
    assert shown == [
        ("update", "2", [{"path": "name", "before": "n2", "after": "new"}]),
        (
            "create",
            "4",
            [
                {"path": "code", "before": None, "after": 4},
                {"path": "name", "before": None, "after": "n4"},
            ],
        ),
        (
            "delete",
            "3",
            [
                {"path": "code", "before": 3, "after": None},
                {"path": "name", "before": "n3", "after": None},
            ],
        ),
    ]
    assert balance(row) == {
        "found": 4, "created": 1, "updated": 1, "unchanged": 1, "invalid": 1, "deleted": 1,
    }  # fmt: skip
    assert (row.state, row.writes) == ("partial", 0)
    assert (await installed.objects(), set(await installed.contracts())) == (before, contracts)


async def test_a_run_that_is_cancelled_stops_after_its_page_and_keeps_it(installed: Installation):
    await installed.run(*pages(records(1, 2, 3)))
    first, second, third = pages(records(1, 4), records(2), records(3))

    async def cancels(writer: asyncio.StreamWriter) -> None:
        async with installed.engine.database.writing() as session:
            (running, *_), _ = await runs.page(session, runs.RunQuery(state="running"))
            await requests.cancel(session, running.id, now=installed.clock.now())
        await first(writer)

    row = await installed.run(cancels, second, third)
    again = await installed.run(first, second, third)

    assert (row.state, row.error_code) == ("cancelled", "cancelled")
    assert row.error_message == row.incomplete_reason == "The run was cancelled"
    assert balance(row) == {"found": 2, "created": 1, "unchanged": 1}
    assert set(await installed.names()) == {"1", "2", "3", "4"}
    assert (again.state, balance(again)) == ("succeeded", {"found": 4, "unchanged": 4})


async def approve(installed: Installation, run_id: str) -> None:
    async with installed.engine.database.writing() as session:
        await requests.approve(session, run_id)


async def test_approving_deletes_what_the_run_asked_about_without_reading_again(
    installed_on_both: Installation,
):
    installed = installed_on_both
    await installed.run(*pages(records(*range(30))))
    asking = await installed.run(*pages(records(1), records(2)))
    asked = len(installed.api.seen)

    await approve(installed, asking.id)
    row = await installed.finish(asking.id)

    assert (asking.state, asking.deletions_pending) == ("needs_approval", 28)
    assert (row.state, row.error_code, row.deletions_pending) == ("succeeded", None, 0)
    assert balance(row) == {"found": 2, "unchanged": 2, "deleted": 28}
    assert set(await installed.objects()) == {"1", "2"}
    assert len(installed.api.seen) == asked


async def test_what_a_later_run_has_overtaken_can_be_approved_no_more(installed: Installation):
    await installed.run(*pages(records(*range(30))))
    asking = await installed.run(*pages([]))
    await installed.run(*pages(records(*range(30))))

    with pytest.raises(Conflict, match="A later run"):
        await approve(installed, asking.id)

    assert len(await installed.objects()) == 30


async def test_a_dry_run_after_it_leaves_a_run_that_may_be_approved(installed: Installation):
    await installed.run(*pages(records(*range(30))))
    asking = await installed.run(*pages([]))
    dry = await installed.run(*pages([]), mode="dry_run")

    with pytest.raises(Conflict, match="dry run"):
        await approve(installed, dry.id)
    await approve(installed, asking.id)
    row = await installed.finish(asking.id)

    assert (dry.state, dry.deletions_pending) == ("needs_approval", 30)
    assert (row.state, row.deleted, await installed.objects()) == ("succeeded", 30, {})


async def test_a_replay_that_fails_again_leaves_its_records_to_be_replayed(
    installed: Installation,
):
    given = [*records(1), {"code": 2, "name": "l" * 21}, {"code": 3, "name": "l" * 30}]
    row = await installed.run(*pages(given))
    installed.mapping["name"] = "{{ name[:25] }}"
    installed.schema = {"properties": {"name": {"type": "string", "maxLength": 22}}}
    await installed.configure()

    replayed = await installed.replay(row.id)

    assert (replayed.state, balance(replayed)) == (
        "partial", {"found": 2, "created": 1, "invalid": 1},
    )  # fmt: skip
    states = {one.origin_id: one.state for one in await installed.failures(row.id)}
    assert states == {"2": "resolved", "3": "open"}


async def test_a_replay_takes_the_chosen_records_and_leaves_the_others(installed: Installation):
    bad = records(*range(1, 6), name="a name that is longer than its schema allows ")
    row = await installed.run(page([*bad, *records(6)]))
    numbers = {one.origin_id: one.number for one in await installed.failures(row.id)}
    installed.schema = {}

    await installed.configure()
    replayed = await installed.replay(row.id, [numbers["4"], numbers["2"]])
    states = {one.origin_id: one.state for one in await installed.failures(row.id)}
    rest = await installed.replay(row.id)

    assert balance(replayed) == {"found": 2, "created": 2}
    assert {name for name, state in states.items() if state == "resolved"} == {"2", "4"}
    assert balance(rest) == {"found": 3, "created": 3}


@pytest.mark.parametrize("number", [3, 99])
async def test_what_is_no_waiting_failure_cannot_be_chosen(installed: Installation, number: int):
    bad = records(1, 2, name="a name that is longer than its schema allows ")
    row = await installed.run(page([*bad, *records(3)]))

    with pytest.raises(InvalidInput, match=r"numbers\.1"):
        await installed.replay(row.id, [1, number])

    assert [one.mode for one in await installed.runs()] == ["run"]


async def test_a_replay_of_nothing_is_refused(installed: Installation):
    row = await installed.run(*pages(records(1)))

    with pytest.raises(Conflict, match="no failed record"):
        await installed.replay(row.id)


def following(slug: str, *follow_ups: str, **options: Any) -> dict[str, Any]:
    return {
        "slug": slug,
        "name": slug,
        "sourceId": "remote",
        "sourceConfig": {"idPosition": "code"},
        "target": {"kind": "object_store", "register": "kept", "schema": "other"},
        "followUps": list(follow_ups),
        **options,
    }


async def run_chain(installed: Installation, act: Act) -> dict[str, int]:
    """Run `s` and what it leads to, as far as ten steps; return how often each synchronization ran."""
    await installed.run(act)
    for _ in range(10):
        for row in await installed.runs():
            if row.state == "queued":
                await installed.finish(row.id)
    async with installed.engine.database.reading() as session:
        every = await installed.engine.definitions.every(session, SYNCHRONIZATIONS)
    slugs = {key: one.slug for key, one in every.items()}
    ran = [slugs[row.synchronization_id] for row in await installed.runs()]
    return {slug: ran.count(slug) for slug in ran}


async def test_follow_ups_run_one_after_another_and_never_in_a_circle(installed: Installation):
    installed.synchronization["followUps"] = ["a"]
    installed.more["synchronizations"] = [following("a", "b"), following("b")]
    await installed.configure()
    # Past the check that saving makes of a whole configuration.
    body = following("b", "a", "s")
    async with installed.engine.database.writing() as session:
        await installed.engine.definitions.update(session, SYNCHRONIZATIONS, "b", body, WHO)

    ran = await run_chain(installed, page(records(1)))

    assert ran == {"s": 1, "a": 1, "b": 1}
    rows = {row.id: row for row in await installed.runs()}
    led = sorted(row.trigger for row in rows.values() if row.parent_id in rows)
    assert led == ["follow_up", "follow_up"]
    assert {row.requested_by for row in rows.values()} == {WHO}


async def test_a_follow_up_that_cannot_run_keeps_no_other_from_running(installed: Installation):
    installed.synchronization["followUps"] = ["off", "busy", "on"]
    installed.more["synchronizations"] = [
        following("off", isEnabled=False), following("busy"), following("on"),
    ]  # fmt: skip
    await installed.configure()
    busy = await installed.request("busy")

    row = await installed.run(page(records(1)))

    queued = {one.id: one for one in await installed.runs() if one.state == "queued"}
    assert row.state == "succeeded"
    assert queued.pop(busy).trigger == "manual"
    assert [one.parent_id for one in queued.values()] == [row.id]


async def test_a_run_that_did_not_succeed_leads_to_no_other(installed: Installation):
    installed.synchronization["followUps"] = ["a"]
    installed.more["synchronizations"] = [following("a")]

    ran = await run_chain(installed, page([{"name": "without a code"}]))

    assert ran == {"s": 1}

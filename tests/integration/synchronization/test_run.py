"""Promises of a run, on both databases, over a source and a target in memory."""

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db.database import Database
from openconnector.db.rows import RunRow
from openconnector.errors import (
    CredentialsRejected,
    MalformedAnswer,
    RateLimited,
    RecordError,
    Unavailable,
)
from openconnector.records import Action, Outcome, Verdict
from openconnector.synchronization.keeping import opened
from openconnector.synchronization.progress import LEASE
from tests.fakes.memory import MemorySource, NumberingTarget
from tests.fakes.synchronizing import Synchronizing, balance, records
from tests.fakes.ways import ON_ONE_DATABASE


@pytest.fixture
async def sync(database: Database) -> Synchronizing:
    synchronizing = Synchronizing(database)
    await synchronizing.save()
    return synchronizing


async def test_the_first_run_creates_every_record_and_its_balance_closes(sync: Synchronizing):
    row = await sync.run(records(1, 2), records(3))

    assert (row.state, balance(row), row.writes) == ("succeeded", {"found": 3, "created": 3}, 3)
    assert sorted(o["name"] for o in sync.shelf.objects.values()) == ["n1", "n2", "n3"]
    assert (row.contracts_before, row.contracts_after) == (0, 3)


async def test_a_second_run_over_unchanged_data_writes_nothing(sync: Synchronizing):
    await sync.run(records(1, 2), records(3))
    sync.shelf.calls.clear()

    row = await sync.run(records(3), records(2, 1))

    assert (row.state, balance(row), row.writes) == ("succeeded", {"found": 3, "unchanged": 3}, 0)
    assert sync.shelf.calls == []


async def test_only_what_changed_is_written(sync: Synchronizing):
    await sync.run(records(1, 2, 3))
    sync.shelf.calls.clear()

    row = await sync.run([*records(1, 3), {"id": 2, "name": "new"}])

    assert balance(row) == {"found": 3, "updated": 1, "unchanged": 2}
    assert [action for action, _ in sync.shelf.calls] == ["update"]


async def test_a_change_that_the_mapping_leaves_out_writes_nothing_and_is_known_next_time(
    sync: Synchronizing,
):
    await sync.run(records(1))
    mapped = 0

    def apply(record: dict) -> dict:
        nonlocal mapped
        mapped += 1
        return {"name": record.get("name")}

    sync.apply = apply

    first = await sync.run([{"id": 1, "name": "n1", "noise": 7}])
    second = await sync.run([{"id": 1, "name": "n1", "noise": 7}])

    assert balance(first) == balance(second) == {"found": 1, "unchanged": 1}
    assert (first.writes, mapped) == (0, 1)


async def test_an_upgraded_mapping_that_gives_the_same_objects_writes_nothing(sync: Synchronizing):
    await sync.run(records(1, 2))
    sync.fingerprint = b"mapping2"

    row = await sync.run(records(1, 2))

    assert (balance(row), row.writes) == ({"found": 2, "unchanged": 2}, 0)


async def test_force_writes_everything_again(sync: Synchronizing):
    await sync.run(records(1, 2))

    row = await sync.run(records(1, 2), is_forced=True)

    assert (balance(row), row.writes) == ({"found": 2, "updated": 2}, 2)


async def test_what_is_gone_is_deleted_and_what_comes_back_is_restored_with_its_id(
    sync: Synchronizing,
):
    await sync.run(records(1, 2, 3))
    before = set(sync.shelf.objects)

    gone = await sync.run(records(1, 2))
    back = await sync.run(records(1, 2, 3))

    assert balance(gone) == {"found": 2, "unchanged": 2, "deleted": 1}
    assert (gone.contracts_before, gone.contracts_after) == (3, 2)
    assert balance(back) == {"found": 3, "unchanged": 2, "updated": 1, "restored": 1}
    assert set(sync.shelf.objects) == before


@pytest.mark.parametrize("count", [8, 1000])
async def test_a_source_that_is_suddenly_empty_deletes_nothing_and_asks(
    sync: Synchronizing, count: int
):
    await sync.run(records(*range(count)))

    row = await sync.run([])

    assert (row.state, row.deletions_pending, row.deleted) == ("needs_approval", count, 0)
    assert len(sync.shelf.objects) == count


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("had", "gone", "state"),
    [
        (19, 9, "succeeded"),
        (19, 10, "needs_approval"),
        (20, 10, "succeeded"),
        (100, 10, "succeeded"),
        (100, 11, "needs_approval"),
        (200, 20, "succeeded"),
        (200, 21, "needs_approval"),
        (3, 1, "succeeded"),
        (3, 2, "needs_approval"),
    ],
)
async def test_the_guard_lets_the_larger_of_ten_and_a_tenth_go_and_never_more_than_half_of_few(
    sync: Synchronizing, had: int, gone: int, state: str
):
    await sync.run(records(*range(had)))

    row = await sync.run(records(*range(gone, had)))

    assert row.state == state
    assert row.deleted == (gone if state == "succeeded" else 0)


async def test_a_read_that_did_not_prove_its_end_deletes_nothing_and_is_partial(
    sync: Synchronizing,
):
    await sync.run(records(1, 2, 3))

    source = MemorySource(steps=[records(1)], ends=False)
    row = await sync.work(await sync.queue(), source)

    assert (row.state, row.error_code, row.deleted) == ("partial", "incomplete-read", 0)
    assert len(sync.shelf.objects) == 3


async def test_a_source_that_stops_at_a_cap_says_why(sync: Synchronizing):
    source = MemorySource(steps=[records(1)], ends=False, incomplete="the page cap was reached")

    row = await sync.work(await sync.queue(), source)

    assert (row.state, row.error_message) == ("partial", "the page cap was reached")


async def test_a_policy_that_keeps_never_deletes(sync: Synchronizing):
    sync.options["deletion"] = {"mode": "keep"}
    await sync.run(records(1, 2, 3))

    row = await sync.run([])

    assert (row.state, row.deleted, len(sync.shelf.objects)) == ("succeeded", 0, 3)


async def test_the_second_record_with_one_id_is_skipped_in_a_page_and_across_pages(
    sync: Synchronizing,
):
    row = await sync.run([*records(1, 1), {"id": "1", "name": "text"}], records(2, 1))

    assert (row.state, balance(row)) == ("succeeded", {"found": 5, "created": 2, "skipped": 3})
    assert [o["name"] for o in sync.shelf.objects.values()] == ["n1", "n2"]


async def test_duplicates_fail_where_the_synchronization_says_so(sync: Synchronizing):
    sync.options["duplicates"] = "fail"

    row = await sync.run(records(1, 1))

    assert (row.state, balance(row)) == ("partial", {"found": 2, "created": 1, "failed": 1})


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    "record",
    [
        {}, {"id": None}, {"id": ""}, {"id": True}, {"id": 1.5}, {"id": [1]}, {"id": {}}, {"id": "a\0"},
        {"id": "\ud800"}, 7, None, "x", [],
    ],
)  # fmt: skip
async def test_what_has_no_id_is_invalid_is_kept_with_its_reason_and_deletes_nothing(
    sync: Synchronizing, record: object
):
    await sync.run(records(1, 2))

    row = await sync.run([*records(1), record])

    assert (row.state, balance(row)) == ("partial", {"found": 2, "unchanged": 1, "invalid": 1})
    assert "without an id" in (row.error_message or "")
    (failure,) = await sync.failures(row.id)
    assert (failure.stage, failure.origin_id) == ("select", None)
    assert len(sync.shelf.objects) == 2


async def test_one_bad_record_never_stops_the_others_and_can_be_replayed(sync: Synchronizing):
    def apply(record: dict) -> dict:
        if record["id"] == 2:
            raise RecordError("cannot be mapped", field="name")
        return {"name": record["name"]}

    sync.apply = apply
    row = await sync.run(records(1, 2, 3))
    failures = await sync.failures(row.id)
    sync.apply = lambda record: {"name": record["name"]}

    replayed = await sync.run(mode="replay", parent_id=row.id)

    assert (row.state, balance(row)) == ("partial", {"found": 3, "created": 2, "failed": 1})
    assert [(f.origin_id, f.stage, f.field) for f in failures] == [("2", "map", "name")]
    assert (replayed.state, balance(replayed)) == ("succeeded", {"found": 1, "created": 1})
    assert [f.state for f in await sync.failures(row.id)] == ["resolved"]


async def test_a_failed_record_keeps_the_object_of_its_earlier_self(sync: Synchronizing):
    await sync.run(records(1, 2))
    sync.shelf.refuse = lambda change: Outcome(verdict=Verdict.INVALID, reason="too long")

    row = await sync.run([*records(1), {"id": 2, "name": "longer"}])

    assert balance(row) == {"found": 2, "unchanged": 1, "invalid": 1}
    assert len(sync.shelf.objects) == 2


async def test_a_personal_source_keeps_its_failed_records_sealed(sync: Synchronizing):
    sync.is_personal = True
    sync.shelf.refuse = lambda change: Outcome(verdict=Verdict.FAILED, reason="no")

    row = await sync.run([{"id": 1, "name": "Johanna Jansen"}])

    (failure,) = await sync.failures(row.id)
    assert failure.is_sealed
    assert b"Johanna" not in failure.payload


async def test_a_source_that_breaks_in_the_middle_waits_and_goes_on_where_it_stood(
    sync: Synchronizing,
):
    steps: list = [records(1), Unavailable("503"), records(3)]
    source = MemorySource(steps=steps)

    waiting = await sync.work(await sync.queue(), source)
    steps[1] = records(2)
    assert waiting.due_at is not None
    sync.clock.moment = waiting.due_at
    row = await sync.work(waiting.id, source)

    assert (waiting.state, balance(waiting)) == ("waiting", {"found": 1, "created": 1})
    assert (row.state, balance(row)) == ("succeeded", {"found": 3, "created": 3})


async def test_a_pause_the_other_side_asks_for_is_kept(sync: Synchronizing):
    source = MemorySource(steps=[RateLimited("429", retry_after_seconds=1234)])

    row = await sync.work(await sync.queue(), source)

    assert row.due_at is not None
    assert (row.due_at - sync.clock.now()).total_seconds() == 1234


async def test_a_source_that_never_recovers_is_given_up(sync: Synchronizing):
    source = MemorySource(steps=[Unavailable("503")])
    run_id = await sync.queue()

    for _ in range(5):
        row = await sync.work(run_id, source)
        if row.due_at is not None:
            sync.clock.moment = row.due_at

    assert (row.state, row.error_code) == ("failed", "unavailable")


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    ("error", "before", "state"),
    [
        (CredentialsRejected("401"), [records(1)], "failed"),
        (MalformedAnswer("HTML"), [records(1)], "partial"),
        (MalformedAnswer("HTML"), [], "failed"),
    ],
)
async def test_an_error_that_would_hit_every_record_stops_the_run(
    sync: Synchronizing, error: Exception, before: list, state: str
):
    row = await sync.run(*before, error)

    assert (row.state, row.created, row.deleted) == (state, len(before), 0)


async def test_a_record_outside_the_conditions_is_skipped_and_its_object_deleted(
    sync: Synchronizing,
):
    await sync.run(records(1, 2, 3))
    sync.is_selected, sync.revision = lambda record: record["name"] != "n3", 2

    row = await sync.run(records(1, 2, 3))

    assert balance(row) == {"found": 3, "unchanged": 2, "skipped": 1, "deleted": 1}


async def test_a_dry_run_counts_and_explains_and_writes_nothing(sync: Synchronizing):
    await sync.run(records(1, 2, 3))
    calls = len(sync.shelf.calls)

    row = await sync.run([*records(1), {"id": 2, "name": "new"}, *records(4, 4), 7], mode="dry_run")

    assert balance(row) == {
        "found": 5, "created": 1, "updated": 1, "unchanged": 1, "skipped": 1, "invalid": 1,
    }  # fmt: skip
    assert (row.writes, len(sync.shelf.calls)) == (0, calls)
    assert set(await sync.contracts()) == {"1", "2", "3"}


async def test_a_write_that_fails_for_all_waits_and_loses_and_doubles_nothing(database: Database):
    sync = Synchronizing(database, NumberingTarget)
    await sync.save()
    run_id = await sync.queue()
    source = MemorySource(steps=[records(1, 2), records(3)])

    def cut(_changes: object) -> None:
        raise Unavailable("cut after the writes")

    sync.shelf.after_batch = cut
    waiting = await sync.work(run_id, source)
    sync.shelf.after_batch = lambda _changes: None
    assert waiting.due_at is not None
    sync.clock.moment = waiting.due_at
    row = await sync.work(run_id, source)

    assert (waiting.state, waiting.found) == ("waiting", 0)
    assert (row.state, balance(row)) == ("succeeded", {"found": 3, "created": 3})
    assert [action for action, _ in sync.shelf.calls] == [Action.CREATE] * 3


async def test_a_worker_that_lost_its_lease_commits_nothing_more(sync: Synchronizing):
    run_id = await sync.queue()
    source = MemorySource(steps=[records(1), records(2)])
    stale = sync.execution(await sync.claim(run_id), source)
    row = await sync.row(run_id)
    assert row.lease_until is not None
    sync.clock.moment = row.lease_until + LEASE
    fresh = sync.execution(await sync.claim(run_id, owner="other"), source)

    await stale.carry_out()
    between = await sync.row(run_id)
    await fresh.carry_out()
    row = await sync.row(run_id)

    assert (between.found, between.state) == (0, "running")
    assert (row.state, balance(row)) == ("succeeded", {"found": 2, "created": 2})


@pytest.mark.parametrize("value", [2**70, "\ud800"])
async def test_a_value_that_is_no_proper_json_fails_its_record_alone_and_is_kept(
    sync: Synchronizing, value: object
):
    row = await sync.run([*records(1), {"id": 2, "name": value}])

    assert (row.state, balance(row)) == ("partial", {"found": 2, "created": 1, "failed": 1})
    (failure,) = await sync.failures(row.id)
    assert opened(sync.keys, failure)["id"] == 2


class Killed(BaseException):
    """The process ends here."""


async def test_what_a_success_leads_to_is_committed_with_it_or_not_at_all(sync: Synchronizing):
    led = []

    async def lead(session: AsyncSession, run_id: str) -> None:
        await session.execute(update(RunRow).values(error_message="led on"))
        led.append(run_id)
        if len(led) == 1:
            raise Killed

    sync.on_success = lead
    source = MemorySource(steps=(records(1),))
    run_id = await sync.queue()

    with pytest.raises(Killed):
        await sync.work(run_id, source)
    killed = await sync.row(run_id)
    sync.clock.moment += 2 * LEASE
    row = await sync.work(run_id, source)

    assert (killed.state, killed.error_message) == ("running", None)
    assert (row.state, row.error_message) == ("succeeded", "led on")
    assert led == [run_id, run_id]


@pytest.mark.parametrize("mode", ["dry_run", "replay"])
async def test_only_a_run_of_its_own_leads_on(sync: Synchronizing, mode: str):
    async def lead(_session: AsyncSession, _run_id: str) -> None:
        raise AssertionError("it leads on")

    sync.on_success = lead

    assert (await sync.run(records(1), mode=mode)).state == "succeeded"


async def test_a_run_is_not_taken_up_under_other_definitions_than_it_began_with(
    sync: Synchronizing,
):
    source = MemorySource(steps=[records(1), Unavailable("503")])
    waiting = await sync.work(await sync.queue(), source)
    assert waiting.due_at is not None
    sync.clock.moment, sync.revision = waiting.due_at, 2

    row = await sync.work(waiting.id, source)

    assert (row.state, row.error_code, balance(row)) == (
        "failed",
        "conflict",
        {"found": 1, "created": 1},
    )
    assert "start a new run" in (row.error_message or "")


async def test_a_creation_that_may_have_happened_is_repeated_as_such_by_the_next_run(
    database: Database,
):
    sync = Synchronizing(database, NumberingTarget)
    await sync.save()
    repeats: list[tuple[str, bool]] = []
    broken = Outcome(verdict=Verdict.FAILED, reason="500", is_uncertain=True)

    sync.shelf.refuse = lambda change: broken
    first = await sync.run(records(1))
    sync.shelf.refuse = lambda change: repeats.append((change.origin_id, change.is_repeat))
    second = await sync.run(records(1, 2))
    third = await sync.run(records(1, 2, 3))

    assert [balance(row) for row in (first, second, third)] == [
        {"found": 1, "failed": 1},
        {"found": 2, "created": 2},
        {"found": 3, "created": 1, "unchanged": 2},
    ]
    assert repeats == [("1", True), ("2", False), ("3", False)]

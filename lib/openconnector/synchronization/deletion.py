"""Delete what is no longer at the source: only after a complete read, only what we made, only below the guard."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from openconnector.db import contracts, memos, runs
from openconnector.records import Action, Change, Outcome, Verdict
from openconnector.synchronization.differences import differences
from openconnector.synchronization.identity import write_key
from openconnector.synchronization.keeping import told
from openconnector.synchronization.pages import SHOWN_CHANGES, Pages
from openconnector.synchronization.plan import Plan
from openconnector.synchronization.progress import Progress

BATCH = 200
"""Objects deleted in one transaction."""


async def count_unseen(plan: Plan, progress: Progress, pages: Pages) -> int:
    """Return how many objects have no record any more."""
    if pages.seen.count >= pages.next_ordinal:
        return 0
    count = 0
    async for batch in _unseen(plan, progress, pages):
        count += len(batch)
    return count


async def show_unseen(plan: Plan, progress: Progress, pages: Pages) -> None:
    """Keep what a dry run would delete behind what it would write, as far as there is room for it."""
    last = progress.balance.created + progress.balance.updated
    shown: list[dict[str, Any]] = []
    async for batch in _unseen(plan, progress, pages):
        for contract in batch[: max(SHOWN_CHANGES - last - len(shown), 0)]:
            before = None
            if contract.target_id is not None:
                before = await plan.target.current(plan.reach, contract.target_id)
            number, change = last + len(shown) + 1, _change(plan, contract)
            shown.append(pages.keeper.change(number, change, differences(before, None)))
        if last + len(shown) >= SHOWN_CHANGES:
            break
    async with progress.context.database.writing() as session:
        # An interrupted dry run may have kept them already.
        if not await runs.changes(session, progress.run_id, after=last, limit=1):
            await runs.add_changes(session, shown)
        await progress.move(session)


async def delete_unseen(plan: Plan, progress: Progress, pages: Pages) -> int:
    """Delete those objects, batch by batch; return how many could not be deleted.

    Deleting again what a crash left half done is harmless: what is already gone counts as deleted.
    """
    await plan.target.confirm_identity(plan.reach)
    failed = 0
    async for found in _unseen(plan, progress, pages):
        for start in range(0, len(found), BATCH):
            with progress.attempt():
                failed += await _delete(plan, progress, found[start : start + BATCH])
            if progress.is_cancel_requested:
                return failed
    return failed


async def _unseen(
    plan: Plan, progress: Progress, pages: Pages
) -> AsyncIterator[list[contracts.Known]]:
    after = -1
    while True:
        async with progress.context.database.reading() as session:
            batch = await contracts.active_after(
                session, plan.synchronization_id, plan.target_key, after
            )
        if not batch:
            return
        after = batch[-1].ordinal
        unseen = [contract for contract in batch if contract.ordinal not in pages.seen]
        if unseen:
            yield unseen


async def _delete(plan: Plan, progress: Progress, batch: list[contracts.Known]) -> int:
    changes = [_change(plan, contract) for contract in batch]
    outcomes: list[Outcome] = []
    if not plan.is_transactional:
        outcomes = await plan.target.write(plan.reach, changes)
    async with progress.context.database.writing() as session:
        if plan.is_transactional:
            reach = replace(plan.reach, objects=plan.reach.objects.within(session))
            outcomes = await plan.target.write(reach, changes)
        gone = [
            change.origin_id
            for change, outcome in zip(changes, outcomes, strict=True)
            if outcome.verdict in (Verdict.WRITTEN, Verdict.UNCHANGED)
        ]
        now = progress.context.clock.now()
        marks = {"state": "deleted", "run_id": progress.run_id, "changed_at": now}
        await contracts.change(session, plan.synchronization_id, plan.target_key, gone, marks)
        await memos.count_up(session, plan.synchronization_id, plan.target_key)
        progress.balance.deleted += len(gone)
        progress.balance.writes += sum(outcome.writes for outcome in outcomes)
        _note(plan, progress, changes, outcomes)
        await progress.move(session)
    progress.committed()
    return len(batch) - len(gone)


def _change(plan: Plan, contract: contracts.Known) -> Change:
    return Change(
        action=Action.DELETE,
        origin_id=contract.origin_id,
        target_id=contract.target_id,
        data=None,
        key=write_key(
            plan.synchronization_id,
            plan.target_key,
            contract.origin_id,
            Action.DELETE,
            contract.mapped_hash,
        ),
    )


def _note(plan: Plan, progress: Progress, changes: list[Change], outcomes: list[Outcome]) -> None:
    for change, outcome in zip(changes, outcomes, strict=True):
        if outcome.verdict not in (Verdict.WRITTEN, Verdict.UNCHANGED):
            progress.log.warning(
                "object not deleted",
                originId=change.origin_id,
                targetId=change.target_id,
                reason=told(outcome.reason or "", is_personal=plan.is_personal),
            )

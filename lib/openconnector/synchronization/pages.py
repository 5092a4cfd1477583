"""One page: select, compare, map, write and commit."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from openconnector.db import contracts, failures, intents, runs
from openconnector.db.rows import IntentRow
from openconnector.db.session import Session
from openconnector.kinds.reach import Reach
from openconnector.messages import t
from openconnector.records import Change, Outcome, Page
from openconnector.synchronization.compare import (
    Comparison,
    Failure,
    Pending,
    Selected,
    Sorted,
    select,
)
from openconnector.synchronization.differences import differences
from openconnector.synchronization.keeping import Keeper, opened_intent, told
from openconnector.synchronization.memory import PageMemory
from openconnector.synchronization.parts import PartMemory
from openconnector.synchronization.plan import Plan
from openconnector.synchronization.progress import Progress
from openconnector.synchronization.seen import Seen, pack
from openconnector.synchronization.settling import Settling, refreshed

DEFERRED_PAGES = 50
DEFERRED_TIME = timedelta(seconds=1)
"""Pages of which nothing is to be written are committed together: so many at most, and no later than this."""

SHOWN_CHANGES = 200
"""Records of a dry run whose differences are kept; the balance counts all."""

UNIDENTIFIED = t(
    "Records without an id were found, so nothing was deleted: they may be what seems to be gone"
)

LOGGED_FAILURES = 20
"""Failed records of one page that are named in the log; every one is kept in full."""


class Pages:
    """Works pages off, one transaction each."""

    def __init__(self, plan: Plan, progress: Progress) -> None:
        self._plan = plan
        self._progress = progress
        self._database = progress.context.database
        self._clock = progress.context.clock
        self.keeper = Keeper(progress.context.keys, progress.run_id, is_personal=plan.is_personal)
        """Writes what of this run is kept for later eyes."""
        self.seen = Seen()
        self._rejected: set[str] = set()
        self._settling = Settling(plan, progress.run_id, 0)
        self._memory = PageMemory(plan, progress)
        self.parts = PartMemory(plan, progress, self._memory.definitions)
        self._has_open_failures = False
        self._has_intents = False
        self._previewed: set[str] = set()
        self._deferred: list[tuple[int, bytes]] = []
        self._committed_at = self._clock.now()

    async def prepare(self, session: Session) -> None:
        """Load what earlier work on this run left behind."""
        plan, run_id = self._plan, self._progress.run_id
        for packed in await runs.seen(session, run_id):
            self.seen.load(packed)
        self._rejected.update(await failures.origin_ids(session, run_id))
        await self._memory.load(session)
        await self.parts.load(session)
        self._settling.ordinal = await contracts.next_ordinal(
            session, plan.synchronization_id, plan.target_key
        )
        self._has_open_failures = await failures.any_open(session, plan.synchronization_id)
        pending = await intents.pending(session, plan.synchronization_id, limit=1)
        self._has_intents = bool(pending)

    @property
    def next_ordinal(self) -> int:
        """How many contracts this synchronization has ever had with this target."""
        return self._settling.ordinal

    async def work(self, page: Page) -> None:
        """Work one page off: all of it is committed, or nothing and the error is raised."""
        with self._progress.attempt():
            await self._work(page)

    async def _work(self, page: Page) -> None:
        progress, work = self._progress, Sorted()
        with progress.timed("compare"):
            if not await self._is_recalled(page, work):
                await self._compare(page, work)
        progress.pages += 1
        progress.keep_cursor(page.cursor)
        progress.attempts = 0
        progress.is_read_complete = page.is_end
        if work.unidentified or page.incomplete is not None:
            progress.incomplete_reason = page.incomplete or UNIDENTIFIED
        if work.recalled is not None:
            await self._defer(work)
        elif progress.is_dry:
            await self._preview(work)
        elif self._plan.is_transactional or not work.pending:
            await self._commit_with_target(page, work)
        else:
            await self._write_outside(page, work)

    async def _is_recalled(self, page: Page, work: Sorted) -> bool:
        """Whether the page as a whole is known to be unchanged, and its first time in this read."""
        if page.unchanged:
            self.parts.take(page.unchanged, self.seen, work)
            return True
        if self._rejected:
            return False
        seen = await self._memory.recall(self._progress.pages + 1, page)
        if seen is None or not self.seen.add_all(seen):
            return False
        work.recalled = seen
        work.balance.found = work.balance.unchanged = len(page.records)
        return True

    async def _defer(self, work: Sorted) -> None:
        """Count a page of which nothing is to be written; it is committed with others."""
        self._progress.balance.add(work.balance)
        self._deferred.append((self._progress.pages, work.recalled or b""))
        now = self._clock.now()
        if len(self._deferred) >= DEFERRED_PAGES or now - self._committed_at >= DEFERRED_TIME:
            await self.flush()

    async def flush(self) -> None:
        """Commit the pages that wait for it."""
        if not self._deferred:
            return
        with self._progress.timed("write"):
            async with self._database.writing() as session:
                await self._move(session)
            self._moved()

    async def _move(self, session: Session, work: Sorted | None = None) -> None:
        await runs.add_pages(session, self._progress.run_id, self._deferred)
        await self.parts.write(session, work)
        await self._progress.move(session)

    def _moved(self) -> None:
        self._deferred.clear()
        self._committed_at = self._clock.now()
        self._progress.committed()

    async def _compare(self, page: Page, work: Sorted) -> None:
        selected = self._without_rejected(select(self._plan, page.records, work), work)
        known = await self._known(selected)
        if self._progress.mode == "replay":
            work.replayed = [origin_id for origin_id, _ in selected]
        comparison = Comparison(
            self._plan, self.seen, self._progress.is_forced, work, self._is_repeating
        )
        comparison.sort(selected, known)

    @property
    def _is_repeating(self) -> bool:
        """Whether a record may come again because the thing it is of is read again."""
        return self._progress.mode == "changes"

    def _without_rejected(self, selected: Selected, work: Sorted) -> Selected:
        """Leave out later records with the id of one that failed: the first one counts."""
        taken = self._rejected | self._previewed
        if not taken:
            return selected
        kept = [item for item in selected if item[0] not in taken]
        if self._is_repeating:
            work.balance.found -= len(selected) - len(kept)
            return kept
        work.balance.skipped += len(selected) - len(kept)
        work.duplicates.extend(item[0] for item in selected if item[0] in taken)
        return kept

    async def _known(self, selected: Selected) -> dict[str, contracts.Known]:
        if not selected or self._settling.ordinal == 0:
            return {}
        plan, ids = self._plan, [origin_id for origin_id, _ in selected]
        found = await contracts.known(self._database, plan.synchronization_id, plan.target_key, ids)
        return {contract.origin_id: contract for contract in found}

    async def _commit_with_target(self, page: Page, work: Sorted) -> None:
        with self._progress.timed("write"):
            async with self._database.writing() as session:
                reach = self._plan.reach
                if work.pending:
                    reach = replace(reach, objects=reach.objects.within(session))
                outcomes = await self._written(reach, [one.change for one in work.pending])
                await self._commit(session, page, work, outcomes)
            self._moved()

    async def _write_outside(self, page: Page, work: Sorted) -> None:
        plan, now = self._plan, self._clock.now()
        with self._progress.timed("write"):
            work.pending = await self._repeated(work.pending)
            async with self._database.writing() as session:
                rows = self.keeper.intents(plan, work.pending, self._settling.ordinal, now)
                ids = [one.change.origin_id for one in work.pending]
                await intents.settle(session, plan.synchronization_id, plan.target_key, ids)
                await intents.add(session, rows)
                await self._progress.hold(session)
            outcomes = await self._written(plan.reach, [one.change for one in work.pending])
            known = [
                origin_id
                for origin_id, outcome in zip(ids, outcomes, strict=True)
                if not outcome.is_uncertain
            ]
            async with self._database.writing() as session:
                await intents.settle(session, plan.synchronization_id, plan.target_key, known)
                await self._commit(session, page, work, outcomes)
            self._moved()

    async def _repeated(self, pending: list[Pending]) -> list[Pending]:
        """Repeat the very writes an interrupted run may have sent, so that none happens twice."""
        if not self._has_intents:
            return pending
        async with self._database.reading() as session:
            rows = await intents.of_records(
                session,
                self._plan.synchronization_id,
                self._plan.target_key,
                [one.change.origin_id for one in pending],
            )
        sent = {row.origin_id: row for row in rows}
        return [
            self._as_sent(one, sent[one.change.origin_id]) if one.change.origin_id in sent else one
            for one in pending
        ]

    def _as_sent(self, one: Pending, row: IntentRow) -> Pending:
        if row.action != one.change.action or not self._plan.target.chooses_ids:
            return one._replace(change=one.change._replace(is_repeat=True))
        data = opened_intent(self._progress.context.keys, row)
        change = one.change._replace(key=row.key, data=data, text=None, is_repeat=True)
        return one._replace(change=change, origin_hash=row.origin_hash, mapped_hash=row.mapped_hash)

    async def _written(self, reach: Reach, changes: Sequence[Change]) -> list[Outcome]:
        return await self._plan.target.write(reach, changes) if changes else []

    async def _commit(
        self, session: Session, page: Page, work: Sorted, outcomes: Sequence[Outcome]
    ) -> None:
        plan, progress = self._plan, self._progress
        first = self._settling.ordinal
        making, written = (
            self._settling.making(self._clock.now()),
            self._settling.settle(work, outcomes),
        )
        await contracts.upsert(session, making, written)
        await contracts.refresh(session, refreshed(plan, work))
        await self._keep_failures(session, work)
        await self._memory.keep(session, progress.pages, page, work)
        self._deferred.append((progress.pages, pack(work.seen)))
        progress.balance.add(work.balance)
        self._note(work)
        self.parts.keep(page, work)
        await self._move(session, work)
        self.seen.add_range(first, self._settling.ordinal)

    async def _keep_failures(self, session: Session, work: Sorted) -> None:
        balance = self._progress.balance
        first = balance.invalid + balance.failed + 1
        rows = self.keeper.failed(self._plan, work.failures, first, self._clock.now())
        await failures.add(session, rows)
        self._rejected.update(failure.origin_id for failure in work.failures if failure.origin_id)
        if self._has_open_failures and not self._progress.is_dry:
            failed = {failure.origin_id for failure in work.failures}
            handled = [origin_id for origin_id in _touched(work) if origin_id not in failed]
            await failures.resolve(
                session, self._plan.synchronization_id, handled, self._progress.run_id
            )

    def _note(self, work: Sorted) -> None:
        log = self._progress.log
        for failure in work.failures[:LOGGED_FAILURES]:
            log.warning(
                "record not handled",
                verdict=failure.verdict,
                originId=failure.origin_id,
                stage=failure.stage,
                field=failure.field,
                reason=told(failure.reason, is_personal=self._plan.is_personal),
            )
        if len(work.failures) > LOGGED_FAILURES:
            log.warning("more records failed", count=len(work.failures) - LOGGED_FAILURES)
        if work.duplicates:
            log.warning(
                "duplicate ids",
                count=len(work.duplicates),
                originIds=work.duplicates[:LOGGED_FAILURES],
            )

    async def _preview(self, work: Sorted) -> None:
        shown: list[dict[str, Any]] = []
        balance = work.balance
        for one in work.pending:
            problems = await self._plan.target.check(self._plan.reach, one.change.data or {})
            self._previewed.add(one.change.origin_id)
            if problems:
                balance.invalid += 1
                reason = "; ".join(problems)
                origin_id = one.change.origin_id
                work.failures.append(Failure(one.record, origin_id, "invalid", "validate", reason))
                continue
            await self._preview_one(one, work, shown)
        async with self._database.writing() as session:
            await runs.add_changes(session, shown)
            await self._keep_failures(session, work)
            self._deferred.append((self._progress.pages, pack(work.seen)))
            self._progress.balance.add(balance)
            self._note(work)
            await self._move(session)
        self._moved()

    async def _preview_one(self, one: Pending, work: Sorted, shown: list[dict[str, Any]]) -> None:
        balance, written = work.balance, self._progress.balance
        if one.known is None:
            balance.created += 1
        else:
            balance.updated += 1
        number = written.created + written.updated + balance.created + balance.updated
        if number <= SHOWN_CHANGES:
            before = None
            if one.known is not None and one.change.target_id is not None:
                before = await self._plan.target.current(self._plan.reach, one.change.target_id)
            found = differences(before, one.change.data)
            shown.append(self.keeper.change(number, one.change, found))


def _touched(work: Sorted) -> list[str]:
    written = [one.change.origin_id for one in work.pending]
    return [*written, *(known.origin_id for known, _, _ in work.refreshed), *work.replayed]

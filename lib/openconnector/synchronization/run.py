"""One run: read, work off page by page, delete, close. Every step can be taken up again after a crash."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from openconnector.db import contracts, memos, objects, parts, runs
from openconnector.db.rows import RunRow
from openconnector.db.session import Session
from openconnector.errors import (
    Conflict,
    LeaseLost,
    OpenConnectorError,
    StorageFailed,
    TransientError,
)
from openconnector.messages import t
from openconnector.records import Page
from openconnector.synchronization.deletion import count_unseen, delete_unseen, show_unseen
from openconnector.synchronization.keeping import opened
from openconnector.synchronization.outcome import (
    MAX_ATTEMPTS,
    Ending,
    ending,
    ending_of,
    pause_before,
)
from openconnector.synchronization.pages import Pages
from openconnector.synchronization.plan import Plan
from openconnector.synchronization.progress import CancelRequested, Context, Progress
from openconnector.synchronization.reading import prefetched
from openconnector.synchronization.replaying import next_failures

UNSEEN = "The target cannot show what it holds, so every field of an object counts as new"

OnEnd = Callable[[Session, str], Awaitable[None]]
"""Writes, in the transaction it is given, what the end of the run with this id brings about."""

CLOCKS_DIFFER = timedelta(minutes=1)
"""By how much the clocks of two machines on one database may be apart."""

logger = structlog.get_logger(__name__)


class NeedsApproval(OpenConnectorError):
    """More would be deleted than may go without asking."""

    code = "needs-approval"

    def __init__(self, pending: int, contracts_before: int, *, is_empty: bool) -> None:
        why = (
            t("The source had records before and has none now")
            if is_empty
            else t("More objects would be deleted than may go without asking")
        )
        super().__init__(
            t(
                "{why}: {pending} of {before} objects would be deleted. "
                "Look at the source; approve the run to delete them, or cancel it to keep them",
                why=why,
                pending=pending,
                before=contracts_before,
            )
        )
        self.pending = pending


class Run:
    """A claimed run, carried out by `carry_out`."""

    def __init__(
        self,
        context: Context,
        row: RunRow,
        plan: Plan,
        progress: Progress,
        *,
        on_success: OnEnd | None = None,
    ) -> None:
        """``on_success`` is called in the transaction that ends a run as succeeded; a dry run or a replay has none."""
        self._context = context
        self._on_success = on_success
        self._row = row
        self._plan = plan
        self._progress = progress
        self._pages = Pages(plan, progress)
        self._reach = replace(plan.reach, memory=self._pages.parts)
        self._counted_at: datetime | None = None
        """When this process counted, at the beginning of the run, which contracts point at no object."""

    async def carry_out(self) -> None:
        """Work until the run has ended, waits, or was taken over. Errors become the run's state, never an exception."""
        try:
            await self._steps()
        except LeaseLost as error:
            logger.warning("lease lost", run=self._progress.run_id, reason=str(error))
        except CancelRequested as error:
            await self._stop(Ending(state="cancelled", code=error.code, message=str(error)))
        except NeedsApproval as error:
            await self._ask(error)
        except TransientError as error:
            if self._progress.attempts >= MAX_ATTEMPTS:
                await self._stop(ending_of(error, self._progress.pages))
            else:
                await wait(self._progress, error)
        except OpenConnectorError as error:
            await self._stop(ending_of(error, self._progress.pages))

    async def _steps(self) -> None:
        await self._start()
        if self._progress.phase == "reading":
            await self._read()
            await self._decide_deletions()
        not_deleted = 0
        if self._progress.phase == "deleting":
            with self._progress.timed("delete"):
                not_deleted = await delete_unseen(self._plan, self._progress, self._pages)
            self._stop_if_asked()
        await self._close(not_deleted)

    async def _start(self) -> None:
        plan, progress = self._plan, self._progress
        missing = 0
        if progress.contracts_before is None and not progress.is_dry:
            counted_at, counted = self._context.clock.now(), await self._missing()
            self._counted_at, missing = counted_at if counted is not None else None, counted or 0
        async with self._context.database.writing() as session:
            if progress.contracts_before is None:
                await self._begin(session, missing)
            else:
                self._refuse_other_definitions()
                progress.log.info("run taken up again", pages=progress.pages)
            await self._pages.prepare(session)
            await progress.move(session, revisions=plan.revisions, target=plan.target_key)
        self._stop_if_asked()

    def _refuse_other_definitions(self) -> None:
        """A cursor, and what a run has seen, mean nothing under definitions other than those it began with."""
        if self._row.revisions != self._plan.revisions:
            raise Conflict(
                t(
                    "The synchronization, its source or its mapping was changed after this run began; start a new run"
                )
            )

    async def _missing(self) -> int | None:
        """Return how many contracts point at no object; None when the target cannot tell cheaply."""
        plan = self._plan
        if not plan.is_transactional:
            return None
        async with self._context.database.reading() as session:
            return await contracts.count_missing(session, plan.synchronization_id, plan.target_key)

    async def _missing_at_end(self) -> int | None:
        """Return the same once the run is over, without counting again where nothing can have changed."""
        if self._counted_at is None or self._progress.balance.writes > 0:
            return await self._missing()
        async with self._context.database.reading() as session:
            is_same = not await objects.has_deleted_since(session, self._counted_at - CLOCKS_DIFFER)
        return 0 if is_same else await self._missing()

    async def _begin(self, session: Session, missing: int) -> None:
        plan, progress = self._plan, self._progress
        key = (plan.synchronization_id, plan.target_key)
        if missing:
            marks = {"state": "lost", "changed_at": self._context.clock.now()}
            await contracts.mark_lost(session, *key, marks)
            await memos.count_up(session, *key)
            await parts.forget(session, *key)
            progress.log.warning("objects gone at the target", count=missing)
        if progress.is_dry and not plan.target.shows_current():
            progress.log.warning("differences unknown", reason=UNSEEN)
        progress.contracts_before = await contracts.count_active(session, *key)
        progress.log.info(
            "run started", mode=progress.mode, source=plan.source.kind, target=plan.target.kind
        )

    async def _read(self) -> None:
        with self._progress.attempt():
            async with aclosing(prefetched(self._source_pages())) as pages:
                async for page in self._timed(pages):
                    await self._pages.work(page)
                    self._stop_if_asked()
            await self._pages.flush()

    def _source_pages(self) -> AsyncIterator[Page]:
        progress = self._progress
        if progress.pages > 0 and progress.cursor is None:
            return _nothing()
        if progress.mode == "replay":
            return self._failed_pages()
        if progress.mode == "changes":
            return self._changed_pages()
        return self._plan.source.read(self._reach, progress.opened_cursor())

    async def _failed_pages(self) -> AsyncIterator[Page]:
        """Yield the failed records of the parent run; the cursor is the number of the last one."""
        parent, cursor = self._progress.parent_id or "", self._progress.opened_cursor() or {}
        while True:
            async with self._context.database.reading() as session:
                rows, cursor = await next_failures(session, parent, cursor)
            if not rows:
                yield Page(records=[], is_end=True)
                return
            records = [opened(self._context.keys, row) for row in rows]
            yield Page(records=records, cursor=cursor)

    async def _changed_pages(self) -> AsyncIterator[Page]:
        """Yield the records of each thing that changed; one that was interrupted is read again."""
        waiting = (self._progress.opened_cursor() or {}).get("changed", [])
        while waiting:
            cursor = {"changed": waiting}
            async for page in self._plan.source.read_changed(self._reach, waiting[0]):
                yield replace(page, cursor=cursor, is_end=False)
            waiting = waiting[1:]
        yield Page(records=[], is_end=True)

    async def _timed(self, pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
        iterator = aiter(pages)
        while True:
            with self._progress.timed("read"):
                page = await self._next(iterator)
            if page is None:
                return
            yield page

    async def _next(self, pages: AsyncIterator[Page]) -> Page | None:
        try:
            return await anext(pages, None)
        except OpenConnectorError:
            # What was read before the source broke off stands, also what still waits to be committed.
            await self._pages.flush()
            raise

    async def _forget_missing(self) -> None:
        progress = self._progress
        if progress.mode != "run" or not progress.is_read_complete or progress.incomplete_reason:
            return
        if self._pages.parts.is_used:
            async with self._context.database.writing() as session:
                await self._pages.parts.forget_missing(session)

    async def _decide_deletions(self) -> None:
        plan, progress = self._plan, self._progress
        await self._forget_missing()
        policy, before = plan.definition.deletion, progress.contracts_before or 0
        may_delete = policy.mode == "delete" and progress.mode in {"run", "dry_run"}
        if not (may_delete and progress.is_read_complete and progress.incomplete_reason is None):
            return
        pending = await count_unseen(plan, progress, self._pages)
        if pending == 0:
            return
        if progress.is_dry:
            await show_unseen(plan, progress, self._pages)
        is_empty = progress.balance.found == 0
        if is_empty or pending > policy.limit(before):
            raise NeedsApproval(pending, before, is_empty=is_empty)
        if progress.is_dry:
            progress.balance.deleted = pending
            return
        progress.log.info("deleting objects whose records are gone", count=pending)
        with progress.attempt():
            progress.phase = "deleting"
            async with self._context.database.writing() as session:
                await progress.move(session)
            progress.committed()

    async def _close(self, not_deleted: int) -> None:
        progress = self._progress
        after = await self._contracts_after()
        missing = await self._missing_at_end()
        found = ending(
            progress.balance,
            incomplete=self._incomplete(),
            not_deleted=not_deleted,
            missing=missing or 0,
        )
        if not progress.is_dry and not self._contracts_close(after):
            message = t(
                "Contracts do not add up: {before} before, {after} after",
                before=progress.contracts_before,
                after=after,
            )
            found = Ending(state="failed", code="contracts-open", message=message)
        counts = {"contracts_after": after, "missing": missing, "deletions_pending": not_deleted}
        leads_on = found.state == "succeeded" and progress.mode in {"run", "changes"}
        await end(progress, found, also=self._on_success if leads_on else None, **counts)

    async def _stop(self, found: Ending) -> None:
        """End the run before its end; what is committed stands and is counted."""
        progress = self._progress
        if progress.phase == "reading" and not progress.is_read_complete:
            progress.incomplete_reason = progress.incomplete_reason or found.message
        await end(progress, found, contracts_after=await self._contracts_after())

    async def _contracts_after(self) -> int:
        plan = self._plan
        async with self._context.database.reading() as session:
            return await contracts.count_active(session, plan.synchronization_id, plan.target_key)

    def _incomplete(self) -> str | None:
        progress = self._progress
        if progress.incomplete_reason is not None and progress.mode != "replay":
            return progress.incomplete_reason
        if not progress.is_read_complete:
            return t(
                "The source did not show that the read reached its end, so nothing was deleted"
            )
        return None

    def _contracts_close(self, after: int) -> bool:
        balance, before = self._progress.balance, self._progress.contracts_before or 0
        return before + balance.created + balance.restored == after + balance.deleted

    async def _ask(self, error: NeedsApproval) -> None:
        found = Ending(state="needs_approval", code=error.code, message=str(error))
        await end(self._progress, found, deletions_pending=error.pending)

    def _stop_if_asked(self) -> None:
        if self._progress.is_cancel_requested:
            raise CancelRequested(t("The run was cancelled"))


async def wait(progress: Progress, error: TransientError) -> None:
    """Put a run off until it is worth another attempt."""
    pause = pause_before(progress.attempts, error.retry_after_seconds)
    due_at = progress.context.clock.now() + pause
    progress.log.warning("run waits", reason=str(error), until=due_at.isoformat())
    found = Ending(state="waiting", code=error.code, message=str(error))
    await end(progress, found, due_at=due_at)


async def end(
    progress: Progress, found: Ending, *, also: OnEnd | None = None, **columns: Any
) -> None:
    """Write how a run ended, or that it waits, in one transaction with what ``also`` writes.

    A run that was taken over meanwhile is left alone. Raises `StorageFailed` when not even that can be written: the
    run is taken up again when its lease has run out.
    """
    is_over = found.state not in {"waiting", "needs_approval"}
    if is_over:
        progress.log.info("run ended", state=found.state, reason=found.message)
    changes = {
        "state": found.state,
        "error_code": found.code,
        "error_message": found.message,
        "finished_at": progress.context.clock.now() if is_over else None,
        "lease_owner": None,
        "lease_until": None,
    }
    try:
        with suppress(StorageFailed):
            await _write_end(progress, changes | columns, _together(progress, found, also))
            return
        # Once more without the lines of the log, which the first attempt took: they need room of their own.
        await _write_end(progress, changes | columns, _together(progress, found, also))
    except LeaseLost as error:
        logger.warning("lease lost", run=progress.run_id, reason=str(error))


async def _write_end(progress: Progress, changes: dict[str, Any], also: OnEnd) -> None:
    async with progress.context.database.writing() as session:
        if changes["finished_at"] is not None:
            await runs.forget_pages(session, progress.run_id)
        await progress.move(session, **changes)
        await also(session, progress.run_id)


def _together(progress: Progress, found: Ending, also: OnEnd | None) -> OnEnd:
    """Return what is written with the end of a run: by whoever ends it, and by whoever hears of every end."""

    async def write(session: Session, run_id: str) -> None:
        if also is not None:
            await also(session, run_id)
        if progress.context.on_end is not None:
            await progress.context.on_end(session, run_id, found)

    return write


async def _nothing() -> AsyncIterator[Page]:
    return
    yield

"""What may be asked of a run: start, cancel, approve, replay. Each works in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import uuid4

from openconnector.db import failures, runs
from openconnector.db.rows import RunRow
from openconnector.db.session import Session
from openconnector.definitions.store import SOURCES, SYNCHRONIZATIONS, Definitions
from openconnector.errors import ConfigurationError, Conflict
from openconnector.messages import t
from openconnector.records import Cursor
from openconnector.synchronization.progress import Context, Progress
from openconnector.synchronization.replaying import WAITING, choose

MAX_CHAIN = 20
"""Runs that may follow one another; a longer chain is a circle of follow-ups."""

Mode = Literal["run", "dry_run", "changes"]
"""All of the source, the same without writing, or only what changed."""

Trigger = Literal["manual", "command", "schedule", "webhook", "follow_up"]
"""What starts a run: a person, a command, a moment, something that happened, or the end of another run."""


async def request_run(  # noqa: PLR0913
    session: Session,
    definitions: Definitions,
    synchronization: str,
    *,
    now: datetime,
    who: str,
    mode: Mode = "run",
    is_forced: bool = False,
    trigger: Trigger = "manual",
    parent_id: str | None = None,
) -> RunRow:
    """Queue a run of a synchronization, by id, slug or reference.

    Raises `NotFound`, or `Conflict` when it is switched off or has an unfinished run.
    """
    loaded = await definitions.load(session, SYNCHRONIZATIONS, synchronization)
    if not loaded.definition.is_enabled:
        raise Conflict(
            t(
                "The synchronization {slug} is switched off; switch it on to run it",
                slug=repr(loaded.slug),
            )
        )
    row = _queued(loaded.id, now=now, who=who)
    row.mode, row.is_forced, row.trigger, row.parent_id = mode, is_forced, trigger, parent_id
    await runs.add(session, row)
    return row


async def replay(
    session: Session,
    context: Context,
    run_id: str,
    *,
    who: str,
    numbers: Sequence[int] | None = None,
) -> RunRow:
    """Queue a run over the failed records of another: those with these numbers, or all.

    Raises `NotFound`, `Conflict` when none waits, or `InvalidInput` for a number that is none of a waiting one.
    """
    parent = await runs.get(session, run_id)
    if not await failures.of_run(session, run_id, limit=1, state=WAITING):
        raise Conflict(
            t("The run {run} has no failed record that still waits to be handled", run=run_id)
        )
    chosen = None if numbers is None else await choose(session, run_id, numbers)
    row = _queued(parent.synchronization_id, now=context.clock.now(), who=who)
    row.mode, row.is_forced, row.trigger, row.parent_id = "replay", False, "manual", run_id
    await runs.add(session, row)
    if chosen is not None:
        _begin_at(row, chosen, context)
    return row


async def follow(
    session: Session,
    context: Context,
    definitions: Definitions,
    synchronization: str,
    things: Sequence[str] | None,
    *,
    who: str,
) -> RunRow:
    """Queue a run upon something that happened: over these things alone where the source can read them so.

    Else, and where ``things`` is None, over all of the source. Raises like `request_run`.
    """
    is_narrow = bool(things) and await _reads_changed(session, definitions, synchronization)
    row = await request_run(
        session,
        definitions,
        synchronization,
        now=context.clock.now(),
        who=who,
        mode="changes" if is_narrow else "run",
        trigger="webhook",
    )
    if is_narrow:
        _begin_at(row, {"changed": list(things or ())}, context)
    return row


async def _reads_changed(session: Session, definitions: Definitions, synchronization: str) -> bool:
    loaded = (await definitions.load(session, SYNCHRONIZATIONS, synchronization)).definition
    try:
        source = (await definitions.load(session, SOURCES, loaded.source_id)).definition
        reading = source.configuration.narrowed(loaded.source_config.selection)
    except ConfigurationError:
        return False  # the run will say so
    return reading.reads_changed(deletes=loaded.deletion.mode == "delete")


def _begin_at(row: RunRow, cursor: Cursor, context: Context) -> None:
    progress = Progress(context, row)
    progress.keep_cursor(cursor)
    row.cursor = progress.cursor


async def cancel(session: Session, run_id: str, *, now: datetime) -> RunRow:
    """End a run that waits, or ask a running one to stop after its page.

    Raises `NotFound`, or `Conflict` when it has ended.
    """
    row = await runs.get(session, run_id)
    changes = {
        "state": "cancelled",
        "finished_at": now,
        "error_code": "cancelled",
        "error_message": t("The run was cancelled"),
        "due_at": None,
    }
    idle = ("queued", "waiting", "needs_approval")
    if await runs.set_state(session, run_id, expected=idle, changes=changes):
        await runs.forget_pages(session, run_id)
    elif not await runs.set_state(
        session, run_id, expected=("running",), changes={"is_cancel_requested": True}
    ):
        raise Conflict(
            t(
                "The run {run} has ended as {state}; there is nothing to cancel",
                run=run_id,
                state=row.state,
            )
        )
    return await runs.get(session, run_id)


async def approve(session: Session, run_id: str) -> RunRow:
    """Let a run delete what it asked about. Raises `NotFound` or `Conflict`."""
    row = await runs.get(session, run_id)
    if row.state != "needs_approval":
        raise Conflict(
            t(
                "The run {run} is {state}; only one that needs approval can be approved",
                run=run_id,
                state=row.state,
            )
        )
    if row.mode == "dry_run":
        raise Conflict(
            t(
                "The run {run} is a dry run, which never deletes; run the synchronization",
                run=run_id,
            )
        )
    if await runs.newest_id(session, row.synchronization_id) != run_id:
        raise Conflict(
            t(
                "A later run than {run} has read the source; what this one wanted to delete is out of date",
                run=run_id,
            )
        )
    changes = {
        "state": "queued",
        "phase": "deleting",
        "attempts": 0,
        "deletions_pending": 0,
        "error_code": None,
        "error_message": None,
    }
    await runs.set_state(session, run_id, expected=("needs_approval",), changes=changes)
    return await runs.get(session, run_id)


async def follow_ups(
    session: Session, definitions: Definitions, row: RunRow, *, now: datetime
) -> list[str]:
    """Queue what is to run after a run; return why some of it is not queued, in words."""
    loaded = await definitions.load(session, SYNCHRONIZATIONS, row.synchronization_id)
    if not loaded.definition.follow_ups:
        return []
    before = await _chain(session, row)
    problems = []
    for key in loaded.definition.follow_ups:
        try:
            following = await definitions.load(session, SYNCHRONIZATIONS, key)
            if following.id in before or len(before) >= MAX_CHAIN:
                raise Conflict(
                    t(
                        "{synchronization} is part of this chain of runs already",
                        synchronization=repr(following.slug),
                    )
                )
            # A savepoint: what keeps one of them from being queued leaves the others as they are.
            async with session.begin_nested():
                await _follow(session, definitions, following.id, row, now=now)
        except ConfigurationError as error:
            problems.append(f"{key}: {error}")
    return problems


async def _follow(
    session: Session, definitions: Definitions, following: str, row: RunRow, *, now: datetime
) -> None:
    await request_run(
        session,
        definitions,
        following,
        now=now,
        who=row.requested_by,
        trigger="follow_up",
        parent_id=row.id,
    )


async def _chain(session: Session, row: RunRow) -> set[str]:
    chain = {row.synchronization_id}
    while row.parent_id is not None and len(chain) < MAX_CHAIN:
        row = await runs.get(session, row.parent_id)
        chain.add(row.synchronization_id)
    return chain


def _queued(synchronization_id: str, *, now: datetime, who: str) -> RunRow:
    return RunRow(
        id=str(uuid4()),
        synchronization_id=synchronization_id,
        state="queued",
        requested_by=who,
        queued_at=now,
    )

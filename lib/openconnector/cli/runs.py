"""Commands that run a synchronization: sync and dry-run."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any, NoReturn

from openconnector.cli import arguments
from openconnector.cli.carrying import opened
from openconnector.cli.configuration import WHO, save, tell_warnings
from openconnector.cli.outcome import OF_STATE, Exit, Interrupted, leave_at_once, note, print_json
from openconnector.cli.progress import bar, print_balances, print_changes
from openconnector.cli.settings import Settings
from openconnector.db import runs
from openconnector.db.rows import RunRow
from openconnector.definitions.notation import read
from openconnector.definitions.store import SYNCHRONIZATIONS
from openconnector.engine import Engine
from openconnector.errors import OpenConnectorError
from openconnector.synchronization import requests
from openconnector.synchronization.keeping import opened as unsealed
from openconnector.synchronization.requests import Mode
from openconnector.synchronization.shown import run_json

LOOK_SECONDS = 0.2
"""How often the progress is looked at."""

CHANGES_AT_ONCE = 500


async def synchronize(what: str, *, only: str | None, is_forced: bool, as_json: bool) -> Exit:
    """Run a synchronization, or take its unfinished run up again, and print how it ended."""
    async with opened(Settings.read()) as engine:
        slug = await _named(engine, what, only)
        run_id = await _unfinished(engine, slug, is_forced=is_forced)
        run_id = run_id or await queued(engine, slug, is_forced=is_forced)
        row = await carried_out(engine, run_id, as_json=as_json)
    if as_json:
        print_json(run_json(row))
    else:
        print_balances({slug: row})
    return OF_STATE[row.state]


async def try_out(what: str, *, only: str | None, as_json: bool) -> Exit:
    """Carry out a dry run and print what it would have written."""
    async with opened(Settings.read()) as engine:
        slug = await _named(engine, what, only)
        run_id = await queued(engine, slug, mode="dry_run")
        row = await carried_out(engine, run_id, as_json=as_json)
        changes = [change async for change in _changes(engine, row.id)]
        async with engine.database.reading() as session:
            log = await runs.log(session, row.id)
    if as_json:
        print_json(run_json(row) | {"changes": changes})
    else:
        print_balances({slug: row})
        print_changes(changes)
        for line in log:
            if line.event == "differences unknown":
                note(line.fields["reason"])
    return OF_STATE[row.state]


async def queued(engine: Engine, slug: str, *, mode: Mode = "run", is_forced: bool = False) -> str:
    """Queue a run and return its id. Raises `NotFound` or `Conflict`."""
    async with engine.database.writing() as session:
        row = await requests.request_run(
            session,
            engine.definitions,
            slug,
            now=engine.clock.now(),
            who=WHO,
            mode=mode,
            is_forced=is_forced,
            trigger="command",
        )
        return row.id


async def carried_out(
    engine: Engine, run_id: str, *, as_json: bool, expected: int | None = None
) -> RunRow:
    """Work on a run until it has ended or waits, showing its progress, and return how it stands."""
    with ExitStack() as shown:
        show = shown.enter_context(bar(expected))

        def leave() -> NoReturn:
            shown.close()  # the terminal gets its cursor back
            left = (
                f"The run {run_id} was left where it stands; `sync` or a worker takes it up again"
            )
            leave_at_once(Interrupted(left), as_json=as_json)

        async with _interruptible(engine, run_id, leave):
            finishing = asyncio.create_task(engine.worker().finish(run_id))
            while not finishing.done():
                show(await _stand(engine, run_id))
                await asyncio.wait([finishing], timeout=LOOK_SECONDS)
            await finishing
            row = await _stand(engine, run_id)
            show(row)
    return row


async def _named(engine: Engine, what: str, only: str | None) -> str:
    """Return the slug of the synchronization that the command line means, importing a file before."""
    if not arguments.is_file(what):
        if only is not None:
            raise arguments.refused(
                "--only", "chooses from a file; give the slug itself without it"
            )
        return what
    saved = await save(engine, [read(arguments.text(what))])
    tell_warnings(saved)
    slugs = [one.slug for one in saved if one.section == SYNCHRONIZATIONS.name]
    if only is not None and only in slugs:
        return only
    if only is None and len(slugs) == 1:
        return slugs[0]
    found = ", ".join(slugs) or "none"
    raise arguments.refused(
        "--only", f"has to name one synchronization of {what}; there are: {found}"
    )


async def _unfinished(engine: Engine, slug: str, *, is_forced: bool) -> str | None:
    """Return the synchronization's unfinished run: it is carried on instead of beginning another."""
    async with engine.database.reading() as session:
        loaded = await engine.definitions.load(session, SYNCHRONIZATIONS, slug)
        row = await runs.active(session, loaded.id)
    if row is None or is_forced:
        return None
    note(f"Going on with the run {row.id}, which is {row.state} after {row.pages} pages")
    return row.id


async def _stand(engine: Engine, run_id: str) -> RunRow:
    async with engine.database.reading() as session:
        return await runs.get(session, run_id)


async def _changes(engine: Engine, run_id: str) -> AsyncIterator[dict[str, Any]]:
    after = 0
    while True:
        async with engine.database.reading() as session:
            lines = await runs.changes(session, run_id, after=after, limit=CHANGES_AT_ONCE)
        for line in lines:
            yield {
                "action": line.action,
                "originId": line.origin_id,
                "targetId": line.target_id,
                "differences": unsealed(engine.keys, line),
            }
        if len(lines) < CHANGES_AT_ONCE:
            return
        after = lines[-1].number


@asynccontextmanager
async def _interruptible(
    engine: Engine, run_id: str, leave: Callable[[], NoReturn]
) -> AsyncIterator[None]:
    """Let Ctrl-C ask the run to stop after its page; a second one calls ``leave``."""
    loop = asyncio.get_running_loop()
    asking: list[asyncio.Task[None]] = []

    def interrupt() -> None:
        if asking:
            leave()
        note("Stopping after this page; press Ctrl-C again to leave at once")
        asking.append(asyncio.create_task(_cancel(engine, run_id)))

    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        yield
        # Not cancelled: a transaction that is broken off in a query keeps its lock until that is collected.
        await asyncio.gather(*asking)
    finally:
        loop.remove_signal_handler(signal.SIGINT)


async def _cancel(engine: Engine, run_id: str) -> None:
    try:
        async with engine.database.writing() as session:
            await requests.cancel(session, run_id, now=engine.clock.now())
    except OpenConnectorError as error:
        note(str(error))

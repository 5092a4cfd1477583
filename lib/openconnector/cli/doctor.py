"""The doctor: looks at everything an installation rests on and says how to mend what is wrong."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, cast

import structlog
from rich.console import Console

from openconnector.cli.carrying import opened, unusable
from openconnector.cli.outcome import Exit, print_json
from openconnector.cli.settings import Settings
from openconnector.db import definitions as definition_rows
from openconnector.db import runs
from openconnector.db.definitions import DefinitionRow
from openconnector.db.migrate import pending
from openconnector.definitions.store import COLLECTIONS, SOURCES
from openconnector.engine import Engine
from openconnector.errors import AddressForbidden, OpenConnectorError, TransientError
from openconnector.jobs.owner import is_surely_dead
from openconnector.records import Page

LEAST_SPACE = 500 * 1024 * 1024
PATIENCE = timedelta(minutes=1)
"""How long a run may wait before a worker is missed, and how far a clock may be off."""

SOURCE_SECONDS = 15.0
"""How long a source may take to give its first page."""

MARKS = {"ok": "[green]ok  [/green]", "warn": "[yellow]warn[/yellow]", "fail": "[red]fail[/red]"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found."""

    check: str
    state: Literal["ok", "warn", "fail"]
    message: str
    remedy: str | None = None


Check = Callable[[Engine], Awaitable[Finding]]


async def examine(*, as_json: bool) -> Exit:
    """Carry out every check and print what each found; the exit code is 1 when one failed."""
    findings = []
    async for finding in _findings(Settings.read()):
        findings.append(finding)
        if not as_json:
            _print(finding)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    is_sick = any(finding.state == "fail" for finding in findings)
    return Exit.FAILURE if is_sick else Exit.SUCCESS


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    try:
        async with opened(settings, migrated=False) as engine:
            yield _storage(settings.storage)
            yield _keys(engine.settings.key_file)
            database = await _database(engine)
            yield database
            if database.state == "ok":
                for check in (_secrets, _clock, _worker):
                    yield await _carried_out(check, engine)
                async for finding in _sources(engine):
                    yield finding
    except OpenConnectorError as error:
        yield Finding(check="start", state="fail", message=str(error))


async def _carried_out(check: Check, engine: Engine) -> Finding:
    try:
        return await check(engine)
    except OpenConnectorError as error:
        return Finding(check=check.__name__.strip("_"), state="fail", message=str(error))


def _storage(folder: Path) -> Finding:
    if not os.access(folder, os.W_OK):
        return Finding(
            check="storage",
            state="fail",
            message=f"{folder.absolute()} is not writable for this user",
            remedy="Make it writable, or set APP_PERSISTENT_STORAGE to another folder",
        )
    free = shutil.disk_usage(folder).free
    if free < LEAST_SPACE:
        return Finding(
            check="storage",
            state="warn",
            message=f"{folder.absolute()} has {free // 1024**2} MiB left",
            remedy="Free space: a full disk stops every run",
        )
    return Finding(
        check="storage",
        state="ok",
        message=f"{folder.absolute()} is writable and local, {free // 1024**2} MiB free",
    )


def _keys(file: Path) -> Finding:
    mode = file.stat().st_mode & 0o777
    if mode & 0o077:
        return Finding(
            check="keys",
            state="warn",
            message=f"{file} can be read by others (mode {mode:04o})",
            remedy=f"chmod 600 {file}",
        )
    return Finding(check="keys", state="ok", message=f"{file} is readable for this user alone")


async def _database(engine: Engine) -> Finding:
    from sqlalchemy.exc import SQLAlchemyError

    address = engine.database.url.render_as_string(hide_password=True)
    try:
        missing = await pending(engine.database)
    except (SQLAlchemyError, OSError) as error:
        return Finding(
            check="database", state="fail", message=str(unusable(engine.database, error))
        )
    except OpenConnectorError as error:
        return Finding(check="database", state="fail", message=str(error))
    if missing:
        return Finding(
            check="database",
            state="fail",
            message=f"{address} lacks the migrations {', '.join(missing)}",
            remedy="openconnector migrate",
        )
    return Finding(check="database", state="ok", message=f"{address} is reachable and migrated")


async def _secrets(engine: Engine) -> Finding:
    closed = []
    async with engine.database.reading() as session:
        for collection in COLLECTIONS:
            for row in await definition_rows.every(session, collection.table):
                try:
                    await engine.definitions.load(session, collection, row.id)
                except OpenConnectorError as error:
                    closed.append(f"{collection.name}/{row.slug}: {error}")
    if closed:
        return Finding(
            check="secrets",
            state="fail",
            message="; ".join(closed),
            remedy="Restore the key file that belongs to this database, or enter these again",
        )
    return Finding(
        check="secrets", state="ok", message="every definition loads and its secrets open"
    )


async def _clock(engine: Engine) -> Finding:
    now = engine.clock.now()
    async with engine.database.reading() as session:
        newest, _ = await runs.page(session, runs.RunQuery(limit=1))
    if newest and (queued_at := newest[0].queued_at) > now + PATIENCE:
        return Finding(
            check="clock",
            state="fail",
            message=f"it is {now:%Y-%m-%d %H:%M} UTC here, but a run was queued at {queued_at:%Y-%m-%d %H:%M}",
            remedy="Set this machine's clock: leases and schedules rest on it",
        )
    return Finding(check="clock", state="ok", message=f"it is {now:%Y-%m-%d %H:%M:%S} UTC")


async def _worker(engine: Engine) -> Finding:
    remedy = "Start `openconnector serve` or `openconnector worker`"
    async with engine.database.reading() as session:
        leases = await runs.leases(session)
        waiting, _ = await runs.page(session, runs.RunQuery(state="queued", sort="queued", limit=1))
    if dead := [run for run, owner in leases if is_surely_dead(owner)]:
        message = f"the worker of {len(dead)} runs died and none has taken them over"
        return Finding(check="worker", state="warn", message=message, remedy=remedy)
    if waiting and waiting[0].queued_at < engine.clock.now() - PATIENCE:
        message = f"a run waits since {waiting[0].queued_at:%Y-%m-%d %H:%M} UTC"
        return Finding(check="worker", state="warn", message=message, remedy=remedy)
    message = f"{len(leases)} runs are worked on" if leases else "no run waits for one"
    return Finding(check="worker", state="ok", message=message)


async def _sources(engine: Engine) -> AsyncIterator[Finding]:
    async with engine.database.reading() as session:
        rows = await definition_rows.every(session, SOURCES.table)
    for row in rows:
        if row.definition["isEnabled"]:
            yield await _source(engine, row)


async def _source(engine: Engine, row: DefinitionRow) -> Finding:
    """Read the first page, as a run would."""
    name = f"source {row.slug}"
    try:
        async with engine.database.reading() as session:
            source = await engine.definitions.load(session, SOURCES, row.id)
        reach = engine.reach(source, None, structlog.get_logger(__name__), source.saved_by)
        read = cast(AsyncGenerator[Page, None], source.definition.configuration.read(reach))
        async with aclosing(read) as pages:
            page = await asyncio.wait_for(anext(pages, None), SOURCE_SECONDS)
    except (TimeoutError, TransientError) as error:
        message = str(error) or f"gave no page within {SOURCE_SECONDS:.0f} s"
        remedy = "Make sure that it runs and that `location` is right; runs wait for it until then"
        return Finding(check=name, state="warn", message=message, remedy=remedy)
    except AddressForbidden as error:
        remedy = "Allow its network in `allowedNetworks` or in OPENCONNECTOR_ALLOWED_NETWORKS"
        return Finding(check=name, state="fail", message=str(error), remedy=remedy)
    except OpenConnectorError as error:
        return Finding(check=name, state="fail", message=str(error))
    count = len(page.records) if page else 0
    return Finding(check=name, state="ok", message=f"its first page holds {count} records")


def _print(finding: Finding) -> None:
    console = Console(highlight=False)
    console.print(f"{MARKS[finding.state]} ", end="")
    console.print(f"{finding.check}: {finding.message}", markup=False, soft_wrap=True)
    if finding.remedy:
        console.print(f"       {finding.remedy}", markup=False, soft_wrap=True)

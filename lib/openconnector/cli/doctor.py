"""The doctor: looks at everything an installation rests on and says how to mend what is wrong."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import asdict
from typing import cast

import structlog
from rich.console import Console

from openconnector import health
from openconnector.cli.carrying import opened, unusable
from openconnector.cli.outcome import Exit, print_json
from openconnector.cli.settings import Settings
from openconnector.db import definitions as definition_rows
from openconnector.db.definitions import DefinitionRow
from openconnector.db.migrate import pending
from openconnector.definitions.store import SOURCES
from openconnector.engine import Engine
from openconnector.errors import AddressForbidden, OpenConnectorError, TransientError
from openconnector.health import Finding
from openconnector.records import Page

SOURCE_SECONDS = 15.0
"""How long a source may take to give its first page."""

MARKS = {"ok": "[green]ok  [/green]", "warn": "[yellow]warn[/yellow]", "fail": "[red]fail[/red]"}


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
            for finding in health.around(engine):
                yield finding
            database = await _database(engine)
            yield database
            if database.state == "ok":
                async for finding in health.within(engine):
                    yield finding
                async for finding in _sources(engine):
                    yield finding
    except OpenConnectorError as error:
        yield Finding(check="start", state="fail", message=str(error))


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

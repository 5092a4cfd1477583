"""Commands that move configuration: import and export."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from rich.console import Console
from rich.table import Table

from openconnector.cli import arguments
from openconnector.cli.carrying import opened
from openconnector.cli.outcome import Exit, note, print_json
from openconnector.cli.settings import Settings, variables
from openconnector.definitions import files
from openconnector.definitions.notation import Document, read, write
from openconnector.definitions.registers import Registers

if TYPE_CHECKING:
    from openconnector.engine import Engine

WHO = "cli"
"""The author of what the command line saves."""

HEADING = """\
# The configuration of an OpenConnector; `openconnector import` takes it.
# Secrets are not in it: each is a reference to an environment variable. Where that is not set, the secret that is
# stored already is kept.

"""


async def import_document(file: str, *, is_forced: bool, as_json: bool) -> Exit:
    """Save what a file holds and print what became of it."""
    document = read(arguments.text(file))
    async with opened(Settings.read()) as engine:
        saved = await save(engine, document, is_forced=is_forced)
    if as_json:
        print_json([_as_json(one) for one in saved])
        return Exit.SUCCESS
    table = Table("section", "slug", "", box=None)
    for one in saved:
        forced = ", although its own tests fail" if one.is_forced else ""
        table.add_row(one.section, one.slug, f"{one.action}{forced}")
    Console().print(table)
    return Exit.SUCCESS


def _as_json(saved: files.Saved) -> dict[str, Any]:
    told = {"section": saved.section, "slug": saved.slug, "action": saved.action}
    return told | ({"isForced": True} if saved.is_forced else {})


async def save(
    engine: "Engine",
    document: Document,
    more: dict[str, str] | None = None,
    *,
    is_forced: bool = False,
) -> list[files.Saved]:
    """Save a document as a whole; ``more`` are variables besides the environment.

    ``is_forced`` also saves mappings that break their own tests.
    """
    return await files.import_document(
        document,
        files.Destination(
            database=engine.database,
            definitions=engine.definitions,
            registers=Registers(engine.clock),
            verifier=engine.verifier,
        ),
        variables={**variables(), **(more or {})},
        who=WHO,
        is_forced=is_forced,
    )


async def export_document(output: Path | None, *, as_json: bool) -> Exit:
    """Print what is configured, or write it to a file."""
    async with opened(Settings.read()) as engine, engine.database.reading() as session:
        document = await files.export_document(session, engine.definitions)
    if output is None:
        sys.stdout.write(_as_text(document, as_json=as_json))
        return Exit.SUCCESS
    _write(output, _as_text(document, as_json=as_json or output.suffix == ".json"))
    return Exit.SUCCESS


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text)
    except OSError as error:
        raise arguments.refused(str(output), f"cannot be written: {error.strerror}") from error
    note(f"Written to {output}")


def _as_text(document: dict[str, Any], *, as_json: bool) -> str:
    if as_json:
        return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"
    return HEADING + write(document)

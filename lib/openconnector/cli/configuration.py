"""Commands that move configuration: import and export."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from openconnector.cli import arguments
from openconnector.cli.carrying import opened
from openconnector.cli.outcome import Exit, note, print_json
from openconnector.cli.settings import Settings, variables
from openconnector.definitions import files
from openconnector.definitions.notation import HEADING, Document, read, write

if TYPE_CHECKING:
    from openconnector.engine import Engine

WHO = "cli"
"""The author of what the command line saves."""


async def import_documents(names: Sequence[str], *, is_forced: bool, as_json: bool) -> Exit:
    """Save what files hold and print what became of it; the exit code tells whether anything was left out."""
    documents = [read(arguments.text(name)) for name in names]
    if len(documents) > 1:
        documents = [
            replace(document, name=name) for name, document in zip(names, documents, strict=True)
        ]
    async with opened(Settings.read()) as engine:
        saved = await save(engine, documents, is_forced=is_forced)
    if as_json:
        print_json([_as_json(one) for one in saved])
    else:
        _print(saved)
    is_whole = all(one.action != files.LEFT_OUT for one in saved)
    return Exit.SUCCESS if is_whole else Exit.PARTIAL


def _print(saved: Sequence[files.Saved]) -> None:
    table = Table("section", "slug", "", box=None)
    for one in saved:
        forced = ", although its own tests fail" if one.is_forced else ""
        table.add_row(one.section, escape(one.slug), f"{one.action}{forced}")
    Console().print(table)
    tell_warnings(saved)


def tell_warnings(saved: Sequence[files.Saved]) -> None:
    """Say on standard error what those who imported something should know."""
    for one in saved:
        for warning in one.warnings:
            said = "Left out" if one.action == files.LEFT_OUT else "Warning"
            note(f"{said}: {one.section} {one.slug!r}: {warning}")


def _as_json(saved: files.Saved) -> dict[str, Any]:
    told: dict[str, Any] = {"section": saved.section, "slug": saved.slug, "action": saved.action}
    told |= {"isForced": True} if saved.is_forced else {}
    return told | ({"warnings": list(saved.warnings)} if saved.warnings else {})


async def save(
    engine: "Engine",
    documents: Sequence[Document],
    more: dict[str, str] | None = None,
    *,
    is_forced: bool = False,
) -> list[files.Saved]:
    """Save documents as a whole; ``more`` are variables besides the environment.

    ``is_forced`` also saves mappings that break their own tests.
    """
    return await files.import_documents(
        documents,
        engine.destination,
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

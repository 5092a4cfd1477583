"""How a run looks on a terminal: a bar while it works, its balance when it has ended."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from openconnector.db.rows import RunRow

COUNTS = (
    "found",
    "created",
    "updated",
    "unchanged",
    "skipped",
    "invalid",
    "failed",
    "deleted",
    "writes",
)
COLOURS = {"succeeded": "green", "failed": "red", "cancelled": "yellow"}
OTHERWISE = "yellow"

REMEDIES = {
    "needs_approval": "Approve or cancel it: POST /api/v1/runs/{id}/approve or /cancel.",
    "waiting": "A worker (`openconnector serve`) takes it up again from {due_at:%Y-%m-%d %H:%M:%S} UTC on.",
    "partial": "What failed is kept with its reason, see GET /api/v1/runs/{id}; POST .../replay tries it again.",
}

SHOWN_RECORDS = 20
"""Records of a dry run whose differences are shown."""


@contextmanager
def bar(expected: int | None) -> Iterator[Callable[[RunRow], None]]:
    """Give a function that shows where a run stands; off a terminal it shows nothing."""
    console = Console(stderr=True)
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.fields[phase]}"),
        BarColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    task = progress.add_task("", total=expected, phase="waiting", counts="")

    def show(row: RunRow) -> None:
        counts = " · ".join(
            f"{getattr(row, name)} {name}"
            for name in COUNTS
            if getattr(row, name) or name == "found"
        )
        progress.update(
            task,
            completed=row.found,
            total=expected or row.contracts_before or None,
            phase=row.phase if row.state == "running" else row.state,
            counts=counts,
        )

    with progress:
        yield show


def print_balances(runs: Mapping[str, RunRow]) -> None:
    """Print the balance of each run side by side, and what is to be known about how it ended."""
    console = Console()
    table = Table("", *runs, title="Balance", title_justify="left")
    states = [f"[{COLOURS.get(row.state, OTHERWISE)}]{row.state}[/]" for row in runs.values()]
    table.add_row("state", *states, end_section=True)
    for name in COUNTS:
        table.add_row(name, *(str(getattr(row, name)) for row in runs.values()))
    table.add_row("seconds", *map(_seconds, runs.values()))
    for column in table.columns[1:]:
        column.justify = "right"
    console.print(table)
    for row in runs.values():
        if row.error_message:
            console.print(row.error_message, markup=False)
        if row.state in REMEDIES:
            console.print(REMEDIES[row.state].format(id=row.id, due_at=row.due_at), markup=False)


def print_changes(changes: list[dict[str, Any]]) -> None:
    """Print what a dry run would write, field by field, as far as a reader goes through it."""
    console = Console()
    for change in changes[:SHOWN_RECORDS]:
        console.print(f"{change['action']} {change['originId']}", style="bold", markup=False)
        for difference in change["differences"]:
            before, after = _short(difference["before"]), _short(difference["after"])
            console.print(f"  {difference['path']}: {before} -> {after}", markup=False)
    if len(changes) > SHOWN_RECORDS:
        console.print(f"... and {len(changes) - SHOWN_RECORDS} more; --json shows them all")


def _seconds(row: RunRow) -> str:
    if row.started_at is None or row.finished_at is None:
        return ""
    return f"{(row.finished_at - row.started_at).total_seconds():.1f}"


def _short(value: Any, length: int = 60) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= length else f"{text[:length]}..."

"""The `openconnector` command. What a command needs is imported when it runs, so that `--help` answers at once."""

import gc

from openconnector.cli.commands import app

GARBAGE_THRESHOLD = 50_000
"""New objects before Python looks for circles among them. A page of records makes many and no circle; with Python's
own 700 the search takes a third of a run."""


def main() -> None:
    """Carry out the command line and end the process with its exit code."""
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 100)
    app()

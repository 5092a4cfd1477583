"""The `openconnector` command. What a command needs is imported when it runs, so that `--help` answers at once."""

from openconnector.cli.commands import app


def main() -> None:
    """Carry out the command line and end the process with its exit code."""
    app()

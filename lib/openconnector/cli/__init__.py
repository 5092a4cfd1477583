"""The `openconnector` command. What a command needs is imported when it runs, so that `--help` answers at once."""

import gc


def main() -> None:
    """Carry out the command line and end the process with its exit code."""
    gc.disable()  # while modules load; `carry_out` turns it on again
    from openconnector.cli.commands import app

    try:
        app()
    finally:
        gc.freeze()  # Python looks for circles once more before it ends, through all there is

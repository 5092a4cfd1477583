"""The commands that keep what an installation holds; like all others they import what they need when they run."""

from typing import Annotated

import typer

from openconnector.cli.carrying import carry_out, log_to_standard_error
from openconnector.cli.options import Json

safekeeping = typer.Typer()


@safekeeping.command("rotate-key")
def rotate_key(
    *,
    remove_old: Annotated[
        bool,
        typer.Option("--remove-old", help="Instead: drop the keys nothing is sealed with now."),
    ] = False,
    prepare: Annotated[
        bool,
        typer.Option(
            "--prepare",
            help="Instead: add a key without using it, to copy the file elsewhere first.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Seal every secret with a new key while everything goes on working; the old key opens until it is removed.

    Interrupted or killed, it is called again and goes on. On several machines, call it with --prepare first and copy
    the key file to each of them.
    """
    from openconnector.cli import keys

    if prepare and remove_old:
        raise typer.BadParameter("--prepare and --remove-old are different steps; give one")
    log_to_standard_error()
    work = keys.prepare if prepare else keys.remove_old if remove_old else keys.rotate
    carry_out(work(as_json=as_json), as_json=as_json)

"""The commands that keep what an installation holds; like all others they import what they need when they run."""

from pathlib import Path
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


@safekeeping.command()
def backup(
    file: Annotated[
        Path, typer.Argument(metavar="FILE|FOLDER", help="A new file, or a folder to put one into.")
    ],
    *,
    with_key: Annotated[
        bool,
        typer.Option("--with-key", help="Put the key in, too: whoever has the file can open it."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write everything into one file, as it is at this moment, while everything goes on working.

    The file can be restored into SQLite and PostgreSQL alike.
    """
    from openconnector.cli.backups import take

    log_to_standard_error()
    carry_out(take(file, with_key=with_key, as_json=as_json), as_json=as_json)


@safekeeping.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `backup` has written.")],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace what the database holds now.")
    ] = False,
    lose_secrets: Annotated[
        bool,
        typer.Option("--lose-secrets", help="Go on without the secrets whose key is missing."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring a backup back, all of it or nothing. Runs that were unfinished in it are ended, not taken up."""
    from openconnector.cli.backups import bring_back
    from openconnector.safekeeping.restore import Consent

    log_to_standard_error()
    consent = Consent(replace=replace, lose_secrets=lose_secrets)
    carry_out(bring_back(file, consent=consent, as_json=as_json), as_json=as_json)

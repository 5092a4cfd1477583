"""The commands of `openconnector audit`: their options and help."""

from typing import Annotated

import typer

from openconnector.cli.carrying import carry_out, log_to_standard_error
from openconnector.cli.options import Json

audit = typer.Typer(help="Read the trail of who changed what, and find out whether it is whole.")


@audit.command("verify")
def verify_audit(
    end: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER:DIGEST", help="An entry noted earlier, which has to be there still."
        ),
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Follow the audit trail from its first entry to its sealed end; fails where it was tampered with."""
    from openconnector.cli.auditing import verify_trail

    log_to_standard_error("error")
    carry_out(verify_trail(end, as_json=as_json), as_json=as_json)


@audit.command("export")
def export_audit(
    after: Annotated[int, typer.Option(min=0, help="Only what follows this number.")] = 0,
) -> None:
    """Print the audit trail, one JSON object a line, oldest first."""
    from openconnector.cli.auditing import export_trail

    log_to_standard_error("error")
    carry_out(export_trail(after))

"""The commands below `openconnector schedule`: their options and help."""

from typing import Annotated

import typer

from openconnector.cli.carrying import carry_out, log_to_standard_error

Json = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]

app = typer.Typer(help="Show when synchronizations begin by themselves.", no_args_is_help=True)


@app.command("list")
def list_all(*, as_json: Json = False) -> None:
    """List every schedule with when it begins next."""
    from openconnector.cli.schedules import list_schedules

    log_to_standard_error()
    carry_out(list_schedules(as_json=as_json), as_json=as_json)


@app.command("next")
def show_next(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="A saved synchronization.")],
    *,
    count: Annotated[
        int, typer.Option("--count", min=1, max=1_000, help="How many moments to show.")
    ] = 10,
    as_json: Json = False,
) -> None:
    """Show when a synchronization begins by itself next, as the clocks of each schedule's zone show it."""
    from openconnector.cli.schedules import following

    log_to_standard_error()
    carry_out(following(slug, count=count, as_json=as_json), as_json=as_json)

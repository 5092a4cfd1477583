"""Options that many commands have."""

from typing import Annotated

import typer

Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print JSON alone on standard output; the rest goes to standard error."
    ),
]

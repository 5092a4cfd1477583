"""Every command of `openconnector`: its options and help; the work is done by the module each one imports."""

from pathlib import Path
from typing import Annotated

import typer

from openconnector.cli.carrying import carry_out, log_to_standard_error

EXIT_CODES = "Exit codes: 0 success, 1 failure, 2 wrong use, 3 partial, 4 needs approval, 5 cancelled, 6 waiting."

Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print JSON alone on standard output; the rest goes to standard error."
    ),
]
What = Annotated[
    str,
    typer.Argument(metavar="FILE|SLUG", help="A configuration file, or a saved synchronization."),
]
Only = Annotated[
    str | None,
    typer.Option(
        metavar="SLUG", help="Which synchronization of the file to run, if it has several."
    ),
]

app = typer.Typer(
    name="openconnector",
    help="Connects a Nextcloud with the systems around it: sources, mappings, synchronizations.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # their frames show values, secrets among them
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True)
    ] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        print(installed("openconnector"))
        raise typer.Exit


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 23000,
    single: Annotated[
        bool, typer.Option("--single", help="Work in this process instead of one beside it.")
    ] = False,
) -> None:
    """Serve the API and work on what is asked of it, until interrupted. Logs are JSON lines on standard output."""
    from openconnector.cli.processes import serve_api
    from openconnector.logs import log_as_json

    log_as_json()
    carry_out(serve_api(host, port, is_single=single))


@app.command()
def worker(
    supervised: Annotated[
        bool, typer.Option("--supervised", hidden=True, help="End when standard input closes.")
    ] = False,
) -> None:
    """Work on runs until interrupted; any number may share a PostgreSQL database."""
    from openconnector.cli.working import work
    from openconnector.logs import log_as_json

    log_as_json()
    carry_out(work(is_supervised=supervised))


@app.command()
def migrate(*, as_json: Json = False) -> None:
    """Bring the database to the tables this version needs; a SQLite file is copied before."""
    from openconnector.cli.processes import migrate_database

    log_to_standard_error()
    carry_out(migrate_database(as_json=as_json), as_json=as_json)


@app.command(epilog=EXIT_CODES)
def sync(
    what: What,
    *,
    only: Only = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write every record again, changed or not.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Import a file and run its synchronization, or run a saved one. An unfinished run is taken up again.

    Ctrl-C asks the run to stop after the page it works on; a second one leaves at once, and the next `sync` or
    worker takes the run up where it stands.
    """
    from openconnector.cli.runs import synchronize

    log_to_standard_error()
    carry_out(synchronize(what, only=only, is_forced=force, as_json=as_json), as_json=as_json)


@app.command("dry-run", epilog=EXIT_CODES)
def dry_run(what: What, *, only: Only = None, as_json: Json = False) -> None:
    """Read and map, write nothing, and show field by field what a run would write.

    A FILE is imported first: its definitions are saved, its records are not.
    """
    from openconnector.cli.runs import try_out

    log_to_standard_error()
    carry_out(try_out(what, only=only, as_json=as_json), as_json=as_json)


@app.command("map")
def map_record(
    *,
    mapping: Annotated[
        str, typer.Option("--mapping", help="A file, `-` for standard input, or JSON text.")
    ],
    record: Annotated[
        str, typer.Option("--input", help="A file, `-` for standard input, or JSON text.")
    ],
    explain: Annotated[
        bool, typer.Option("--explain", help="Show how each field came to be.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Apply a mapping to a record and print the result."""
    from openconnector.cli.trying import apply_mapping

    carry_out(
        apply_mapping(mapping, record, is_explained=explain, as_json=as_json), as_json=as_json
    )


@app.command()
def logic(
    *,
    rule: Annotated[
        str, typer.Option("--rule", help="A file, `-` for standard input, or JSON text.")
    ],
    data: Annotated[
        str, typer.Option("--data", help="A file, `-` for standard input, or JSON text.")
    ],
    mode: Annotated[
        str, typer.Option(help="Whose rules of truth and comparison: standard or php.")
    ] = "standard",
    as_json: Json = False,
) -> None:
    """Evaluate a JsonLogic rule and print the result."""
    from openconnector.cli.trying import evaluate

    carry_out(evaluate(rule, data, mode=mode), as_json=as_json)


@app.command()
def decode(
    kind: Annotated[str, typer.Argument(metavar="FORMAT", help="The format, such as json.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file, or `-` for standard input.")],
    *,
    as_json: Json = False,
) -> None:
    """Read a file as an answer of a source would be read, and print it as JSON."""
    from openconnector.cli.trying import decode_file

    carry_out(decode_file(kind, file), as_json=as_json)


@app.command("import")
def import_file(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="YAML or JSON; `-` for standard input.")
    ],
    *,
    as_json: Json = False,
) -> None:
    """Save everything a configuration file holds, or nothing if a part of it is wrong."""
    from openconnector.cli.configuration import import_document

    log_to_standard_error()
    carry_out(import_document(file, as_json=as_json), as_json=as_json)


@app.command()
def export(
    *,
    output: Annotated[
        Path | None,
        typer.Option(help="The file to write; its suffix .json or .yaml decides the format."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print everything that is configured as a file that `import` takes; secrets become references."""
    from openconnector.cli.configuration import export_document

    log_to_standard_error()
    carry_out(export_document(output, as_json=as_json), as_json=as_json)


@app.command(epilog=EXIT_CODES)
def demo(
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Go on with what an earlier demo stored.")
    ] = False,
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve the API on 127.0.0.1:23000 afterwards.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Synchronize 1,707 earthquakes twice, without any network: the second run has nothing to write.

    It removes what an earlier demo stored, and only that, unless it is told to keep it.
    """
    from openconnector.cli.demo import show

    log_to_standard_error()
    carry_out(show(is_kept=keep, is_served=serve, as_json=as_json), as_json=as_json)


@app.command()
def doctor(*, as_json: Json = False) -> None:
    """Check storage, database, keys, clock, worker and sources, and say how to mend what is wrong."""
    from openconnector.cli.doctor import examine

    log_to_standard_error("error")
    carry_out(examine(as_json=as_json), as_json=as_json)


@app.command("new-key")
def new_key(*, as_json: Json = False) -> None:
    """Go on with a new key where the key file was lost for good: every secret has to be entered again.

    An existing key file is never touched. Look for a backup first: it must belong to this database.
    """
    from openconnector.cli.keys import begin_anew

    carry_out(begin_anew(as_json=as_json), as_json=as_json)

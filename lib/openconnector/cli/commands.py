"""Every command of `openconnector`: its options and help; the work is done by the module each one imports."""

from pathlib import Path
from typing import Annotated

import typer

from openconnector.cli import schedule_commands
from openconnector.cli.audit import audit
from openconnector.cli.carrying import carry_out, log_to_standard_error
from openconnector.cli.options import Json
from openconnector.cli.safekeeping import safekeeping

EXIT_CODES = "Exit codes: 0 success, 1 failure, 2 wrong use, 3 partial, 4 needs approval, 5 cancelled, 6 waiting."

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
app.add_typer(safekeeping)
app.add_typer(schedule_commands.app, name="schedule")


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


VALUE = "A file, `-` for standard input, or JSON text."
Cases = Annotated[
    str | None,
    typer.Option(
        "--cases",
        metavar="FILE",
        help="Instead: answer every case of a file, as one JSON list on standard output.",
    ),
]


def _has_cases(cases: str | None, others: dict[str, str | None]) -> bool:
    """Return whether a file of cases is given; otherwise all the others have to be."""
    absent = [name for name, given in others.items() if given is None]
    if cases is None and absent:
        raise typer.BadParameter(f"give {' and '.join(absent)}, or --cases FILE")
    if cases is not None and len(absent) < len(others):
        raise typer.BadParameter(f"--cases takes the place of {' and '.join(others)}")
    return cases is not None


@app.command("map")
def map_record(
    *,
    mapping: Annotated[str | None, typer.Option("--mapping", help=VALUE)] = None,
    record: Annotated[str | None, typer.Option("--input", help=VALUE)] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show how each field came to be.")
    ] = False,
    lineage: Annotated[
        bool,
        typer.Option("--lineage", help="Show where each field comes from; it needs no record."),
    ] = False,
    cases: Cases = None,
    now: Annotated[
        str | None, typer.Option("--now", help="The present moment for cases, in ISO 8601.")
    ] = None,
    timezone: Annotated[str, typer.Option("--timezone", help="The time zone of cases.")] = "UTC",
    as_json: Json = False,
) -> None:
    """Apply a mapping to a record and print the result.

    With --cases, a file such as [{"id": "1", "input": {"a": 1}, "mapping": {"mapping": {"b": "a"}}}] gives
    [{"id": "1", "result": {"b": 1}}]; what fails gives {"id": ..., "error": ...}. Templates are Twig unless a mapping
    has "dialect": "jinja"; mappings that others call stand in "helper_mappings" beside "cases".
    """
    needed = {"--mapping": mapping} | ({} if lineage else {"--input": record})
    if _has_cases(cases, needed):
        from openconnector.cli.cases import map_cases

        carry_out(map_cases(str(cases), now=now, timezone=timezone), as_json=as_json)
    from openconnector.cli.trying import apply_mapping, show_lineage

    if lineage:
        carry_out(show_lineage(str(mapping), as_json=as_json), as_json=as_json)
    carry_out(
        apply_mapping(str(mapping), str(record), is_explained=explain, as_json=as_json),
        as_json=as_json,
    )


@app.command()
def logic(
    *,
    rule: Annotated[str | None, typer.Option("--rule", help=VALUE)] = None,
    data: Annotated[str | None, typer.Option("--data", help=VALUE)] = None,
    mode: Annotated[
        str | None,
        typer.Option(help="Whose rules of truth and comparison: standard, or php (for cases)."),
    ] = None,
    cases: Cases = None,
    as_json: Json = False,
) -> None:
    """Evaluate a JsonLogic rule and print the result.

    With --cases, a file such as [{"id": "1", "rule": {"var": "a"}, "data": {"a": 1}}] gives
    [{"id": "1", "result": 1}]; what fails gives {"id": ..., "error": ...}.
    """
    if _has_cases(cases, {"--rule": rule, "--data": data}):
        from openconnector.cli.cases import evaluate_cases

        carry_out(evaluate_cases(str(cases), mode=mode or "php"), as_json=as_json)
    from openconnector.cli.trying import evaluate

    carry_out(evaluate(str(rule), str(data), mode=mode or "standard"), as_json=as_json)


Shape = Annotated[
    str,
    typer.Option(
        "--shape",
        help="For xml: source (as a source gives it), lossless, or endpoint (as one got it that was sent XML).",
    ),
]


@app.command()
def decode(
    kind: Annotated[
        str, typer.Argument(metavar="FORMAT", help="The format: json, jsonl, csv, xlsx or xml.")
    ],
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="A file, or `-` for standard input.")
    ] = None,
    *,
    cases: Cases = None,
    shape: Shape = "source",
    as_json: Json = False,
) -> None:
    """Read a file as an answer of a source would be read, and print it as JSON.

    With --cases, a file such as [{"id": "1", "xml": "<a><b>c</b></a>"}] gives
    [{"id": "1", "result": {"b": {"#text": "c"}}}]; what fails gives {"id": ..., "error": ...}.
    """
    if _has_cases(cases, {"FILE": file}):
        from openconnector.cli.cases import decode_cases

        carry_out(decode_cases(kind, str(cases), shape=shape), as_json=as_json)
    from openconnector.cli.trying import decode_file

    carry_out(decode_file(kind, str(file), shape=shape), as_json=as_json)


@app.command()
def encode(
    kind: Annotated[str, typer.Argument(metavar="FORMAT", help="The format: xml.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help=VALUE)],
    *,
    root: Annotated[
        str, typer.Option(help="Name of the outermost element, which `source` does not hold.")
    ] = "response",
    shape: Shape = "source",
    as_json: Json = False,
) -> None:
    """Write a JSON value in another format: `decode xml` the other way round.

    `encode xml '{"b": "c"}' --root a` prints <a><b>c</b></a>.
    """
    from openconnector.cli.trying import encode_file

    carry_out(encode_file(kind, value, shape=shape, root=root), as_json=as_json)


@app.command(epilog=EXIT_CODES)
def verify(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|SLUG", help="A mapping or configuration file, or a saved mapping."
        ),
    ],
    *,
    as_json: Json = False,
) -> None:
    """Run the tests a mapping carries and show, field by field, what is not as expected.

    A FILE needs no database; its mappings may call each other.
    """
    from openconnector.cli.authoring import verify_mappings

    log_to_standard_error()
    carry_out(verify_mappings(what, as_json=as_json), as_json=as_json)


@app.command()
def suggest(
    *,
    records: Annotated[
        str,
        typer.Option("--input", help="A record or a list of them: a file, `-`, or JSON text."),
    ],
    schema: Annotated[
        str,
        typer.Option(help="A JSON Schema: a file, `-`, JSON text, or the slug of a saved schema."),
    ],
    as_json: Json = False,
) -> None:
    """Propose which field of a record becomes which field of a schema, with a score and the reason."""
    from openconnector.cli.authoring import suggest_mapping

    log_to_standard_error()
    carry_out(suggest_mapping(records, schema, as_json=as_json), as_json=as_json)


@app.command("import", epilog=EXIT_CODES)
def import_files(
    names: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="YAML or JSON; `-` for standard input.")
    ],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Save mappings that break their own tests, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Save everything that configuration files hold, or nothing if a part of them is wrong.

    The files may be exports of the PHP app: entities, lists of them and whole configurations. What of these is not
    saved is told, and the exit code is 3.
    """
    from openconnector.cli.configuration import import_documents

    log_to_standard_error()
    carry_out(import_documents(names, is_forced=force, as_json=as_json), as_json=as_json)


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


app.add_typer(audit, name="audit")


@app.command("new-key")
def new_key(*, as_json: Json = False) -> None:
    """Go on with a new key where the key file was lost for good: every secret has to be entered again.

    An existing key file is never touched. Look for a backup first: it must belong to this database.
    """
    from openconnector.cli.keys import begin_anew

    carry_out(begin_anew(as_json=as_json), as_json=as_json)

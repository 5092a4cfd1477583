"""Commands that need no database: map, logic, decode, encode."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast, get_args

from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from openconnector.cli import arguments
from openconnector.cli.cases import FORMS
from openconnector.cli.moving import exported_mappings
from openconnector.cli.outcome import Exit, print_json
from openconnector.decoders import DECODERS
from openconnector.decoders.xml import XmlDecoder
from openconnector.errors import ConfigurationError, InvalidInput
from openconnector.expressions.logic import Mode, compile_logic
from openconnector.kinds.registry import problems_of
from openconnector.mapping.mapper import Mapper, compile_mapping
from openconnector.mapping.spec import MappingSpec
from openconnector.mapping.trace import CastTrace, Trace


async def apply_mapping(
    mapping: str, record: str | None, *, is_explained: bool, as_json: bool
) -> Exit:
    """Print what a mapping makes of a record; with the trace where that was asked for."""
    if record is None:
        raise arguments.refused("--input", "is missing; only --lineage needs no record")
    mapper = _compiled(mapping)
    value = arguments.value(record, "--input")
    if not is_explained:
        print_json(mapper.apply(value))
        return Exit.SUCCESS
    trace = mapper.explain(value)
    if as_json:
        fields = [asdict(field) for field in trace.fields]
        print_json({"result": trace.result, "trace": fields, "errors": trace.errors})
    else:
        _print_trace(trace)
    return Exit.FAILURE if trace.errors else Exit.SUCCESS


async def show_lineage(mapping: str, *, as_json: bool) -> Exit:
    """Print where each target field of a mapping comes from."""
    mapper = _compiled(mapping)
    if as_json:
        fields = [asdict(field) for field in mapper.lineage()]
        spec = mapper.spec
        print_json({"fields": fields, "passThrough": spec.pass_through, "unset": spec.unset})
        return Exit.SUCCESS
    table = Table("field", "reads", "casts", "calls", box=None)
    for field in mapper.lineage():
        reads = ", ".join(path or "(the whole record)" for path in field.reads)
        calls = ", ".join(call.mapping for call in field.calls)
        table.add_row(field.target, reads, ", ".join(field.casts), calls)
    Console().print(table)
    return Exit.SUCCESS


def _compiled(mapping: str) -> Mapper:
    given = arguments.value(mapping, "--mapping")
    if (exported := exported_mappings(given)) is not None:
        given = _one_of(exported)
    if not isinstance(given, dict):
        raise arguments.refused(
            "--mapping", "is no object; a mapping has `mapping`, `cast` and more"
        )
    try:
        return compile_mapping(MappingSpec.model_validate(given))
    except ValidationError as error:
        raise InvalidInput(problems_of(error), subject="mapping") from error


def _one_of(exported: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    if len(exported) != 1:
        raise arguments.refused(
            "--mapping", f"holds {len(exported)} mappings; give a file with one"
        )
    return exported[0]


async def evaluate(rule: str, data: str, *, mode: str) -> Exit:
    """Print what a JsonLogic rule gives for the data."""
    arguments.one_of(mode, "--mode", get_args(Mode))
    given = arguments.value(rule, "--rule")
    try:
        compiled = compile_logic(given, cast(Mode, mode))
    except ConfigurationError as error:
        raise arguments.refused("--rule", str(error)) from error
    print_json(compiled(arguments.value(data, "--data")))
    return Exit.SUCCESS


async def decode_file(kind: str, file: str, *, shape: str) -> Exit:
    """Print a file's value as a decoder reads it."""
    arguments.one_of(shape, "--shape", FORMS)
    decoder = DECODERS.load({"kind": kind, **({"form": FORMS[shape]} if kind == "xml" else {})})
    print_json(decoder.decode(arguments.content(file), ""))
    return Exit.SUCCESS


async def encode_file(kind: str, value: str, *, shape: str, root: str) -> Exit:
    """Print a JSON value as a document of another format."""
    arguments.one_of(kind, "FORMAT", ("xml",))
    arguments.one_of(shape, "--shape", [name for name in FORMS if name != "endpoint"])
    document = XmlDecoder.model_validate({"form": FORMS[shape]}).encode(
        arguments.value(value, "VALUE"), root
    )
    sys.stdout.buffer.write(document + b"\n")
    sys.stdout.buffer.flush()
    return Exit.SUCCESS


def _print_trace(trace: Trace) -> None:
    table = Table("field", "expression", "reads", "value", "casts", box=None)
    for field in trace.fields:
        casts = ", ".join(_shown_cast(cast) for cast in field.casts)
        place = f" (line {field.line}, column {field.column})" if field.line else ""
        value = f"[red]{field.error}{place}[/red]" if field.error else _short(field.value)
        table.add_row(field.target, _short(field.expression), _short(field.inputs), value, casts)
    console = Console()
    console.print(table)
    if not trace.errors:
        console.print_json(data=trace.result)


def _shown_cast(cast: CastTrace) -> str:
    after = "failed" if cast.error else "removed" if cast.is_removed else _short(cast.after, 30)
    return f"{cast.name}: {_short(cast.before, 30)} -> {after}"


def _short(value: Any, length: int = 60) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= length else f"{text[:length]}..."

"""Many cases at once: `map`, `logic` and `decode` with `--cases`, for regression files of authors.

A file holds a list of cases, or an object with `cases`; each case has an `id`. One JSON list is printed, in the same
order, with what each case gives: `{"id", "result"}` or `{"id", "error"}`.
"""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, NoReturn, cast, get_args
from zoneinfo import ZoneInfo

import orjson
from pydantic import ValidationError

from openconnector.cli import arguments
from openconnector.cli.outcome import Exit
from openconnector.decoders.json import JsonDecoder
from openconnector.decoders.xml import XmlDecoder
from openconnector.errors import (
    ConfigurationError,
    InvalidInput,
    MalformedAnswer,
    NotFound,
    OpenConnectorError,
)
from openconnector.expressions.logic import Mode, compile_logic
from openconnector.kinds.registry import problems_of
from openconnector.mapping.mapper import compile_mapping
from openconnector.mapping.spec import MappingSpec

Case = dict[str, Any]
Answer = Callable[[Case], Any]
"""Gives the result of a case. Raises an error of ours."""

NAMES: Final = ("id", "uuid", "slug", "reference")
"""What a helper mapping can be called by."""

FIELDS: Final = {"map": ("input", "mapping"), "logic": ("rule",), "decode xml": ("xml",)}
"""What a case of a command must have, beside its id."""


async def map_cases(file: str, *, now: str | None, timezone: str) -> Exit:
    """Print what each mapping makes of its input; the dialect is `twig` unless a mapping says otherwise."""
    moment = _moment(now, timezone)
    document = _document(file, "map")
    helpers = _helpers(document.get("helper_mappings") or [])

    def resolve(reference: str) -> MappingSpec:
        if reference not in helpers:
            raise NotFound("mapping", reference)
        return _spec(helpers[reference])

    def answer(case: Case) -> Any:
        spec = _spec(case["mapping"])
        return compile_mapping(spec, resolve=resolve, now=moment).apply(case["input"])

    return _print_answers(document, "map", answer)


async def evaluate_cases(file: str, *, mode: str) -> Exit:
    """Print what each JsonLogic rule gives for its data; a case may have a `mode` of its own."""
    arguments.one_of(mode, "--mode", get_args(Mode))
    return _print_answers(
        _document(file, "logic"),
        "logic",
        lambda case: compile_logic(case["rule"], _mode(case.get("mode", mode)))(case.get("data")),
    )


async def decode_cases(kind: str, file: str, *, shape: str) -> Exit:
    """Print what each XML text gives in a shape: as a source gives it, or as an endpoint got it that it was sent to."""
    arguments.one_of(kind, "FORMAT", ("xml",))
    arguments.one_of(shape, "--shape", FORMS)
    decoder = XmlDecoder.model_validate({"form": FORMS[shape]})
    return _print_answers(
        _document(file, "decode xml"),
        "decode xml",
        lambda case: _decoded(case["xml"], decoder),
    )


FORMS: Final = {"source": "simple", "lossless": "lossless", "endpoint": "endpoint"}
"""Shape on the command line -> form of the decoder."""


def _document(file: str, command: str) -> dict[str, Any]:
    """Return a file of cases as an object with `cases`. Raises `InvalidInput` that says what is right."""
    text = arguments.text(file)
    if file.endswith((".yaml", ".yml")):
        from openconnector.definitions.notation import read

        found: Any = read(text).value
    else:
        found = _json(file, text)
    document = {"cases": found} if isinstance(found, list) else found
    if not isinstance(document, dict) or not isinstance(document.get("cases"), list):
        shown = ", ".join(f'"{name}": ...' for name in ("id", *FIELDS[command]))
        raise arguments.refused(
            file,
            f'holds no cases; it is a list [{{{shown}}}], or an object with such a list as "cases"',
        )
    return document


def _json(file: str, text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise arguments.refused(file, f"is no JSON: {error}") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _print_answers(document: dict[str, Any], command: str, answer: Answer) -> Exit:
    answers = [_answered(case, command, answer) for case in document["cases"]]
    sys.stdout.buffer.write(b"[\n" + b",\n".join(answers) + b"\n]\n" if answers else b"[]\n")
    sys.stdout.buffer.flush()
    return Exit.SUCCESS


def _answered(case: Any, command: str, answer: Answer) -> bytes:
    """Return the answer to one case as JSON; nothing a case holds keeps the next from being answered."""
    name = case.get("id") if isinstance(case, dict) else None
    try:
        _check(case, command)
        return _encoded({"id": name, "result": answer(case)})
    except ValidationError as error:
        reason = str(InvalidInput(problems_of(error), subject="mapping"))
    except OpenConnectorError as error:
        reason = str(error)
    except (RecursionError, MemoryError):
        reason = "The case nests too deep, or needs too much memory"
    except ValueError as error:
        reason = f"The result cannot be written as JSON: {error}"
    except Exception as error:  # noqa: BLE001 - a fault of ours belongs into the answer to this case, too
        reason = f"The case cannot be answered, {type(error).__name__}: {error}"
    return _encoded({"id": name, "error": reason})


def _check(case: Any, command: str) -> None:
    wanted = FIELDS[command]
    absent = [field for field in wanted if not isinstance(case, dict) or field not in case]
    if absent:
        raise ConfigurationError(
            f"A case has {_listed(('id', *wanted))}; this one lacks {_listed(absent)}"
        )


def _listed(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _encoded(answer: dict[str, Any]) -> bytes:
    """Return an answer as JSON. What orjson refuses (deep values, long numbers) Python's own writes."""
    with suppress(TypeError):
        return orjson.dumps(answer)
    return json.dumps(answer, allow_nan=False).encode()


def _helpers(listed: Any) -> dict[str, Any]:
    """Return the helper mappings by every name they have."""
    return {
        str(helper[name]): helper
        for helper in listed
        for name in NAMES
        if isinstance(helper, dict) and helper.get(name) is not None
    }


def _spec(mapping: Any) -> MappingSpec:
    """Return a mapping with the fields of the predecessor's; null and an empty list are an empty one."""
    if not mapping:
        mapping = {}
    if not isinstance(mapping, dict):
        raise ConfigurationError(
            "A mapping is an object with `mapping`, `cast`, `unset` and `passThrough`"
        )
    return MappingSpec.model_validate({"dialect": "twig", **mapping})


def _mode(name: Any) -> Mode:
    if name not in get_args(Mode):
        raise ConfigurationError(f"No mode {name!r}; one of {', '.join(get_args(Mode))}")
    return cast(Mode, name)


def _decoded(text: Any, decoder: XmlDecoder) -> Any:
    """Return what an answer gives. As in the predecessor JSON comes first: an object or list is taken as it is."""
    if not isinstance(text, str):
        raise ConfigurationError("`xml` is a text")
    try:
        body = text.encode()
    except UnicodeEncodeError as error:
        raise MalformedAnswer("The text holds half a surrogate pair") from error
    with suppress(MalformedAnswer):
        value = JsonDecoder().decode(body, "")
        if isinstance(value, list) and decoder.form == "endpoint":
            return {str(position): item for position, item in enumerate(value)}
        if isinstance(value, (dict, list)):
            return value
    return decoder.decode(body, "")


def _moment(now: str | None, timezone: str) -> Callable[[], datetime]:
    """Return the clock: a fixed moment, or the present one, in a time zone. Raises `InvalidInput`."""
    try:
        zone = UTC if timezone == "UTC" else ZoneInfo(timezone)
    except (LookupError, ValueError, OSError) as error:
        raise arguments.refused(
            "--timezone", f"is no time zone such as Europe/Amsterdam: {timezone!r}"
        ) from error
    if now is None:
        return lambda: datetime.now(UTC).astimezone(zone)
    try:
        moment = datetime.fromisoformat(now)
    except ValueError as error:
        raise arguments.refused(
            "--now", f"is no moment such as 2026-01-31T12:00:00: {now!r}"
        ) from error
    fixed = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    return lambda: fixed

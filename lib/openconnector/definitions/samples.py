"""What the first page of a source tells about it: where its records stand, what tells them apart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson

from openconnector.definitions.models import SourceDefinition
from openconnector.definitions.store import Loaded
from openconnector.definitions.trials import Trial, try_source
from openconnector.errors import InvalidInput, MalformedAnswer, OpenConnectorError
from openconnector.expressions.paths import ESCAPED_DOT, compile_path
from openconnector.expressions.results import ROOT, records_in
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.mapping.leaves import of_records
from openconnector.mapping.naming import words_of

MAX_RECORDS: Final = 20
"""How many records a sample has."""

MAX_BYTES: Final = 512 * 1024
"""How long they may be together, as JSON; the first is always there."""

SHOWN_ELEMENTS: Final = 3
"""How many elements of a list are shown of an answer."""

SHOWN_LENGTH: Final = 200
"""How much of a text is shown of an answer."""

SHOWN_DEPTH: Final = 8

MAX_LISTS: Final = 50

KEY_WORDS: Final = (
    "id",
    "uuid",
    "guid",
    "identifier",
    "identification",
    "key",
    "code",
    "number",
    "url",
)
"""Words in the names of fields that tell records apart, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundList:
    """A list of objects in an answer."""

    position: str
    """The path that leads to it, as `resultsPosition` takes it."""
    count: int
    is_read: bool
    """Its elements are the records that are read now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """A field that every record of the sample has."""

    position: str
    """Its path, as `idPosition` takes it."""
    is_unique: bool
    """No two records have the same value."""
    example: str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The first page of a source, looked at."""

    trial: Trial
    records: list[Any]
    """The first records, unchanged."""
    answer: Any
    """The whole answer, with long lists and texts cut short; None where there is none that can be read."""
    lists: list[FoundList]
    """Where the records may stand, the likeliest first."""
    keys: list[FoundKey]
    """What may tell the records apart, the likeliest first."""


async def sample_of(
    loaded: Loaded[SourceDefinition], reach: Reach, selection: Mapping[str, Any]
) -> Sample:
    """Read one page of a source and look at it. Raises as `try_source` does; all else the sample tells."""
    trial = await try_source(loaded, reach, selection)
    source = loaded.definition.configuration.narrowed(selection)
    body = _body(source, trial)
    return Sample(
        trial=trial,
        records=_bounded(trial.records),
        answer=_shortened(body, 0),
        lists=lists_in(body, getattr(source, "results_position", "")),
        keys=keys_of(trial.records),
    )


def _body(source: Source, trial: Trial) -> Any:
    """Return the answer as a value; None where it is none, or an error."""
    decoder, answer = getattr(source, "decoder", None), trial.answer
    if decoder is None or answer is None or answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
        return None
    try:
        return decoder.decode(answer.content, answer.headers.get("content-type", ""))
    except OpenConnectorError:
        return None


def _bounded(records: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    size = 0
    for record in records[:MAX_RECORDS]:
        size += len(orjson.dumps(record, default=str))
        if found and size > MAX_BYTES:
            break
        found.append(record)
    return found


def _shortened(value: Any, depth: int) -> Any:
    if isinstance(value, str) and len(value) > SHOWN_LENGTH:
        return f"{value[:SHOWN_LENGTH]}…"
    if isinstance(value, (dict, list)) and depth >= SHOWN_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {name: _shortened(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(one, depth + 1) for one in value[:SHOWN_ELEMENTS]]
    return value


def lists_in(body: Any, position: str) -> list[FoundList]:
    """Return the lists of objects in an answer: the one that is read with this position first, then the longest."""
    try:
        read = records_in(body, position)
    except MalformedAnswer:
        read = None
    found = [
        FoundList(position=path, count=len(one), is_read=one is read)
        for path, one in _lists(body, (), 0)
    ]
    return sorted(found, key=lambda one: (not one.is_read, -one.count))[:MAX_LISTS]


def _lists(value: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value, list):
        if any(isinstance(one, dict) for one in value):
            yield ".".join(path) or ROOT, value
    elif isinstance(value, dict) and depth < SHOWN_DEPTH:
        for name, inner in value.items():
            key = str(name).replace(".", ESCAPED_DOT)
            yield from _lists(inner, (*path, key), depth + 1)


def keys_of(records: Sequence[Any]) -> list[FoundKey]:
    """Return the fields that every record has and that may tell them apart, the likeliest first."""
    try:
        leaves = of_records(records)
    except InvalidInput:  # too many fields to look at
        return []
    found: list[tuple[tuple[bool, int, int], FoundKey]] = []
    for leaf in leaves:
        values = [compile_path(leaf.dotted)(record) for record in records]
        if not leaf.is_picked and all(_is_key(value) for value in values):
            is_unique = len(set(values)) == len(values)
            key = FoundKey(position=leaf.dotted, is_unique=is_unique, example=values[0])
            found.append((_rank(leaf.path, leaf.format, key), key))
    return [key for _, key in sorted(found, key=lambda one: one[0])]


def _is_key(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""


def _rank(path: tuple[str, ...], form: str | None, key: FoundKey) -> tuple[bool, int, int]:
    words = words_of(path[-1])
    named = [place for place, word in enumerate(KEY_WORDS) if word in words]
    name = named[0] if named else len(KEY_WORDS) - (form == "uuid")
    return (not key.is_unique, name, len(path))

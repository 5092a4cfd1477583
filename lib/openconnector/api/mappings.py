"""What authors of mappings ask: where a field comes from, whether tests pass, what could be mapped."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from openconnector.api.definitions import Key
from openconnector.api.documents import Described, problems
from openconnector.api.lists import Text
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Parts, Reading
from openconnector.api.trials import Asked
from openconnector.db import definitions as rows
from openconnector.definitions.models import MAX_TESTS, MappingTest
from openconnector.definitions.store import MAPPINGS
from openconnector.definitions.verifying import Verification, verify
from openconnector.mapping.inference import infer
from openconnector.mapping.reference import entries
from openconnector.mapping.spec import Dialect, MappingSpec
from openconnector.synchronization.shown import Shown

MAX_SAMPLES = 100
"""How many records a suggestion may look at."""


class FieldOrigin(Shown):
    """Where one target field comes from."""

    target: str
    expression: Any
    reads: list[str]
    """Paths of the record, those that called mappings read included; `*` is every element, empty the whole record."""
    casts: list[str]
    """The casts it goes through, in order."""
    calls: list["MappingCall"]
    """The mappings its expression calls."""


class MappingCall(Shown):
    """The call of another mapping."""

    mapping: str
    """Its id, slug or reference as written; `(inline)` for one written out in the call."""
    input: str | None
    """The path of the record whose value is handed over; null when it is calculated."""
    is_list: bool
    """It is called for every element of the value."""
    fields: list[FieldOrigin]
    """Where its fields come from, within the value that is handed over."""


class Origins(Shown):
    """Where the result of a mapping comes from."""

    fields: list[FieldOrigin]
    pass_through: bool
    """All other fields come from the same path of the record."""
    unset: list[str]
    """Paths that are taken away afterwards."""


class ShownFinding(Shown):
    """One thing that is not as expected."""

    path: str
    """The dot path in the result."""
    message: str
    expected: Any
    """What the test expects there; null also when that is nothing."""
    found: Any
    """What the mapping gave; null also when that is nothing."""
    line: int | None
    """Where in the field's expression it failed; null when it did not."""
    column: int | None


class ShownTest(Shown):
    """What became of one test."""

    name: str
    is_passed: bool
    findings: list[ShownFinding]
    """Fields that failed or differ from what was expected, at most 50."""
    schema_problems: list[str]
    """What the mapping's output schema says against the result."""


class ShownVerification(Shown):
    """Whether a mapping passes its own tests."""

    is_passed: bool
    """Every test passed; also when there is none."""
    tests: list[ShownTest]


class VerificationRequest(Asked):
    """A mapping that need not be saved, and its tests."""

    mapping: Annotated[dict[str, Any], Described(MappingSpec)]
    tests: list[MappingTest] = Field(max_length=MAX_TESTS)
    """Records with the expected results."""
    output_schema: dict[str, Any] | None = None
    """JSON Schema the results have to follow."""


Samples = (
    dict[str, Any] | Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_SAMPLES)]
)


class InferenceRequest(Asked):
    """What there is."""

    input_object: Samples
    """A sample record, or several."""


class ShownInference(Shown):
    """What objects made from the records could look like."""

    properties: dict[str, Any]
    """The JSON Schema of each property, as `properties` of a schema."""
    mapping: dict[str, str]
    """The mapping that makes them, as `mapping` of a mapping."""


class SuggestionRequest(Asked):
    """What there is, and what is wanted."""

    input_object: Samples
    """A sample record, or several: types and formats are then told from all of them."""
    json_schema: dict[str, Any] | Text = Field(alias="schema")
    """The JSON Schema of the result, or the id or slug of a saved schema."""


class ShownSuggestion(Shown):
    """One pair."""

    target: str
    source: str
    """The path in the record; within an element for the pairs of a list."""
    expression: str
    """What to write in the mapping."""
    cast: str | None
    """The cast that gives the value the type the schema asks for."""
    score: float = Field(ge=0, le=1)
    """How well they fit."""
    reason: str
    elements: list["ShownSuggestion"]
    """For a list of objects: the pairs within one of them."""


class ShownProposal(Shown):
    """A mapping that could be."""

    suggestions: list[ShownSuggestion]
    unmatched_targets: list[str]
    """Fields of the schema for which nothing fits."""
    unmatched_sources: list[str]
    """Fields of the record that nothing asks for."""
    mapping: dict[str, str]
    """The suggestions as `mapping` of a mapping in the dialect `jinja`."""
    cast: dict[str, str]
    """The same for its `cast`."""


class ShownExample(Shown):
    """An expression, and what it gives."""

    expression: str
    result: str


class ShownEntry(Shown):
    """One thing a mapping can name."""

    kind: str
    """`filter`, `function`, `test`, `method` or `cast`."""
    name: str
    arguments: str
    """As a template writes them, such as `(size, fill=...)`; empty where there are none."""
    dialects: list[Dialect]
    """Where the name means this."""
    summary: str
    examples: list[ShownExample]


routes = APIRouter(route_class=Route)
mappings = APIRouter(route_class=Route, prefix="/mappings", tags=["mappings"])


@mappings.post("/suggest", responses=problems(404))
@needs(Right.CHANGE)
async def suggest_mapping(body: SuggestionRequest, engine: Parts) -> ShownProposal:
    """Propose which field of a record becomes which field of a schema, each with a score and a reason."""
    return ShownProposal.model_validate(
        await engine.mapping_previews.suggest(_listed(body.input_object), body.json_schema)
    )


@mappings.post("/verify")
@needs(Right.CHANGE)
async def verify_draft(body: VerificationRequest, engine: Parts) -> ShownVerification:
    """Run tests with a mapping that need not be saved and tell what is not as expected."""
    outcomes = await engine.mapping_previews.verify(body.mapping, body.tests, body.output_schema)
    return _shown(Verification(outcomes=outcomes))


@mappings.post("/infer")
@needs(Right.CHANGE)
async def infer_schema(body: InferenceRequest) -> ShownInference:
    """Propose a schema for objects that are made from sample records, and the mapping that makes them."""
    # In a thread: many large records take a moment, and others are waiting for answers.
    found = await asyncio.to_thread(infer, _listed(body.input_object))
    return ShownInference.model_validate(found)


def _listed(given: dict[str, Any] | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [given] if isinstance(given, dict) else given


@mappings.get("/{key}/lineage")
@needs(Right.READ)
async def read_lineage(key: Key, session: Reading, engine: Parts) -> Origins:
    """Tell where each target field comes from; no record is needed."""
    await rows.get(session, MAPPINGS.table, key)  # as far as the caller may see it
    return Origins.model_validate(await engine.mapping_previews.lineage(key))


@mappings.post("/{key}/verify")
@needs(Right.CHANGE)
async def verify_mapping(key: Key, engine: Parts) -> ShownVerification:
    """Run the tests of a mapping and tell what is not as expected."""
    async with engine.database.reading() as session:
        loaded = await engine.definitions.load(session, MAPPINGS, key)
    return _shown(await verify(loaded.definition, engine.previews, engine.mapping_previews.saved))


def _shown(found: Verification) -> ShownVerification:
    tests = [ShownTest.model_validate(outcome) for outcome in found.outcomes]
    return ShownVerification(is_passed=found.is_passed, tests=tests)


@routes.get("/mapping-reference", tags=["mappings"])
@needs(Right.READ)
async def read_mapping_reference() -> list[ShownEntry]:
    """Return every filter, function, test, method and cast with what it does and examples."""
    return [ShownEntry.model_validate(entry) for entry in entries()]


routes.include_router(mappings)

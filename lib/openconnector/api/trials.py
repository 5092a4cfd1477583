"""Trying out a source and a mapping, and asking a target what it takes; nothing is saved."""

from dataclasses import fields
from typing import Annotated, Any, Self

import structlog
from fastapi import APIRouter
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from openconnector import languages
from openconnector.api.callers import Who
from openconnector.api.definitions import Key
from openconnector.api.documents import Described
from openconnector.api.errors import TYPE, detail_of, told_as
from openconnector.api.lists import Text
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Parts, Reading
from openconnector.definitions import trials
from openconnector.definitions.models import SourceConfig
from openconnector.definitions.store import SOURCES, SYNCHRONIZATIONS
from openconnector.errors import OpenConnectorError
from openconnector.kinds.explained import Explained
from openconnector.mapping.spec import MappingSpec
from openconnector.synchronization.shown import Shown

logger = structlog.get_logger(__name__)


class Asked(Explained):
    """Base of what is sent: strict about names."""

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
    )


class SourceTrial(Asked):
    """Which records to read."""

    source_config: SourceConfig = SourceConfig()
    """As in a synchronization: what the source lets a synchronization choose."""


class ShownProblem(Shown):
    """Why it did not work."""

    type: str
    title: str
    detail: str

    @classmethod
    def of(cls, error: OpenConnectorError) -> Self:
        """Return an error as part of an answer."""
        return cls(
            type=TYPE + error.code,
            title=languages.told(told_as(type(error)).title),
            detail=detail_of(error),
        )


class ShownTrial(Shown):
    """What one page of a source brought."""

    is_successful: bool
    status: int | None
    """Of the last answer; null when none came."""
    headers: dict[str, str]
    """Of the last answer, without those that may hold secrets."""
    requests: int
    duration_ms: float
    found: int | None
    """Records on the page; null when it could not be read."""
    first_record: Any
    has_more: bool | None
    paginator: str | None
    """How the next page is asked for, as far as the page tells."""
    problem: ShownProblem | None

    @classmethod
    def of(cls, trial: trials.Trial) -> Self:
        """Return a trial as answers show it."""
        # Not `asdict`: it copies the error, and not every error can be copied.
        told = {one.name: getattr(trial, one.name) for one in fields(trial)}
        return cls.model_validate(
            told
            | {
                "is_successful": trial.error is None,
                "first_record": trial.records[0] if trial.records else None,
                "problem": ShownProblem.of(trial.error) if trial.error else None,
            }
        )


class MappingTrial(Asked):
    """A record and what to do with it."""

    input_object: dict[str, Any] | list[Any]
    """The record."""
    mapping: Annotated[dict[str, Any], Described(MappingSpec)] | Text
    """The mapping itself, or the id, slug or reference of a saved one."""
    json_schema: dict[str, Any] | Text | None = Field(default=None, alias="schema")
    """A JSON Schema the result has to follow, or the id or slug of a saved schema."""


class CastShown(Shown):
    """One cast of one field."""

    name: str
    before: Any
    after: Any
    """The value the cast gave; null where it took the field away or failed."""
    is_removed: bool
    error: str | None
    """Why it gave nothing."""


class FieldShown(Shown):
    """How one field of the result came to be."""

    target: str
    expression: Any
    inputs: dict[str, Any]
    """The paths of the record it read, with what stood there."""
    value: Any
    """The value before the casts."""
    casts: list[CastShown]
    error: str | None
    """Why it has no value."""
    line: int | None
    """Where in the expression the error is: its line, from 1; null when a cast failed."""
    column: int | None
    """The same within the line, from 1."""


class ShownMapped(Shown):
    """What a mapping made of the record."""

    result_object: Any
    """Null when a field failed."""
    is_valid: bool
    validation_errors: list[str]
    """What failed, and what the schema says against the result."""
    trace: list[FieldShown]


class TargetSchema(Shown):
    """What a target expects."""

    json_schema: dict[str, Any] | None
    """The JSON Schema of an object; null when the target has none, or does not tell."""


routes = APIRouter(route_class=Route)


@routes.post("/sources/{key}/test", tags=["sources"])
@needs(Right.CHANGE)
async def try_source(
    key: Key, engine: Parts, who: Who, body: SourceTrial | None = None
) -> ShownTrial:
    """Read one page of a source and tell what came."""
    async with engine.database.reading() as session:
        loaded = await engine.definitions.load(session, SOURCES, key)
    selection = (body or SourceTrial()).source_config.selection
    reach = engine.reach(loaded, None, logger, who.user_id)
    return ShownTrial.of(await trials.try_source(loaded, reach, selection))


@routes.get("/synchronizations/{key}/target-schema", tags=["synchronizations"])
@needs(Right.READ)
async def read_target_schema(key: Key, session: Reading, engine: Parts, who: Who) -> TargetSchema:
    """Ask a synchronization's target, in the name of the caller, what it expects of the objects it is given."""
    found = (await engine.definitions.load(session, SYNCHRONIZATIONS, key)).definition
    source = await engine.definitions.load(session, SOURCES, found.source_id)
    reach = engine.reach(source, None, logger, who.user_id)
    return TargetSchema(json_schema=await found.target.object_schema(reach))


@routes.post("/mappings/test", tags=["mappings"])
@needs(Right.CHANGE)
async def try_mapping(body: MappingTrial, engine: Parts) -> ShownMapped:
    """Map one record and tell how each field came to be."""
    mapped = await engine.mapping_previews.explain(
        body.mapping, body.input_object, body.json_schema
    )
    return ShownMapped(
        result_object=mapped.result,
        is_valid=not mapped.problems,
        validation_errors=mapped.problems,
        trace=[FieldShown.model_validate(one) for one in mapped.trace],
    )

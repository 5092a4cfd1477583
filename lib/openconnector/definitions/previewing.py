"""Trying mappings out with what is saved: other mappings and schemas. Nothing is saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from openconnector.db import registers
from openconnector.db.database import Database
from openconnector.db.session import Session
from openconnector.db.store_rows import SchemaRow
from openconnector.definitions.models import MappingTest
from openconnector.definitions.store import MAPPINGS, Definitions
from openconnector.errors import NotFound
from openconnector.kinds.registry import problems_of
from openconnector.mapping.spec import MappingSpec
from openconnector.objects.validation import object_schema
from openconnector.previews.pool import Lookup, Previews
from openconnector.previews.tasks import under


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What a mapping made of one record."""

    result: Any
    """None when a field failed."""
    problems: list[str]
    """What failed, and what the schema says against the result."""
    trace: list[dict[str, Any]]
    """Every target field: what it read, its value and its casts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where the result of a mapping comes from."""

    fields: list[dict[str, Any]]
    """Every target field as `FieldLineage` has it."""
    pass_through: bool
    """All other fields come from the same path of the record."""
    unset: list[str]
    """Paths that are taken away afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingPreviews:
    """Previews of mappings that may call saved ones."""

    database: Database
    definitions: Definitions
    previews: Previews

    async def explain(
        self, mapping: Mapping[str, Any] | str, record: Any, schema: Mapping[str, Any] | str | None
    ) -> Mapped:
        """Map one record by a saved or given mapping and hold the result against a saved or given schema.

        Without a schema the mapping's own output schema takes its place. Raises `InvalidInput`, `NotFound` or
        `TemplateLimit`.
        """
        async with self.database.reading() as session:
            spec, own = await self._given(session, mapping)
            if schema is not None:
                own = await json_schema(session, schema)
        argument = {"spec": sent(spec), "record": record, "schema": own}
        return Mapped(**await self.previews.run("explain", argument, self.saved))

    async def lineage(self, key: str) -> Lineage:
        """Return where the fields of a saved mapping come from. Raises as `explain` does."""
        async with self.database.reading() as session:
            spec = (await self.definitions.load(session, MAPPINGS, key)).definition.spec
        fields = await self.previews.run("lineage", {"spec": sent(spec)}, self.saved)
        return Lineage(fields=fields, pass_through=spec.pass_through, unset=spec.unset)

    async def suggest(
        self, records: Sequence[Any], schema: Mapping[str, Any] | str
    ) -> dict[str, Any]:
        """Propose a mapping from sample records to a saved or given schema, as `Proposal` has it."""
        async with self.database.reading() as session:
            wanted = await json_schema(session, schema)
        argument = {"records": records, "schema": wanted}
        found: dict[str, Any] = await self.previews.run("suggest", argument, self.saved)
        return found

    async def verify(
        self,
        mapping: Mapping[str, Any],
        tests: Sequence[MappingTest],
        schema: Mapping[str, Any] | None,
    ) -> list[dict[str, Any]]:
        """Run tests with a given mapping; return what became of each, as `TestOutcome` has it.

        Raises `InvalidInput` or `TemplateLimit`.
        """
        async with self.database.reading() as session:
            spec, _own = await self._given(session, mapping)
        argument = tested(spec, tests, schema)
        found: list[dict[str, Any]] = await self.previews.run("verify", argument, self.saved)
        return found

    async def _given(
        self, session: Session, mapping: Mapping[str, Any] | str
    ) -> tuple[MappingSpec, Mapping[str, Any] | None]:
        """Return a mapping with its output schema."""
        if isinstance(mapping, str):
            definition = (await self.definitions.load(session, MAPPINGS, mapping)).definition
            return definition.spec, definition.output_schema
        try:
            spec = MappingSpec.model_validate(dict(mapping))
        except ValidationError as error:
            raise under("mapping", problems_of(error)) from error
        own = mapping.get("outputSchema")
        return spec, own if isinstance(own, dict) else None

    async def saved(self, key: str) -> Mapping[str, Any] | None:
        """Return a saved mapping as previews take it; None when there is none."""
        async with self.database.reading() as session:
            return await lookup(session, self.definitions)(key)


def lookup(session: Session, definitions: Definitions) -> Lookup:
    """Return what finds mappings for a preview, as one session sees them."""

    async def find(key: str) -> dict[str, Any] | None:
        try:
            loaded = await definitions.load(session, MAPPINGS, key)
        except NotFound:
            return None
        return sent(loaded.definition.spec)

    return find


async def json_schema(session: Session, schema: Mapping[str, Any] | str) -> Mapping[str, Any]:
    """Return a JSON Schema: that of a saved schema, or the given one. Raises `NotFound`."""
    if not isinstance(schema, str):
        return schema
    row = await registers.get(session, SchemaRow, schema)
    return object_schema(row.properties, row.required, is_strict=row.is_strict)


def tested(
    spec: MappingSpec, tests: Sequence[MappingTest], schema: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return what the task `verify` needs to know."""
    told = [test.model_dump(mode="json", by_alias=True) for test in tests]
    return {"spec": sent(spec), "outputSchema": schema, "tests": told}


def sent(spec: MappingSpec) -> dict[str, Any]:
    """Return a mapping as previews take it."""
    return spec.model_dump(mode="json", by_alias=True)

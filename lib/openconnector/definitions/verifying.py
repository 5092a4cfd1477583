"""Holds mappings to their own tests: when they are saved, and whenever somebody asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_camel

from openconnector.db import definitions as rows
from openconnector.db.definitions import DefinitionRow
from openconnector.db.session import Session
from openconnector.definitions.models import MappingDefinition
from openconnector.definitions.previewing import lookup, sent
from openconnector.definitions.store import MAPPINGS, Collection, Definitions
from openconnector.errors import FieldProblem, InvalidInput, TemplateLimit
from openconnector.mapping.verification import ROOT
from openconnector.previews.pool import Lookup, Previews


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a mapping's tests say."""

    outcomes: list[dict[str, Any]]
    """One for each test, as `TestOutcome` has it."""

    @property
    def is_passed(self) -> bool:
        """Whether every test passed."""
        return all(outcome["is_passed"] for outcome in self.outcomes)

    def as_json(self) -> list[dict[str, Any]]:
        """Return the outcomes with the names of JSON."""
        return [
            {to_camel(name): value for name, value in outcome.items()} for outcome in self.outcomes
        ]

    def problems(self) -> Iterator[FieldProblem]:
        """Yield everything that is not as expected, by its place in the mapping."""
        for at, outcome in enumerate(self.outcomes):
            place, name = f"tests.{at}.expected", outcome["name"]
            for finding in outcome["findings"]:
                inner = "" if finding["path"] == ROOT else f".{finding['path']}"
                message = f"in {name!r} {finding['path']} {finding['message']}"
                yield FieldProblem(field=f"{place}{inner}", message=message)
            for sentence in outcome["schema_problems"]:
                message = f"in {name!r} the result breaks the output schema: {sentence}"
                yield FieldProblem(field=f"tests.{at}", message=message)


def asked(definition: MappingDefinition) -> dict[str, Any]:
    """Return what the task `verify` needs to know of a mapping."""
    tests = [test.model_dump(mode="json", by_alias=True) for test in definition.tests]
    schema = definition.output_schema
    return {"spec": sent(definition.spec), "outputSchema": schema, "tests": tests}


async def verify(definition: MappingDefinition, previews: Previews, saved: Lookup) -> Verification:
    """Run the tests of a mapping. Raises `InvalidInput` for one that cannot be compiled, and `TemplateLimit`."""
    return Verification(outcomes=await previews.run("verify", asked(definition), saved))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Refuses saves that break a mapping's own tests."""

    definitions: Definitions
    previews: Previews

    async def settle(
        self,
        session: Session,
        collection: Collection[Any],
        row: DefinitionRow,
        *,
        is_forced: bool,
    ) -> bool:
        """Hold what was just saved to its own tests; return whether it stands only because it was forced.

        Raises `InvalidInput` naming each test and field, unless forced; the save is then noted as a forced one.
        """
        if collection is not MAPPINGS:
            return False
        if await rows.is_forced(session, row):
            return True  # nothing changed since it was forced, so nothing is broken now
        definition = (await self.definitions.load(session, MAPPINGS, row.id)).definition
        if not definition.tests and definition.output_schema is None:
            return False
        problems = await self._problems(session, definition)
        if problems and not is_forced:
            raise InvalidInput(problems, subject="mapping")
        if problems:
            await rows.note_forced(session, row)
        return bool(problems)

    async def _problems(self, session: Session, definition: Any) -> list[FieldProblem]:
        saved = lookup(session, self.definitions)
        try:
            return list((await verify(definition, self.previews, saved)).problems())
        except TemplateLimit as error:
            return [FieldProblem(field="tests", message=str(error))]

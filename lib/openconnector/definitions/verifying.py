"""Holds mappings to their own tests: when they are saved, and whenever somebody asks."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_camel

from openconnector.db import definitions as rows
from openconnector.db.database import Database
from openconnector.db.definitions import DefinitionRow
from openconnector.db.session import Session
from openconnector.definitions.models import MappingDefinition, slug_of
from openconnector.definitions.previewing import sent, tested
from openconnector.definitions.store import MAPPINGS, Collection, Definitions, validated
from openconnector.errors import FieldProblem, InvalidInput, NotFound, TemplateLimit
from openconnector.mapping.mapper import check_mapping
from openconnector.mapping.spec import MappingSpec
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
    return tested(definition.spec, definition.tests, definition.output_schema)


async def verify(definition: MappingDefinition, previews: Previews, saved: Lookup) -> Verification:
    """Run the tests of a mapping. Raises `InvalidInput` for one that cannot be compiled, and `TemplateLimit`."""
    return Verification(outcomes=await previews.run("verify", asked(definition), saved))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mapping that is about to be saved."""

    definition: MappingDefinition
    replaces: str | None = None
    """Slug of the saved mapping whose place it takes, if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is said against a mapping before it is saved."""

    faults: tuple[FieldProblem, ...] = ()
    """It cannot be used, so no save keeps it."""
    failures: tuple[FieldProblem, ...] = ()
    """It breaks its own tests, so only a forced save keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Refuses saves of mappings that cannot be used or break their own tests.

    Compiling and testing take seconds, so they come before the transaction of the save, with all other mappings as
    they are saved at that moment. One that is changed in between is held to its own tests, not to those of its callers.
    """

    database: Database
    definitions: Definitions
    previews: Previews

    async def judged(
        self, collection: Collection[Any], body: Mapping[str, Any], key: str | None = None
    ) -> Verdict:
        """Judge a body that is about to be saved, in the place of what has this key if there is one.

        No writing session may be open: other writes would wait for the tests. What is no mapping at all, or has
        nothing to replace, is left to the save, which refuses it.
        """
        if collection is not MAPPINGS:
            return Verdict()
        try:
            definition = validated(MAPPINGS, body)
            old = None if key is None else await self._slug(key)
        except (InvalidInput, NotFound):
            return Verdict()
        [verdict] = await self.judge([Draft(definition=definition, replaces=old)])
        return verdict

    async def _slug(self, key: str) -> str:
        async with self.database.reading() as session:
            row: DefinitionRow = await rows.get(session, MAPPINGS.table, key)
        return row.slug

    async def judge(self, drafts: Sequence[Draft]) -> list[Verdict]:
        """Judge mappings that are about to be saved together and so see each other; as `judged` does."""
        if not drafts:
            return []
        async with self.database.reading() as session:
            every = await self.definitions.every(session, MAPPINGS)
        known = _with_drafts(every, drafts)
        return [await self._verdict(draft.definition, known) for draft in drafts]

    async def _verdict(
        self, definition: MappingDefinition, known: Mapping[str, MappingSpec]
    ) -> Verdict:
        def resolve(key: str) -> MappingSpec:
            if key not in known:
                raise NotFound("mapping", key)
            return known[key]

        async def find(key: str) -> dict[str, Any] | None:
            return sent(known[key]) if key in known else None

        # In a thread: a large mapping takes a while, and others are waiting for answers.
        faults = await asyncio.to_thread(check_mapping, definition.spec, resolve=resolve)
        if faults or not (definition.tests or definition.output_schema is not None):
            return Verdict(faults=tuple(faults))
        try:
            found = await verify(definition, self.previews, find)
        except InvalidInput as error:
            return Verdict(faults=error.problems)
        except TemplateLimit as error:
            return Verdict(failures=(FieldProblem(field="tests", message=str(error)),))
        return Verdict(failures=tuple(found.problems()))

    async def settle(
        self, session: Session, row: DefinitionRow, verdict: Verdict, *, is_forced: bool
    ) -> bool:
        """Let the verdict on what was just saved take effect; return whether it stands only because it was forced.

        Raises `InvalidInput` for a fault and, naming each test and field, for failures unless they are forced; the
        save is then noted as a forced one.
        """
        if verdict.faults:
            raise InvalidInput(verdict.faults, subject=row.__tablename__)
        if await rows.is_forced(session, row):
            return True  # nothing changed since it was forced
        if verdict.failures and not is_forced:
            raise InvalidInput(verdict.failures, subject=row.__tablename__)
        if verdict.failures:
            await rows.note_forced(session, row)
        return bool(verdict.failures)


def _with_drafts(
    every: Mapping[str, MappingDefinition], drafts: Sequence[Draft]
) -> dict[str, MappingSpec]:
    """Return what mappings can call once the drafts are saved, by id, slug and reference."""
    known = dict(every)
    saved = {definition.slug: definition for definition in every.values()}
    for draft in drafts:
        old, new = saved.get(draft.replaces or ""), draft.definition
        if old is not None:
            known |= {key: new for key, one in every.items() if one is old}  # its id stays
            for name in (old.slug, old.reference):
                known.pop(name or "", None)
        slug = new.slug or (old.slug if old else slug_of(new.name))
        known |= {key: new for key in (slug, new.reference) if key}
    return {key: definition.spec for key, definition in known.items()}

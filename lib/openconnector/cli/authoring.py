"""Commands for authors of mappings: verify and suggest."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pydantic.alias_generators import to_camel
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from openconnector.cli import arguments
from openconnector.cli.carrying import opened
from openconnector.cli.moving import exported_mappings
from openconnector.cli.outcome import Exit, print_json
from openconnector.cli.settings import Settings, variables
from openconnector.definitions.models import SLUG_PATTERN, MappingDefinition
from openconnector.definitions.notation import read
from openconnector.definitions.previewing import json_schema, lookup
from openconnector.definitions.store import MAPPINGS, validated
from openconnector.definitions.variables import filled_in
from openconnector.definitions.verifying import Verification, asked, verify
from openconnector.errors import ConfigurationError, InvalidInput, NotFound
from openconnector.mapping.spec import MappingSpec
from openconnector.mapping.suggestions import Proposal, suggest
from openconnector.previews import tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What became of one mapping's tests."""

    slug: str
    outcome: Verification | None
    """None when the mapping itself is wrong."""
    error: str | None = None

    @property
    def is_passed(self) -> bool:
        """Whether every test passed."""
        return self.outcome is not None and self.outcome.is_passed

    def as_json(self) -> dict[str, Any]:
        """Return it as the command prints it."""
        told = {"mapping": self.slug, "isPassed": self.is_passed, "error": self.error}
        return told | {"tests": self.outcome.as_json() if self.outcome else []}


async def verify_mappings(what: str, *, as_json: bool) -> Exit:
    """Run the tests of a saved mapping, or of every mapping in a file, and print what is not as expected."""
    verified = _in_file(what) if arguments.is_file(what) else [await _saved(what)]
    if as_json:
        print_json([one.as_json() for one in verified])
    else:
        for one in verified:
            _print(one)
    return Exit.SUCCESS if all(one.is_passed for one in verified) else Exit.FAILURE


async def _saved(slug: str) -> Verified:
    async with opened(Settings.read()) as engine, engine.database.reading() as session:
        loaded = await engine.definitions.load(session, MAPPINGS, slug)
        saved = lookup(session, engine.definitions)
        outcome = await verify(loaded.definition, engine.previews, saved)
    return Verified(slug=loaded.slug, outcome=outcome)


def _in_file(file: str) -> list[Verified]:
    given = read(arguments.text(file)).value
    exported = exported_mappings(given)
    entries = _own(file, given) if exported is None else exported
    if not entries:
        raise arguments.refused(file, "holds no mapping")
    definitions = [validated(MAPPINGS, entry) for entry in entries]
    known = _Known(definitions)
    return [known.verified(one) for one in definitions]


def _own(file: str, given: Any) -> list[Mapping[str, Any]]:
    """Return the mappings of a document in our own form: one by itself, or those of a configuration."""
    value, problems = filled_in(given, variables())
    if problems:
        raise InvalidInput(problems, subject="configuration")
    if not isinstance(value, dict):
        raise arguments.refused(file, "is neither a mapping nor a configuration with `mappings`")
    is_mapping = isinstance(value.get("mapping"), dict)
    return [{"slug": "mapping", "name": "Mapping"} | value] if is_mapping else _entries(value)


def _entries(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    section = value.get(MAPPINGS.name) or []
    if not isinstance(section, list) or not all(isinstance(entry, dict) for entry in section):
        raise arguments.refused(MAPPINGS.name, "has to be a list of objects")
    return section


async def suggest_mapping(records: str, schema: str, *, as_json: bool) -> Exit:
    """Print what could become what."""
    given = arguments.value(records, "--input")
    samples = given if isinstance(given, list) else [given]
    if not samples or not all(isinstance(one, dict) for one in samples):
        raise arguments.refused("--input", "has to be an object, or a list of them")
    proposal = suggest(samples, await _schema(schema))
    if as_json:
        print_json({to_camel(name): value for name, value in asdict(proposal).items()})
    else:
        _print_proposal(proposal)
    return Exit.SUCCESS


async def _schema(given: str) -> Mapping[str, Any]:
    if re.fullmatch(SLUG_PATTERN, given) and not arguments.is_file(given):
        async with opened(Settings.read()) as engine, engine.database.reading() as session:
            return await json_schema(session, given)
    found = arguments.value(given, "--schema")
    if not isinstance(found, dict):
        raise arguments.refused("--schema", "is no object; a JSON Schema has `properties`")
    return found


def _print_proposal(proposal: Proposal) -> None:
    table = Table("field", "from", "cast", "score", "reason", box=None)
    for one in proposal.suggestions:
        table.add_row(one.target, one.source, one.cast or "", f"{one.score:.2f}", one.reason)
        for inner in one.elements:
            names = f"  {inner.target}", f"  {inner.source}", inner.cast or ""
            table.add_row(*names, f"{inner.score:.2f}", inner.reason)
    console = Console()
    console.print(table)
    if proposal.unmatched_targets:
        console.print(f"nothing fits: {escape(', '.join(proposal.unmatched_targets))}")
    console.print_json(data={"mapping": proposal.mapping, "cast": proposal.cast})


class _Known:
    """The mappings of one file, which may call each other."""

    def __init__(self, definitions: list[MappingDefinition]) -> None:
        keys = ((key, one) for one in definitions for key in (one.slug, one.reference))
        self._specs = {key: one.spec for key, one in keys if key}

    def verified(self, definition: MappingDefinition) -> Verified:
        slug = definition.slug or definition.name
        try:
            outcomes = tasks.verify(asked(definition), self._resolve)
        except ConfigurationError as error:
            return Verified(slug=slug, outcome=None, error=str(error))
        return Verified(slug=slug, outcome=Verification(outcomes=outcomes))

    def _resolve(self, key: str) -> MappingSpec:
        if key not in self._specs:
            raise NotFound("mapping", key)
        return self._specs[key]


def _print(one: Verified) -> None:
    console = Console()
    outcomes = one.outcome.outcomes if one.outcome else []
    passed = sum(outcome["is_passed"] for outcome in outcomes)
    console.print(f"{escape(one.slug)}: {passed} of {len(outcomes)} tests passed")
    if one.error is not None:
        console.print(f"  [red]{escape(one.error)}[/red]")
    for outcome in outcomes:
        for line in _lines(outcome):
            console.print(f"  [red]{escape(outcome['name'])}[/red]: {escape(line)}")


def _lines(outcome: Mapping[str, Any]) -> list[str]:
    lines = []
    for finding in outcome["findings"]:
        place = f" (line {finding['line']}, column {finding['column']})" if finding["line"] else ""
        lines.append(f"{finding['path']} {finding['message']}{place}")
    return lines + [f"the output schema: {sentence}" for sentence in outcome["schema_problems"]]

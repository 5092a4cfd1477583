"""Configuration as code: one document with everything that is configured, saved as a whole or not at all.

    registers: [...]
    schemas: [...]
    sources: [...]
    mappings: [...]
    synchronizations: [...]

Each entry is what the API takes, known by its `slug`. Texts may refer to the environment, see `variables`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from openconnector.db import definitions as definition_rows
from openconnector.db import registers as register_rows
from openconnector.db.database import Database
from openconnector.db.definitions import DefinitionRow
from openconnector.db.session import Session
from openconnector.definitions import predecessor
from openconnector.definitions.checks import check
from openconnector.definitions.notation import WHOLE, Document
from openconnector.definitions.registers import REGISTERS, SCHEMAS, Registers, Shelf
from openconnector.definitions.secrets import MASK, join, split
from openconnector.definitions.store import (
    COLLECTIONS,
    MAPPINGS,
    Collection,
    Definitions,
    validated,
)
from openconnector.definitions.variables import escaped, filled_in
from openconnector.definitions.verifying import Draft, Verdict, Verifier
from openconnector.errors import ConfigurationError, FieldProblem, InvalidInput

PARTS: tuple[Shelf[Any] | Collection[Any], ...] = (SCHEMAS, REGISTERS, *COLLECTIONS)
SECTIONS = {part.name: part for part in PARTS}
"""Every section, in the order in which they are saved: what others refer to comes first."""

WRITTEN = (REGISTERS.name, SCHEMAS.name, *(collection.name for collection in COLLECTIONS))
"""Every section, in the order in which a document is written."""

KEPT = ("id", "owner", "createdBy", "updatedBy", "created", "updated", "revision", "isForced")
"""What belongs to one installation and is not written."""

ALL = register_rows.RegisterQuery(sort="created", limit=100_000)

VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of one entry."""

    section: str
    slug: str
    action: Literal["created", "updated", "unchanged"]
    is_forced: bool = False
    """It breaks its own tests, and stands because whoever saved it insisted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """What a document is saved with."""

    database: Database
    definitions: Definitions
    registers: Registers
    verifier: Verifier


@dataclass(slots=True)
class _Import:
    """One document on its way into the database."""

    session: Session
    into: Destination
    who: str
    is_forced: bool
    verdicts: Mapping[int, Verdict]
    """On the mappings, by their place."""
    problems: list[FieldProblem] = field(default_factory=list)
    saved: list[Saved] = field(default_factory=list)

    async def save(self, section: str, at: int, entry: dict[str, Any]) -> None:
        part = SECTIONS[section]
        try:
            action = (
                await self._shelve(part, entry)
                if isinstance(part, Shelf)
                else await self._define(part, entry)
            )
        except ConfigurationError as error:
            self._note(error, f"{section}.{at}")
            return
        self.saved.append(Saved(section=section, slug=entry["slug"], action=action))

    async def check(self, section: str, at: int, slug: str) -> None:
        """Check what is only known once everything is saved: references, and secrets that came as the mask."""
        collection = SECTIONS[section]
        if isinstance(collection, Shelf):
            return
        try:
            row = await definition_rows.get(self.session, collection.table, slug)
            await check(self.session, self.into.definitions, collection, row)
            if collection is MAPPINGS:
                await self._settle(row, self.verdicts[at])
            loaded = await self.into.definitions.load(self.session, collection, slug)
        except ConfigurationError as error:
            self._note(error, f"{section}.{at}")
            return
        self.problems += [
            FieldProblem(
                field=f"{section}.{at}{pointer.replace('/', '.')}",
                message="is a secret that is not stored here yet; write it as a reference such as ${NAME}",
            )
            for pointer, secret in split(loaded.definition)[1].items()
            if secret == MASK
        ]

    async def _settle(self, row: DefinitionRow, verdict: Verdict) -> None:
        """Let the verdict on a mapping take effect, and note in what was saved when that had to be forced."""
        verifier = self.into.verifier
        if await verifier.settle(self.session, row, verdict, is_forced=self.is_forced):
            self.saved = [
                replace(one, is_forced=True)
                if (one.section, one.slug) == (MAPPINGS.name, row.slug)
                else one
                for one in self.saved
            ]

    async def _shelve(
        self, shelf: Shelf[Any], entry: dict[str, Any]
    ) -> Literal["created", "updated", "unchanged"]:
        found = await register_rows.find(self.session, shelf.table, entry["slug"])
        if found is None or found.slug != entry["slug"]:
            await self.into.registers.create(self.session, shelf, entry, self.who)
            return "created"
        before = found.revision
        after = await self.into.registers.update(self.session, shelf, found.id, entry)
        return "unchanged" if after.revision == before else "updated"

    async def _define(
        self, collection: Collection[Any], entry: dict[str, Any]
    ) -> Literal["created", "updated", "unchanged"]:
        session = self.session
        found = await definition_rows.find(session, collection.table, entry["slug"])
        if found is None or found.slug != entry["slug"]:
            await self.into.definitions.create(session, collection, entry, self.who)
            return "created"
        before = found.revision
        if not _is_newer(entry.get("version"), found.version):
            entry = entry | {"version": ""}
        after = await self.into.definitions.update(session, collection, found.id, entry, self.who)
        return "unchanged" if after.revision == before else "updated"

    def _note(self, error: ConfigurationError, place: str) -> None:
        if isinstance(error, InvalidInput):
            self.problems += [
                replace(wrong, field=f"{place}.{wrong.field}") for wrong in error.problems
            ]
        else:
            self.problems.append(FieldProblem(field=place, message=str(error)))


async def import_document(
    document: Document,
    into: Destination,
    *,
    variables: Mapping[str, str],
    who: str,
    is_forced: bool = False,
) -> list[Saved]:
    """Save everything a document holds in one transaction, or nothing; what is already so makes no revision.

    The tests of its mappings are run before the transaction is opened. ``is_forced`` also saves mappings that break
    them. Raises `InvalidInput` naming everything that is wrong, with its place in the document.
    """
    value, problems = _taken_over(document.value, variables)
    problems += _misshapen(value)
    if problems:
        raise _placed(document, problems)
    verdicts = await _verdicts(into.verifier, value.get(MAPPINGS.name) or [])
    async with into.database.writing() as session:
        work = _Import(session, into, who, is_forced, verdicts)
        await _save(work, value)
        if work.problems:
            raise _placed(document, work.problems)
    return work.saved


async def _verdicts(verifier: Verifier, entries: Sequence[dict[str, Any]]) -> dict[int, Verdict]:
    """Return what is said against each mapping; nothing when one is invalid, since then none is saved."""
    try:
        drafts = [
            Draft(definition=validated(MAPPINGS, entry), replaces=entry["slug"])
            for entry in entries
        ]
    except InvalidInput:
        return {}
    return dict(enumerate(await verifier.judge(drafts)))


async def _save(work: _Import, value: Mapping[str, Any]) -> None:
    """Save every entry, then check every one: what an entry refers to may come after it."""
    entries = [
        (name, at, entry) for name in SECTIONS for at, entry in enumerate(value.get(name) or [])
    ]
    for name, at, entry in entries:
        await work.save(name, at, entry)
    if work.problems:
        return
    for name, at, entry in entries:
        await work.check(name, at, entry["slug"])


def _taken_over(given: Any, variables: Mapping[str, str]) -> tuple[Any, list[FieldProblem]]:
    """Return a document with its variables filled in; an export of the predecessor knows none."""
    if predecessor.is_export(given):
        return predecessor.as_document(given), []
    return filled_in(given, variables)


async def export_document(session: Session, definitions: Definitions) -> dict[str, Any]:
    """Return everything that is configured as a document; a secret is a reference that keeps the stored one."""
    written = {name: await _written(session, definitions, SECTIONS[name]) for name in WRITTEN}
    return {name: entries for name, entries in written.items() if entries}


async def _written(
    session: Session, definitions: Definitions, part: Shelf[Any] | Collection[Any]
) -> list[dict[str, Any]]:
    if isinstance(part, Shelf):
        return [escaped(entry) for entry in await _shelved(session, part)]
    found = []
    for row in await definition_rows.every(session, part.table):
        shown = await definitions.shown(session, part, row)
        entry = {name: value for name, value in shown.items() if name not in KEPT}
        pointers = await definition_rows.secrets(session, part.table, row.id)
        references = {pointer: _reference(row.slug, pointer) for pointer in pointers}
        found.append(_said(join(escaped(entry), references)))
    return found


async def _shelved(session: Session, shelf: Shelf[Any]) -> list[dict[str, Any]]:
    schemas, _ = await register_rows.page(session, SCHEMAS.table, ALL)
    slugs = {row.id: row.slug for row in schemas}
    rows, _ = await register_rows.page(session, shelf.table, ALL)
    found = []
    for row in rows:
        columns = {name: getattr(row, name) for name in shelf.model.model_fields}
        if shelf is REGISTERS:
            columns["schemas"] = [slugs[key] for key in row.schemas if key in slugs]
        found.append(_said(shelf.model.model_validate(columns).model_dump(by_alias=True)))
    return found


def _said(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry with its slug first and without the fields that say nothing."""
    told = {name: value for name, value in entry.items() if value is not None and value != ""}
    return {"slug": told.pop("slug"), **told}


def _reference(slug: str, pointer: str) -> str:
    """Return what stands for a secret: a variable, or else the mask, which keeps what is stored."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", f"{slug}{pointer.removeprefix('/configuration')}").upper()
    return f"${{{'_' if name[:1].isdigit() else ''}{name}:-{MASK}}}"


def _is_newer(given: Any, stored: str) -> bool:
    """Whether a version goes beyond the stored one: a file that was not touched must not set an older one."""
    new, old = VERSION.match(str(given or "")), VERSION.match(stored)
    if new is None or old is None:
        return bool(given) and given != stored
    return [int(part) for part in new.groups()] > [int(part) for part in old.groups()]


def _misshapen(value: Any) -> list[FieldProblem]:
    """Return what keeps a document from being taken apart."""
    if not isinstance(value, dict):
        return [FieldProblem(field=WHOLE, message=f"has to be an object with {', '.join(WRITTEN)}")]
    problems = [
        FieldProblem(field=name, message=f"is not known; one of {', '.join(WRITTEN)}")
        for name in value
        if name not in SECTIONS
    ]
    for name in SECTIONS:
        entries = [] if value.get(name) is None else value[name]
        if isinstance(entries, list):
            problems += _without_slug(name, entries)
        else:
            problems.append(FieldProblem(field=name, message="has to be a list"))
    return problems


def _without_slug(section: str, entries: Iterable[Any]) -> list[FieldProblem]:
    problems = []
    taken: set[str] = set()
    for at, entry in enumerate(entries):
        slug = entry.get("slug") if isinstance(entry, dict) else None
        if not isinstance(slug, str) or not slug:
            message = "has to be an object with a slug, by which it is known"
            problems.append(FieldProblem(field=f"{section}.{at}", message=message))
        elif slug in taken:
            message = f"is a second entry with the slug {slug!r}"
            problems.append(FieldProblem(field=f"{section}.{at}.slug", message=message))
        else:
            taken.add(slug)
    return problems


def _placed(document: Document, problems: Iterable[FieldProblem]) -> InvalidInput:
    placed = []
    for wrong in problems:
        line = document.line(wrong.field.split("."))
        where = f" (line {line})" if line is not None else ""
        placed.append(replace(wrong, message=f"{wrong.message}{where}"))
    return InvalidInput(placed, subject="configuration")

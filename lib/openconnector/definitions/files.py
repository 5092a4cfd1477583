"""Configuration as code: documents with everything that is configured, saved as a whole or not at all.

    registers: [...]
    schemas: [...]
    sources: [...]
    mappings: [...]
    synchronizations: [...]

Each entry is what the API takes, known by its `slug`. Texts may refer to the environment, see `variables`.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from openconnector.db import definitions as definition_rows
from openconnector.db import registers as register_rows
from openconnector.db.database import Database
from openconnector.db.definitions import DefinitionRow
from openconnector.db.session import Session
from openconnector.definitions.checks import check
from openconnector.definitions.contents import SECTIONS, WRITTEN, contents_of
from openconnector.definitions.entries import Entry, refused
from openconnector.definitions.notation import Document
from openconnector.definitions.registers import REGISTERS, SCHEMAS, Registers, Shelf
from openconnector.definitions.secrets import MASK, join, split
from openconnector.definitions.store import MAPPINGS, Collection, Definitions, validated
from openconnector.definitions.variables import escaped
from openconnector.definitions.verifying import Draft, Verdict, Verifier
from openconnector.errors import ConfigurationError, FieldProblem, InvalidInput
from openconnector.messages import t

KEPT = ("id", "owner", "createdBy", "updatedBy", "created", "updated", "revision", "isForced")
"""What belongs to one installation and is not written."""

COUNTED = (*KEPT, "version")
"""What every save changes."""

ALL = register_rows.RegisterQuery(sort="created", limit=100_000)

LEFT_OUT: Final = "left out"
"""The action on what a document holds and an import does not save."""

VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)$")


Made = tuple[Literal["created", "updated", "unchanged"], tuple[str, ...]]
"""What became of an entry, and which fields of it are others now."""


class _Rehearsed(Exception):
    """Takes back what was done in a transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of one entry."""

    section: str
    """For what is left out, what it is."""
    slug: str
    """For what is left out, what it is called."""
    action: Literal["created", "updated", "unchanged", "left out"]
    changed: tuple[str, ...] = ()
    """The fields of an updated definition that are others now; a secret is `secrets`."""
    is_forced: bool = False
    """It breaks its own tests, and stands because whoever saved it insisted."""
    warnings: tuple[str, ...] = ()
    """What whoever imported it should know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """What documents are saved with."""

    database: Database
    definitions: Definitions
    registers: Registers
    verifier: Verifier


@dataclass(slots=True)
class _Import:
    """Documents on their way into the database."""

    session: Session
    into: Destination
    who: str
    is_forced: bool
    verdicts: Mapping[str, Verdict]
    """On the mappings, by slug."""
    problems: list[FieldProblem] = field(default_factory=list)
    saved: list[Saved] = field(default_factory=list)

    async def save(self, entry: Entry) -> None:
        part, value = SECTIONS[entry.section], entry.value
        try:
            action, changed = (
                await self._shelve(part, value)
                if isinstance(part, Shelf)
                else await self._define(part, value)
            )
        except ConfigurationError as error:
            self._note(error, entry)
            return
        self.saved.append(
            Saved(
                section=entry.section,
                slug=value["slug"],
                action=action,
                changed=changed,
                warnings=entry.warnings,
            )
        )

    async def check(self, entry: Entry) -> None:
        """Check what is only known once everything is saved: references, and secrets that came as the mask."""
        collection, slug = SECTIONS[entry.section], entry.value["slug"]
        if isinstance(collection, Shelf):
            return
        try:
            row = await definition_rows.get(self.session, collection.table, slug)
            await check(self.session, self.into.definitions, collection, row)
            if collection is MAPPINGS:
                await self._settle(row, self.verdicts[slug])
            loaded = await self.into.definitions.load(self.session, collection, slug)
        except ConfigurationError as error:
            self._note(error, entry)
            return
        message = t(
            "is a secret that is not stored here yet; write it as a reference such as ${NAME}"
        )
        self.problems += [
            entry.placed(FieldProblem(field=pointer[1:].replace("/", "."), message=message))
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

    async def _shelve(self, shelf: Shelf[Any], entry: dict[str, Any]) -> Made:
        found = await register_rows.find(self.session, shelf.table, entry["slug"])
        if found is None or found.slug != entry["slug"]:
            await self.into.registers.create(self.session, shelf, entry, self.who)
            return "created", ()
        before = found.revision
        after = await self.into.registers.update(self.session, shelf, found.id, entry, self.who)
        return "unchanged" if after.revision == before else "updated", ()

    async def _define(self, collection: Collection[Any], entry: dict[str, Any]) -> Made:
        session, definitions = self.session, self.into.definitions
        found = await definition_rows.find(session, collection.table, entry["slug"])
        if found is None or found.slug != entry["slug"]:
            await definitions.create(session, collection, entry, self.who)
            return "created", ()
        before = await definitions.shown(session, collection, found)
        if not _is_newer(entry.get("version"), found.version):
            entry = entry | {"version": ""}
        row = await definitions.update(session, collection, found.id, entry, self.who)
        after = await definitions.shown(session, collection, row)
        if after["revision"] == before["revision"]:
            return "unchanged", ()
        changed = [
            name for name in after if name not in COUNTED and after[name] != before.get(name)
        ]
        return "updated", tuple(changed or ["secrets"])

    def _note(self, error: ConfigurationError, entry: Entry) -> None:
        wrong = (
            error.problems
            if isinstance(error, InvalidInput)
            else [FieldProblem(field="slug", message=str(error))]
        )
        self.problems += map(entry.placed, wrong)


async def import_documents(
    documents: Sequence[Document],
    into: Destination,
    *,
    variables: Mapping[str, str],
    who: str,
    is_forced: bool = False,
    is_rehearsal: bool = False,
) -> list[Saved]:
    """Save everything that documents hold in one transaction, or nothing; what is already so makes no revision.

    ``is_rehearsal`` takes all of it back in the end: what is returned is what would become of it.

    They may be what the predecessor exported. What of that is not saved comes last, as left out. The tests of the
    mappings are run before the transaction is opened. ``is_forced`` also saves mappings that break them. Raises
    `InvalidInput` naming everything that is wrong, with its place in its document.
    """
    contents = contents_of(documents, variables)
    if contents.problems:
        raise refused(contents.problems)
    verdicts = await _verdicts(into.verifier, contents.entries)
    with suppress(_Rehearsed):
        async with into.database.writing() as session:
            work = _Import(session, into, who, is_forced, verdicts)
            await _save(work, contents.entries)
            if work.problems:
                raise refused(work.problems)
            if is_rehearsal:
                raise _Rehearsed
    return work.saved + [
        Saved(section=one.section, slug=one.name, action=LEFT_OUT, warnings=(one.reason,))
        for one in contents.left_out
    ]


async def _verdicts(verifier: Verifier, entries: Sequence[Entry]) -> dict[str, Verdict]:
    """Return what is said against each mapping; nothing when one is invalid, since then none is saved."""
    bodies = [entry.value for entry in entries if entry.section == MAPPINGS.name]
    try:
        drafts = [
            Draft(definition=validated(MAPPINGS, body), replaces=body["slug"]) for body in bodies
        ]
    except InvalidInput:
        return {}
    verdicts = await verifier.judge(drafts)
    return {body["slug"]: verdict for body, verdict in zip(bodies, verdicts, strict=True)}


async def _save(work: _Import, entries: Sequence[Entry]) -> None:
    """Save every entry, then check every one: what an entry refers to may come after it."""
    for entry in entries:
        await work.save(entry)
    if work.problems:
        return
    for entry in entries:
        await work.check(entry)


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

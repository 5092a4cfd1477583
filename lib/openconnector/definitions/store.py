"""Saving and loading definitions: validated, revisioned, with their secrets sealed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import uuid4

import orjson
import xxhash
from pydantic import ValidationError

from openconnector.crypto import KeyRing
from openconnector.db import definitions as rows
from openconnector.db.definitions import DefinitionRow, ListQuery
from openconnector.db.rows import MappingRow, RevisionRow, SourceRow, SynchronizationRow
from openconnector.db.sealed import secret_binding
from openconnector.db.session import Session
from openconnector.definitions.audit import Audit, Change
from openconnector.definitions.models import (
    Definition,
    MappingDefinition,
    SourceDefinition,
    SynchronizationDefinition,
    slug_of,
)
from openconnector.definitions.secrets import (
    MASK,
    expiry_of,
    join,
    masked,
    split,
    still_asked_for,
)
from openconnector.errors import FieldProblem, InvalidInput, StaleVersion
from openconnector.kinds.registry import problems_of
from openconnector.messages import noun, t
from openconnector.ports import Clock

D = TypeVar("D", bound=Definition)
COMMON = ("name", "slug", "description", "version", "reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded(Generic[D]):
    """A definition ready to be used: its secrets are in place."""

    id: str
    slug: str
    saved_by: str
    """The account that saved it last."""
    revision_id: int
    definition: D


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection(Generic[D]):
    """One kind of definition: where it is stored, what it looks like, how it can be filtered."""

    name: str
    """The name in addresses and files, for example `sources`."""
    table: Any
    model: type[D]
    filters: Mapping[str, tuple[str, type]]
    """Own filters of a list: name -> dot path in the definition and the type of its value."""


SOURCES = Collection(
    name="sources",
    table=SourceRow,
    model=SourceDefinition,
    filters={
        "isEnabled": ("isEnabled", bool),
        "personal": ("personal", bool),
        "kind": ("configuration.kind", str),
    },
)
MAPPINGS = Collection(
    name="mappings",
    table=MappingRow,
    model=MappingDefinition,
    filters={"dialect": ("dialect", str)},
)
SYNCHRONIZATIONS = Collection(
    name="synchronizations",
    table=SynchronizationRow,
    model=SynchronizationDefinition,
    filters={
        "isEnabled": ("isEnabled", bool),
        "sourceId": ("sourceId", str),
        "sourceTargetMapping": ("sourceTargetMapping", str),
    },
)
COLLECTIONS: tuple[Collection[Any], ...] = (SOURCES, MAPPINGS, SYNCHRONIZATIONS)
"""In the order in which an import must save them."""


class Definitions:
    """Every saved definition. Each method works in the transaction of the session it is given."""

    def __init__(self, keys: KeyRing, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self.audit = Audit(keys, clock)

    async def create(
        self, session: Session, collection: Collection[D], body: Mapping[str, Any], who: str
    ) -> DefinitionRow:
        """Save a new definition. Raises `InvalidInput` naming every wrong field, or `Conflict`."""
        model = validated(collection, body)
        now = self._clock.now()
        row: DefinitionRow = collection.table(
            id=str(uuid4()),
            owner=who,
            created_by=who,
            created_at=now,
            revision=0,
            version=model.version or "0.0.1",
        )
        await self._fill(session, collection, row, model, who)
        await rows.insert(session, row)
        await self._seal(session, collection, row, model)
        await self.audit.note(session, _change(row, "create", who))
        return row

    async def update(
        self,
        session: Session,
        collection: Collection[D],
        key: str,
        body: Mapping[str, Any],
        who: str,
        *,
        based_on: int | None = None,
    ) -> DefinitionRow:
        """Replace a definition; secrets that are left out or masked are kept.

        Raises `StaleVersion` when ``based_on`` is not its newest revision, `InvalidInput`, `NotFound` or `Conflict`.
        A save that changes nothing makes no revision.
        """
        row: DefinitionRow = await rows.get(session, collection.table, key)
        if based_on is not None and based_on != row.revision:
            raise StaleVersion(
                t(
                    "The {kind} {slug} is at revision {revision}, not {based_on}: somebody saved it in between. Read "
                    "it again and repeat the change",
                    kind=noun(row.__tablename__),
                    slug=repr(row.slug),
                    revision=row.revision,
                    based_on=based_on,
                )
            )
        stored = await self._secrets(session, collection, row)
        kept = still_asked_for(stored, row.definition, body)
        model = validated(collection, join(body, kept))
        _refuse_moved_secrets(body, kept, row, model)
        if self._is_same(collection, row, model, stored):
            return row
        before = _body(row)
        row.version = (
            model.version if model.version not in ("", row.version) else _next(row.version)
        )
        await self._fill(session, collection, row, model, who)
        await rows.save(session, row)
        await self._seal(session, collection, row, model)
        details = _differences(before, _body(row), stored, split(model)[1])
        await self.audit.note(session, _change(row, "update", who, details))
        return row

    async def revised(
        self, session: Session, collection: Collection[D], key: str, number: int
    ) -> dict[str, Any]:
        """Return an old revision as the body of an update that restores it. Raises `NotFound`."""
        row: DefinitionRow = await rows.get(session, collection.table, key)
        old = await rows.get_revision(session, collection.table, row.id, number)
        return old.definition | {"version": ""}

    async def delete(self, session: Session, collection: Collection[D], key: str, who: str) -> None:
        """Delete a definition and its secrets. Raises `NotFound`."""
        row: DefinitionRow = await rows.get(session, collection.table, key)
        await rows.remove(session, row)
        await rows.count_change(session)
        await self.audit.note(session, _change(row, "delete", who))

    async def load(self, session: Session, collection: Collection[D], key: str) -> Loaded[D]:
        """Return a definition with its secrets, ready to be used. Raises `NotFound`."""
        row: DefinitionRow = await rows.get(session, collection.table, key)
        body = join(_body(row), await self._secrets(session, collection, row))
        return Loaded(
            id=row.id,
            slug=row.slug,
            saved_by=row.updated_by,
            revision_id=row.revision_id,
            definition=validated(collection, body),
        )

    async def every(self, session: Session, collection: Collection[D]) -> dict[str, D]:
        """Return every definition of a collection without secrets, by id, slug and reference."""
        found: dict[str, D] = {}
        for row in await rows.every(session, collection.table):
            definition = validated(collection, _body(row))
            for key in (row.reference, row.slug, row.id):
                if key:
                    found[key] = definition
        return found

    async def shown(
        self, session: Session, collection: Collection[D], row: DefinitionRow
    ) -> dict[str, Any]:
        """Return a definition as answers show it: secrets masked, with what we know about it."""
        sealed = await rows.secrets(session, collection.table, row.id)
        return {
            "id": row.id,
            **masked(_body(row), sealed),
            "owner": row.owner,
            "createdBy": row.created_by,
            "updatedBy": row.updated_by,
            "created": row.created_at,
            "updated": row.updated_at,
            "revision": row.revision,
            "isForced": await rows.is_forced(session, row),
        }

    async def _fill(
        self, session: Session, collection: Collection[D], row: DefinitionRow, model: D, who: str
    ) -> None:
        plain, _ = split(model)
        row.name, row.description, row.reference = model.name, model.description, model.reference
        row.slug = model.slug or row.slug or slug_of(model.name)
        row.definition = {name: value for name, value in plain.items() if name not in COMMON}
        row.updated_by, row.updated_at = who, self._clock.now()
        row.revision += 1
        body = _body(row)
        revision = RevisionRow(
            collection=row.__tablename__,
            entity_id=row.id,
            number=row.revision,
            saved_by=who,
            saved_at=row.updated_at,
            definition=body,
            fingerprint=xxhash.xxh3_128_digest(orjson.dumps(body)),
        )
        row.revision_id = await rows.add_revision(session, revision)
        await rows.count_change(session)

    async def _seal(
        self, session: Session, collection: Collection[D], row: DefinitionRow, model: D
    ) -> None:
        _, secrets = split(model)
        sealed = {
            pointer: self._keys.seal(value.encode(), _binding(row, pointer))
            for pointer, value in secrets.items()
        }
        expiries = {pointer: expiry_of(value) for pointer, value in secrets.items()}
        await rows.replace_secrets(session, row, sealed, expiries)

    async def _secrets(
        self, session: Session, collection: Collection[D], row: DefinitionRow
    ) -> dict[str, str]:
        sealed = await rows.secrets(session, collection.table, row.id)
        return {
            pointer: self._keys.open(value, _binding(row, pointer)).decode()
            for pointer, value in sealed.items()
        }

    def _is_same(
        self, collection: Collection[D], row: DefinitionRow, model: D, kept: Mapping[str, str]
    ) -> bool:
        plain, secrets = split(model)
        wanted = plain | {"slug": model.slug or row.slug, "version": model.version or row.version}
        # By text, since the order of a mapping's fields is part of it.
        body = _body(row)
        is_same = all(
            orjson.dumps(value) == orjson.dumps(body.get(name)) for name, value in wanted.items()
        )
        return is_same and secrets == kept


async def page(
    session: Session, collection: Collection[Any], query: ListQuery
) -> tuple[list[DefinitionRow], int]:
    """Return one page of a collection's rows and how many match in all."""
    found, total = await rows.page(session, collection.table, query)
    return list(found), total


def validated(collection: Collection[D], body: Mapping[str, Any]) -> D:
    """Return the definition a body describes. Raises `InvalidInput` naming every wrong field."""
    try:
        return collection.model.model_validate(dict(body))
    except ValidationError as error:
        raise InvalidInput(
            problems_of(error, body), subject=collection.name.removesuffix("s")
        ) from error


def _body(row: DefinitionRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "slug": row.slug,
        "description": row.description,
        "version": row.version,
        "reference": row.reference,
        **row.definition,
    }


def _change(
    row: DefinitionRow, action: str, who: str, details: Mapping[str, Any] | None = None
) -> Change:
    return Change(
        who=who,
        action=action,
        subject=row.__tablename__,
        subject_id=row.id,
        name=row.slug,
        revision=row.revision,
        details=details or {},
    )


def _differences(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    old_secrets: Mapping[str, str],
    new_secrets: Mapping[str, str],
) -> dict[str, list[str]]:
    """Name the fields and the secrets that an update changed; their values stay where they are."""
    fields = [name for name in after if orjson.dumps(after[name]) != orjson.dumps(before.get(name))]
    pointers = {*old_secrets, *new_secrets}
    secrets = [at for at in sorted(pointers) if old_secrets.get(at) != new_secrets.get(at)]
    return {"changed": fields} | ({"secrets": secrets} if secrets else {})


def _binding(row: DefinitionRow, pointer: str) -> str:
    return secret_binding(row.__tablename__, row.id, pointer)


def _next(version: str) -> str:
    head, _, last = version.rpartition(".")
    return f"{head}.{int(last) + 1}" if head and last.isdigit() else f"{version}.1"


def _refuse_moved_secrets(
    body: Mapping[str, Any], kept: Mapping[str, str], row: DefinitionRow, model: Definition
) -> None:
    """Refuse to send stored secrets to a new address: whoever may edit must not learn them that way."""
    if not isinstance(model, SourceDefinition):
        return
    before = row.definition.get("configuration", {}).get("location")
    after = split(model)[0]["configuration"].get("location")
    if before == after:
        return
    problems = [
        FieldProblem(
            field=pointer.lstrip("/").replace("/", "."),
            message=t("has to be entered again, because the location changed"),
        )
        for pointer in kept
        if _value_at(body, pointer) in (None, MASK)
    ]
    if problems:
        raise InvalidInput(problems, subject="source")


def _value_at(body: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        body = body.get(part) if isinstance(body, Mapping) else None
    return body

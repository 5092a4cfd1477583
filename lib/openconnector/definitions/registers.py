"""Saving the embedded store's registers and schemas: validated, known by slug, without revisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import uuid4

from pydantic import Field, ValidationError

from openconnector.db import registers as rows
from openconnector.db.session import Session
from openconnector.db.store_rows import RegisterRow, SchemaRow
from openconnector.definitions.audit import Audit, Change
from openconnector.definitions.models import LONG, SHORT, SLUG_PATTERN, Model, slug_of
from openconnector.errors import FieldProblem, InvalidInput, StaleVersion
from openconnector.kinds.registry import problems_of
from openconnector.messages import t
from openconnector.objects.embedded import schema_validator
from openconnector.ports import Clock

Row = TypeVar("Row", RegisterRow, SchemaRow)


class RegisterDefinition(Model):
    """A named group of schemas."""

    title: str = Field(min_length=1, max_length=SHORT)
    """What people call it."""
    slug: str = Field(default="", max_length=SHORT, pattern=rf"{SLUG_PATTERN}|^$")
    """Its name in addresses and files. Left empty, it follows from the title."""
    description: str = Field(default="", max_length=LONG)
    """What it is for, for the next person."""
    schemas: list[str] = Field(default_factory=list, max_length=1_000)
    """The schemas whose objects it holds, by id or slug."""


class SchemaDefinition(Model):
    """What the objects of one kind look like."""

    title: str = Field(min_length=1, max_length=SHORT)
    """What people call it."""
    slug: str = Field(default="", max_length=SHORT, pattern=rf"{SLUG_PATTERN}|^$")
    """Its name in addresses and files. Left empty, it follows from the title."""
    description: str = Field(default="", max_length=LONG)
    """What it is for, for the next person."""
    properties: dict[str, Any] = Field(default_factory=dict)
    """JSON Schema of each property, by name."""
    required: list[str] = Field(default_factory=list)
    """Properties every object has to have."""
    is_strict: bool = Field(default=False, strict=True)
    """Whether properties that are not listed are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf(Generic[Row]):
    """Registers, or schemas: where they are stored and what they look like."""

    name: str
    """The name in addresses and files."""
    table: type[Row]
    model: type[RegisterDefinition] | type[SchemaDefinition]


REGISTERS = Shelf(name="registers", table=RegisterRow, model=RegisterDefinition)
SCHEMAS = Shelf(name="schemas", table=SchemaRow, model=SchemaDefinition)


class Registers:
    """The embedded store's registers and schemas. Each method works in the transaction of the session it is given."""

    def __init__(self, clock: Clock, audit: Audit) -> None:
        self._clock = clock
        self._audit = audit

    async def create(
        self, session: Session, shelf: Shelf[Row], body: Mapping[str, Any], who: str
    ) -> Row:
        """Save a new register or schema. Raises `InvalidInput` naming every wrong field, or `Conflict`."""
        columns = await _columns(session, shelf, body)
        now = self._clock.now()
        columns["slug"] = columns["slug"] or slug_of(columns["title"])
        row = shelf.table(
            id=str(uuid4()), owner=who, created_at=now, updated_at=now, revision=1, **columns
        )
        await rows.insert(session, row)
        await self._audit.note(session, _change(row, "create", who))
        return row

    async def update(
        self,
        session: Session,
        shelf: Shelf[Row],
        key: str,
        body: Mapping[str, Any],
        who: str,
        *,
        based_on: int | None = None,
    ) -> Row:
        """Replace a register or schema; a save that changes nothing counts no revision.

        Raises `StaleVersion` when ``based_on`` is not its newest revision, `InvalidInput`, `NotFound` or `Conflict`.
        """
        row = await rows.get(session, shelf.table, key)
        if based_on is not None and based_on != row.revision:
            raise StaleVersion(
                t(
                    "{title} is at revision {revision}, not {based_on}: somebody saved it in between. Read it again "
                    "and repeat the change",
                    title=repr(row.title),
                    revision=row.revision,
                    based_on=based_on,
                )
            )
        columns = await _columns(session, shelf, body)
        columns["slug"] = columns["slug"] or row.slug
        changed = [name for name, value in columns.items() if getattr(row, name) != value]
        if not changed:
            return row
        for name, value in columns.items():
            setattr(row, name, value)
        row.revision += 1
        row.updated_at = self._clock.now()
        await rows.save(session, row)
        await self._audit.note(session, _change(row, "update", who, {"changed": changed}))
        return row

    async def remove(self, session: Session, row: RegisterRow | SchemaRow, who: str) -> None:
        """Delete a register or schema for good. Raises `Conflict` while it holds objects."""
        await rows.remove(session, row)
        await self._audit.note(session, _change(row, "delete", who))


def _change(
    row: RegisterRow | SchemaRow, action: str, who: str, details: Mapping[str, Any] | None = None
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


async def _columns(session: Session, shelf: Shelf[Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns a body describes. Raises `InvalidInput` naming every wrong field."""
    try:
        model = shelf.model.model_validate(dict(body))
    except ValidationError as error:
        raise InvalidInput(problems_of(error), subject=shelf.name.removesuffix("s")) from error
    if isinstance(model, SchemaDefinition):
        schema_validator(model.properties, model.required, is_strict=model.is_strict)
        return model.model_dump()
    return model.model_dump() | {"schemas": await _schema_ids(session, model.schemas)}


async def _schema_ids(session: Session, keys: list[str]) -> list[str]:
    found = [await rows.find(session, SchemaRow, key) for key in keys]
    problems = [
        FieldProblem(field=f"schemas.{at}", message=t("no schema has this id or slug"), value=key)
        for at, (key, row) in enumerate(zip(keys, found, strict=True))
        if row is None
    ]
    if problems:
        raise InvalidInput(problems, subject="register")
    return [row.id for row in found if row is not None]

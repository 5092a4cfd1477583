"""Saves the parts of a draft together, and takes them back when the draft is thrown away."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from openconnector.db import definitions as definition_rows
from openconnector.db import registers as register_rows
from openconnector.db import runs
from openconnector.db.definitions import DefinitionRow
from openconnector.db.session import Session
from openconnector.db.store_rows import RegisterRow, SchemaRow
from openconnector.definitions import checks
from openconnector.definitions.drafts import DraftBody
from openconnector.definitions.models import slug_of
from openconnector.definitions.registers import REGISTERS, SCHEMAS, Registers, Shelf
from openconnector.definitions.store import (
    MAPPINGS,
    SOURCES,
    SYNCHRONIZATIONS,
    Collection,
    Definitions,
)
from openconnector.errors import Conflict, FieldProblem, InvalidInput, NotFound
from openconnector.messages import t
from openconnector.previews.tasks import under

Row = TypeVar("Row", RegisterRow, SchemaRow)

STARTS = ("schedules", "wakeOn")
"""What lets a synchronization begin by itself."""

EVERY = register_rows.RegisterQuery(sort="created", limit=100_000)


@contextmanager
def below(section: str) -> Iterator[None]:
    """Name the problems of what is saved by their place in the draft."""
    try:
        yield
    except InvalidInput as error:
        raise under(section, error.problems) from error


@contextmanager
def _saving(section: str) -> Iterator[None]:
    """Name the problems of a save likewise; the one conflict there can be is about the slug."""
    try:
        with below(section):
            yield
    except Conflict as error:
        raise InvalidInput([FieldProblem(field=f"{section}.slug", message=str(error))]) from error


@dataclass(slots=True, kw_only=True)
class DraftSaving:
    """The parts of a draft on their way into the database, or out of it again."""

    session: Session
    definitions: Definitions
    registers: Registers
    who: str
    saved: dict[str, str] = field(default_factory=dict)
    """The ids of what has been saved, by collection."""

    async def save(
        self, body: DraftBody, *, is_finished: bool
    ) -> list[tuple[Collection[Any], DefinitionRow]]:
        """Save every part, and return the definitions in the order in which they build on each other.

        Before the draft is finished nothing lets the synchronization begin by itself. What they refer to is not
        checked yet. Raises `InvalidInput` naming each wrong field by its place in the draft.
        """
        found: list[tuple[Collection[Any], DefinitionRow]] = []
        synchronization = dict(body.synchronization)
        if not is_finished:
            synchronization |= {name: [] for name in STARTS}
        if body.schema_ is not None:
            synchronization["target"] = await self._place(body, body.schema_)
        for collection, part, names in (
            (SOURCES, body.source, "sourceId"),
            (MAPPINGS, body.mapping, "sourceTargetMapping"),
        ):
            if part is not None:
                row = await self._define(collection, part)
                synchronization[names] = row.slug
                found.append((collection, row))
        row = await self._define(SYNCHRONIZATIONS, synchronization)
        await self._forsake(body)
        return [*found, (SYNCHRONIZATIONS, row)]

    async def save_mapping(self, body: DraftBody) -> tuple[DraftBody, DefinitionRow]:
        """Save the mapping, and return the draft with its name in the place of what it holds."""
        row = await self._define(MAPPINGS, body.mapping or {})
        named = body.synchronization | {"sourceTargetMapping": row.slug}
        return body.model_copy(update={"mapping": None, "synchronization": named}), row

    async def take_back(self) -> None:
        """Delete what has been saved, apart from what something else uses by now.

        All of it stays when the synchronization has been run for good: it is no draft any more.
        """
        if await self._has_run():
            return
        for collection in (SYNCHRONIZATIONS, MAPPINGS, SOURCES):
            if (key := self.saved.get(collection.name)) is not None:
                await self._delete(collection, key)
        await self._unshelve()

    async def _forsake(self, body: DraftBody) -> None:
        """Delete what was saved before and is no part of the draft any more; what it goes on with by name is one."""
        for collection, part in ((MAPPINGS, body.mapping), (SOURCES, body.source)):
            key = self.saved.get(collection.name)
            if part is None and key is not None and await self._delete(collection, key):
                del self.saved[collection.name]
        if body.schema_ is None and SCHEMAS.name in self.saved:
            await self._unshelve()
            self.saved.pop(SCHEMAS.name)
            self.saved.pop(REGISTERS.name, None)

    async def _define(self, collection: Collection[Any], body: Mapping[str, Any]) -> DefinitionRow:
        table, key = collection.table, self.saved.get(collection.name)
        with _saving(collection.name.removesuffix("s")):
            if key and await definition_rows.find(self.session, table, key) is not None:
                row = await self.definitions.update(self.session, collection, key, body, self.who)
            else:
                slug = await self._slug(definition_rows.find, table, body, "name")
                row = await self.definitions.create(
                    self.session, collection, {**body, "slug": slug}, self.who
                )
        self.saved[collection.name] = row.id
        return row

    async def _shelve(self, shelf: Shelf[Row], body: Mapping[str, Any]) -> Row:
        key = self.saved.get(shelf.name)
        with _saving(shelf.name.removesuffix("s")):
            if key and await register_rows.find(self.session, shelf.table, key) is not None:
                row = await self.registers.update(self.session, shelf, key, body, self.who)
            else:
                slug = await self._slug(register_rows.find, shelf.table, body, "title")
                row = await self.registers.create(
                    self.session, shelf, {**body, "slug": slug}, self.who
                )
        self.saved[shelf.name] = row.id
        return row

    async def _slug(self, find: Any, table: Any, body: Mapping[str, Any], named: str) -> str:
        """Return the slug that is asked for, or else a free one made from the name: most people never see it."""
        slug, name = body.get("slug"), body.get(named)
        if slug or not isinstance(name, str) or not name:
            return slug or ""  # a name that is missing is the save's to refuse
        wanted = slug_of(name)
        for number in count(2):
            if await find(self.session, table, slug or wanted) is None:
                break
            slug = f"{wanted}-{number}"
        return slug or wanted

    async def _place(self, body: DraftBody, schema: Mapping[str, Any]) -> dict[str, str]:
        """Save register and schema, and return the target they make."""
        kept = await self._shelve(SCHEMAS, schema)
        if body.register_ is not None:
            register = await self._shelve(REGISTERS, {**body.register_, "schemas": [kept.id]})
        else:
            key = str((body.synchronization.get("target") or {}).get("register") or "")
            register = await self._register(key)
            await self._set_schemas(register, dict.fromkeys([*register.schemas, kept.id]))
        return {"kind": "object_store", "register": register.slug, "schema": kept.slug}

    async def _register(self, key: str) -> RegisterRow:
        row = await register_rows.find(self.session, REGISTERS.table, key)
        if row is None:
            raise InvalidInput(
                [
                    FieldProblem(
                        field="synchronization.target.register",
                        message=t("no register has this id or slug"),
                        value=key,
                    )
                ]
            )
        return row

    async def _set_schemas(self, row: RegisterRow, schemas: Mapping[str, Any]) -> None:
        body = {"title": row.title, "description": row.description, "schemas": [*schemas]}
        await self.registers.update(self.session, REGISTERS, row.id, body, self.who)

    async def _has_run(self) -> bool:
        key = self.saved.get(SYNCHRONIZATIONS.name)
        if key is None:
            return False
        _, total = await runs.page(
            self.session, runs.RunQuery(synchronization_id=key, mode="run", limit=1)
        )
        return total > 0

    async def _delete(self, collection: Collection[Any], key: str) -> bool:
        """Delete a definition unless something uses it; return whether it is gone."""
        try:
            async with self.session.begin_nested():
                await checks.delete(self.session, self.definitions, collection, key, self.who)
        except NotFound:
            return True
        except Conflict:
            return False
        return True

    async def _unshelve(self) -> None:
        register, schema = self.saved.get(REGISTERS.name), self.saved.get(SCHEMAS.name)
        try:
            async with self.session.begin_nested():
                if register is not None:
                    await checks.delete_shelved(
                        self.session, self.registers, REGISTERS, register, self.who
                    )
                if schema is not None:
                    await self._remove_schema(schema)
        except (NotFound, Conflict):
            return

    async def _remove_schema(self, key: str) -> None:
        every, _ = await register_rows.page(self.session, REGISTERS.table, EVERY)
        for row in every:
            if key in row.schemas:
                kept = [one for one in row.schemas if one != key]
                await self._set_schemas(row, dict.fromkeys(kept))
        await checks.delete_shelved(self.session, self.registers, SCHEMAS, key, self.who)

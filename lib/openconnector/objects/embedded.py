"""The object store in our own database: its writes are part of a run's transaction."""

import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import orjson
from typing_extensions import override

from openconnector.db import objects as object_rows
from openconnector.db import registers
from openconnector.db.database import Database
from openconnector.db.objects import Home
from openconnector.db.session import Session
from openconnector.db.store_rows import SchemaRow
from openconnector.errors import FieldProblem, InvalidInput, NotFound, RecordError
from openconnector.messages import t
from openconnector.objects.validation import Validator, object_schema
from openconnector.ports import (
    Clock,
    Found,
    ObjectQuery,
    ObjectStore,
    Place,
    Stored,
    StoredObject,
    Transaction,
)
from openconnector.records import Outcome, Record, Verdict

ID_LENGTH = 36
KEPT_VALIDATORS = 256
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
MOMENTS = ("created", "updated")
INTEGER = re.compile(r"-?[0-9]{1,18}")
NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
TRUTHS = {"true": True, "1": True, "false": False, "0": False}

Validators = dict[tuple[str, int], Validator]


class EmbeddedStore(ObjectStore):
    """`ports.ObjectStore` on tables of our own."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        session: Session | None = None,
        validators: Validators | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._session = session
        self._validators: Validators = {} if validators is None else validators

    @property
    @override
    def is_transactional(self) -> bool:
        return True

    @override
    def within(self, transaction: Transaction) -> "EmbeddedStore":
        return EmbeddedStore(
            self._database,
            self._clock,
            session=cast(Session, transaction),
            validators=self._validators,
        )

    @override
    async def confirm_identity(self) -> None:
        """Our own database knows us."""

    @override
    async def resolve(self, register: str, schema: str) -> Place:
        async with self._reading() as session:
            register_id, schema_id = await registers.pair(session, register, schema)
        return Place(register=register_id, schema=schema_id)

    @override
    async def schema(self, place: Place) -> dict[str, Any]:
        async with self._reading() as session:
            found = await registers.get(session, SchemaRow, place.schema)
        return object_schema(found.properties, found.required, is_strict=found.is_strict)

    @override
    async def validate(self, place: Place, data: Record) -> list[str]:
        async with self._reading() as session:
            validator = await self._current_validator(session, place.schema)
        return validator.problems(data)

    @override
    async def upsert(self, place: Place, objects: Sequence[Stored]) -> list[Outcome]:
        async with self._writing() as session:
            validator = await self._current_validator(session, place.schema)
            return await self._upsert(session, _home(place), validator, objects)

    async def _upsert(
        self, session: Session, home: Home, validator: Validator, given: Sequence[Stored]
    ) -> list[Outcome]:
        texts: dict[str, str] = {}
        refused: dict[int, str] = {}
        for at, one in enumerate(given):
            try:
                texts[one.id] = _text(validator, one)
            except RecordError as problem:
                refused[at] = str(problem)
        count = await object_rows.upsert(session, home, texts, self._clock.now())
        kept: Collection[str] = texts
        if count < len(texts):
            kept = await object_rows.existing(session, home, list(texts))
        if kept is texts and not refused:
            return [Outcome(Verdict.WRITTEN, one.id, 1) for one in given]
        return [
            _outcome(one.id, refused.get(at), is_kept=one.id in kept)
            for at, one in enumerate(given)
        ]

    @override
    async def delete(self, place: Place, ids: Sequence[str]) -> list[Outcome]:
        async with self._writing() as session:
            gone = await object_rows.delete(session, _home(place), ids, self._clock.now())
        return _changed(ids, gone)

    async def restore(self, place: Place, ids: Sequence[str]) -> list[Outcome]:
        """Bring deleted objects back, one outcome per id in order; what is not deleted is `unchanged`."""
        async with self._writing() as session:
            back = await object_rows.restore(session, _home(place), ids, self._clock.now())
        return _changed(ids, back)

    @override
    async def get(self, place: Place, object_id: str) -> StoredObject:
        async with self._reading() as session:
            found = await object_rows.find(session, _home(place), object_id)
        if found is None:
            raise NotFound("object", object_id)
        return StoredObject(**found._asdict())

    @override
    async def existing(self, place: Place, ids: Sequence[str]) -> set[str]:
        async with self._reading() as session:
            return await object_rows.existing(session, _home(place), ids)

    @override
    async def search(self, place: Place, query: ObjectQuery) -> Found:
        async with self._reading() as session:
            schema = await registers.get(session, SchemaRow, place.schema)
            wanted = _checked(query, schema.properties)
            found, total = await object_rows.page(session, _home(place), wanted)
        return Found(results=[StoredObject(**one._asdict()) for one in found], total=total)

    async def _current_validator(self, session: Session, schema_id: str) -> Validator:
        key = (schema_id, await registers.revision(session, schema_id))
        if key not in self._validators:
            schema = await registers.get(session, SchemaRow, schema_id)
            if len(self._validators) >= KEPT_VALIDATORS:
                del self._validators[next(iter(self._validators))]
            self._validators[key] = schema_validator(
                schema.properties, schema.required, is_strict=schema.is_strict
            )
        return self._validators[key]

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Session]:
        if self._session:
            yield self._session
        else:
            async with self._database.reading() as session:
                yield session

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Session]:
        if self._session:
            yield self._session
        else:
            async with self._database.writing() as session:
                yield session


def schema_validator(
    properties: Mapping[str, Any], required: Sequence[str], *, is_strict: bool
) -> Validator:
    """Return the compiled schema. Raises `InvalidInput` when it is no JSON Schema; call it before saving one."""
    schema = object_schema(properties, required, is_strict=is_strict)
    return Validator(schema, checks_formats=True)


def _home(place: Place) -> Home:
    return Home(place.register, place.schema)


def _text(validator: Validator, stored: Stored) -> str:
    """Return the object as the database keeps it. Raises `RecordError` when it cannot be kept."""
    problems = validator.problems(stored.data)
    if problems:
        raise RecordError("; ".join(problems), stage="validate")
    if len(stored.id) > ID_LENGTH:
        raise RecordError(f"The id is longer than {ID_LENGTH} characters", stage="write")
    try:
        text = (stored.text or orjson.dumps(stored.data, option=orjson.OPT_SORT_KEYS)).decode()
    except TypeError as error:
        raise RecordError(
            f"The record cannot be written as JSON: {error}", stage="write"
        ) from error
    if "\\u0000" in text and NUL.search(text):
        raise RecordError("A text holds the character NUL, which cannot be stored", stage="write")
    return text


def _outcome(object_id: str, refusal: str | None, *, is_kept: bool) -> Outcome:
    if refusal is not None:
        return Outcome(verdict=Verdict.INVALID, target_id=object_id, reason=refusal)
    if is_kept:
        return Outcome(Verdict.WRITTEN, object_id, 1)
    told = "The id belongs to an object of another register or schema"
    return Outcome(verdict=Verdict.FAILED, target_id=object_id, reason=told)


def _changed(ids: Sequence[str], changed: set[str]) -> list[Outcome]:
    """Return the outcomes in order; an id that comes twice was changed the first time."""
    outcomes = []
    for one in ids:
        verdict = Verdict.WRITTEN if one in changed else Verdict.UNCHANGED
        outcomes.append(Outcome(verdict=verdict, target_id=one, writes=int(one in changed)))
        changed.discard(one)
    return outcomes


def _checked(query: ObjectQuery, properties: Mapping[str, Any]) -> object_rows.ObjectQuery:
    """Return the query with values of the properties' own types. Raises `InvalidInput` naming every problem."""
    problems: list[FieldProblem] = []
    equal: dict[str, object_rows.Scalar] = {}
    for name, text in query.filters.items():
        try:
            equal[name] = _typed(text, _type(properties, name))
        except ValueError as error:
            problems.append(FieldProblem(field=name, message=error.args[0], value=text))
    sort = query.sort.removeprefix("-") if query.sort else None
    is_property = sort is not None and sort not in MOMENTS
    if sort and is_property:
        try:
            _type(properties, sort)
        except ValueError as error:
            problems.append(FieldProblem(field="sort", message=error.args[0], value=sort))
    if problems:
        raise InvalidInput(problems, subject="query")
    return object_rows.ObjectQuery(
        search=query.search,
        equal=equal,
        sort=sort,
        is_descending=bool(query.sort and query.sort.startswith("-")),
        is_property=is_property,
        limit=query.limit,
        page=query.page,
    )


def _type(properties: Mapping[str, Any], name: str) -> str:
    """Return a property's type. Raises `ValueError` when it cannot be filtered or sorted by."""
    if name not in properties:
        raise ValueError(t("is no property of the schema"))
    if '"' in name or "\\" in name:
        raise ValueError(t("cannot be filtered or sorted by: its name holds a quote or backslash"))
    rule = properties[name]
    kinds = rule.get("type") if isinstance(rule, dict) else None
    found = (
        next((one for one in kinds if one != "null"), None) if isinstance(kinds, list) else kinds
    )
    return str(found or "string")


def _typed(text: str, kind: str) -> object_rows.Scalar:
    """Return a filter's value in the type of its property. Raises `ValueError` that says what would be right."""
    if kind in ("array", "object"):
        raise ValueError(t("cannot be filtered by: it is of type {type}", type=kind))
    if kind == "boolean":
        if text.lower() not in TRUTHS:
            raise ValueError(t("must be true or false"))
        return TRUTHS[text.lower()]
    if kind not in ("integer", "number"):
        return text
    if not NUMBER.fullmatch(text):
        raise ValueError(t("must be a number"))
    return int(text) if INTEGER.fullmatch(text) else float(text)

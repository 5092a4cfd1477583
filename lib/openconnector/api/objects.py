"""Objects of the store that comes with the engine."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import uuid4

from fastapi import APIRouter, Body, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from openconnector.api.definitions import PLACED, TAGGED, BasedOn
from openconnector.api.documents import PREFIX, problems
from openconnector.api.lists import Listing, Paging, Text, listing
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Changing, Desk, Parts, Reading
from openconnector.db.session import Session
from openconnector.engine import Engine
from openconnector.errors import Conflict, FieldProblem, InvalidInput, StaleVersion
from openconnector.messages import t
from openconnector.objects.embedded import EmbeddedStore
from openconnector.ports import ObjectQuery, Place, Stored, StoredObject
from openconnector.records import Verdict

Register = Annotated[str, Path(description="The register, by id or slug.", max_length=255)]
Schema = Annotated[str, Path(description="The schema, by id or slug.", max_length=255)]
ObjectId = Annotated[str, Path(description="Id of the object.", max_length=255)]
Properties = Annotated[dict[str, Any], Body(description="The object's properties.")]

FILTERS = {
    "name": "properties",
    "in": "query",
    "description": "Any property of the schema: only objects in which it has this value.",
    "style": "form",
    "explode": True,
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}


class ShownObject(BaseModel):
    """An object: its properties apart from what the store says about it."""

    id: str
    version: int = Field(ge=1, description="Counts the writes; also the `ETag`.")
    created: datetime
    updated: datetime
    data: dict[str, Any] = Field(description="The object's properties.")

    @classmethod
    def of(cls, found: StoredObject) -> Self:
        """Return an object as answers show it."""
        return cls.model_validate(
            {
                "id": found.id,
                "version": found.version,
                "created": found.created_at,
                "updated": found.updated_at,
                "data": found.data,
            }
        )


class ObjectList(Listing[ShownObject]):
    """One page of objects."""


class ObjectsQuery(Paging):
    """Which objects: further parameters are properties of the schema."""

    # By alias alone: `limit` without its underscore is a property like any other.
    model_config = ConfigDict(extra="allow", populate_by_name=False)

    search: Text | None = Field(
        default=None, alias="_search", description="Text that some property contains."
    )
    sort: Text = Field(
        default="created",
        alias="_sort",
        description="A property, `created` or `updated`; a leading `-` turns the order.",
    )


routes = APIRouter(prefix="/objects/{register}/{schema}", tags=["objects"], route_class=Route)


@routes.get("", response_model=ObjectList, openapi_extra={"parameters": [FILTERS]})
@needs(Right.READ)
async def list_objects(
    register: Register,
    schema: Schema,
    session: Reading,
    engine: Parts,
    wanted: Annotated[ObjectsQuery, Query()],
) -> dict[str, Any]:
    """Return one page of the objects that match."""
    store, place = await _place(engine, session, register, schema)
    query = ObjectQuery(
        search=wanted.search,
        filters=wanted.model_extra or {},
        sort=wanted.sort,
        limit=wanted.limit,
        page=wanted.page,
    )
    found = await store.search(place, query)
    return listing([ShownObject.of(one) for one in found.results], found.total, wanted)


@routes.post("", status_code=201, responses={201: PLACED})
@needs(Right.CHANGE)
async def create_object(
    register: Register, schema: Schema, body: Properties, desk: Changing
) -> ShownObject:
    """Save a new object; its id is made here."""
    store, place = await _place(desk.engine, desk.session, register, schema)
    shown = await _save(desk, store, place, Stored(id=str(uuid4()), data=body))
    desk.response.headers["Location"] = f"{PREFIX}/objects/{register}/{schema}/{shown.id}"
    return shown


@routes.get("/{object_id}", responses={200: TAGGED})
@needs(Right.READ)
async def read_object(
    register: Register,
    schema: Schema,
    object_id: ObjectId,
    session: Reading,
    engine: Parts,
    response: Response,
) -> ShownObject:
    """Return one object."""
    store, place = await _place(engine, session, register, schema)
    shown = ShownObject.of(await store.get(place, object_id))
    response.headers["ETag"] = f'"{shown.version}"'
    return shown


@routes.put("/{object_id}", responses={200: TAGGED, **problems(412)})
@needs(Right.CHANGE)
async def replace_object(
    register: Register,
    schema: Schema,
    object_id: ObjectId,
    body: Properties,
    based_on: BasedOn,
    desk: Changing,
) -> ShownObject:
    """Replace an object's properties."""
    store, place = await _place(desk.engine, desk.session, register, schema)
    _check_version(await store.get(place, object_id), based_on)
    return await _save(desk, store, place, Stored(id=object_id, data=body))


@routes.delete("/{object_id}", status_code=204, responses=problems(412))
@needs(Right.CHANGE)
async def delete_object(
    register: Register, schema: Schema, object_id: ObjectId, based_on: BasedOn, desk: Changing
) -> None:
    """Delete an object."""
    store, place = await _place(desk.engine, desk.session, register, schema)
    _check_version(await store.get(place, object_id), based_on)
    await store.delete(place, [object_id])


async def _place(
    engine: Engine, session: Session, register: str, schema: str
) -> tuple[EmbeddedStore, Place]:
    """Return the store within this transaction, and the place the address names."""
    store = engine.embedded.within(session)
    return store, await store.resolve(register, schema)


async def _save(desk: Desk, store: EmbeddedStore, place: Place, stored: Stored) -> ShownObject:
    problems = await store.validate(place, stored.data)
    if problems:
        raise InvalidInput(map(_field_problem, problems), subject="object")
    outcome = (await store.upsert(place, [stored]))[0]
    if outcome.verdict is not Verdict.WRITTEN:
        raise Conflict(
            outcome.reason or t("The object {object} cannot be written", object=stored.id)
        )
    shown = ShownObject.of(await store.get(place, stored.id))
    desk.response.headers["ETag"] = f'"{shown.version}"'
    return shown


def _field_problem(sentence: str) -> FieldProblem:
    """Return what the schema says, `field: message`, as a problem of that field."""
    field, _, message = sentence.partition(": ")
    return FieldProblem(field=field, message=message)


def _check_version(found: StoredObject, based_on: int | None) -> None:
    if based_on is not None and based_on != found.version:
        raise StaleVersion(
            t(
                "The object {object} is at version {version}, not {based_on}: somebody saved it in between. Read it "
                "again and repeat the change",
                object=found.id,
                version=found.version,
                based_on=based_on,
            )
        )

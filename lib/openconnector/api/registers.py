"""Registers and schemas of the object store that comes with the engine."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, Field, create_model

from openconnector.api.definitions import PLACED, TAGGED, BasedOn, Key
from openconnector.api.documents import PREFIX, Described, problems
from openconnector.api.lists import Listing, Paging, listing, query_model
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Changing, Desk, Reading
from openconnector.db import registers as rows
from openconnector.db.registers import SORTABLE, RegisterQuery
from openconnector.definitions import checks
from openconnector.definitions.registers import Shelf


class KeptOnShelf(BaseModel):
    """What is known about a register or schema besides what its author wrote."""

    id: str
    owner: str
    created: datetime
    updated: datetime
    revision: int = Field(ge=1, description="Counts the saves; also the `ETag`.")


class Documented:
    """The types of one shelf, as the document describes them."""

    def __init__(self, shelf: Shelf[Any]) -> None:
        name = shelf.model.__name__.removesuffix("Definition")
        stored = create_model(name, __base__=(KeptOnShelf, shelf.model))
        self.sent = Annotated[dict[str, Any], Described(shelf.model), Body()]
        self.shown = Annotated[dict[str, Any], Described(stored)]
        self.listing = create_model(f"{name}List", __base__=Listing[self.shown])  # type: ignore[name-defined]  # built here
        self.wanted = query_model(
            f"{name}Query", filters={}, sortable=SORTABLE, default_sort="title"
        )


def router(shelf: Shelf[Any]) -> APIRouter:
    """Return the routes of registers, or of schemas."""
    routes = APIRouter(prefix=f"/{shelf.name}", tags=[shelf.name], route_class=Route)
    types = Documented(shelf)
    _add_reading(routes, shelf, types)
    _add_writing(routes, shelf, types)
    return routes


def _add_reading(routes: APIRouter, shelf: Shelf[Any], types: Documented) -> None:
    Wanted = types.wanted  # noqa: N806  a type

    @routes.get("", response_model=types.listing)
    @needs(Right.READ)
    async def list_them(
        session: Reading,
        wanted: Annotated[Wanted, Query()],  # type: ignore[valid-type]  # built for this shelf
    ) -> dict[str, Any]:
        """Return one page of those that match."""
        found, total = await rows.page(session, shelf.table, _query(wanted))
        return listing([_shown(shelf, row) for row in found], total, wanted)

    @routes.get("/{key}", response_model=types.shown, responses={200: TAGGED})
    @needs(Right.READ)
    async def read(key: Key, session: Reading, response: Response) -> dict[str, Any]:
        """Return one."""
        row = await rows.get(session, shelf.table, key)
        response.headers["ETag"] = f'"{row.revision}"'
        return _shown(shelf, row)


def _add_writing(routes: APIRouter, shelf: Shelf[Any], types: Documented) -> None:
    Sent = types.sent  # noqa: N806  a type

    @routes.post(
        "",
        status_code=201,
        response_model=types.shown,
        responses={201: PLACED, **problems(409)},
    )
    @needs(Right.CHANGE)
    async def create(
        body: Sent,  # type: ignore[valid-type]  # built for this shelf
        desk: Changing,
    ) -> dict[str, Any]:
        """Save a new one."""
        row = await desk.engine.registers.create(desk.session, shelf, body, desk.who)
        desk.response.headers["Location"] = f"{PREFIX}/{shelf.name}/{row.id}"
        return _saved(desk, shelf, row)

    @routes.put("/{key}", response_model=types.shown, responses={200: TAGGED, **problems(409, 412)})
    @needs(Right.CHANGE)
    async def replace(
        key: Key,
        body: Sent,  # type: ignore[valid-type]  # built for this shelf
        based_on: BasedOn,
        desk: Changing,
    ) -> dict[str, Any]:
        """Replace one."""
        row = await desk.engine.registers.update(
            desk.session, shelf, key, body, desk.who, based_on=based_on
        )
        return _saved(desk, shelf, row)

    @routes.delete("/{key}", status_code=204, responses=problems(409, 412))
    @needs(Right.CHANGE)
    async def delete(key: Key, based_on: BasedOn, desk: Changing) -> None:
        """Delete one that holds no objects."""
        await checks.delete_shelved(
            desk.session, desk.engine.registers, shelf, key, desk.who, based_on=based_on
        )


def _saved(desk: Desk, shelf: Shelf[Any], row: Any) -> dict[str, Any]:
    desk.response.headers["ETag"] = f'"{row.revision}"'
    return _shown(shelf, row)


def _shown(shelf: Shelf[Any], row: Any) -> dict[str, Any]:
    columns = {name: getattr(row, name) for name in shelf.model.model_fields}
    return {
        "id": row.id,
        **shelf.model.model_construct(**columns).model_dump(by_alias=True),
        "owner": row.owner,
        "created": row.created_at,
        "updated": row.updated_at,
        "revision": row.revision,
    }


def _query(wanted: Paging) -> RegisterQuery:
    given = wanted.model_dump()
    return RegisterQuery(
        search=given["search"], sort=given["sort"], limit=wanted.limit, page=wanted.page
    )

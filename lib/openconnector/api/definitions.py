"""Definitions: one set of routes, registered once for each collection."""

import re
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.alias_generators import to_camel
from typing_extensions import override

from openconnector.api import guards
from openconnector.api.documents import LOCATION, PREFIX, Described, problems
from openconnector.api.lists import Flag, Listing, Paging, listing, query_model
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Author, Changing, Parts, Preparing, Reading
from openconnector.db import definitions as rows
from openconnector.db.definitions import SORTABLE, DefinitionRow, ListQuery
from openconnector.db.rows import RevisionRow
from openconnector.db.session import Session
from openconnector.definitions import checks
from openconnector.definitions.store import MAPPINGS, SYNCHRONIZATIONS, Collection, page
from openconnector.definitions.verifying import Verdict
from openconnector.errors import StaleVersion
from openconnector.messages import t

ANY = "*"
OUR_TAG = re.compile(r'(?:W/)?"(\d{1,9})"')
"""Proxies that compress an answer mark its tag as weak."""

COLUMNS: dict[str, type] = {"name": str, "slug": str, "reference": str, "owner": str}
"""Filters of every collection, on columns of the same name."""

TAG = {"ETag": {"description": "The revision, for `If-Match`.", "schema": {"type": "string"}}}
TAGGED = {"headers": TAG}
PLACED = {"headers": LOCATION | TAG}

Key = Annotated[str, Path(description="Id, slug or reference.", max_length=2_000)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the revision.")]


async def _based_on(
    if_match: Annotated[
        str,
        Header(description="The `ETag` the change is based on: 412 when it is old. `*` takes any."),
    ] = ANY,
) -> int | None:
    if if_match.strip() == ANY:
        return None
    tag = OUR_TAG.fullmatch(if_match.strip())
    if tag is None:
        raise StaleVersion(
            t("{tag} was never an ETag here; send one as it was given", tag=repr(if_match))
        )
    return int(tag[1])


BasedOn = Annotated[int | None, Depends(_based_on)]


class Kept(BaseModel):
    """What is known about a definition besides what its author wrote."""

    model_config = ConfigDict(alias_generator=to_camel)

    id: str
    owner: str
    created_by: str
    updated_by: str
    created: datetime
    updated: datetime
    revision: int = Field(ge=1, description="Number of the newest revision; also the `ETag`.")
    is_forced: bool = Field(
        description="Whether it was last saved with `force`, although its own tests fail."
    )


class Revision(BaseModel):
    """One save of a definition."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    number: int = Field(ge=1)
    saved_by: str
    saved: datetime
    fingerprint: str = Field(description="Equal for equal definitions.")
    definition: dict[str, Any] = Field(description="As it was saved, without secrets.")
    is_forced: bool = Field(description="Saved with `force`, although its own tests fail.")

    @classmethod
    def of(cls, row: RevisionRow) -> "Revision":
        """Return a row as answers show it."""
        return cls(
            number=row.number,
            saved_by=row.saved_by,
            saved=row.saved_at,
            fingerprint=row.fingerprint.hex(),
            definition=row.definition,
            is_forced=row.is_forced,
        )


class RevisionList(Listing[Revision]):
    """One page of a definition's revisions, newest first."""


class Dependent(BaseModel):
    """A definition that names another one, which cannot be deleted meanwhile."""

    collection: str = Field(description="The name of its collection in addresses.")
    id: str
    slug: str
    name: str


class Dependents(BaseModel):
    """What names a definition."""

    results: list[Dependent]


class Saving(BaseModel):
    """How a definition is saved."""

    model_config = ConfigDict(frozen=True)

    @property
    def is_forced(self) -> bool:
        """Whether to save it although its own tests fail."""
        return False


class TestedSaving(Saving):
    """How a definition that has tests is saved."""

    __test__ = False  # pytest takes every class of such a name for one of its own

    force: Flag = Field(default=False, description="Save it although its own tests fail.")

    @property
    @override
    def is_forced(self) -> bool:
        return self.force


class Documented:
    """The types of one collection, as the document describes them."""

    def __init__(self, collection: Collection[Any]) -> None:
        name = collection.model.__name__.removesuffix("Definition")
        stored = create_model(name, __base__=(Kept, collection.model))
        self.saving = Annotated[TestedSaving if collection is MAPPINGS else Saving, Query()]
        self.sent = Annotated[dict[str, Any], Described(collection.model), Body()]
        self.shown = Annotated[dict[str, Any], Described(stored)]
        self.listing = create_model(f"{name}List", __base__=Listing[self.shown])  # type: ignore[name-defined]  # built here
        self.wanted = query_model(
            f"{name}Query",
            filters=COLUMNS | {own: kind for own, (_, kind) in collection.filters.items()},
            sortable=SORTABLE,
            default_sort="name",
        )


def router(collection: Collection[Any]) -> APIRouter:
    """Return the routes of one collection."""
    routes = APIRouter(prefix=f"/{collection.name}", tags=[collection.name], route_class=Route)
    types = Documented(collection)
    _add_reading(routes, collection, types)
    _add_writing(routes, collection, types)
    _add_revisions(routes, collection, types)
    return routes


def _add_reading(routes: APIRouter, collection: Collection[Any], types: Documented) -> None:
    Wanted = types.wanted  # noqa: N806  a type

    @routes.get("", response_model=types.listing)
    @needs(Right.READ)
    async def list_them(
        session: Reading,
        engine: Parts,
        wanted: Annotated[Wanted, Query()],  # type: ignore[valid-type]  # built for this collection
    ) -> dict[str, Any]:
        """Return one page of the definitions that match."""
        found, total = await page(session, collection, _list_query(collection, wanted))
        results = [await engine.definitions.shown(session, collection, row) for row in found]
        return listing(results, total, wanted)

    @routes.get("/{key}", response_model=types.shown, responses={200: TAGGED})
    @needs(Right.READ)
    async def read(key: Key, session: Reading, engine: Parts, response: Response) -> dict[str, Any]:
        """Return one definition."""
        row = await rows.get(session, collection.table, key)
        response.headers["ETag"] = _tag(row)
        return await engine.definitions.shown(session, collection, row)

    @routes.get("/{key}/dependents")
    @needs(Right.READ)
    async def list_dependents(key: Key, session: Reading) -> Dependents:
        """Return what keeps a definition from being deleted: the synchronizations that name it."""
        row = await rows.get(session, collection.table, key)
        found = await checks.dependents(session, collection, row)
        shown = [
            Dependent(collection=SYNCHRONIZATIONS.name, id=one.id, slug=one.slug, name=one.name)
            for one in found
        ]
        return Dependents(results=shown)


def _add_writing(routes: APIRouter, collection: Collection[Any], types: Documented) -> None:
    Sent, How = types.sent, types.saving  # noqa: N806  types

    @routes.post(
        "",
        status_code=201,
        response_model=types.shown,
        responses={201: PLACED, **problems(409)},
    )
    @needs(Right.CHANGE)
    async def create(
        body: Sent,  # type: ignore[valid-type]  # built for this collection
        how: How,  # type: ignore[valid-type]
        author: Preparing,
    ) -> dict[str, Any]:
        """Save a new definition."""
        engine = author.engine
        verdict = await engine.verifier.judged(collection, body)
        async with engine.database.writing() as session:
            row = await engine.definitions.create(session, collection, body, author.who)
            guards.check(author.who, author.role, row.definition)
            author.response.headers["Location"] = f"{PREFIX}/{collection.name}/{row.id}"
            return await _Saved(author, session, collection, row).settled(verdict, how)

    @routes.put("/{key}", response_model=types.shown, responses={200: TAGGED, **problems(409, 412)})
    @needs(Right.CHANGE)
    async def replace(
        key: Key,
        body: Sent,  # type: ignore[valid-type]  # built for this collection
        how: How,  # type: ignore[valid-type]
        based_on: BasedOn,
        author: Preparing,
    ) -> dict[str, Any]:
        """Replace a definition; secrets that are left out or masked are kept."""
        return await _replaced(author, collection, key, body, how, based_on)

    @routes.delete("/{key}", status_code=204, responses=problems(409, 412))
    @needs(Right.CHANGE)
    async def delete(key: Key, based_on: BasedOn, desk: Changing) -> None:
        """Delete a definition that nothing uses; its revisions stay."""
        await checks.delete(
            desk.session, desk.engine.definitions, collection, key, desk.who, based_on=based_on
        )


def _add_revisions(routes: APIRouter, collection: Collection[Any], types: Documented) -> None:
    How = types.saving  # noqa: N806  a type

    @routes.get("/{key}/revisions", response_model=RevisionList)
    @needs(Right.READ)
    async def list_revisions(
        key: Key, session: Reading, paging: Annotated[Paging, Query()]
    ) -> dict[str, Any]:
        """Return one page of a definition's revisions, newest first."""
        row = await rows.get(session, collection.table, key)
        found = await rows.revisions(session, collection.table, row.id)
        start = (paging.page - 1) * paging.limit
        shelf = [Revision.of(revision) for revision in found[start : start + paging.limit]]
        return listing(shelf, len(found), paging)

    @routes.get("/{key}/revisions/{number}")
    @needs(Right.READ)
    async def read_revision(key: Key, number: Number, session: Reading) -> Revision:
        """Return one revision."""
        row = await rows.get(session, collection.table, key)
        return Revision.of(await rows.get_revision(session, collection.table, row.id, number))

    @routes.post(
        "/{key}/revisions/{number}/restore",
        response_model=types.shown,
        responses={200: TAGGED, **problems(409, 412)},
    )
    @needs(Right.CHANGE)
    async def restore(
        key: Key,
        number: Number,
        how: How,  # type: ignore[valid-type]  # built for this collection
        based_on: BasedOn,
        author: Preparing,
    ) -> dict[str, Any]:
        """Save an old revision as the newest; secrets stay as they are."""
        engine = author.engine
        async with engine.database.reading() as session:
            body = await engine.definitions.revised(session, collection, key, number)
        return await _replaced(author, collection, key, body, how, based_on)


async def _replaced(
    author: Author,
    collection: Collection[Any],
    key: str,
    body: dict[str, Any],
    how: Saving,
    based_on: int | None,
) -> dict[str, Any]:
    engine = author.engine
    verdict = await engine.verifier.judged(collection, body, key)
    async with engine.database.writing() as session:
        before = (await rows.get(session, collection.table, key)).definition
        row = await engine.definitions.update(
            session, collection, key, body, author.who, based_on=based_on
        )
        guards.check(author.who, author.role, row.definition, before)
        return await _Saved(author, session, collection, row).settled(verdict, how)


class _Saved(NamedTuple):
    """A definition whose transaction is not committed yet."""

    author: Author
    session: Session
    collection: Collection[Any]
    row: DefinitionRow

    async def settled(self, verdict: Verdict, how: Saving) -> dict[str, Any]:
        """Return what was saved, once it agrees with everything else and with its own tests."""
        author, session, collection, row = self
        engine = author.engine
        await checks.check(session, engine.definitions, collection, row)
        await engine.verifier.settle(session, row, verdict, is_forced=how.is_forced)
        author.response.headers["ETag"] = _tag(row)
        return await engine.definitions.shown(session, collection, row)


def _tag(row: DefinitionRow) -> str:
    return f'"{row.revision}"'


def _list_query(collection: Collection[Any], wanted: Paging) -> ListQuery:
    given = wanted.model_dump(exclude_none=True)
    return ListQuery(
        search=given.get("search"),
        equal={column: given[column] for column in COLUMNS if column in given},
        inside={path: given[own] for own, (path, _) in collection.filters.items() if own in given},
        sort=given["sort"],
        limit=wanted.limit,
        page=wanted.page,
    )

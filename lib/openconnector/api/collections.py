"""What is configured here: each collection of definitions, as pages list it and forms write it."""

from functools import cache
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.definitions.models import Definition
from openconnector.definitions.store import COLLECTIONS, Collection
from openconnector.kinds.explained import description_of, label, title_of
from openconnector.kinds.spoken import Teller, in_their_words, spoken
from openconnector.languages import language

TYPES = {str: "string", bool: "boolean", int: "integer"}


class ColumnShown(BaseModel):
    """A field that a list shows and can be filtered by."""

    name: str = Field(description="Name of the filter.")
    path: str = Field(description="Where a definition holds the value, as a dot path.")
    title: str
    type: str = Field(description="`string`, `boolean` or `integer`.")


class CollectionShown(BaseModel):
    """One collection of definitions."""

    model_config = ConfigDict(populate_by_name=True)

    name: str = Field(description="Its name in addresses.")
    title: str
    singular: str = Field(description="What one of them is called.")
    adding: str = Field(description="What making another one is called, for example `New source`.")
    summary: str = Field(description="What they are for, in one line.")
    description: str
    columns: list[ColumnShown]
    json_schema: dict[str, Any] = Field(
        alias="schema",
        description="JSON Schema of a definition; descriptions are help texts, `x-refers` names the collection that a "
        "field chooses from, `x-advanced` marks fields that most people need not look at, and `x-first` those that "
        "they have to, although they may stay as they are.",
    )


routes = APIRouter(prefix="/collections", tags=["kinds"], route_class=Route)


@routes.get("", response_model=list[CollectionShown])
@needs(Right.READ)
async def list_collections(response: Response) -> list[dict[str, Any]]:
    """Return every collection, in the order in which they build on each other, in the language of `Accept-Language`."""
    response.headers["Content-Language"] = language()
    return [described(collection) for collection in COLLECTIONS]


def described(collection: Collection[Any], tell: Teller = in_their_words) -> dict[str, Any]:
    """Return a collection as it is listed, with each text for people told."""
    model: type[Definition] = collection.model
    singular = label(model.__name__.removesuffix("Definition")).lower()
    return {
        "name": collection.name,
        "title": tell(label(collection.name)),
        "singular": tell(singular),
        "adding": tell(f"New {singular}"),
        "summary": tell(title_of(model)),
        "description": tell(description_of(model)),
        "columns": [
            {"name": name, "path": path, "title": tell(label(name)), "type": TYPES[kind]}
            for name, (path, kind) in collection.filters.items()
        ],
        "schema": spoken(_schema(model), tell),
    }


@cache
def _schema(model: type[Definition]) -> dict[str, Any]:
    return TypeAdapter(model).json_schema(by_alias=True)

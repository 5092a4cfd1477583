"""What sources, targets and their parts there are, for forms and documentation."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.auth import AUTH
from openconnector.decoders import DECODERS
from openconnector.errors import NotFound
from openconnector.kinds.registry import Registry, describe
from openconnector.kinds.spoken import spoken
from openconnector.languages import language
from openconnector.messages import noun, t
from openconnector.paginators import PAGINATORS
from openconnector.schedules import SCHEDULES
from openconnector.sources import SOURCES
from openconnector.targets import TARGETS

REGISTRIES: tuple[Registry[Any], ...] = (SOURCES, TARGETS, AUTH, PAGINATORS, DECODERS, SCHEDULES)
FAMILIES: Mapping[str, Registry[Any]] = {registry.family: registry for registry in REGISTRIES}

Family = Annotated[
    str, Path(description="Family of kinds.", json_schema_extra={"enum": [*FAMILIES]})
]


class KindShown(BaseModel):
    """One kind: what it is called, what it is for and how it is configured."""

    model_config = ConfigDict(populate_by_name=True)

    kind: str
    title: str
    description: str
    example: str = Field(description="A configuration that loads, as JSON.")
    json_schema: dict[str, Any] = Field(
        alias="schema", description="JSON Schema of the configuration; descriptions are help texts."
    )


routes = APIRouter(prefix="/kinds", tags=["kinds"], route_class=Route)


@routes.get("", response_model=dict[str, list[KindShown]])
@needs(Right.READ)
async def list_kinds(response: Response) -> dict[str, Any]:
    """Return every kind by family, in the language of `Accept-Language`."""
    response.headers["Content-Language"] = language()
    return {family: spoken(registry.describe()) for family, registry in FAMILIES.items()}


@routes.get("/{family}/{kind}", response_model=KindShown)
@needs(Right.READ)
async def read_kind(family: Family, kind: str, response: Response) -> dict[str, Any]:
    """Return one kind, in the language of `Accept-Language`."""
    known = dict(FAMILIES[family]) if family in FAMILIES else {}
    if kind not in known:
        raise NotFound(t("{family} kind", family=noun(family)), kind)
    response.headers["Content-Language"] = language()
    found: dict[str, Any] = spoken(describe(known[kind]))
    return found

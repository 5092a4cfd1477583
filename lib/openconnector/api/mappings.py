"""What authors of mappings ask: where a field comes from."""

from typing import Any

from fastapi import APIRouter

from openconnector.api.definitions import Key
from openconnector.api.requests import Route
from openconnector.api.sessions import Parts
from openconnector.synchronization.shown import Shown


class FieldOrigin(Shown):
    """Where one target field comes from."""

    target: str
    expression: Any
    reads: list[str]
    """Paths of the record, those that called mappings read included; `*` is every element, empty the whole record."""
    casts: list[str]
    """The casts it goes through, in order."""
    calls: list["MappingCall"]
    """The mappings its expression calls."""


class MappingCall(Shown):
    """The call of another mapping."""

    mapping: str
    """Its id, slug or reference as written; `(inline)` for one written out in the call."""
    input: str | None
    """The path of the record whose value is handed over; null when it is calculated."""
    is_list: bool
    """It is called for every element of the value."""
    fields: list[FieldOrigin]
    """Where its fields come from, within the value that is handed over."""


class Origins(Shown):
    """Where the result of a mapping comes from."""

    fields: list[FieldOrigin]
    pass_through: bool
    """All other fields come from the same path of the record."""
    unset: list[str]
    """Paths that are taken away afterwards."""


routes = APIRouter(route_class=Route, prefix="/mappings", tags=["mappings"])


@routes.get("/{key}/lineage")
async def read_lineage(key: Key, engine: Parts) -> Origins:
    """Tell where each target field comes from; no record is needed."""
    return Origins.model_validate(await engine.mapping_previews.lineage(key))

"""What this installation can do, for programs that have to find out."""

from collections.abc import Mapping
from importlib.metadata import version

from fastapi import APIRouter
from pydantic import BaseModel, Field

from openconnector.api.answers import API_VERSION
from openconnector.api.callers import Who
from openconnector.api.kinds import FAMILIES
from openconnector.api.lists import MAX_LIMIT
from openconnector.api.requests import MAX_BODY_BYTES, MAX_DEPTH, Route
from openconnector.api.rights import RIGHTS, Right, needs
from openconnector.synchronization.shown import Shown


class Limits(Shown):
    """What a request may come to."""

    body_bytes: int
    """The largest body."""
    body_depth: int
    """How deep objects and lists of a body may be nested."""
    page_entries: int
    """The most entries of one page of a list."""


class OwnCapabilities(Shown):
    """What OpenConnector can do here."""

    version: str
    """Of the program."""
    api_version: str
    """Of the interface; its first number stands in the address."""
    kinds: Mapping[str, list[str]]
    """Family -> names of the kinds that are installed; `/kinds` describes them."""
    limits: Limits
    rights: list[str]
    """What the caller may do: `read`, `change`, `own` (its account), `administer`."""


class Section(BaseModel):
    """Our section, named as in Nextcloud's own list."""

    openconnector: OwnCapabilities


class Capabilities(BaseModel):
    """What there is to be used."""

    capabilities: Section = Field(description="The app's id -> what it can do.")


routes = APIRouter(prefix="/capabilities", tags=["capabilities"], route_class=Route)


@routes.get("")
@needs(Right.READ)
async def read_capabilities(who: Who) -> Capabilities:
    """Return what this installation can do. Below `/ocs/v2.php/cloud/capabilities` the same stands in an envelope."""
    own = OwnCapabilities(
        version=version("openconnector"),
        api_version=API_VERSION,
        kinds={family: list(registry) for family, registry in FAMILIES.items()},
        limits=Limits(body_bytes=MAX_BODY_BYTES, body_depth=MAX_DEPTH, page_entries=MAX_LIMIT),
        rights=[right.value for right in Right if right in RIGHTS[who.role] - {Right.ENTER}],
    )
    return Capabilities(capabilities=Section(openconnector=own))

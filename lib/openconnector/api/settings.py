"""The settings of the installation, for administrators."""

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from pydantic import TypeAdapter

from openconnector.api.definitions import TAGGED, BasedOn
from openconnector.api.documents import Described, problems
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Parts, Preparing, Reading
from openconnector.definitions.installation import InstallationSettings
from openconnector.kinds.spoken import spoken
from openconnector.languages import language

Sent = Annotated[dict[str, Any], Described(InstallationSettings), Body()]

routes = APIRouter(prefix="/settings", tags=["settings"], route_class=Route)


@routes.get("", responses={200: TAGGED})
@needs(Right.ADMINISTER)
async def read_settings(
    session: Reading, engine: Parts, response: Response
) -> InstallationSettings:
    """Return the settings of the installation."""
    await engine.installation.refresh(session)
    response.headers["ETag"] = f'"{engine.installation.revision}"'
    return engine.installation.settings


@routes.put("", responses={200: TAGGED, **problems(412)})
@needs(Right.ADMINISTER)
async def replace_settings(
    body: Sent, based_on: BasedOn, author: Preparing
) -> InstallationSettings:
    """Replace the settings; a field that is left out gets its usual value."""
    installation = author.engine.installation
    async with author.engine.database.writing() as session:
        await installation.change(session, body, author.who, based_on=based_on)
    async with author.engine.database.reading() as session:
        await installation.refresh(session)
    author.response.headers["ETag"] = f'"{installation.revision}"'
    return installation.settings


@routes.get("/schema")
@needs(Right.ADMINISTER)
async def read_settings_schema(response: Response) -> dict[str, Any]:
    """Return the JSON Schema of the settings, for a form in the language of `Accept-Language`."""
    response.headers["Content-Language"] = language()
    found: dict[str, Any] = spoken(settings_schema())
    return found


@cache
def settings_schema() -> dict[str, Any]:
    """Return the JSON Schema of the settings; titles and descriptions are what a form shows."""
    return TypeAdapter(InstallationSettings).json_schema(by_alias=True)

"""The interface as one ASGI application; the host starts and stops it."""

import posixpath
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp
from typing_extensions import override

from openconnector.api import (
    accounts,
    audit,
    capabilities,
    collections,
    configuration,
    contracts,
    definitions,
    drafts,
    errors,
    examples,
    flow,
    health,
    kinds,
    mappings,
    objects,
    overview,
    registers,
    run_records,
    runs,
    schedules,
    settings,
    trials,
)
from openconnector.api.answers import Languages, StandardHeaders, seen_from
from openconnector.api.callers import Authenticate, CallerGuard
from openconnector.api.documents import PREFIX, document
from openconnector.api.ocs import Ocs
from openconnector.api.requests import Route
from openconnector.api.tries import Tries
from openconnector.definitions.registers import REGISTERS, SCHEMAS
from openconnector.definitions.store import COLLECTIONS
from openconnector.engine import Engine


class Api(FastAPI):
    """An application whose faults, too, are told in the reader's language and in the envelope of OCS."""

    @override
    def build_middleware_stack(self) -> ASGIApp:
        return Languages(Ocs(super().build_middleware_stack()))


RESOURCES = (
    drafts,
    overview,
    trials,
    mappings,
    run_records,
    runs,
    contracts,
    flow,
    objects,
    collections,
    kinds,
    schedules,
    capabilities,
    examples,
    audit,
    settings,
    accounts,
    health,
    configuration,
)
"""The modules whose `routes` are served. What stands in a path comes before what may stand for anything there."""


def create_api(engine: Engine, *, authenticate: Authenticate) -> FastAPI:
    """Return the application. Every path but `callers.PUBLIC` and the login asks ``authenticate`` who calls."""
    app = Api(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        middleware=[
            Middleware(StandardHeaders),
            Middleware(CallerGuard, authenticate=authenticate),
        ],
    )
    app.state.engine = engine
    app.state.tries = Tries(engine.clock)
    errors.install(app)
    api = APIRouter(prefix=PREFIX, route_class=Route)
    for collection in COLLECTIONS:
        api.include_router(definitions.router(collection))
    for shelf in (REGISTERS, SCHEMAS):
        api.include_router(registers.router(shelf))
    for module in RESOURCES:
        api.include_router(module.routes)
    app.include_router(api)
    _publish(app)
    return app


def _publish(app: FastAPI) -> None:
    """Add what everybody may read: whether we are there, and what there is."""
    found: dict[str, Any] = {}

    async def heartbeat(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def openapi(request: Request) -> Response:
        if not found:
            found.update(document(app))
        # Not ".", which is right too: clients put paths that begin with a slash behind it.
        folder = seen_from(request.scope, posixpath.dirname(PREFIX))
        url = posixpath.join(folder, posixpath.basename(PREFIX))
        told = {**found, "servers": [{"url": url, "description": "This server"}]}
        return JSONResponse(told, headers={"Access-Control-Allow-Origin": "*"})

    app.add_route("/heartbeat", heartbeat, include_in_schema=False)
    for path in ("/openapi.json", f"{PREFIX}/openapi.json"):
        app.add_route(path, openapi, include_in_schema=False)


def _operation_id(route: Any) -> str:
    """Return a name that generated clients can use: `list_sources`, `restore_mappings_revision`."""
    return f"{route.name}_{route.tags[0]}" if route.tags else str(route.name)

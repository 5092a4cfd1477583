"""Something to begin with: the example, saved with a source that needs no network."""

import asyncio
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from openconnector.api.configuration import ImportResult, ShownSaved
from openconnector.api.documents import LOCATION, PREFIX, problems
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Preparing
from openconnector.definitions import examples, files
from openconnector.errors import Conflict
from openconnector.messages import t

routes = APIRouter(prefix="/examples", tags=["configuration"], route_class=Route)
SAVED: dict[str, Any] = {
    "status_code": 201,
    "responses": {201: {"headers": LOCATION}, **problems(409)},
}


@routes.post("/earthquakes", **SAVED)
@needs(Right.CHANGE)
async def load_earthquakes(author: Preparing) -> ImportResult:
    """Save a synchronization of earthquakes, with a source that needs neither a network nor credentials."""
    engine = author.engine
    if engine.objects_of(author.who) is not engine.embedded:
        raise Conflict(
            t(
                "Objects are kept in Open Register here, and the example brings a register of its own; make a "
                "synchronization with a source of the kind `example` and one of your registers instead"
            )
        )
    document = await asyncio.to_thread(examples.earthquakes)
    async with engine.database.reading() as session:
        await examples.refuse_present(session, document)
    saved = await files.import_documents(
        [document], engine.destination, variables={}, who=author.who
    )
    author.response.headers["Location"] = f"{PREFIX}/synchronizations/{examples.SYNCHRONIZATION}"
    return ImportResult(results=[ShownSaved.model_validate(asdict(one)) for one in saved])

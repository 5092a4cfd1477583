"""Receives webhooks: each notes what is to be woken and is answered at once, since Nextcloud waits 3 seconds."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ex_app.answers import problem
from ex_app.wakes.hooks import RECEIVER
from openconnector.db import definitions, wakes
from openconnector.db.rows import SynchronizationRow
from openconnector.engine import Engine

SETTLING = timedelta(seconds=10)
"""How long a synchronization waits after the first event: a client that uploads a folder causes one run."""


def receiver(engine: Engine) -> Route:
    """Return the handler of every webhook."""

    async def receive(request: Request) -> Response:
        key, now = request.path_params["synchronization_id"], engine.clock.now()
        async with engine.database.writing() as session:
            row = await definitions.find(session, SynchronizationRow, key)
            if row is not None:
                await wakes.add(session, row.id, now=now, due_at=now + SETTLING)
        if row is None:
            return problem(404, "Nothing to wake", f"There is no synchronization {key!r} any more")
        return JSONResponse({})

    return Route(RECEIVER + "{synchronization_id}", receive, methods=["POST"])

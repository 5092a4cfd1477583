"""Receives webhooks: each notes what is to be woken and by which file, and is answered at once.

Nextcloud waits 3 seconds.
"""

from datetime import timedelta

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ex_app.answers import problem
from ex_app.wakes.hooks import RECEIVER
from openconnector.db import definitions, wakes
from openconnector.db.rows import SynchronizationRow
from openconnector.engine import Engine

ONE_FILE = ("NodeCreatedEvent", "NodeWrittenEvent")
"""Endings of events that mean a single file or folder and leave every other where it was."""

MAX_BYTES = 64 * 1024
"""What is longer than any event Nextcloud sends is not looked into."""

SETTLING = timedelta(seconds=10)
"""How long a synchronization waits after the first event: a client that uploads a folder causes one run."""


def receiver(engine: Engine) -> Route:
    """Return the handler of every webhook."""

    async def receive(request: Request) -> Response:
        key, now = request.path_params["synchronization_id"], engine.clock.now()
        thing = changed_by(await _read(request))
        async with engine.database.writing() as session:
            row = await definitions.find(session, SynchronizationRow, key)
            if row is not None:
                await wakes.add(session, row.id, now=now, due_at=now + SETTLING, thing=thing)
        if row is None:
            return problem(404, "Nothing to wake", f"There is no synchronization {key!r} any more")
        return JSONResponse({})

    return Route(RECEIVER + "{synchronization_id}", receive, methods=["POST"])


def changed_by(body: bytes) -> str | None:
    """Return the id of the one file an event is about; None for every other event, and for what cannot be read."""
    try:
        event = orjson.loads(body)["event"]
        is_one = str(event["class"]).endswith(ONE_FILE)
        fileid = event["node"]["id"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(fileid) if is_one and type(fileid) is int and fileid > 0 else None


async def _read(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            return b""
    return body

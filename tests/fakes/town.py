"""A remote system with cases, and the synchronization that brings them into the register `town`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from openconnector.cli.serving import listening


class Remote:
    """A remote system with records."""

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.address = ""

    async def answer(self, request: Request) -> Response:
        """Answer two records to a page, to whoever has the token."""
        if request.headers.get("authorization") != "Bearer s3cret":
            return JSONResponse({"detail": "who are you?"}, 401)
        start = int(request.query_params.get("page", "1")) * 2 - 2
        body = {"results": self.records[start : start + 2], "total": len(self.records)}
        return JSONResponse(body, headers={"X-Api-Key": "s3cret", "X-Shelf": "7"})


@asynccontextmanager
async def standing() -> AsyncIterator[Remote]:
    """Let a remote system stand on the loopback."""
    remote = Remote()
    async with listening(Starlette(routes=[Route("/cases", remote.answer)])) as port:
        remote.address = f"http://127.0.0.1:{port}"
        yield remote


async def configure(api: httpx.AsyncClient, remote: Remote) -> None:
    """Save the synchronization `cases` with all it needs, through a client whose paths are below `/api/v1/`."""
    properties = {"title": {"type": "string"}, "amount": {"type": "integer"}}
    shelved = await api.post("schemas", json={"title": "Case", "properties": properties})
    await api.post("registers", json={"title": "Town", "schemas": [shelved.json()["slug"]]})
    source = {
        "kind": "rest",
        "location": remote.address,
        "endpoint": "cases",
        "auth": {"kind": "bearer", "token": "s3cret"},
    }
    await api.post("sources", json={"name": "Remote", "configuration": source})
    mapping = {"title": "name", "amount": "{{ amount }}"}
    await api.post("mappings", json={"name": "Case", "mapping": mapping})
    synchronization = {
        "name": "Cases",
        "sourceId": "remote",
        "sourceTargetMapping": "case",
        "target": {"kind": "object_store", "register": "town", "schema": "case"},
    }
    created = await api.post("synchronizations", json=synchronization)
    assert created.status_code == 201, created.text

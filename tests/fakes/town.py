"""A remote system with cases, and the synchronization that brings them into the register `town`."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.fakes.hostile_server import Act, HostileServer, answer, hostile_server


class Remote:
    """A remote system with records."""

    def __init__(self, server: HostileServer) -> None:
        self.records: list[Any] = []
        self.address = server.play("/cases", self._answer).removesuffix("/cases")
        self._server = server

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        """Answer two records to a page, to whoever has the token."""
        asked = self._server.seen[-1]
        if asked.headers.get("authorization") != "Bearer s3cret":
            await _json({"detail": "who are you?"}, 401)(writer)
            return
        start = int(httpx.URL(asked.target).params.get("page", "1")) * 2 - 2
        body = {"results": self.records[start : start + 2], "total": len(self.records)}
        await _json(body, x_api_key="s3cret", x_shelf="7")(writer)


def _json(body: Any, status: int = 200, **headers: str) -> Act:
    return answer(status, json.dumps(body).encode(), content_type="application/json", **headers)


@asynccontextmanager
async def standing() -> AsyncIterator[Remote]:
    """Let a remote system stand on the loopback."""
    async with hostile_server() as server:
        yield Remote(server)


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

"""Requests as they come off the wire: nothing is tidied up before the application sees them."""

import asyncio
from collections.abc import MutableMapping, Sequence
from typing import Any
from urllib.parse import unquote

import httpx
from starlette.types import ASGIApp


async def send_raw(
    app: ASGIApp, method: str, target: str, headers: Sequence[tuple[str, str]] = ()
) -> httpx.Response:
    """Send a request without a body as uvicorn hands it on; return the answer.

    Raises what the application raises before it has answered.
    """
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "server": ("127.0.0.1", 80),
        "client": ("198.51.100.9", 4711),
    }
    sent: list[MutableMapping[str, Any]] = []

    body = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in body:
            return message
        await asyncio.Event().wait()  # the client stays until it has its answer
        raise AssertionError

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=content)

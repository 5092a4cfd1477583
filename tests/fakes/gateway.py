"""An ASGI application behind WSGI, for tools that speak only that.

Schemathesis' own way into ASGI counts connections in urllib3's pools, which urllib3-future (needed by nc-py-api) does
not let it do.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal

SECONDS = 60
"""How long one answer may take."""

Asgi = Callable[..., Awaitable[None]]


@contextmanager
def gateway(app: Asgi) -> Iterator["Gateway"]:
    """Give the WSGI application; the ASGI one lives in one event loop of its own while the block runs."""
    with start_blocking_portal() as portal:
        yield Gateway(app, portal)


class Gateway:
    """A WSGI application that passes requests on."""

    def __init__(self, app: Asgi, portal: BlockingPortal) -> None:
        self._app = app
        self._portal = portal

    def call(self, function: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """Run something in the application's event loop."""
        return self._portal.call(function, *arguments)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        status, headers, content = self.call(self._answer, _scope(environ), body)
        start_response(f"{status} -", [(name.decode(), value.decode()) for name, value in headers])
        return [content]

    async def _answer(self, scope: dict[str, Any], body: bytes) -> tuple[int, list[Any], bytes]:
        sent: list[dict[str, Any]] = []
        received: list[dict[str, Any]] = [
            {"type": "http.request", "body": body, "more_body": False}
        ]

        async def receive() -> dict[str, Any]:
            if not received:  # the client stays until it has its answer
                await asyncio.Event().wait()
            return received.pop()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await asyncio.wait_for(self._app(scope, receive, send), SECONDS)
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return sent[0]["status"], sent[0]["headers"], content


def _scope(environ: dict[str, Any]) -> dict[str, Any]:
    headers = [
        (name.removeprefix("HTTP_").replace("_", "-").lower().encode(), value.encode("latin-1"))
        for name, value in environ.items()
        if name.startswith("HTTP_") or (name in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value)
    ]
    path = environ["PATH_INFO"].encode("latin-1")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": environ["REQUEST_METHOD"],
        "path": path.decode(errors="replace"),
        "raw_path": path,
        "root_path": "",
        "query_string": environ.get("QUERY_STRING", "").encode("latin-1"),
        "headers": headers,
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 1),
    }

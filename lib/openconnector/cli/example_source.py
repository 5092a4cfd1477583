"""A small REST API with real data, on this machine alone, for the demo and for trying things out.

Also a program: `python -m openconnector.cli.example_source --port 23100` answers until it is interrupted.
"""

import asyncio
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from urllib.parse import parse_qs

import orjson

from openconnector.cli.serving import listening
from openconnector.errors import ConfigurationError
from openconnector.example_data import earthquakes

DEFAULT_PORT = 23100
PAGE_SIZE = 100
PATH = "/earthquakes"

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class ExampleSource:
    """An ASGI application: one week of earthquakes, a hundred to a page, each page naming the next."""

    def __init__(self) -> None:
        self._features = earthquakes()

    def __len__(self) -> int:
        return len(self._features)

    async def __call__(self, scope: Message, _receive: object, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        status, body = self.answer(scope["path"], scope["query_string"].decode("latin-1"))
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        shown = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": shown})

    def answer(self, path: str, query: str) -> tuple[int, bytes]:
        """Return status and body for a path and its query."""
        asked = parse_qs(query).get("page", ["1"])[0]
        if path != PATH or not asked.isdecimal() or int(asked) < 1:
            return 404, orjson.dumps({"message": f"There is only {PATH}?page=1 and onwards"})
        page = int(asked)
        first, last = (page - 1) * PAGE_SIZE, page * PAGE_SIZE
        following = f"{PATH}?page={page + 1}" if last < len(self._features) else None
        body = {
            "type": "FeatureCollection",
            "count": len(self._features),
            "features": self._features[first:last],
            "next": following,
        }
        return 200, orjson.dumps(body)


@asynccontextmanager
async def answering(source: ExampleSource) -> AsyncIterator[int]:
    """Serve on the usual port, or on a free one where that is taken, and give the port."""
    async with AsyncExitStack() as stack:
        try:
            port = await stack.enter_async_context(listening(source, port=DEFAULT_PORT))
        except ConfigurationError:
            port = await stack.enter_async_context(listening(source))
        yield port


async def serve(port: int) -> None:
    """Answer on this port until cancelled."""
    async with listening(ExampleSource(), port=port) as found:
        print(f"Earthquakes on http://127.0.0.1:{found}{PATH}; Ctrl-C ends it", flush=True)
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    arguments = ArgumentParser(description="Serve the example data on this machine.")
    arguments.add_argument("--port", type=int, default=DEFAULT_PORT)
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments.parse_args().port))

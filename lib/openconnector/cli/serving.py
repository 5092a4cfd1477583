"""Answering HTTP from this process, until we ourselves say that it ends."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from typing_extensions import override

from openconnector.errors import ConfigurationError

BACKLOG = 128
KEEP_ALIVE_SECONDS = 75
STOP_SECONDS = 8
"""How long open requests may take to end."""


class Server(uvicorn.Server):
    """A server that leaves signals to its host: its own way of passing them on ends the process before we clean up."""

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def listening(app: Any, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """Serve an ASGI application while the block runs and give its port; port 0 takes a free one.

    Raises `ConfigurationError` when the address cannot be listened on.
    """
    with _bound(host, port) as bound:
        server = Server(
            uvicorn.Config(
                app,
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        answering = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True
            await answering


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        bound = socket.socket(*found[0][:3])
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(found[0][4])
        bound.listen(BACKLOG)  # from here on a request waits instead of being refused
    except OSError as error:
        raise ConfigurationError(
            f"Cannot listen on {host}, port {port}: {error.strerror}. Choose another with --host and --port"
        ) from error
    with bound:
        yield bound

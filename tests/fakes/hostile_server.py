"""A raw HTTP server on loopback that answers as it is told, well or badly."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from socket import SO_REUSEPORT, SOL_SOCKET, socket
from ssl import SSLContext

Act = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""What the server does on a request; afterwards the connection stays open unless the act closed it."""


@dataclass(frozen=True)
class Seen:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class HostileServer:
    """Plays one act per request and path; the last one of a path is played for ever, elsewhere nothing is found."""

    acts: dict[str, list[Act]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    scheme: str = "http"

    def play(self, path: str, *acts: Act) -> str:
        """Return the address at which these acts are played in order."""
        self.acts[path] = list(acts)
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while not writer.is_closing():
                request = await _read(reader)
                self.seen.append(request)
                left = self.acts.get(request.target.partition("?")[0]) or [answer(404)]
                await (left.pop(0) if len(left) > 1 else left[0])(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def hostile_server(tls: SSLContext | None = None) -> AsyncIterator[HostileServer]:
    """Run a hostile server on a free port of 127.0.0.1."""
    hostile = HostileServer(scheme="https" if tls else "http")
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(hostile.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    with _port() as hostile.port:
        server = await asyncio.start_server(
            accept, "127.0.0.1", hostile.port, ssl=tls, reuse_port=True
        )
        try:
            yield hostile
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


_ports: list[int] = []
"""Those that no server has now. What was configured for one test serves others that have the same."""


@contextmanager
def _port() -> Iterator[int]:
    if not _ports:
        kept = socket()
        kept.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        kept.bind(("127.0.0.1", 0))
        _ports.append(kept.getsockname()[1])
        kept.detach()  # bound, never listening: it keeps the port from everybody else until the process ends
    port = _ports.pop()
    try:
        yield port
    finally:
        _ports.append(port)


async def _read(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Seen(method, target, headers, body)


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> Act:
    """Answer properly; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named.setdefault("content-length", str(len(body)))
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return raw(f"HTTP/1.1 {status} Said So\r\n{lines}\r\n".encode("latin-1") + body)


def raw(data: bytes) -> Act:
    """Write these bytes and keep the connection open."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return act


def hang_up(data: bytes = b"") -> Act:
    """Write these bytes and close the connection."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        writer.close()

    return act


def endless(chunk: bytes = b"x" * 65536) -> Act:
    """Begin a chunked body that never ends."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            await writer.drain()

    return act


def drip(length: int = 1_000_000) -> Act:
    """Announce a body and send it one byte at a time, a thousand bytes a second at most."""

    async def act(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % length)
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.001)

    return act


def silence() -> Act:
    """Take the request and say nothing."""

    async def act(writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    return act


def bomb(size: int) -> Act:
    """Answer with this many zeros in gzip."""
    return answer(body=gzip.compress(bytes(size)), content_encoding="gzip")

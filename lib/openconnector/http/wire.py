"""What is known of one request while it is on the wire: whether it left us, and how long connecting took."""

import time
from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp


@dataclass(slots=True)
class Wire:
    """One request on the wire; filled in while it is under way."""

    subject: str
    """Method and address, fit for logs and errors."""
    has_left: bool = False
    """Its first bytes were handed to a connection, so the other side may act on it."""
    connect_ms: float | None = None
    """Time for name, connection and TLS; None when a kept connection was used."""
    received_bytes: int = 0
    """Of the body, as it came over the wire."""
    connecting_at: float = 0.0


def trace_config() -> aiohttp.TraceConfig:
    """Return the hooks that fill the `Wire` given as `trace_request_ctx`."""
    config = aiohttp.TraceConfig()
    config.on_connection_create_start.append(_connecting)
    config.on_connection_create_end.append(_connected)
    config.on_request_headers_sent.append(_leaving)
    return config


async def _connecting(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    _params: aiohttp.TraceConnectionCreateStartParams,
) -> None:
    context.trace_request_ctx.connecting_at = time.perf_counter()


async def _connected(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    _params: aiohttp.TraceConnectionCreateEndParams,
) -> None:
    wire: Wire = context.trace_request_ctx
    wire.connect_ms = (time.perf_counter() - wire.connecting_at) * 1000


async def _leaving(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    _params: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    # Fires just before the bytes go out: on the safe side of "it may have arrived".
    context.trace_request_ctx.has_left = True

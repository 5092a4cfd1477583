"""Reading an answer's body within bounds: bytes on the wire, bytes after inflation, their ratio, and pace."""

import asyncio
import zlib
from dataclasses import dataclass, field

import httpx

from openconnector.errors import LimitExceeded, MalformedAnswer, MaybeSent
from openconnector.http.wire import Wire
from openconnector.messages import t
from openconnector.ports import HttpLimits

STEP_BYTES = 64 * 1024
"""How much is inflated before the bounds are looked at again."""
RATIO_FROM_BYTES = 1024 * 1024
"""Smaller bodies may have any ratio."""
GZIP_WINDOW = 16 + zlib.MAX_WBITS
"""Asks zlib for the gzip format alone."""


async def read(response: httpx.Response, limits: HttpLimits, wire: Wire) -> bytes:
    """Return the whole body, inflated. The caller closes the response.

    Raises `LimitExceeded` beyond a bound, `MalformedAnswer` for an encoding that was not asked for, `MaybeSent` when
    the body comes too slowly or ends too early.
    """
    if response.request.method == "HEAD" or response.status_code in {204, 304}:
        return b""
    announced = response.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced) > limits.max_bytes:
        raise _too_large(wire.subject, limits)
    body = _body_for(response.headers.get("content-encoding", ""), wire.subject, limits)
    clock = asyncio.get_running_loop().time
    began = clock()
    async for chunk in response.stream:  # type: ignore[union-attr] # transports of ours are async
        wire.received_bytes += len(chunk)
        if wire.received_bytes > limits.max_bytes:
            raise _too_large(wire.subject, limits)
        body.feed(chunk)
        watched_seconds = clock() - began - limits.slow_after_seconds
        if wire.received_bytes < watched_seconds * limits.min_bytes_per_second:
            raise MaybeSent(
                t(
                    "{subject}: the answer comes at less than {min_bytes_per_second} bytes a second",
                    subject=wire.subject,
                    min_bytes_per_second=limits.min_bytes_per_second,
                )
            )
    return body.end()


def _too_large(subject: str, limits: HttpLimits) -> LimitExceeded:
    return LimitExceeded(
        t(
            "{subject}: the answer is larger than the {limit} bytes it may have",
            subject=subject,
            limit=limits.max_bytes,
        )
    )


def _body_for(encoding: str, subject: str, limits: HttpLimits) -> "_Plain | _Gzip":
    coding = encoding.strip().lower()
    if coding in {"", "identity"}:
        return _Plain()
    if coding in {"gzip", "x-gzip"}:
        return _Gzip(subject, limits)
    raise MalformedAnswer(
        t(
            "{subject}: the answer has a content encoding that was not asked for; gzip was",
            subject=subject,
        )
    )


@dataclass(slots=True)
class _Plain:
    """A body that is what it is."""

    chunks: list[bytes] = field(default_factory=list)

    def feed(self, chunk: bytes) -> None:
        self.chunks.append(chunk)

    def end(self) -> bytes:
        return b"".join(self.chunks)


class _Gzip:
    """A body in one gzip member, inflated step by step, so that a bomb is seen before it bursts."""

    def __init__(self, subject: str, limits: HttpLimits) -> None:
        self._subject = subject
        self._limits = limits
        self._inflater = zlib.decompressobj(GZIP_WINDOW)
        self._taken = 0
        self._inflated = 0
        self._parts: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        self._taken += len(chunk)
        rest = chunk
        while rest:
            # A second member is refused as well: inflating silently stops at the end of the first.
            if self._inflater.eof:
                raise MalformedAnswer(
                    t(
                        "{subject}: the answer goes on after the end of its gzip data",
                        subject=self._subject,
                    )
                )
            try:
                part = self._inflater.decompress(rest, STEP_BYTES)
            except zlib.error:
                raise MalformedAnswer(
                    t("{subject}: the answer says it is gzip but is not", subject=self._subject)
                ) from None
            self._keep(part)
            rest = self._inflater.unconsumed_tail or self._inflater.unused_data

    def end(self) -> bytes:
        self._keep(self._inflater.flush())
        if self._taken and not self._inflater.eof:
            raise MaybeSent(
                t(
                    "{subject}: the answer ended in the middle of its gzip data",
                    subject=self._subject,
                )
            )
        return b"".join(self._parts)

    def _keep(self, part: bytes) -> None:
        self._parts.append(part)
        self._inflated += len(part)
        if self._inflated > self._limits.max_bytes:
            raise _too_large(self._subject, self._limits)
        if (
            self._inflated > RATIO_FROM_BYTES
            and self._inflated > self._taken * self._limits.max_ratio
        ):
            raise LimitExceeded(
                t(
                    "{subject}: the answer inflates to over {max_ratio} times its size",
                    subject=self._subject,
                    max_ratio=self._limits.max_ratio,
                )
            )

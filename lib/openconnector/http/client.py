"""Outgoing HTTP as the engine uses it: authenticated, bounded, retried, logged."""

import asyncio
import random
import time
from collections.abc import Callable
from importlib.metadata import version

import httpx
from aiohttp.abc import AbstractResolver
from httpx import codes

from openconnector.errors import (
    CredentialsRejected,
    MaybeSent,
    NotSent,
    OpenConnectorError,
    TransientError,
)
from openconnector.http import bodies, retries, urls
from openconnector.http.certificates import Certificates
from openconnector.http.guard import NetworkPolicy
from openconnector.http.tls import TlsIdentity
from openconnector.http.transport import Transport
from openconnector.http.wire import Wire
from openconnector.messages import t
from openconnector.ports import AuthFlow, Call, CallLog, Clock, HttpLimits, Tokens

USER_AGENT = f"OpenConnector/{version('openconnector')}"
USUAL_LIMITS = HttpLimits()
CODED = ("content-encoding", "transfer-encoding")
"""Headers that are true of the body on the wire only."""


class HttpClient:
    """Implements `ports.Http` over any httpx transport."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        clock: Clock,
        tokens: Tokens,
        log: CallLog,
        ceiling: HttpLimits | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """No request goes beyond ``ceiling``, whatever its own limits are."""
        self._transport = transport
        self._clock = clock
        self._tokens = tokens
        self._log = log
        self._ceiling = ceiling
        self._jitter = jitter

    async def send(
        self,
        request: httpx.Request,
        *,
        auth: AuthFlow | None = None,
        limits: HttpLimits = USUAL_LIMITS,
        idempotent: bool | None = None,
    ) -> httpx.Response:
        """Return the whole answer, of any status that is not retried; see `ports.Http`.

        Credentials go on a copy: ``request``, also as the answer's `request`, never holds them.
        """
        limits = limits.within(self._ceiling) if self._ceiling else limits
        own = await _own_copy(request)
        is_safe = request.method in retries.IDEMPOTENT_METHODS if idempotent is None else idempotent
        patience = retries.Patience(limits=limits, is_safe=is_safe, jitter=self._jitter)
        has_renewed = is_rejected = False
        while True:
            if auth:
                await auth.authenticate(own, self._tokens, self, rejected=is_rejected)
            result = await self._try(own, limits, is_safe=is_safe)
            is_rejected = (
                isinstance(result, httpx.Response) and result.status_code == codes.UNAUTHORIZED
            )
            if is_rejected and auth and auth.is_renewable and not has_renewed:
                has_renewed = True
            elif is_rejected:
                raise CredentialsRejected(
                    t(
                        "{subject} answered 401: it does not accept our credentials",
                        subject=urls.subject(request),
                    )
                )
            elif isinstance(result, httpx.Response):
                result.request = request
                return result
            else:
                await self._clock.sleep(patience.pause(result))

    async def _try(
        self, request: httpx.Request, limits: HttpLimits, *, is_safe: bool
    ) -> httpx.Response | TransientError:
        try:
            answer = await self._exchange(request, limits)
        except (NotSent, MaybeSent) as error:
            return error
        failure = retries.failure_in(
            answer, urls.subject(request), self._clock.now(), is_safe=is_safe
        )
        return failure or answer

    async def _exchange(self, request: httpx.Request, limits: HttpLimits) -> httpx.Response:
        """Send once and read the answer; whatever happens makes one row in the call log."""
        url = urls.public_url(request.url)
        wire = Wire(f"{request.method} {url}")
        request.extensions = {"wire": wire, "connect_seconds": limits.connect_seconds}
        started_at, began = self._clock.now(), time.perf_counter()
        status: int | None = None
        error: str | None = "interrupted"
        try:
            async with asyncio.timeout(limits.timeout_seconds):
                answer = await self._transport.handle_async_request(request)
                status = answer.status_code
                answer = await _read(answer, request, limits, wire)
            error = None
        except TimeoutError:
            failure = _too_late(wire, limits)
            error = failure.code
            raise failure from None
        except OpenConnectorError as problem:
            error = problem.code
            raise
        finally:
            self._log.add(
                Call(
                    method=request.method,
                    url=url,
                    status=status,
                    started_at=started_at,
                    duration_ms=(time.perf_counter() - began) * 1000,
                    connect_ms=wire.connect_ms,
                    sent_bytes=len(request.content) if wire.has_left or status else 0,
                    received_bytes=wire.received_bytes,
                    error=error,
                )
            )
        return answer


class HttpClients:
    """Gives out clients; those with the same network policy, TLS identity and proxy share connections."""

    def __init__(
        self, *, clock: Clock, tokens: Tokens, resolver: AbstractResolver | None = None
    ) -> None:
        self._clock = clock
        self._tokens = tokens
        self._resolver = resolver
        self.certificates = Certificates()
        """What the other sides' certificates were."""
        self._transports: dict[tuple[NetworkPolicy, TlsIdentity | None, str | None], Transport] = {}

    def client(
        self,
        *,
        policy: NetworkPolicy,
        log: CallLog,
        tls: TlsIdentity | None = None,
        proxy: str | None = None,
        ceiling: HttpLimits | None = None,
    ) -> HttpClient:
        """Return a client; it costs nothing, so each run and request may have its own with its own call log."""
        key = (policy, tls, proxy)
        transport = self._transports.get(key)
        if transport is None:
            transport = Transport(
                policy,
                tls=tls,
                proxy=proxy,
                resolver=self._resolver,
                certificates=self.certificates,
            )
            self._transports[key] = transport
        return HttpClient(
            transport, clock=self._clock, tokens=self._tokens, log=log, ceiling=ceiling
        )

    async def aclose(self) -> None:
        """Close every connection."""
        transports, self._transports = list(self._transports.values()), {}
        for transport in transports:
            await transport.aclose()


async def _own_copy(request: httpx.Request) -> httpx.Request:
    """Return a copy that can be sent again and may hold credentials."""
    copy = httpx.Request(
        request.method, request.url, headers=request.headers, content=await request.aread()
    )
    copy.headers.setdefault("User-Agent", USER_AGENT)
    copy.headers.setdefault("Accept", "*/*")
    copy.headers["Accept-Encoding"] = "gzip"
    return copy


async def _read(
    answer: httpx.Response, request: httpx.Request, limits: HttpLimits, wire: Wire
) -> httpx.Response:
    """Return the answer with its whole body, decoded, and without the headers that say it is not."""
    answer.request = request
    try:
        content = await bodies.read(answer, limits, wire)
    finally:
        await answer.aclose()
    kept = answer.headers
    if any(name in kept for name in CODED):
        kept = kept.copy()
        for name in (*CODED, "content-length"):
            kept.pop(name, None)
    return httpx.Response(answer.status_code, headers=kept, content=content, request=request)


def _too_late(wire: Wire, limits: HttpLimits) -> TransientError:
    kind = MaybeSent if wire.has_left else NotSent
    return kind(f"{wire.subject}: no whole answer within {limits.timeout_seconds:g} seconds")

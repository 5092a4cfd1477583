"""The httpx transport on aiohttp: sends what it is given, byte for byte, once, and sorts what fails.

Errors are `NotSent` (safe to repeat) or `MaybeSent` (the other side may have acted). Neither they nor what they are
chained to hold an address with its query: aiohttp's own errors do, so those are not chained.
"""

import asyncio
import os
import ssl

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from typing_extensions import override
from yarl import URL

from openconnector.errors import (
    AddressForbidden,
    ConfigurationError,
    MalformedAnswer,
    MaybeSent,
    NotSent,
    OpenConnectorError,
)
from openconnector.http import headers, urls
from openconnector.http.certificates import Certificates
from openconnector.http.guard import GuardedResolver, GuardedSockets, NetworkPolicy
from openconnector.http.tls import TlsIdentity
from openconnector.http.wire import Wire, trace_config
from openconnector.messages import t

CONNECT_SECONDS = 10.0
"""Used when the request names no other time."""
MAX_HEADERS = 100
OWN_HEADERS = frozenset({b"host", b"content-length", b"transfer-encoding", b"connection"})
"""What the connection decides; a request cannot set it."""
AUTOMATIC_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""What aiohttp would add by itself."""


class Transport(httpx.AsyncBaseTransport):
    """Connections under one network policy, TLS identity and proxy, kept and shared between sources."""

    def __init__(
        self,
        policy: NetworkPolicy,
        *,
        tls: TlsIdentity | None = None,
        proxy: str | None = None,
        resolver: AbstractResolver | None = None,
        certificates: Certificates | None = None,
    ) -> None:
        self._policy = policy
        self._certificates = certificates or Certificates()
        self._context: ssl.SSLContext | None = None
        self._tls = tls
        self._proxy = proxy
        self._resolver = resolver
        self._guard = GuardedResolver(policy, resolver)
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._opening = asyncio.Lock()

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request once; redirects are answers and the body is still to be read.

        A `Wire` in the request's extension `wire` is filled in. Raises `NotSent`, `MaybeSent`, `AddressForbidden`,
        `MalformedAnswer` for what is no HTTP, and `ConfigurationError` for what cannot be sent at all.
        """
        wire: Wire = request.extensions.get("wire") or Wire(urls.subject(request))
        target = _target(request.url)
        sent_headers = _headers(request)
        try:
            session = await self._session_to(request.url)
            answer = await session.request(
                request.method,
                target,
                headers=sent_headers,
                data=await request.aread() or None,
                allow_redirects=False,
                proxy=self._proxy,
                ssl=await self._verifying(request.url),
                timeout=_timeout(request),
                trace_request_ctx=wire,
            )
        except (aiohttp.ClientError, OSError) as error:
            problem = _sorted_error(error, wire)
        else:
            return httpx.Response(
                answer.status,
                headers=list(answer.raw_headers),
                stream=_Body(answer, wire.subject),
                request=request,
            )
        raise problem

    async def _session_to(self, url: httpx.URL) -> aiohttp.ClientSession:
        is_trusted = urls.origin(url) in self._policy.trusted_origins
        if self._proxy and not is_trusted:
            # The proxy dials, not we: all we can do is look first. The proxy has to enforce egress as well.
            await self._guard.check(url.host, url.port or urls.DEFAULT_PORTS[url.scheme])
        # A proxy is an administrator's choice, so dialling it needs no leave.
        is_free = is_trusted or self._proxy is not None
        if is_free not in self._sessions:
            async with self._opening:
                if is_free not in self._sessions:
                    self._sessions[is_free] = await self._open(is_free=is_free)
        return self._sessions[is_free]

    async def _verifying(self, url: httpx.URL) -> ssl.SSLContext | bool:
        """Return the TLS context; reading the system's authorities takes a while, so not before it is needed."""
        if url.scheme != "https":
            return True
        if self._context is None:
            self._context = await asyncio.to_thread(self._certificates.context, self._tls)
        return self._context

    async def _open(self, *, is_free: bool) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self._resolver if is_free else self._guard,
                socket_factory=None if is_free else GuardedSockets(self._policy),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=AUTOMATIC_HEADERS,
            max_headers=MAX_HEADERS,
            trace_configs=[trace_config()],
            middlewares=(_send_once,),
        )

    @override
    async def aclose(self) -> None:
        """Close all connections."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
        await self._guard.close()


class _Body(httpx.AsyncByteStream):
    """The body as it comes over the wire, still compressed."""

    def __init__(self, answer: aiohttp.ClientResponse, subject: str) -> None:
        self._answer = answer
        self._subject = subject

    @override
    def __aiter__(self) -> "_Body":
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await self._answer.content.readany()
        except (aiohttp.ClientError, OSError):
            chunk = None
        if chunk is None:
            raise MaybeSent(
                t(
                    "{subject}: the connection broke in the middle of the answer",
                    subject=self._subject,
                )
            )
        if not chunk:
            raise StopAsyncIteration
        return chunk

    @override
    async def aclose(self) -> None:
        self._answer.close()


class _Broken(aiohttp.ClientError):
    """A connection that broke, in a form that aiohttp does not answer with a second request."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def _send_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from silently sending a GET a second time; repeating is `retries`' to decide."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        broken = _Broken(_reason(error))
    raise broken


def _target(url: httpx.URL) -> URL:
    """Return the address as aiohttp takes it, unchanged. Raises `ConfigurationError`."""
    is_callable = url.scheme in urls.DEFAULT_PORTS and url.host and not url.userinfo
    if not is_callable or (url.port or 0) > urls.MAX_PORT:
        raise ConfigurationError(
            t(
                "{public_url} cannot be called: it must be http or https, name a host and hold no "
                "credentials",
                public_url=urls.public_url(url),
            )
        )
    return URL(str(url), encoded=True)


def _headers(request: httpx.Request) -> list[tuple[str, str]]:
    """Return what goes into the head of the request. Raises `ConfigurationError` for what would break out of it."""
    if not headers.NAME.fullmatch(request.method):
        raise ConfigurationError(t("{method} is no HTTP method", method=repr(request.method)))
    sent = []
    for raw_name, raw_value in request.headers.raw:
        if raw_name.lower() in OWN_HEADERS:
            continue
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        try:
            sent.append((headers.checked_name(name), headers.checked_value(value)))
        except ValueError as error:
            raise ConfigurationError(
                t("The header {name} {error}", name=repr(name), error=error)
            ) from None
    return sent


def _timeout(request: httpx.Request) -> aiohttp.ClientTimeout:
    # The time for the whole answer is kept by the caller; waiting for a free connection is not connecting.
    seconds = request.extensions.get("connect_seconds", CONNECT_SECONDS)
    return aiohttp.ClientTimeout(total=None, sock_connect=seconds)


def _sorted_error(error: Exception, wire: Wire) -> OpenConnectorError:
    subject = wire.subject
    if isinstance(error, aiohttp.InvalidURL):
        # What Python's own parser would read as an address although it is not written like one (127.1).
        return AddressForbidden(
            t("{subject}: the host is not written in its usual form", subject=subject)
        )
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return ConfigurationError(
            t(
                "{subject}: the certificate of the other side is not trusted; trust its authority by a "
                "CA bundle, or mend the certificate",
                subject=subject,
            )
        )
    if not wire.has_left:
        return NotSent(t("{subject}: not sent, {reason}", subject=subject, reason=_reason(error)))
    if isinstance(error, aiohttp.ClientResponseError):
        return MalformedAnswer(t("{subject}: the answer is not valid HTTP", subject=subject))
    return MaybeSent(t("{subject}: no answer, {reason}", subject=subject, reason=_reason(error)))


def _reason(error: Exception) -> str:
    """Return why a connection failed, without repeating the error: it may hold the whole address."""
    match error:
        case _Broken():
            reason = error.reason
        case aiohttp.ClientConnectorDNSError():
            reason = "its host name cannot be resolved"
        case aiohttp.ClientConnectorSSLError():
            reason = "TLS could not be agreed on"
        case aiohttp.ClientHttpProxyError():
            reason = f"the proxy answered {error.status}"
        case TimeoutError():
            reason = "connecting took too long"
        case OSError(errno=int(number)):
            reason = f"the connection failed ({os.strerror(number)})"
        case _:
            reason = "the other side closed the connection"
    return reason

"""Nextcloud as one of its users sees it: signed as AppAPI wants it, bounded, retried, logged."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httpx
import orjson
from httpx import codes
from typing_extensions import override

from ex_app.nextcloud.client import Nextcloud, opened, sorted_failures
from openconnector.errors import (
    ConfigurationError,
    CredentialsRejected,
    LimitExceeded,
    MalformedAnswer,
    MaybeSent,
    OpenConnectorError,
    TransientError,
)
from openconnector.http import retries, urls
from openconnector.messages import t
from openconnector.ports import (
    Account,
    AuthFlow,
    Call,
    CallLog,
    Clock,
    HostRequest,
    Http,
    HttpLimits,
    OcsAnswer,
    Tokens,
)

LOCK_PAUSES_SECONDS = (1.0, 2.0, 4.0)
"""Waits for somebody's lock (423), unless Nextcloud names another time; then the answer is given back."""

USUAL_LIMITS = HttpLimits()


class NextcloudAccess:
    """Implements `ports.HostAccess` over the Nextcloud that installed us."""

    def __init__(
        self, nextcloud: Nextcloud, *, clock: Clock, jitter: Callable[[], float] = random.random
    ) -> None:
        self._nextcloud = nextcloud
        self._clock = clock
        self._jitter = jitter

    @property
    def url(self) -> str:
        """Its address."""
        return self._nextcloud.url

    def account(self, user_id: str, *, log: CallLog) -> Account:
        """Return what a user sees. Raises `ConfigurationError` when nobody is named."""
        self._nextcloud.signed_as(user_id)
        return SignedAccount(
            self._nextcloud, user_id, clock=self._clock, log=log, jitter=self._jitter
        )

    def credentials(self, user_id: str) -> AuthFlow:
        """Return what signs a request as this user."""
        return _Signature(self._nextcloud, user_id)


@dataclass(frozen=True, slots=True)
class _Signature:
    """Implements `ports.AuthFlow` with AppAPI's headers."""

    nextcloud: Nextcloud
    user_id: str
    is_renewable: bool = False

    async def authenticate(
        self, request: httpx.Request, tokens: Tokens, http: Http, *, rejected: bool
    ) -> None:
        request.headers.update(self.nextcloud.signed_as(self.user_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tries:
    """How long one request is tried."""

    patience: retries.Patience
    locks: list[float] = field(default_factory=lambda: list(LOCK_PAUSES_SECONDS))


class SignedAccount:
    """Implements `ports.Account`."""

    def __init__(
        self,
        nextcloud: Nextcloud,
        user_id: str,
        *,
        clock: Clock,
        log: CallLog,
        jitter: Callable[[], float],
    ) -> None:
        self._nextcloud = nextcloud
        self._user_id = user_id
        self._clock = clock
        self._log = log
        self._jitter = jitter

    @property
    def user_id(self) -> str:
        """Who it is."""
        return self._user_id

    async def ocs(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> OcsAnswer:
        """Call an OCS interface; see `ports.Account`."""
        request = HostRequest(
            method=method,
            path=path,
            query=query or {},
            headers={} if json is None else {"Content-Type": "application/json"},
            content=b"" if json is None else orjson.dumps(json),
        )
        return opened(await self.send(request), f"{method} {path}")

    async def send(self, request: HostRequest, limits: HttpLimits = USUAL_LIMITS) -> httpx.Response:
        """Return the whole answer; see `ports.Account`."""
        async with self._answered(request, limits, is_whole=True) as answer:
            return answer

    def stream(
        self, request: HostRequest, limits: HttpLimits = USUAL_LIMITS
    ) -> AbstractAsyncContextManager[httpx.Response]:
        """Give an answer whose body is still to be read; see `ports.Account`."""
        return self._answered(request, limits, is_whole=False)

    @asynccontextmanager
    async def _answered(
        self, request: HostRequest, limits: HttpLimits, *, is_whole: bool
    ) -> AsyncIterator[httpx.Response]:
        tries, is_given = self._tries(request, limits), False
        while True:
            try:
                async with self._exchange(request, limits, is_whole=is_whole) as answer:
                    pause = self._pause_after(answer, tries)
                    if pause is None:
                        is_given = True
                        yield answer
                        return
            except TransientError as error:
                if is_given:
                    raise
                pause = tries.patience.pause(error)
            await self._clock.sleep(pause)

    def _tries(self, request: HostRequest, limits: HttpLimits) -> _Tries:
        is_safe = request.idempotent
        if is_safe is None:
            is_safe = request.method in retries.IDEMPOTENT_METHODS | {
                "PROPFIND",
                "REPORT",
                "SEARCH",
            }
        patience = retries.Patience(limits=limits, is_safe=is_safe, jitter=self._jitter)
        return _Tries(patience=patience)

    def _pause_after(self, answer: httpx.Response, tries: _Tries) -> float | None:
        """Return how long to wait before trying again; None for an answer to give back. Raises what ends all trying."""
        now, subject = self._clock.now(), urls.subject(answer.request)
        if answer.status_code == codes.UNAUTHORIZED:
            raise CredentialsRejected(
                t(
                    "{subject} answered 401: Nextcloud has no active account {user}, or this app is disabled",
                    subject=subject,
                    user=repr(self._user_id),
                )
            )
        if answer.status_code == codes.LOCKED and tries.locks:
            pause = retries.announced_pause(answer.headers, now) or 0.0
            longest = tries.patience.limits.max_wait_seconds
            return min(max(tries.locks.pop(0), pause), longest)
        failure = retries.failure_in(answer, subject, now, is_safe=tries.patience.is_safe)
        return tries.patience.pause(failure) if failure else None

    @asynccontextmanager
    async def _exchange(
        self, request: HostRequest, limits: HttpLimits, *, is_whole: bool
    ) -> AsyncIterator[httpx.Response]:
        """Send once; whatever happens makes one row in the call log."""
        _refuse_dots(request.path)
        # What errors and answers show of the request: it holds no signature.
        url = httpx.URL(self._nextcloud.url + request.path, params=dict(request.query) or None)
        shown = httpx.Request(request.method, url)
        body = _Body(subject=urls.subject(shown), limit=limits.max_bytes)
        started_at, began = self._clock.now(), time.perf_counter()
        status: int | None = None
        error: str | None = "interrupted"
        try:
            answer = await self._begun(request, limits, body, is_whole=is_whole)
            status, answer.request = answer.status_code, shown
            yield answer
            error = None
        except OpenConnectorError as problem:
            error = problem.code
            raise
        finally:
            await body.aclose()
            content = request.content
            self._log.add(
                Call(
                    method=request.method,
                    url=urls.public_url(url),
                    status=status,
                    started_at=started_at,
                    duration_ms=(time.perf_counter() - began) * 1000,
                    connect_ms=None,
                    sent_bytes=len(content) if isinstance(content, bytes) and status else 0,
                    received_bytes=body.received,
                    error=error,
                )
            )

    async def _begun(
        self, request: HostRequest, limits: HttpLimits, body: "_Body", *, is_whole: bool
    ) -> httpx.Response:
        """Return the answer, read to its end if it ``is_whole``."""
        try:
            async with asyncio.timeout(limits.timeout_seconds if is_whole else None):
                wire = await self._nextcloud.begin(request, user=self._user_id, limits=limits)
                body.stream = wire
                if wire.headers.get("Content-Encoding", "identity") != "identity":
                    raise MalformedAnswer(
                        t("{subject}: the answer is compressed, unasked", subject=body.subject)
                    )
                answer = httpx.Response(wire.status_code, headers=wire.headers, stream=body)
                if is_whole:
                    await answer.aread()
        except TimeoutError:
            message = f"{body.subject}: no whole answer within {limits.timeout_seconds:g} seconds"
            raise MaybeSent(message) from None
        return answer


def _refuse_dots(path: str) -> None:
    """Raise `ConfigurationError` for a path that would lead elsewhere: an id can be called `..`."""
    if {".", ".."} & set(unquote(path).split("/")):
        raise ConfigurationError(t("The path {path} has a part that is only dots", path=repr(path)))


@dataclass(slots=True, kw_only=True)
class _Body(httpx.AsyncByteStream):
    """The body of an answer, read as it comes and no further than it may be long."""

    subject: str
    limit: int
    stream: httpx.Response | None = None
    received: int = 0

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self.stream is None:
            return
        with sorted_failures():
            async for chunk in self.stream.aiter_bytes():
                self.received += len(chunk)
                if self.received > self.limit:
                    raise LimitExceeded(
                        t(
                            "{subject}: the answer is larger than the {limit} bytes it may have",
                            subject=self.subject,
                            limit=self.limit,
                        )
                    )
                yield chunk

    @override
    async def aclose(self) -> None:
        if self.stream is not None:
            await self.stream.aclose()

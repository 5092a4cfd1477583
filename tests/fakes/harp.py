"""HaRP, the other front door, as one ASGI application: `/exapps/{app}/{path}` leads to the ExApp.

It passes everything on as it is, in pieces as they come, and adds the signature. What it refuses it counts: an
address that was refused ten times within five minutes is not answered at all.
"""

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from tests.fakes.doors import SIGNATURE, Declared, Visitors, declared, harp, signature
from tests.fakes.nextcloud import FakeNextcloud

PLACE = "/exapps/"
MOST_FAILURES = 10
WINDOW_SECONDS = 300
SHARED_KEY = "h4rp-key"
HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "te", "upgrade"}


class Dropped(ConnectionError):
    """HaRP does not answer this address any more."""


class Harp:
    """HaRP before a Nextcloud; ``nextcloud.exapp`` is its way to the ExApp. Every other path is Nextcloud's own."""

    def __init__(
        self,
        nextcloud: FakeNextcloud,
        *,
        routes: Sequence[Declared] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.visitors = Visitors(nextcloud)
        self._nextcloud = nextcloud
        self._routes = declared() if routes is None else routes
        self._now = now
        self._failures: dict[str, list[float]] = defaultdict(list)

    def is_banned(self, address: str) -> bool:
        """Return whether the address is left without an answer."""
        since = self._now() - WINDOW_SECONDS
        return sum(moment > since for moment in self._failures[address]) >= MOST_FAILURES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. Raises `Dropped` for a banned address."""
        if scope["type"] != "http" or not scope["path"].startswith(PLACE):
            return await self._nextcloud(scope, receive, send)
        address = (scope.get("client") or ("", 0))[0]
        if self.is_banned(address):
            raise Dropped(address)
        answer = await self._answer(Request(scope, receive), address)
        return await answer(scope, receive, send)

    async def _answer(self, request: Request, address: str) -> Response:
        raw = request.scope["raw_path"].decode("ascii", errors="replace").removeprefix(PLACE)
        app_id, _, rest = raw.partition("/")
        path = f"/{rest}"
        is_appapi = request.headers.get("harp-shared-key") == SHARED_KEY
        route = next(harp(self._routes, request.method, path), None)
        if not is_appapi and (route is None or app_id != self._nextcloud.app_id):
            return self._refused(404, address)
        user = self.visitors.who(request)
        if user is None:
            return self._refused(401, address)
        if route and not is_appapi and not self.visitors.reaches(user, route.level):
            return self._refused(403, address)
        return await self._passed_on(request, path, user, route, address)

    def _refused(self, status: int, address: str) -> Response:
        if status != httpx.codes.UNAUTHORIZED:
            self._failures[address].append(self._now())
        return PlainTextResponse(f"{status} refused", status)

    async def _passed_on(
        self, request: Request, path: str, user: str, route: Declared | None, address: str
    ) -> Response:
        exapp = self._nextcloud.exapp
        assert exapp is not None, "HaRP needs a way to the ExApp"
        dropped, added = HOP_BY_HOP, {}
        if request.headers.get("harp-shared-key") != SHARED_KEY:
            dropped = HOP_BY_HOP | set(SIGNATURE)
            added = signature(self._nextcloud, user, request_id=None)
        headers = [
            (name, value)
            for name, value in request.headers.raw
            if name.decode("latin-1") not in dropped
        ]
        headers += [(name.encode(), value.encode()) for name, value in added.items()]
        query = request.url.query
        call = httpx.Request(
            request.method,
            exapp.base_url.copy_with(raw_path=f"{path}{'?' if query else ''}{query}".encode()),
            headers=headers,
            content=await request.body() or None,
        )
        try:
            answered = await exapp.send(call, stream=True)
        except httpx.TransportError:
            return PlainTextResponse("503 Service Unavailable", 503)
        if route and answered.status_code in route.counted:
            self._failures[address].append(self._now())
        passed = StreamingResponse(_pieces(answered), answered.status_code)
        passed.raw_headers = [
            (name.lower(), value)
            for name, value in answered.headers.raw
            if name.lower().decode() not in HOP_BY_HOP
        ]
        return passed


async def _pieces(answered: httpx.Response) -> AsyncIterator[bytes]:
    async for piece in answered.aiter_raw():
        yield piece
    await answered.aclose()

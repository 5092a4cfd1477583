"""AppAPI's proxy in PHP as one ASGI application, built from calls recorded on a 32.0.1.

`/index.php/apps/app_api/proxy/{app}/{path}` leads to the ExApp, with the limits of the real one: four methods,
refusals as pages, queries and forms written anew, whole answers only, redirects followed by the proxy itself.
Every other path is Nextcloud's own.
"""

import re
import time
from collections.abc import Sequence
from email import message_from_bytes
from email.utils import formatdate
from typing import Any
from urllib.parse import quote, unquote

import httpx
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.fakes.doors import (
    SIGNATURE,
    Declared,
    Matcher,
    Visitors,
    appapi_32_0_0,
    declared,
    signature,
)
from tests.fakes.nextcloud import FakeNextcloud
from tests.fakes.php_query import through_php

PLACE = re.compile(r"(?:/index\.php)?/apps/app_api/proxy/([^/]*)/?(.*)", re.DOTALL)
CLIENT_IP = "203.0.113.7"
REQUEST_ID = "KlQ5kuXaGIgZD6kKUacv"
PAGE = f"<!DOCTYPE html>\n<html><head><title>Nextcloud</title></head>{' ' * 16_000}</html>"
NEVER = "no-cache, no-store, must-revalidate"
FOR_AN_HOUR = "private, max-age=3600, must-revalidate"
UNTOUCHED = {"application/json", "application/x-tar"}
"""Types that are not kept for an hour when the ExApp does not say how long."""

OWN = {
    "content-security-policy": (
        "default-src 'none';base-uri 'none';manifest-src 'self';frame-ancestors 'none'"
    ),
    "feature-policy": (
        "autoplay 'none';camera 'none';fullscreen 'none';geolocation 'none';microphone 'none';payment 'none'"
    ),
    "x-robots-tag": "noindex, nofollow",
    "x-request-id": REQUEST_ID,
}
"""Headers of Nextcloud's answers, unless the ExApp sends its own."""

REBUILT = "http://rebuilt.test"
HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "te", "upgrade", "content-length"}


class PhpProxy:
    """Nextcloud with its proxy; ``nextcloud.exapp`` is its way to the ExApp."""

    def __init__(
        self,
        nextcloud: FakeNextcloud,
        *,
        routes: Sequence[Declared] | None = None,
        matcher: Matcher = appapi_32_0_0,
    ) -> None:
        self.visitors = Visitors(nextcloud)
        self.guesses = 0
        """How many answers counted as a guess, as a route's `bruteforce_protection` says."""
        self._nextcloud = nextcloud
        self._routes = declared() if routes is None else routes
        self._matcher = matcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = PLACE.fullmatch(_path(scope)) if scope["type"] == "http" else None
        if place is None:
            return await self._nextcloud(scope, receive, send)
        answer = await self._answer(Request(scope, receive), place[1], place[2])
        return await answer(scope, receive, send)

    async def _answer(self, request: Request, app_id: str, other: str) -> Response:
        method = request.method
        if "\0" in other:
            return HTMLResponse("<html>400 Bad Request</html>", 400)
        if method not in {"GET", "HEAD", "POST", "PUT", "DELETE"} or (
            method in {"POST", "PUT", "DELETE"} and not other
        ):
            return Response(status_code=405, headers={"cache-control": NEVER})
        user = self.visitors.who(request)
        if user is None:
            return JSONResponse({"message": ""}, 401, {"cache-control": NEVER})
        route = self._open_route(app_id, method, f"/{other}", user)
        if route is None:
            return HTMLResponse(PAGE, 404, {"cache-control": NEVER})
        assert self._nextcloud.exapp is not None, "the proxy needs a way to the ExApp"
        call = await self._call(request, other, user, route)
        try:
            # As on the real server the signature goes along, wherever the ExApp sends the proxy.
            answered = await self._nextcloud.exapp.send(call, follow_redirects=True)
        except httpx.TransportError:
            return Response(status_code=500)
        self.guesses += answered.status_code in route.counted
        return _passed_on(answered, other, user)

    def _open_route(self, app_id: str, method: str, path: str, user: str) -> Declared | None:
        """Return the route that lets the account in; None when there is none, whatever the reason."""
        if app_id != self._nextcloud.app_id or not self._nextcloud.is_enabled:
            return None
        routes = self._matcher(self._routes, method, path)
        return next((one for one in routes if self.visitors.reaches(user, one.level)), None)

    async def _call(
        self, request: Request, other: str, user: str, route: Declared
    ) -> httpx.Request:
        """Return the request that the ExApp gets."""
        headers, body = _headers(request, route), await request.body()
        query = through_php(request.url.query)
        if request.method == "POST" and _type(headers).startswith("multipart/form-data"):
            rebuilt = _rebuilt_form(headers["content-type"], body)
            headers["content-type"], body, query = (
                rebuilt.headers["content-type"],
                rebuilt.read(),
                "",
            )
        method = "GET" if request.method == "HEAD" else request.method
        signed = signature(self._nextcloud, user, request_id=REQUEST_ID)
        assert self._nextcloud.exapp is not None
        return httpx.Request(
            method,
            self._nextcloud.exapp.base_url.join(_target(other, query)),
            headers=[
                (name.encode(), value.encode("latin-1"))
                for name, value in (headers | signed).items()
            ],
            content=body if method == "POST" or body else None,
        )


def _path(scope: Scope) -> str:
    """Return the path as PHP reads it: slashes reduced, decoded once, dots left as they are."""
    raw = scope["raw_path"].decode("ascii", errors="replace")
    return unquote(re.sub("/{2,}", "/", raw))


def _target(other: str, query: str) -> str:
    """Return where the ExApp is asked: the decoded path as it stands, for the client to make sense of."""
    path = re.split("[?#]", other, maxsplit=1)[0]
    path = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", path)
    target = "/" + quote(path, safe="/%:@!$&'()*+,;=-._~")
    return f"{target}?{query}" if query else target


def _type(headers: dict[str, str]) -> str:
    return headers["content-type"].strip().lower()


def _headers(request: Request, route: Declared) -> dict[str, str]:
    """Return the client's headers without the excluded ones; cookies stay, for they come from a jar."""
    dropped = HOP_BY_HOP | set(SIGNATURE) | {name.lower() for name in route.excluded}
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        if name not in dropped and "_" not in name:
            found[name] = f"{found[name]}, {value}" if name in found else value
    if request.cookies:
        found["cookie"] = "; ".join(f"{name}={value}" for name, value in request.cookies.items())
    defaults = {"content-type": "", "accept-language": "en"}
    return {**defaults, **found, "x-origin-ip": CLIENT_IP}


def _rebuilt_form(content_type: str, body: bytes) -> httpx.Request:
    """Return the form as PHP sends it on: fields of text, then files, under a boundary of its own."""
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    fields: dict[str, Any] = {}
    files: list[tuple[str, tuple[str, bytes]]] = []
    for part in message.get_payload() if message.is_multipart() else ():
        assert not isinstance(part, str)
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if filename := part.get_filename():
            files.append((name, (filename, content)))
        else:
            fields[name] = content.decode()
    plain = [(name, (None, value)) for name, value in fields.items()]
    if not plain and not files:
        empty = {"Content-Type": "multipart/form-data; boundary=b0undary"}
        return httpx.Request("POST", REBUILT, headers=empty, content=b"--b0undary--\r\n")
    return httpx.Request("POST", REBUILT, files=[*plain, *files])


def _passed_on(answered: httpx.Response, path: str, user: str) -> Response:
    """Return the browser's answer: the first of each header, Nextcloud's own where the ExApp is silent."""
    content, status = answered.content, answered.status_code
    kept = _first_values(answered)
    is_page = path.endswith(".html")
    if is_page:
        content = content.replace(b"<script", b'<script nonce="n0nce"')
    if "content-encoding" in kept:
        kept["x-encoded-content-encoding"] = kept.pop("content-encoding")
    if "www-authenticate" in kept and status == httpx.codes.OK:
        status = httpx.codes.UNAUTHORIZED
    own = dict(OWN, **{"cache-control": NEVER}, **({"x-user-id": user} if user else {}))
    is_kept = not is_page and kept.get("content-type") not in UNTOUCHED
    if "cache-control" not in kept and is_kept and status != httpx.codes.NOT_MODIFIED:
        own |= {
            "cache-control": FOR_AN_HOUR,
            "expires": formatdate(time.time() + 3600, usegmt=True),
        }
    return Response(content, status, own | kept)


def _first_values(answered: httpx.Response) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in answered.headers.multi_items():
        if name not in HOP_BY_HOP and name not in SIGNATURE:
            found.setdefault(name, value)
    return found

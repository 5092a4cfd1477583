"""What every answer has in common."""

import posixpath

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openconnector.languages import chosen, speaking

API_VERSION = "1.0.0"
"""The version of the interface, not of the program; its first number stands in the address."""

PROBLEM_JSON = "application/problem+json"

STANDARD_HEADERS = {
    "API-Version": API_VERSION,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer. Proxies keep answers that do not forbid it, problems included."""


class StandardHeaders:
    """Puts the standard headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the answer's head."""

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in STANDARD_HEADERS.items():
                    headers.setdefault(name, value)
                if "location" in headers:
                    headers["Location"] = seen_from(scope, headers["Location"])
            await send(message)

        await self._app(scope, receive, completed)


def seen_from(scope: Scope, path: str) -> str:
    """Return a path of the interface relative to the one that was asked.

    A proxy that puts something before both cannot tell us what; a reference that names neither host nor root is
    right behind all of them.
    """
    # As it was sent: what is percent-encoded holds no slashes.
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    asked = raw.decode("latin-1")
    return posixpath.relpath(scope.get("root_path", "") + path, posixpath.dirname(asked))


class Languages:
    """Lets errors be told in the language the caller prefers (`Accept-Language`)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its language chosen."""
        accepted = Headers(scope=scope).get("accept-language", "") if "headers" in scope else ""
        with speaking(chosen(accepted)):
            await self._app(scope, receive, send)

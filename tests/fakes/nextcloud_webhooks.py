"""The webhooks of the fake Nextcloud: registered and delivered as recorded on webhook_listeners 1.3.0."""

import itertools
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes.ocs import answer, failure, given

BASE = "/ocs/{version}/apps/webhook_listeners/api/v1/webhooks"
ADMINS_ONLY = (
    "Logged in account must be an admin, a sub admin or gotten special right to access this setting"
)
COMPATIBLE = re.compile(
    r"OCP\\(Files\\Events\\Node\\(Before)?Node\w+Event|Calendar\\Events\\CalendarObject\w+Event"
    r"|SystemTag\\(Tag(A|Una)ssigned|Mapper)Event)|OCA\\Files_Trashbin\\Events\\(Before)?NodeRestoredEvent"
)
MANDATORY = {"httpMethod", "uri", "event"}

Post = Callable[[str, str, dict[str, Any]], Awaitable[httpx.Response]]
"""Calls the ExApp: path, acting user, body."""


@dataclass
class Webhooks:
    """The app `webhook_listeners`."""

    hooks: dict[int, dict[str, Any]] = field(default_factory=dict)
    also_known: set[str] = field(default_factory=set)
    """Event classes of further apps."""
    _ids: Any = field(default_factory=lambda: itertools.count(30))

    def routes(self, caller: Callable[[Request], str], groups: dict[str, list[str]]) -> list[Route]:
        """Return the interface; the app itself, without a user, may do what an administrator may."""

        def guarded(handle: Callable[[Request], Awaitable[Response]]) -> Any:
            async def checked(request: Request) -> Response:
                user = caller(request)
                if user and "admin" not in groups[user]:
                    return failure(request, 403, ADMINS_ONLY)
                return await handle(request)

            return checked

        return [
            Route(BASE, guarded(self._list), methods=["GET"]),
            Route(BASE, guarded(self._make), methods=["POST"]),
            Route(f"{BASE}/byappid/{{app}}", guarded(self._clear), methods=["DELETE"]),
            Route(f"{BASE}/{{id:int}}", guarded(self._delete), methods=["DELETE"]),
        ]

    async def happen(
        self, event: str, payload: dict[str, Any], post: Post, *, user: str = "alice"
    ) -> list[int]:
        """Let an event happen; returns what the ExApp answered to each webhook, which is never asked again."""
        body = {
            "event": {**payload, "class": event},
            "user": {"uid": user, "displayName": user},
            "time": 1795459224,
        }
        return [
            (await post(hook["uri"], user, body)).status_code
            for hook in list(self.hooks.values())
            if hook["event"] == event
            and hook["userIdFilter"] in ("", user)
            and _matches(hook["eventFilter"], body)
        ]

    async def _list(self, request: Request) -> Response:
        uri = (await given(request)).get("uri")
        return answer(request, [hook for hook in self.hooks.values() if uri in (None, hook["uri"])])

    async def _make(self, request: Request) -> Response:
        body = await given(request)
        if not body.keys() >= MANDATORY:
            return failure(request, 500, "Internal Server Error\n")
        event = body["event"].lstrip("\\")
        if not COMPATIBLE.fullmatch(event) and event not in self.also_known:
            return failure(request, 400, f"{event} is not an event class compatible with webhooks")
        hook = {
            "id": next(self._ids),
            "appId": request.headers.get("EX-APP-ID"),
            "userId": None,
            "httpMethod": body["httpMethod"],
            "uri": body["uri"],
            "event": event,
            "eventFilter": body.get("eventFilter") or [],
            "userIdFilter": body.get("userIdFilter") or "",
            "headers": body.get("headers"),
            "authMethod": body.get("authMethod") or "none",
            "authData": "61a52b2d|ec548f30e|3",
        }
        self.hooks[hook["id"]] = hook
        return answer(request, hook)

    async def _delete(self, request: Request) -> Response:
        return answer(request, self.hooks.pop(request.path_params["id"], None) is not None)

    async def _clear(self, request: Request) -> Response:
        app = request.path_params["app"]
        gone = [number for number, hook in self.hooks.items() if hook["appId"] == app]
        for number in gone:
            del self.hooks[number]
        return answer(request, len(gone))


def _matches(condition: Any, body: dict[str, Any]) -> bool:
    """Evaluate a filter, as far as ours go: paths of the payload with patterns, and `$or`."""
    return all(
        any(_matches(one, body) for one in wanted)
        if path == "$or"
        else _fits(wanted, _at(path, body))
        for path, wanted in dict(condition or {}).items()
    )


def _fits(wanted: str, found: Any) -> bool:
    pattern = re.fullmatch(r"/(.*)/([a-z]*)", wanted, re.DOTALL)
    if pattern is None:
        return bool(wanted == found)
    return isinstance(found, str) and re.search(pattern[1], found) is not None


def _at(path: str, body: Any) -> Any:
    for name in path.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body

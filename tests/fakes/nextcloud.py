"""A Nextcloud with AppAPI as one ASGI application, built from calls recorded on a 32.0.1.

It answers what the ExApp asks, and plays the administrator's commands (`install`, `enable`, `disable`) by calling
the ExApp in the recorded order: like the real one it calls `/enabled` while the report of 100 is still unanswered.
"""

import asyncio
import base64
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.fakes.dav_answers import not_authenticated
from tests.fakes.dav_collections import Shelves
from tests.fakes.nextcloud_config import Configuration
from tests.fakes.nextcloud_logins import Logins
from tests.fakes.nextcloud_notifications import Bell
from tests.fakes.nextcloud_occ import Console
from tests.fakes.nextcloud_tables import Tables
from tests.fakes.nextcloud_users import Accounts
from tests.fakes.nextcloud_webhooks import Webhooks
from tests.fakes.ocs import answer, failure, given
from tests.fakes.webdav import Files

DAV = "/remote.php/dav/"
APP_API = "/ocs/{version}/apps/app_api"
PHP_APP = "/index.php/apps/openconnector/api/endpoint/"
HEARTBEAT_TRIES = 600
NO_ROUTE = (
    "Invalid query, please check the syntax. API specifications are here: "
    "http://www.freedesktop.org/wiki/Specifications/open-collaboration-services.\n"
)


@dataclass(frozen=True)
class Call:
    """One request of the ExApp, as far as tests look at it."""

    method: str
    path: str
    user: str
    json: Any


@dataclass
class FakeNextcloud:
    """The server; its fields are what an administrator or a test sets, and what there is to see afterwards."""

    app_id: str = "openconnector"
    secret: str = "s3cret"
    version: str = "1.0.0"
    exapp: httpx.AsyncClient | None = None
    """How it reaches the ExApp; needed for the administrator's commands."""
    groups: dict[str, list[str]] = field(
        default_factory=lambda: {"admin": ["admin"], "alice": [], "bob": ["editors"]}
    )
    lacks: set[str] = field(default_factory=set)
    """Endings of paths this server does not have, as an older or newer one."""
    failures: list[int] = field(default_factory=list)
    """Statuses the next calls are answered with instead."""
    url: str = "http://nextcloud.test"
    has_php_app: bool = False
    """Whether the PHP app of the ExApp's name is enabled beside it."""
    is_registered: bool = False
    is_enabled: bool = False
    is_installing: bool = False
    was_reported_to: asyncio.Event = field(default_factory=asyncio.Event)
    """Set at the first report of progress."""
    is_finished: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when an installation has come to its end, good or bad."""
    progress: int = 0
    error: str = ""
    menu: dict[str, dict] = field(default_factory=dict)
    resources: dict[str, set[str]] = field(
        default_factory=lambda: {"script": set(), "style": set()}
    )
    webhooks: Webhooks = field(default_factory=Webhooks)
    console: Console = field(default_factory=Console)
    languages: dict[str, str] = field(default_factory=dict)
    """The language of an account that has another one than English."""
    calls: list[Call] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """What it asked the ExApp, in order."""

    def __post_init__(self) -> None:
        self.accounts = Accounts(self.groups)
        self.files = Files(self.groups)
        self.configuration = Configuration()
        self.bell = Bell(lambda: sorted(self.groups))
        self.shelves = Shelves()
        self.tables = Tables()
        self.logins = Logins(self.accounts)
        ui = f"{APP_API}/api/v1/ui"
        self._app = Starlette(
            routes=[
                Route(f"{APP_API}/ex-app/state", self._state, methods=["GET"]),
                Route(f"{APP_API}/ex-app/status", self._status, methods=["PUT"]),
                Route(f"{ui}/top-menu", self._top_menu, methods=["GET", "POST", "DELETE"]),
                *self.configuration.routes(),
                Route(f"{ui}/{{kind}}", self._resource, methods=["POST", "DELETE"]),
                Route("/ocs/{version}/cloud/user", self._user, methods=["GET"]),
                *self.accounts.routes(self.caller),
                *self.shelves.routes(self.caller),
                *self.tables.routes(self.caller),
                *self.files.routes(self.caller),
                *self.webhooks.routes(self.caller, self.groups),
                *self.console.routes(f"{APP_API}/api/v1"),
                *self.bell.routes(self.caller),
                *self.logins.routes(self.caller),
                Route(
                    "/ocs/{version}/{path:path}",
                    _no_route,
                    methods=["GET", "POST", "PUT", "DELETE"],
                ),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request = Request(scope, receive)
        if request.url.path.startswith(PHP_APP):
            return await self._php_app()(scope, receive, send)
        refusal = await self._refusal(request)
        body = await request.body()

        async def replay() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        return await (refusal or self._app)(scope, replay, send)

    def _php_app(self) -> Response:
        """Answer as the PHP app does for an endpoint it has not; it is read from its source, not recorded."""
        if not self.has_php_app:
            return Response(
                "<!DOCTYPE html><title>Page not found</title>", 404, media_type="text/html"
            )
        return JSONResponse({"error": "No matching endpoint found for path and method: x GET"}, 404)

    # The administrator's commands

    async def install(self) -> bool:
        """`occ app_api:app:register --wait-finish`; returns whether the ExApp is enabled afterwards."""
        self.is_registered = True
        await self._heartbeat()
        self.progress, self.error = 0, ""
        self.is_enabled = self.is_installing = True
        self.is_finished.clear()
        await self._ask("POST", "/init")
        await asyncio.wait_for(self.is_finished.wait(), timeout=20)
        return self.is_enabled and not self.error

    async def enable(self) -> bool:
        """`occ app_api:app:enable`; returns whether the ExApp is enabled afterwards."""
        await self._heartbeat()
        self.is_enabled = True
        told = await self._ask("PUT", "/enabled?enabled=1")
        self.is_enabled = told.json() == {"error": ""}
        return self.is_enabled

    async def disable(self) -> None:
        """`occ app_api:app:disable`: the ExApp may still call while it is told."""
        await self._ask("PUT", "/enabled?enabled=0")
        self.is_enabled = False

    async def occ(self, name: str, *words: str, **options: Any) -> tuple[int, str]:
        """Type a command of the ExApp; returns its exit code and what is printed."""
        assert self.exapp is not None, "a command needs a way to the ExApp"
        exapp = self.exapp

        async def post(path: str, body: dict[str, Any]) -> httpx.Response:
            return await exapp.post(path, json=body, headers=self.signed(request_id="CLI"))

        return await self.console.run(name, post, *words, **options)

    async def _heartbeat(self) -> None:
        assert self.exapp is not None, "a command needs a way to the ExApp"
        self.asked.append("GET /heartbeat")
        for _ in range(HEARTBEAT_TRIES):
            try:
                reply = await self.exapp.get("/heartbeat", headers={"Accept": "application/json"})
            except httpx.ConnectError:
                await asyncio.sleep(0.02)  # the real one waits a second
                continue
            assert reply.json() == {"status": "ok"}
            return
        raise AssertionError("no heartbeat")

    async def _ask(self, method: str, path: str) -> httpx.Response:
        assert self.exapp is not None, "a command needs a way to the ExApp"
        self.asked.append(f"{method} {path}")
        reply = await self.exapp.request(method, path, headers=self.signed(request_id="CLI"))
        assert reply.status_code == 200, reply.text
        return reply

    def signed(self, user: str = "", **changes: str) -> dict[str, str]:
        """Return the headers of a call to the ExApp, as AppAPI signs it."""
        return {
            "AA-VERSION": "32.0.0",
            "EX-APP-ID": self.app_id,
            "EX-APP-VERSION": self.version,
            "AUTHORIZATION-APP-API": base64.b64encode(f"{user}:{self.secret}".encode()).decode(),
            "AA-REQUEST-ID": changes.get("request_id", "CcvYqfEJdEO7TOdL73et"),
        }

    def signer(self, request: Request) -> str | None:
        """Return the account in whose name the ExApp makes a request; None when it did not sign it."""
        return _signed_user(request, self.secret)

    # Its interfaces

    async def _refusal(self, request: Request) -> Response | None:
        """Note the call and say why it is refused; None lets it through."""
        user, is_dav = _signed_user(request, self.secret), request.url.path.startswith(DAV)
        body = await request.body()
        is_json = "json" in request.headers.get("content-type", "json")
        json = await request.json() if body and is_json and not is_dav else None
        self.calls.append(Call(request.method, request.url.path, user or "", json))
        path = request.url.path
        if self.failures:
            return failure(request, self.failures.pop(0), "")
        if any(path.endswith(ending) for ending in self.lacks):
            return failure(request, 404, NO_ROUTE, code=998)
        if user is None and "authorization" in request.headers:
            return self.logins.refusal(request)
        return self._unsigned(request, user, is_dav=is_dav)

    def _unsigned(self, request: Request, user: str | None, *, is_dav: bool) -> Response | None:
        path = request.url.path
        is_core = "/apps/app_api/" not in path and "/apps/openregister/" not in path
        if is_core and not is_dav and "ocs-apirequest" not in request.headers:
            return JSONResponse({"message": "CSRF check failed"}, 412)
        needs_user = is_core and "/apps/webhook_listeners/" not in path
        if not self._knows(request, user) or (needs_user and not user):
            if is_dav:
                return not_authenticated()
            message = "Current user is not logged in" if is_core else "AppAPI authentication failed"
            return failure(request, 401, message)
        return None

    def _knows(self, request: Request, user: str | None) -> bool:
        may_call = self.is_enabled or request.url.path.endswith("/ex-app/state")
        if request.url.path.endswith("/ex-app/status"):
            may_call = may_call or self.is_installing
        return (
            self.is_registered
            and may_call
            and request.headers.get("EX-APP-ID") == self.app_id
            and "EX-APP-VERSION" in request.headers
            and user is not None
            and (user == "" or (user in self.groups and user not in self.accounts.disabled))
        )

    def caller(self, request: Request) -> str:
        """Return whom a call is made as, which it has been let in for."""
        return _signed_user(request, self.secret) or self.logins.user(request) or ""

    async def _state(self, request: Request) -> Response:
        return answer(request, int(self.is_enabled))

    async def _status(self, request: Request) -> Response:
        body = await request.json()
        if not 0 <= body.get("progress", -1) <= 100:
            return failure(request, 500, "Internal Server Error\n")
        self.error = body.get("error", "")
        self.was_reported_to.set()
        if not self.error and self.progress < 100:
            self.progress = body["progress"]
            if self.progress == 100 and self.exapp is not None:
                await self.enable()
        if self.error or self.progress == 100:
            self.is_installing = False
            self.is_finished.set()
        return answer(request, [])

    async def _top_menu(self, request: Request) -> Response:
        entry = await given(request)
        name = str(entry.get("name"))
        if request.method == "POST":
            if not {"name", "displayName"} <= entry.keys():
                return failure(request, 500, "Internal Server Error\n")
            self.menu[name] = {
                "id": len(self.menu | {name: {}}),
                "appid": self.app_id,
                "name": name,
                "display_name": entry["displayName"],
                "icon": entry.get("icon", ""),
                "admin_required": entry.get("adminRequired", 0),
            }
            return answer(request, [])
        if name not in self.menu:
            return failure(request, 404, "No such Top Menu entry")
        if request.method == "GET":
            return answer(request, self.menu[name])
        del self.menu[name]
        return answer(request, [])

    async def _resource(self, request: Request) -> Response:
        entry, kind = await given(request), request.path_params["kind"]
        path = f"{entry['type']}/{entry['name']}/{entry['path']}"
        if request.method == "POST":
            self.resources[kind].add(path)
        elif path in self.resources[kind]:
            self.resources[kind].remove(path)
        else:
            return failure(request, 404, f"No such {kind.capitalize()}")
        return answer(request, [])

    async def _user(self, request: Request) -> Response:
        user = self.caller(request)
        account = {
            "enabled": True,
            "id": user,
            "email": None,
            "displayname": user,
            "display-name": user,
            "groups": self.groups[user],
            "language": self.languages.get(user, "en"),
            "locale": "",
        }
        return answer(request, account)


def _signed_user(request: Request, secret: str) -> str | None:
    """Return whom the call is made as, None when it is not signed."""
    try:
        signed = base64.b64decode(request.headers.get("AUTHORIZATION-APP-API", "")).decode()
    except ValueError:
        return None
    user, _, given = signed.partition(":")
    return user if given == secret else None


async def _no_route(request: Request) -> Response:
    return failure(request, 404, NO_ROUTE, code=998)

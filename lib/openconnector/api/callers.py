"""Who calls: found before anything else is looked at, so that no address can be forgotten."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from openconnector.api.errors import http_problem
from openconnector.api.rights import Role
from openconnector.messages import t

PUBLIC = frozenset({"/heartbeat", "/openapi.json", "/api/v1/openapi.json"})
"""The only paths that answer to everybody."""

LOGIN = "/api/v1/user/login"
"""Here somebody says who he is."""

CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who makes a request."""

    user_id: str
    """The account, as definitions and runs name it."""
    role: Role

    @property
    def sees_only(self) -> str | None:
        """The account whose rows are all this caller sees; None for everybody's."""
        return self.user_id if self.role is Role.NONE else None


Authenticate = Callable[[Scope], Awaitable[Caller | None]]
"""Says who makes a request; None when that is not proved."""

RoleOf = Callable[[frozenset[str]], Awaitable[Role]]
"""Says which role membership of these groups gives an account."""


def by_token(token: str, *, user_id: str = "admin") -> Authenticate:
    """Return the check of a standalone server: `Authorization: Bearer <token>` is the administrator."""
    expected = token.encode()

    async def authenticate(scope: Scope) -> Caller | None:
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        is_right = hmac.compare_digest(given.strip().encode("latin-1"), expected)
        if not is_right or scheme.lower() != "bearer":
            return None
        return Caller(user_id=user_id, role=Role.ADMINISTRATOR)

    return authenticate


def by_host(role_of: RoleOf) -> Authenticate:
    """Return the check that trusts the host application.

    It proved the caller and left in ``scope["state"]["caller"]``: `user_id`, `is_admin` and `groups`.
    """

    async def authenticate(scope: Scope) -> Caller | None:
        found = scope.get("state", {}).get("caller")
        if found is None or not found.user_id:
            return None
        role = Role.ADMINISTRATOR if found.is_admin else await role_of(found.groups)
        return Caller(user_id=found.user_id, role=role)

    return authenticate


class CallerGuard:
    """Lets nobody through who does not say who he is, save to the public paths; `Route` asks what he may do."""

    def __init__(self, app: ASGIApp, authenticate: Authenticate) -> None:
        self._app = app
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its caller, or answer 401."""
        if scope["type"] == "http" and _path(scope) not in {*PUBLIC, LOGIN}:
            caller = await self._authenticate(scope)
            if caller is None:
                detail = t("Say who you are: Authorization: Bearer <token>")
                refusal = http_problem(401, detail, scope["path"], CHALLENGE)
                return await refusal(scope, receive, send)
            scope.setdefault("state", {})["caller"] = caller
        return await self._app(scope, receive, send)


def _path(scope: Scope) -> str:
    """Return the path below the place where a host mounted us."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


Who = Annotated[Caller, Depends(_caller)]
"""A handler's argument: who makes this request."""

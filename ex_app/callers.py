"""Who calls: an AppAPI request becomes a `Caller`; a write that rides on a browser's session is proved first."""

import base64
import hmac
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from ex_app.answers import problem
from ex_app.nextcloud.users import ADMIN_GROUP, Users
from openconnector.errors import CredentialsRejected, OpenConnectorError
from openconnector.messages import t

HEARTBEAT_PATH = "/heartbeat"
"""Asked by AppAPI and the health check without any credentials."""

INTERNAL_PATHS = frozenset({"/init", "/enabled", "/trigger", "/setup_checks"})
"""Paths whose only rightful caller is AppAPI itself."""

INTERNAL_PREFIX = "/_internal/"
"""Below it: handlers of commands and webhooks. No route in `info.xml` may reach here."""

COMMANDS_PREFIX = INTERNAL_PREFIX + "occ/"
"""Below it: handlers of commands. Those of webhooks are called in the name of the account whose doing they tell of."""

PROXIED_HEADER = b"x-origin-ip"
"""On every request through the PHP proxy, which removes a client's own; on none that AppAPI makes itself."""

PROOFS = frozenset({b"x-requested-with", b"ocs-apirequest"})
"""Headers that no page of another site can make a browser send without asking us first."""

USUAL_PORTS = {"http": 80, "https": 443}

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Headers = dict[bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who makes a request, as Nextcloud vouches for it."""

    kind: Literal["user", "anonymous", "system"]
    """`system` by the path alone: a public visitor and AppAPI sign alike, with an empty user."""
    user_id: str
    """The account; empty for visitors. A system call carries the account that caused it, if any."""
    groups: frozenset[str] = frozenset()
    """The ids of the account's groups; known for requests to the API only."""
    request_id: str
    """Nextcloud's own id of the request; empty behind HaRP, `CLI` from its command line."""
    language: str
    """The language tag the caller prefers."""

    @property
    def is_admin(self) -> bool:
        """Whether an administrator of this Nextcloud calls."""
        return ADMIN_GROUP in self.groups


class AppApiAuth:
    """Lets in what Nextcloud has signed and notes who calls; all else gets one and the same 401.

    The caller stands in ``scope["state"]["caller"]``. Only the heartbeat is open to all.
    """

    def __init__(self, app: ASGIApp, *, app_id: str, secret: str) -> None:
        self._app = app
        self._app_id = app_id.encode()
        self._secret = secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "lifespan" and scope["path"] != HEARTBEAT_PATH:
            headers = _headers(scope)
            caller = self._caller(scope["path"], headers)
            if caller is None:
                return await unknown_caller()(scope, receive, send)
            scope.setdefault("state", {})["caller"] = caller
            scope = {**scope, "client": (_client_address(headers), 0)}
        return await self._app(scope, receive, send)

    def _caller(self, path: str, headers: Headers) -> Caller | None:
        user_id = self._signed_user(headers)
        is_internal = path in INTERNAL_PATHS or path.startswith(INTERNAL_PREFIX)
        if user_id is None or (is_internal and _came_through_a_door(path, user_id, headers)):
            return None
        return Caller(
            kind="system" if is_internal else "user" if user_id else "anonymous",
            user_id=user_id,
            request_id=headers.get(b"aa-request-id", b"").decode("latin-1"),
            language=_language(headers.get(b"accept-language", b"").decode("latin-1")),
        )

    def _signed_user(self, headers: Headers) -> str | None:
        """Return the user Nextcloud names, "" for none; None when it was not our Nextcloud that signed."""
        try:
            signed = base64.b64decode(headers.get(b"authorization-app-api", b""), validate=True)
            user, _, secret = signed.partition(b":")
            user_id = user.decode()
        except ValueError:
            return None
        is_ours = hmac.compare_digest(headers.get(b"ex-app-id", b""), self._app_id)
        return user_id if hmac.compare_digest(secret, self._secret) and is_ours else None


class CsrfGuard:
    """Refuses a write that another site made a browser send: neither proxy of Nextcloud checks for that.

    Where the browser says by itself which site sent the request, that has to be ours, whatever the request rides on:
    browsers keep passwords too and send them unasked. Cookies need one proof more, a header that a foreign page cannot
    set without asking first. A program sends neither, and is asked for nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with 403."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            flaw = _flaw(_headers(scope))
            if flaw:
                answer = problem(403, t("The request is not proved to come from this site"), flaw)
                return await answer(scope, receive, send)
        return await self._app(scope, receive, send)


class Membership:
    """Notes for a user's request which groups the account is in: AppAPI tells the id alone."""

    def __init__(self, app: ASGIApp, users: Users) -> None:
        self._app = app
        self._users = users

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; refuse it when Nextcloud does not know the user or cannot be asked."""
        caller: Caller = scope["state"]["caller"]
        if caller.kind == "user":
            try:
                groups = await self._users.groups(caller.user_id)
            except CredentialsRejected:
                return await unknown_caller()(scope, receive, send)
            except OpenConnectorError:
                detail = t(
                    "Nextcloud could not be asked for the rights of the account; try again shortly"
                )
                answer = problem(503, t("Rights unknown"), detail, retry_seconds=5)
                return await answer(scope, receive, send)
            scope["state"]["caller"] = replace(caller, groups=groups)
        return await self._app(scope, receive, send)


def unknown_caller() -> ASGIApp:
    """Return the one answer to every request that is not signed as it should be."""
    return problem(401, t("Unauthorized"), t("This address answers to its own Nextcloud only"))


def _headers(scope: Scope) -> Headers:
    """Return the headers; one that was sent twice holds both values, so it equals nothing that is expected."""
    found: Headers = {}
    for name, value in scope["headers"]:
        found[name] = found[name] + b", " + value if name in found else value
    return found


def _came_through_a_door(path: str, user_id: str, headers: Headers) -> bool:
    """Return whether a call to an internal path was not made by AppAPI itself.

    The routes keep such calls away, save that the proxy of AppAPI 32.0.0 lets `api/../init` pass: it names itself in a
    header, and whoever it has let in below `api/` has an account. AppAPI's own calls have none, but for webhooks.
    """
    is_nobodys = path in INTERNAL_PATHS or path.startswith(COMMANDS_PREFIX)
    return PROXIED_HEADER in headers or (is_nobodys and bool(user_id))


def _flaw(headers: Headers) -> str | None:
    """Say what a write lacks that a browser may have been made to send; None when nothing."""
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
    has_session = b"cookie" in headers
    if has_session and not headers.keys() & PROOFS:
        return t("Send the header `X-Requested-With: XMLHttpRequest` or `OCS-APIRequest: true`")
    if site is not None and site != b"same-origin" and (has_session or site != b"none"):
        return t("The browser names another site as the sender")
    if site is None and origin is not None and not _is_ours(origin, headers.get(b"host", b"")):
        return t("The header `Origin` names another site")
    return None


def _is_ours(origin: bytes, host: bytes) -> bool:
    """Return whether an origin is the host that was asked; a usual port goes without saying."""
    try:
        sent = urlsplit(origin.decode())
        asked = urlsplit(f"{sent.scheme}://{host.decode()}")
        usual = USUAL_PORTS.get(sent.scheme)
        ours = asked.hostname, asked.port or usual
        return bool(sent.hostname) and (sent.hostname, sent.port or usual) == ours
    except ValueError:
        return False  # no address


def _client_address(headers: Headers) -> str:
    """Return whose browser or program sent the request, as the proxy in front of us says; "" when it does not.

    The PHP proxy replaces what a client claims in its header; behind HaRP the last entry is the one HAProxy added.
    """
    told = headers.get(PROXIED_HEADER) or headers.get(b"x-forwarded-for", b"").rpartition(b",")[2]
    return told.decode("latin-1").strip()


def _language(accepted: str) -> str:
    return accepted.partition(",")[0].partition(";")[0].strip() or "en"

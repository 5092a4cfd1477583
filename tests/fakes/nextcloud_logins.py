"""How the fake Nextcloud lets accounts in by name and password, and keeps what an app knows of them, as recorded."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.nextcloud_users import Accounts
from tests.fakes.ocs import answer, failure, given

CORE = "/ocs/{version}/core"
PREFERENCE = "/ocs/{version}/apps/app_api/api/v1/ex-app/preference"
ORGANISATIONS = "/index.php/apps/openregister/api/organisations"


@dataclass
class Logins:
    """App passwords, preferences and the organisations of Open Register."""

    accounts: Accounts
    app_passwords: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Each with the name it was made under and the account."""
    second_factor: set[str] = field(default_factory=set)
    """Accounts whose password alone does not let in."""
    is_tired: bool = False
    """Whether it has had too many wrong passwords."""
    agents: list[str] = field(default_factory=list)
    """What each app password is called."""
    forwarded_for: list[str] = field(default_factory=list)
    """Whose tries these are said to be."""
    preferences: dict[tuple[str, str], str] = field(default_factory=dict)
    organisations: dict[str, list[dict[str, Any]]] | None = None
    """The organisations of every account; None without Open Register."""
    active: dict[str, str] = field(default_factory=dict)
    is_register_broken: bool = False

    def routes(self, caller: Callable[[Request], str]) -> list[Route]:
        """Return the interfaces; ``caller`` says who makes a call."""
        self._caller = caller
        return [
            Route(f"{CORE}/getapppassword", self._give, methods=["GET"]),
            Route(f"{CORE}/apppassword", self._revoke, methods=["DELETE"]),
            Route(PREFERENCE, self._prefer, methods=["POST"]),
            Route(f"{PREFERENCE}/get-values", self._preferred, methods=["POST"]),
            Route(ORGANISATIONS, self._list, methods=["GET"]),
            Route(f"{ORGANISATIONS}/{{uuid}}/set-active", self._activate, methods=["POST"]),
        ]

    def user(self, request: Request) -> str | None:
        """Return whose name and password a request carries; None when they do not belong together."""
        name, password = _credentials(request)
        made_under, user = self.app_passwords.get(password, ("", ""))
        if user and made_under == name:
            return user
        user = self._named(name)
        is_right = bool(password) and self.accounts.passwords.get(user) == password
        return user if is_right and user not in self.second_factor else None

    def refusal(self, request: Request) -> Response | None:
        """Say why name and password do not let in; None when they do."""
        if forwarded := request.headers.get("x-forwarded-for"):
            self.forwarded_for.append(forwarded)
        if self.is_tired:
            return JSONResponse({"message": "Reached maximum delay"}, 429)
        user = self.user(request)
        if user is None or user in self.accounts.disabled:
            refused = failure(request, 401, "Unauthorised")
            refused.headers["WWW-Authenticate"] = 'Basic realm="Authorisation Required"'
            return refused
        return None

    def _named(self, name: str) -> str:
        """Return the account of a name, which may be an e-mail address or spelt in other letters."""
        for user in self.accounts.groups:
            email = self.accounts.profiles.get(user, {}).get("email")
            if name.lower() in {user.lower(), str(email).lower()}:
                return user
        return ""

    async def _give(self, request: Request) -> Response:
        name, password = _credentials(request)
        if not name:
            return failure(request, 403, "")
        if password in self.app_passwords:
            message = "You cannot request an new apppassword with an apppassword"
            return failure(request, 403, message)
        made = f"{len(self.app_passwords):072d}"
        self.app_passwords[made] = name, self._caller(request)
        self.agents.append(request.headers["user-agent"])
        return answer(request, {"apppassword": made})

    async def _revoke(self, request: Request) -> Response:
        if self.app_passwords.pop(_credentials(request)[1], None) is None:
            return failure(request, 403, "no app password in use")
        return answer(request, [])

    async def _prefer(self, request: Request) -> Response:
        user, body = self._caller(request), await given(request)
        if not user:
            return failure(request, 500, "Internal Server Error\n")
        self.preferences[user, body["configKey"]] = body["configValue"]
        row = {"id": len(self.preferences), "user_id": user, "appid": "myapp"}
        row |= {"configkey": body["configKey"], "configvalue": body["configValue"], "sensitive": 0}
        return answer(request, row)

    async def _preferred(self, request: Request) -> Response:
        user, keys = self._caller(request), (await given(request))["configKeys"]
        found = [
            {"configkey": key, "configvalue": self.preferences[user, key]}
            for key in sorted(keys)
            if (user, key) in self.preferences
        ]
        return answer(request, found)

    async def _list(self, request: Request) -> Response:
        if self.organisations is None:
            return Response("<html>Page not found</html>", 404, media_type="text/html")
        if self.is_register_broken:
            return Response("<html>Internal Server Error</html>", 500, media_type="text/html")
        user = self._caller(request)
        found = self.organisations.get(user, [])
        active = next((one for one in found if one["uuid"] == self.active.get(user)), None)
        return JSONResponse({"total": len(found), "active": active, "results": found})

    async def _activate(self, request: Request) -> Response:
        user, uuid = self._caller(request), request.path_params["uuid"]
        if uuid not in {one["uuid"] for one in (self.organisations or {}).get(user, [])}:
            return JSONResponse({"error": "User does not belong to this organisation"}, 400)
        self.active[user] = uuid
        return JSONResponse({"message": "Active organisation set successfully"})


def _credentials(request: Request) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme != "Basic":
        return "", ""
    name, _, password = base64.b64decode(encoded).decode().partition(":")
    return name, password

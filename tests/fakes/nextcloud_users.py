"""The users and groups of the fake Nextcloud: its provisioning interface, as recorded."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes.ocs import answer, failure, given

CLOUD = "/ocs/{version}/cloud"
NOT_ENOUGH = "Logged in account must be at least a sub admin"
NO_SETTING = (
    "Logged in account must be an admin, a sub admin or gotten special right to access this setting"
)
BAD_ID = (
    "Only the following characters are allowed in an Login: "
    '"a-z", "A-Z", "0-9", spaces and "_.@-\'"'
)
NO_ADDRESS = "An email address is required, to send a password link to the user."
BROKEN = "Internal Server Error\n"
EDITABLE = [
    *("displayname", "email", "additional_mail", "phone", "address", "website", "twitter"),
    *("bluesky", "fediverse", "organisation", "role", "headline", "biography"),
    *("profile_enabled", "pronouns"),
]
ALSO_SETTABLE = {"quota", "language", "locale", "password", "manager"}
PROFILE: dict[str, Any] = dict.fromkeys(EDITABLE, "") | {"email": None, "additional_mail": []}
SIZES = {"KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}

Handler = Callable[[Request], Awaitable[Response]]


@dataclass
class Accounts:
    """Who there is, and in which groups."""

    groups: dict[str, list[str]]
    """The groups of every account, by its id."""
    names: dict[str, str] = field(default_factory=dict)
    """What a group is called, by its id; groups that no account is in are here alone."""
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What is not as it is in a new account."""
    disabled: set[str] = field(default_factory=set)
    passwords: dict[str, str] = field(default_factory=dict)
    """What was set, for tests to see that it was set at all."""
    invited: list[str] = field(default_factory=list)
    """Who was sent a mail to choose a password."""
    in_charge_of: dict[str, set[str]] = field(default_factory=dict)
    """Which accounts one that is no administrator may see in full; of others it sees the id alone."""

    sees_all: set[str] = field(default_factory=set)
    """Accounts that are no administrators and may all the same change everybody, as those in charge of a group may."""
    spellings: dict[str, str] = field(default_factory=dict)
    """Other ways to write an id, under which the account is found all the same."""
    refuses: set[str] = field(default_factory=set)
    """Fields that no account can be given now."""

    def routes(self, caller: Callable[[Request], str]) -> list[Route]:
        """Return the interface; ``caller`` says who makes a call."""

        def route(
            path: str,
            handlers: dict[str, Handler],
            *,
            is_open: bool = False,
            says: str = NOT_ENOUGH,
        ) -> Route:
            async def handle(request: Request) -> Response:
                user = caller(request)
                if (
                    not is_open
                    and "admin" not in self.groups[user]
                    and user not in self.in_charge_of
                ):
                    return failure(request, 403, says)
                return await handlers[request.method](request)

            return Route(CLOUD + path, handle, methods=list(handlers))

        self._caller = caller
        return [
            route("/user/fields", {"GET": self._fields}, is_open=True),
            route("/user/fields/{user}", {"GET": self._fields}, is_open=True),
            route("/users", {"GET": self._list_users, "POST": self._create_user}),
            route("/users/details", {"GET": self._user_details}),
            route("/users/{user}", {"GET": self._read, "PUT": self._edit}, is_open=True),
            route("/users/{user}", {"DELETE": self._delete}),
            route("/users/{user}/enable", {"PUT": self._switch}),
            route("/users/{user}/disable", {"PUT": self._switch}),
            route("/users/{user}/groups", {"GET": self._groups_of}, is_open=True),
            route("/users/{user}/groups", {"POST": self._join, "DELETE": self._leave}),
            route("/groups", {"GET": self._list_groups, "POST": self._create_group}),
            route("/groups/details", {"GET": self._group_details}, says=NO_SETTING),
            route("/groups/{group}", {"PUT": self._rename, "DELETE": self._delete_group}),
            route("/groups/{group}", {"GET": self._members}, says=""),
            route("/groups/{group}/users", {"GET": self._members}, says=""),
            route("/groups/{group}/users/details", {"GET": self._member_details}),
        ]

    def _may_all(self, user: str) -> bool:
        return "admin" in self.groups[user] or user in self.sees_all

    # Users

    def shown(self, user: str) -> dict[str, Any]:
        """Return an account as an administrator sees it."""
        own = dict(self.profiles.get(user, {}))
        used = own.pop("used", 0)
        name = own.get("displayname", user)
        quota = own.get("quota", -3)
        room = {"free": quota, "used": used, "total": quota, "relative": 0, "quota": quota}
        return {
            "enabled": user not in self.disabled,
            "storageLocation": f"/var/www/data/{user}",
            "id": user,
            "firstLoginTimestamp": 0,
            "lastLoginTimestamp": 0,
            "lastLogin": 0,
            "backend": "Database",
            "subadmin": [],
            **PROFILE,
            "manager": "",
            "profile_enabled": "1",
            "displayname": name,
            "display-name": name,
            "groups": self.groups[user],
            "language": "en",
            "locale": "",
            "timezone": "",
            "notify_email": None,
            "backendCapabilities": {"setDisplayName": True, "setPassword": True},
            **own,
            "quota": room,
        }

    def _details(self, request: Request, users: list[str]) -> Response:
        seen = self.in_charge_of.get(self._caller(request))
        shown = {
            user: self.shown(user) if seen is None or user in seen else {"id": user}
            for user in _cut(request, users)
        }
        return answer(request, {"users": shown or []})

    async def _list_users(self, request: Request) -> Response:
        return answer(request, {"users": _cut(request, sorted(self.groups))})

    async def _user_details(self, request: Request) -> Response:
        return self._details(request, sorted(self.groups))

    async def _fields(self, request: Request) -> Response:
        return answer(request, EDITABLE)

    async def _read(self, request: Request) -> Response:
        user, caller = request.path_params["user"], self._caller(request)
        user = self.spellings.get(user, user)
        if user not in self.groups:
            return failure(request, 404, "User does not exist")
        if caller != user and not self._may_all(caller):
            return failure(request, 404, "", code=998)
        return answer(request, self.shown(user))

    async def _create_user(self, request: Request) -> Response:
        body = await given(request)
        if not (user := body.get("userid")):
            return failure(request, 500, BROKEN)
        wanted = body.get("groups", [])
        if refusal := self._refusal(body, wanted):
            return failure(request, 400, refusal[1], code=refusal[0])
        if body.get("password"):
            self.passwords[user] = body["password"]
        else:
            self.invited.append(user)
        self.groups[user] = list(wanted)
        names = {"displayName": "displayname", "email": "email", "language": "language"}
        self.profiles[user] = {to: body[name] for name, to in names.items() if body.get(name)}
        if body.get("quota"):
            self.profiles[user]["quota"] = _bytes(body["quota"])
        return answer(request, {"id": user})

    def _refusal(self, body: dict[str, Any], wanted: list[str]) -> tuple[int, str] | None:
        unknown = [group for group in wanted if group not in self._known_groups()]
        if body["userid"] in self.groups:
            return 102, "User already exists"
        if unknown:
            return 104, f"Group {unknown[0]} does not exist"
        if not re.fullmatch(r"[a-zA-Z0-9 _.@'-]+", body["userid"]):
            return 101, BAD_ID
        if not body.get("password") and not body.get("email"):
            return 108, NO_ADDRESS
        return None

    async def _edit(self, request: Request) -> Response:
        user, caller = request.path_params["user"], self._caller(request)
        may = self._may_all(caller) or caller == user
        if user not in self.groups or not may:
            return failure(request, 404, "", code=998)
        body = await given(request)
        key, value = body["key"], body["value"]
        if key not in {*EDITABLE, *ALSO_SETTABLE} - self.refuses:
            return failure(request, 400, "", code=113)
        if key == "email" and value and "@" not in value:
            return failure(request, 400, "", code=101)
        if key == "password":
            self.passwords[user] = value
        else:
            profile = self.profiles.setdefault(user, {})
            profile[key] = _bytes(value) if key == "quota" else value
            if key == "displayname":
                profile["display-name"] = value
        return answer(request, [])

    async def _switch(self, request: Request) -> Response:
        user, is_off = request.path_params["user"], request.url.path.endswith("/disable")
        if user not in self.groups or (is_off and user == self._caller(request)):
            return failure(request, 400, "", code=101)
        (self.disabled.add if is_off else self.disabled.discard)(user)
        return answer(request, [])

    async def _delete(self, request: Request) -> Response:
        user = request.path_params["user"]
        if user not in self.groups:
            return failure(request, 404, "", code=998)
        if user == self._caller(request):
            return failure(request, 400, "", code=101)
        for held in (self.groups, self.profiles, self.passwords):
            held.pop(user, None)
        self.disabled.discard(user)
        return answer(request, [])

    # Groups

    def _known_groups(self) -> list[str]:
        used = {group for groups in self.groups.values() for group in groups}
        return sorted({"admin", *self.names, *used})

    def _of_group(self, group: str) -> list[str]:
        return sorted(user for user, groups in self.groups.items() if group in groups)

    async def _list_groups(self, request: Request) -> Response:
        return answer(request, {"groups": _cut(request, self._known_groups())})

    async def _group_details(self, request: Request) -> Response:
        shown = [
            {
                "id": group,
                "displayname": self.names.get(group, group),
                "usercount": len(self._of_group(group)),
                "disabled": sum(user in self.disabled for user in self._of_group(group)),
                "canAdd": True,
                "canRemove": True,
            }
            for group in _cut(request, self._known_groups())
        ]
        return answer(request, {"groups": shown})

    async def _create_group(self, request: Request) -> Response:
        body = await given(request)
        if body["groupid"] in self._known_groups():
            return failure(request, 400, "group exists", code=102)
        self.names[body["groupid"]] = body.get("displayname") or body["groupid"]
        return answer(request, [])

    async def _rename(self, request: Request) -> Response:
        group, body = request.path_params["group"], await given(request)
        if group not in self._known_groups():
            return failure(request, 404, "The requested group could not be found")
        self.names[group] = body["value"]
        return answer(request, [])

    async def _delete_group(self, request: Request) -> Response:
        group = request.path_params["group"]
        if group not in self._known_groups():
            return failure(request, 400, "", code=101)
        if group == "admin":
            return failure(request, 400, "", code=102)
        self.names.pop(group, None)
        for groups in self.groups.values():
            if group in groups:
                groups.remove(group)
        return answer(request, [])

    async def _members(self, request: Request) -> Response:
        group = request.path_params["group"]
        if group not in self._known_groups():
            return failure(request, 404, "The requested group could not be found")
        return answer(request, {"users": self._of_group(group)})

    async def _member_details(self, request: Request) -> Response:
        group = request.path_params["group"]
        if group not in self._known_groups():
            return failure(request, 404, "The requested group could not be found")
        return self._details(request, self._of_group(group))

    async def _groups_of(self, request: Request) -> Response:
        user, caller = request.path_params["user"], self._caller(request)
        if user not in self.groups or (caller != user and "admin" not in self.groups[caller]):
            return failure(request, 404, "", code=998)
        return answer(request, {"groups": self.groups[user]})

    async def _join(self, request: Request) -> Response:
        user, group = request.path_params["user"], (await given(request)).get("groupid")
        if not group or user not in self.groups:
            return failure(request, 400, "", code=101)
        if group not in self._known_groups():
            return failure(request, 400, "", code=102)
        if group not in self.groups[user]:
            self.groups[user].append(group)
        return answer(request, [])

    async def _leave(self, request: Request) -> Response:
        user, group = request.path_params["user"], (await given(request)).get("groupid")
        if group not in self._known_groups():
            return failure(request, 400, "", code=102)
        self.names.setdefault(group, group)
        if group in self.groups[user]:
            self.groups[user].remove(group)
        return answer(request, [])


def _cut(request: Request, names: list[str]) -> list[str]:
    """Return the part of a list that a call asks for."""
    query = request.query_params
    found = [name for name in names if query.get("search", "").lower() in name.lower()]
    first = int(query.get("offset", 0))
    return found[first:][: int(query.get("limit", len(found)))]


def _bytes(quota: str) -> int:
    number, _, unit = quota.partition(" ")
    return int(number) * SIZES[unit] if unit else -3

"""The notifications of the fake Nextcloud: AppAPI's way in, and the list an account sees, as recorded."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes.ocs import answer, failure, given


@dataclass
class Bell:
    """What each account was told."""

    users: Callable[[], list[str]]
    told: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By account: subject in rich form, message, object id and link."""

    def routes(self, caller: Callable[[Request], str]) -> list[Route]:
        """Return the interface; ``caller`` says who makes a call."""
        self._caller = caller
        api = "/ocs/{version}/apps/app_api/api/v1"
        listed = "/ocs/{version}/apps/notifications/api/v2/notifications"
        return [
            Route(f"{api}/notification", self._send, methods=["POST"]),
            Route(f"{api}/users", self._list_users, methods=["GET"]),
            Route(listed, self._list, methods=["GET"]),
        ]

    async def _send(self, request: Request) -> Response:
        user, params = self._caller(request), (await given(request))["params"]
        if not user or "subject_params" not in params:
            return failure(request, 500, "Internal Server Error\n")
        self.told.setdefault(user, []).append(params)
        return answer(request, {"app": "openconnector", "user": user})

    async def _list(self, request: Request) -> Response:
        user = self._caller(request)
        shown = [
            {"app": "openconnector", "user": user, "object_id": one["object_id"]}
            for one in self.told.get(user, [])
            if "rich_subject" in one["subject_params"]  # a plain one is stored and never shown
        ]
        return answer(request, shown)

    async def _list_users(self, request: Request) -> Response:
        return answer(request, self.users())

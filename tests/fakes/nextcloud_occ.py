"""The command line of the fake Nextcloud: commands that ExApps registered, as recorded."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes.ocs import answer, failure, given

Post = Callable[[str, dict[str, Any]], Awaitable[httpx.Response]]
"""Calls the ExApp as the system does."""


@dataclass
class Console:
    """What `occ list` would show of the ExApp."""

    commands: dict[str, dict[str, Any]] = field(default_factory=dict)

    def routes(self, base: str) -> list[Route]:
        """Return the interface by which commands are registered."""
        return [
            Route(f"{base}/occ_command", self._post, methods=["POST"]),
            Route(f"{base}/occ_command", self._get, methods=["GET"]),
            Route(f"{base}/occ_command", self._delete, methods=["DELETE"]),
        ]

    async def run(self, name: str, post: Post, *words: str, **options: Any) -> tuple[int, str]:
        """Type a command; returns its exit code and what is printed."""
        command = self.commands[name]
        known = [argument["name"] for argument in command["arguments"]]
        body = {
            "occ": {
                "arguments": dict(zip(known, words, strict=True)) if known else None,
                "options": _options(command, options),
            }
        }
        response = await post("/" + command["execute_handler"], body)
        if response.status_code != 200:
            return 1, f"[{name}] command executeHandler failed"
        return 0, response.text

    async def _post(self, request: Request) -> Response:
        entry = await given(request)
        if not {"name", "description", "execute_handler"} <= entry.keys():
            return failure(request, 500, "Internal Server Error\n")
        handler = entry["execute_handler"].removeprefix("/")
        self.commands[entry["name"]] = entry | {"execute_handler": handler}
        return answer(request, [])

    async def _get(self, request: Request) -> Response:
        found = self.commands.get((await given(request)).get("name", ""))
        return answer(request, found) if found else failure(request, 404, "")

    async def _delete(self, request: Request) -> Response:
        name = str((await given(request)).get("name"))
        return answer(request, []) if self.commands.pop(name, None) else failure(request, 404, "")


def _options(command: dict[str, Any], options: dict[str, Any]) -> dict[str, Any] | None:
    """Return every option the command has; null when it has none."""
    unset = {"none": False}
    known = {
        option["name"]: options.get(
            option["name"].replace("-", "_"), unset.get(option["mode"], option["default"])
        )
        for option in command["options"]
    }
    return known or None

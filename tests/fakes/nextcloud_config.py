"""The app's configuration in the fake Nextcloud, and the form that writes to it, as recorded."""

from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes.ocs import answer, failure, given

API = "/ocs/{version}/apps/app_api/api/v1"


@dataclass
class Configuration:
    """Texts by key, and the forms that are registered."""

    values: dict[str, str] = field(default_factory=dict)
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        """Return the interface."""
        return [
            Route(f"{API}/ex-app/config", self._set, methods=["POST"]),
            Route(f"{API}/ex-app/config/get-values", self._get, methods=["POST"]),
            Route(f"{API}/ui/settings", self._form, methods=["POST", "DELETE"]),
        ]

    def fill_in(self, form: str, name: str, value: Any) -> None:
        """Save a field of a form as an administrator does: whatever it is becomes a text."""
        fields = {one["id"]: one for one in self.forms[form]["fields"]}
        assert name in fields, "Nextcloud refuses a field that is not on the form"
        assert not fields[name].get("sensitive"), "what is sensitive comes back as ciphertext"
        self.values[name] = _text(value)

    def shown(self, form: str) -> dict[str, str]:
        """Return what a form shows, as recorded: a field that was never saved has its default."""
        fields = self.forms[form]["fields"]
        return {one["id"]: self.values.get(one["id"], _text(one["default"])) for one in fields}

    async def _set(self, request: Request) -> Response:
        body = await given(request)
        if not body.get("configKey"):
            return failure(request, 400, "Config key cannot be empty")
        self.values[body["configKey"]] = _text(body["configValue"])
        return answer(request, {"configkey": body["configKey"]})

    async def _get(self, request: Request) -> Response:
        wanted = set((await given(request))["configKeys"])
        found = sorted((key, text) for key, text in self.values.items() if key in wanted)
        return answer(request, [{"configkey": key, "configvalue": text} for key, text in found])

    async def _form(self, request: Request) -> Response:
        body = await given(request)
        if request.method == "POST":
            scheme = body["formScheme"]
            if "id" not in scheme:
                return failure(request, 500, "Internal Server Error\n")
            self.forms[scheme["id"]] = scheme
        elif self.forms.pop(body["formId"], None) is None:
            return failure(request, 404, "")
        return answer(request, [])


def _text(value: Any) -> str:
    if value is None or value is False:
        return ""
    return "Array" if isinstance(value, (list, dict)) else "1" if value is True else str(value)

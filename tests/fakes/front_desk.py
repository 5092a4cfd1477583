"""The fake Nextcloud as people and scripts meet it: they log in with a password, and read what apps registered."""

from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.fakes.nextcloud import FakeNextcloud
from tests.fakes.php_proxy import PLACE, PhpProxy

NAVIGATION = "/ocs/v2.php/core/navigation/apps"
FORMS = "/ocs/v2.php/settings/api/declarative/forms"
DAV = "/remote.php/dav/files/"
WRITTEN = "OCP\\Files\\Events\\Node\\NodeWrittenEvent"
OCC = "/occ"
"""Takes the words of a command; a real Nextcloud has no such address, `tests/fakes/occ.py` asks here."""


class FrontDesk:
    """Nextcloud with its proxy, for clients with an account's app password."""

    def __init__(self, nextcloud: FakeNextcloud) -> None:
        self._nextcloud = nextcloud
        self._proxy = PhpProxy(nextcloud)
        self.visitors = self._proxy.visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or PLACE.fullmatch(scope["path"]):
            return await self._proxy(scope, receive, send)
        request = Request(scope, receive)
        own = await self._own(request)
        if own is not None:
            return await own(scope, receive, send)
        await self._proxy(self._vouched(scope, request), receive, send)
        if request.method == "PUT" and request.url.path.startswith(DAV):
            await self._deliver(request.url.path.removeprefix(DAV))
        return None

    async def _deliver(self, path: str) -> None:
        """Tell the app of a written file, if it has a webhook for that; the real one does so a little later."""
        exapp, user = self._nextcloud.exapp, path.partition("/")[0]
        assert exapp is not None, "a webhook needs a way to the ExApp"

        async def post(uri: str, acting: str, body: dict[str, Any]) -> httpx.Response:
            return await exapp.post(uri, headers=self._nextcloud.signed(acting), json=body)

        node = {"id": 177, "path": f"/{user}/files/{path.partition('/')[2]}"}
        await self._nextcloud.webhooks.happen(WRITTEN, {"node": node}, post, user=user)

    async def _own(self, request: Request) -> Response | None:
        """Answer what is asked of Nextcloud itself; None when its interfaces for apps know more."""
        path = request.url.path
        if path == OCC:
            code, printed = await self._typed(*await request.json())
            return JSONResponse({"code": code, "printed": printed})
        if path == NAVIGATION:
            return _told(self._menu())
        if path == FORMS:
            return _told(self._forms())
        return None

    async def _typed(self, name: str, *words: str) -> tuple[int, str]:
        if name == "app_api:app:register":
            return int(not await self._nextcloud.install()), self._nextcloud.error
        return await self._nextcloud.occ(name, *words)

    def _menu(self) -> list[dict[str, Any]]:
        app = self._nextcloud.app_id
        return [
            {
                "id": f"app_api_{app}_{name}",
                "name": entry["display_name"],
                "href": f"/apps/app_api/embedded/{app}/{name}",
                "icon": f"/apps/app_api/proxy/{app}/{entry['icon']}",
            }
            for name, entry in self._nextcloud.menu.items()
        ]

    def _forms(self) -> list[dict[str, Any]]:
        configuration = getattr(self._nextcloud, "configuration", None)
        forms = configuration.forms.values() if configuration else ()
        return [form | {"app": self._nextcloud.app_id} for form in forms]

    def _vouched(self, scope: Scope, request: Request) -> Scope:
        """Return the request as of the account whose password it brings."""
        user = self.visitors.who(request) or ""
        signed = self._nextcloud.signed(user) if user else {}
        added = [(name.lower().encode(), value.encode()) for name, value in signed.items()]
        return {**scope, "headers": [*scope["headers"], *added]}


def _told(data: Any) -> Response:
    meta = {"status": "ok", "statuscode": 200, "message": "OK"}
    return JSONResponse({"ocs": {"meta": meta, "data": data}})

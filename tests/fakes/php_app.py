"""A PHP app in the same Nextcloud: what AppAPI's `exAppRequest` sends for it, as recorded on a 32.0.1."""

from typing import Any
from urllib.parse import urlencode

import httpx

from tests.fakes.nextcloud import FakeNextcloud

METHODS = frozenset({"GET", "POST", "PUT", "DELETE"})

Answer = httpx.Response | dict[str, str]


class PublicFunctions:
    """AppAPI's interface for PHP apps, with one ExApp."""

    def __init__(self, nextcloud: FakeNextcloud, exapp: httpx.AsyncClient) -> None:
        self._nextcloud = nextcloud
        self._exapp = exapp

    async def request(
        self,
        app_id: str,
        route: str,
        user: str | None = None,
        method: str = "POST",
        params: dict[str, Any] | None = None,
    ) -> Answer:
        """`exAppRequest`: parameters of a GET become the query, those of the rest a JSON body."""
        if method not in METHODS:
            return {"error": "Bad HTTP method"}
        if app_id != self._nextcloud.app_id:
            return {"error": f"ExApp `{app_id}` not found"}
        headers = self._nextcloud.signed(user or "", request_id="CLI") | {
            "Accept-Language": "en",
            "User-Agent": "Nextcloud Server Crawler",
            "Accept-Encoding": "gzip",
        }
        path = f"/{route.removeprefix('/')}"
        if method != "GET":
            return await self._exapp.request(method, path, headers=headers, json=params or None)
        query = _query(params or {})
        joint = "&" if "?" in path else "?"
        return await self._exapp.get(f"{path}{joint}{query}" if query else path, headers=headers)


def _query(params: dict[str, Any]) -> str:
    """`http_build_query` of flat parameters: booleans are 1 and 0, null is left out."""
    given = {name: value for name, value in params.items() if value is not None}
    return urlencode(
        {name: int(one) if isinstance(one, bool) else one for name, one in given.items()}
    )

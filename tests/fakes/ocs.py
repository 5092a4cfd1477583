"""How the fake Nextcloud words its OCS answers."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


def answer(request: Request, data: Any) -> Response:
    """Return data in its envelope, in that of v1 or v2 as the path says."""
    meta: dict[str, Any] = {"status": "ok", "statuscode": 200, "message": "OK"}
    if "/v1.php/" in request.url.path:
        meta |= {"statuscode": 100, "totalitems": "", "itemsperpage": ""}
    return JSONResponse({"ocs": {"meta": meta, "data": data}})


def failure(request: Request, status: int, message: str, *, code: int | None = None) -> Response:
    """Return an error as v1 or v2 words it: v1 says 200 to all but 401 and what no PHP answers."""
    is_v1 = "/v1.php/" in request.url.path
    code = code or {401: 997, 500: 996}.get(status, status)
    meta: dict[str, Any] = {"status": "failure", "statuscode": code, "message": message}
    if is_v1:
        meta |= {"totalitems": "", "itemsperpage": ""}
    is_plain = is_v1 and status != 401 and status < 502
    return JSONResponse(
        {"ocs": {"meta": meta, "data": []}}, status_code=200 if is_plain else status
    )


async def given(request: Request) -> dict[str, Any]:
    """Return the arguments, which Nextcloud takes from the body and the query alike."""
    body = await request.json() if await request.body() else {}
    return {**request.query_params, **body}

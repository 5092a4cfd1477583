"""What every answer of the ExApp has in common, and the ones it gives before the engine is asked."""

import structlog
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openconnector.languages import language, told
from openconnector.messages import t

FOLLOWED = frozenset({301, 302, 303, 307, 308})
"""Statuses that Nextcloud's proxy follows by itself instead of passing them on."""

log = structlog.get_logger(__name__)


def problem(
    status: int, title: str, detail: str, *, retry_seconds: int | None = None
) -> JSONResponse:
    """Return a problem document (RFC 9457): what happened, and what would be right."""
    return JSONResponse(
        {"type": "about:blank", "title": told(title), "status": status, "detail": told(detail)},
        status,
        {"Content-Language": language()}
        | ({"Retry-After": str(retry_seconds)} if retry_seconds else {}),
        media_type="application/problem+json",
    )


class SafeAnswers:
    """Gives every answer what the proxies of Nextcloud would otherwise do wrong.

    Without a Cache-Control of ours the PHP proxy lets browsers keep nearly everything for an hour, problems
    included. A redirect it follows itself, with our secret in a header, even to another host: none leaves us.
    What goes wrong before an answer has begun becomes one that tells nothing; what goes wrong after its end, the log
    alone tells: a server that heard of it would close the connection under the next request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and mend the answer's head."""
        has_begun = is_whole = False

        async def mended(message: Message) -> None:
            nonlocal has_begun, is_whole
            has_begun = True
            is_whole = message["type"] == "http.response.body" and not message.get("more_body")
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("X-Content-Type-Options", "nosniff")
                message = {**message, "headers": headers.raw}
                if message["status"] in FOLLOWED:
                    log.error("redirect withheld", path=scope["path"], status=message["status"])
                    del headers["Location"]
                    message["status"] = 502
            await send(message)

        try:
            await self._app(scope, receive, mended)
        except Exception:
            if scope["type"] != "http" or (has_begun and not is_whole):
                raise
            log.exception("request failed", path=scope["path"])
            if not has_begun:
                failed = problem(500, t("Internal Server Error"), t("The log of the app says more"))
                await failed(scope, receive, mended)

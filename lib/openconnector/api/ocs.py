"""The OCS envelope (Open Collaboration Services 1.7, as Nextcloud speaks it) around the same resources.

Below `/ocs/v1.php/apps/openconnector/` and `/ocs/v2.php/apps/openconnector/` stand the addresses of the interface. What
Nextcloud does is described in the decision "OCS is an envelope around the same answers".
"""

import re
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote_to_bytes

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openconnector.api.answers import STANDARD_HEADERS
from openconnector.api.documents import PREFIX
from openconnector.api.envelopes import Meta, as_json, as_xml
from openconnector.languages import told
from openconnector.messages import t

Version = Literal[1, 2]
Format = Literal["json", "xml"]

ADDRESS = re.compile(r"/ocs/v([12])\.php(?=/)")
APP = "/apps/openconnector"
CAPABILITIES = "/cloud/capabilities"

SEEN = "openconnector.ocs"
"""Marks a request in its scope that is already being answered in an envelope: a host may have begun it."""

MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
}

CODES = {401: 997, 500: 996}
"""What `meta.statuscode` says instead of a status; for an address where nothing is, 998 instead of 404."""

NOWHERE = 998


class Refusal(NamedTuple):
    """Why a request is not passed on."""

    status: int
    message: str


@dataclass(slots=True)
class Answer:
    """The application's answer while it comes in."""

    start: Message = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    is_enveloped: bool = False


class Ocs:
    """Answers what is asked below `/ocs/` in the envelope of OCS; passes everything else on as it is.

    The caller is judged within, by the same guards as everywhere. What is no JSON (a file, say) is passed on unchanged.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and put the answer into its envelope."""
        found = ADDRESS.match(_path(scope)) if scope["type"] == "http" else None
        if found is None or SEEN in scope:
            return await self._app(scope, receive, send)
        version: Version = 1 if found[1] == "1" else 2
        wanted, query = _format(scope)
        envelope = Envelope(version, "json" if wanted == "json" else "xml")
        if refusal := _refusal(scope, wanted):
            return await envelope.refuse(refusal)(scope, receive, send)
        inner = {**_inner(scope, found[0]), "query_string": query, SEEN: True}
        return await self._app(inner, receive, envelope.around(send))


class Envelope:
    """One request's envelope: of which version, written how."""

    def __init__(self, version: Version, format_: Format) -> None:
        self._version = version
        self._format: Format = format_

    def refuse(self, refusal: Refusal) -> Response:
        """Return a refusal of our own."""
        meta = self._meta(refusal.status, {"detail": told(refusal.message)})
        headers = {**STANDARD_HEADERS, "Content-Type": MEDIA_TYPES[self._format]}
        return Response(self._written(meta, []), refusal.status, headers)

    def around(self, send: Send) -> Send:
        """Return what the application sends its answer to."""
        answer = Answer()

        async def enveloped(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.start = message
                answer.is_enveloped = _is_json(message)
            if not answer.is_enveloped:
                return await send(message)
            if message["type"] == "http.response.body":
                answer.body += message.get("body", b"")
                if not message.get("more_body", False):
                    await self._send(send, answer)
            return None

        return enveloped

    async def _send(self, send: Send, answer: Answer) -> None:
        data = orjson.loads(answer.body) if answer.body else None
        status = int(answer.start["status"])
        body = self._written(self._meta(status, data), [] if data is None else data)
        headers = MutableHeaders(raw=list(answer.start["headers"]))
        headers["Content-Type"] = MEDIA_TYPES[self._format]
        headers["Content-Length"] = str(len(body))
        await send({**answer.start, "status": self._status(status), "headers": headers.raw})
        await send({"type": "http.response.body", "body": body})

    def _written(self, meta: Meta, data: Any) -> bytes:
        write = as_json if self._format == "json" else as_xml
        return write(meta, data)

    def _status(self, status: int) -> int:
        if self._version == 1:
            return 401 if status == 401 else 200  # noqa: PLR2004  the one status v1 shows
        return 200 if status == 204 else status  # noqa: PLR2004  an envelope is a body

    def _meta(self, status: int, data: Any) -> Meta:
        is_good = status < 400  # noqa: PLR2004
        about: dict[str, Any] = data if isinstance(data, dict) else {}
        is_list = is_good and {"results", "total", "limit"} <= about.keys()
        return Meta(
            is_good=is_good,
            code=self._code(status, about),
            message="OK" if is_good else str(about.get("detail") or ""),
            total=about["total"] if is_list else None,
            per_page=about["limit"] if is_list else None,
            counts_always=self._version == 1,
        )

    def _code(self, status: int, about: dict[str, Any]) -> int:
        if status < 400:  # noqa: PLR2004
            return 100 if self._version == 1 else self._status(status)
        is_nowhere = status == 404 and about.get("type") == "about:blank"  # noqa: PLR2004
        return NOWHERE if is_nowhere else CODES.get(status, status)


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _inner(scope: Scope, ocs: str) -> dict[str, Any]:
    """Return the request as the interface is asked it; what has no counterpart there stays as it is and is not found.

    The beginning of the path becomes the place where we are mounted, so that everything within reads the rest. Nothing
    but the interface is reached this way: paths of AppAPI itself are judged by how they begin.
    """
    path, root = _path(scope), scope.get("root_path", "")
    if path == ocs + CAPABILITIES:
        inside = root + PREFIX + "/capabilities"
        return {**scope, "path": inside, "raw_path": inside.encode(), "root_path": root}
    if path.startswith(f"{ocs}{APP}{PREFIX}/"):
        return {**scope, "root_path": root + ocs + APP}
    return {**scope, "root_path": root}


def _format(scope: Scope) -> tuple[str, bytes]:
    """Return the format that is asked for, and the query without it."""
    pairs = scope.get("query_string", b"").split(b"&")
    formats = [pair for pair in pairs if pair.partition(b"=")[0] == b"format"]
    query = b"&".join(pair for pair in pairs if pair not in formats)
    if formats:
        named = unquote_to_bytes(formats[-1].partition(b"=")[2])
        return named.decode("latin-1"), query
    accepted = Headers(scope=scope).get("accept", "").lower().split(",")
    types = [one.partition(";")[0].strip().removeprefix("application/") for one in accepted]
    return next((one for one in types if one in MEDIA_TYPES), "xml"), query


def _refusal(scope: Scope, wanted: str) -> Refusal | None:
    """Say why the request is not passed on; None when it is."""
    if wanted not in MEDIA_TYPES:
        return Refusal(
            400,
            t("The format {format} is not known; say `json` or `xml`", format=repr(wanted[:20])),
        )
    headers = Headers(scope=scope)
    if "cookie" in headers and not headers.get("ocs-apirequest"):
        return Refusal(412, t("CSRF check failed; send the header `OCS-APIRequest: true`"))
    return None


def _is_json(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "").partition(";")[0]
    return start["status"] == 204 or kind == "application/json" or kind.endswith("+json")  # noqa: PLR2004

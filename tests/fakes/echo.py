"""An ExApp that notes what arrives and answers as the one did before which the proxy was recorded."""

import gzip
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

Answer = Callable[[Request], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A request as the ExApp gets it."""

    line: str
    headers: dict[str, str]
    body: bytes


class EchoApp:
    """The ExApp; `arrived` holds its requests in order."""

    def __init__(self) -> None:
        self.arrived: list[Arrived] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        target = scope["raw_path"].decode()
        if scope["query_string"]:
            target += f"?{scope['query_string'].decode()}"
        arrived = Arrived(
            line=f"{request.method} {target}",
            headers=dict(request.headers),
            body=await request.body(),
        )
        self.arrived.append(arrived)
        answering: Awaitable[None] = _answer(request)(scope, receive, send)
        await answering


def _answer(request: Request) -> Response:
    path = request.url.path
    if path.startswith("/api/status/"):
        return _status(int(path.rpartition("/")[2]), request)
    return ANSWERS.get(path, _ok)(request)


def _ok(_request: Request) -> Response:
    return Response('{"ok":true}', media_type="application/json")


def _status(status: int, request: Request) -> Response:
    headers = {"X-Custom": "1"}
    if status in {302, 303, 307}:
        headers["Location"] = request.query_params.get("to", "/api/echo")
    if status in {204, 304}:
        return Response(None, status, headers, media_type="application/json")
    text = f'{{"detail":"code {status}"}}'
    return Response(text, status, headers, media_type="application/json")


def _many_headers(_request: Request) -> Response:
    answer = Response("hello", media_type="text/plain")
    once = {
        "X-Custom": "a",
        "ETag": '"abc"',
        "Access-Control-Allow-Origin": "*",
        "Vary": "Accept",
        "EX-APP-ID": "myapp",
    }
    answer.headers.update(once)
    for name, value in (
        ("Set-Cookie", "c1=v1; Path=/"),
        ("Set-Cookie", "c2=v2; Path=/"),
        ("X-Multi", "1"),
        ("X-Multi", "2"),
    ):
        answer.headers.append(name, value)
    return answer


def _challenge(_request: Request) -> Response:
    return Response("hello", 200, {"WWW-Authenticate": 'Basic realm="x"'}, media_type="text/plain")


def _json_with_charset(_request: Request) -> Response:
    return JSONResponse({}, headers={"Content-Type": "application/json; charset=utf-8"})


def _own_cache_rule(_request: Request) -> Response:
    return Response("cc", 200, {"Cache-Control": "no-cache"}, media_type="text/css")


def _script(_request: Request) -> Response:
    return Response("console.log(1)", media_type="text/javascript")


def _page(_request: Request) -> Response:
    return Response("<html><body><script>1</script></body></html>", media_type="text/html")


def _zipped(_request: Request) -> Response:
    packed = gzip.compress(b'{"z":1}')
    return Response(packed, 200, {"Content-Encoding": "gzip"}, media_type="application/json")


def _part(_request: Request) -> Response:
    head = {"Content-Range": "bytes 1-3/10", "Accept-Ranges": "bytes"}
    return Response("bcd", 206, head, media_type="text/plain")


ANSWERS: dict[str, Answer] = {
    "/api/headers": _many_headers,
    "/api/wa": _challenge,
    "/api/jsonp": _json_with_charset,
    "/css/cc": _own_cache_rule,
    "/js/a.js": _script,
    "/ui/page.html": _page,
    "/api/gzip": _zipped,
    "/api/range": _part,
}

"""Answers that are garbage: each changes a good answer into one that a broken server or a proxy may give."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import orjson
from starlette.types import ASGIApp

Garble = Callable[[httpx.Response], httpx.Response]
"""Makes garbage of an answer."""


def body(content: bytes, status: int = 200, where: str = "") -> Garble:
    headers = {"Location": where} if where else {}
    return lambda _: httpx.Response(status, content=content, headers=headers)


def changed(change: Callable[[Any], Any]) -> Garble:
    """Return what changes the decoded answer; one that is no JSON stays."""

    def garble(answer: httpx.Response) -> httpx.Response:
        try:
            value = orjson.loads(answer.content)
        except ValueError:
            return answer
        return httpx.Response(answer.status_code, content=orjson.dumps(change(value)))

    return garble


def every_value(replacement: Any) -> Garble:
    return changed(
        lambda value: dict.fromkeys(value, replacement) if isinstance(value, dict) else replacement
    )


def rows_of(change: Callable[[list[Any]], Any]) -> Garble:
    def within(value: Any) -> Any:
        is_list = isinstance(value, dict) and isinstance(value.get("results"), list)
        return value | {"results": change(value["results"])} if is_list else value

    return changed(within)


def each_row(change: Callable[[dict[str, Any]], Any]) -> Garble:
    return rows_of(lambda rows: [change(row) if isinstance(row, dict) else row for row in rows])


def enveloped(name: str, replacement: Any) -> Garble:
    """Return what replaces a part of an OCS envelope; another answer stays."""
    return changed(
        lambda value: (
            {"ocs": value["ocs"] | {name: replacement}}
            if isinstance(value, dict) and "ocs" in value
            else value
        )
    )


def within_envelope(change: Callable[[Any], Any]) -> Garble:
    """Return what changes each value of the data in an OCS envelope."""
    return changed(
        lambda value: (
            {
                "ocs": value["ocs"]
                | {"data": {key: change(one) for key, one in value["ocs"]["data"].items()}}
            }
            if isinstance(value, dict) and isinstance(value.get("ocs", {}).get("data"), dict)
            else value
        )
    )


def endless(answer: httpx.Response) -> httpx.Response:
    """Make every number one that is no finite double."""
    return httpx.Response(
        answer.status_code, content=re.sub(rb":\s*-?\d+(?=[,}])", b":1e999", answer.content)
    )


GARBAGE: dict[str, Garble] = {
    "a login page": body(b"<!DOCTYPE html><html>Log in</html>"),
    "nothing": body(b""),
    "no content": body(b"", 204),
    "cut off": lambda answer: httpx.Response(answer.status_code, content=answer.content[:-7]),
    "a list": body(b"[]"),
    "a list of lists": body(b"[[[]]]"),
    "null": body(b"null"),
    "a text": body(b'"<b>Fatal error</b>"'),
    "a number": body(b"17"),
    "not UTF-8": body(b'{"id": "\xff\xfe", "results": []}'),
    "deep": body(b"[" * 100_000 + b"]" * 100_000),
    "a long text in an error": body(b'{"error": "' + b"x" * 3_000_000 + b'"}', 400),
    "errors of another shape": body(b'{"errors": {"a": [[1, {"b": null}]]}, "message": [1]}', 422),
    "a teapot": body(b"short and stout", 418),
    "broken": body(b"<h1>Internal Server Error</h1>", 500),
    "a redirect to itself": body(b"", 302, "/index.php"),
    "a redirect elsewhere": body(b"", 307, "http://169.254.169.254/latest"),
    "an early hint": body(b"", 226),
    "every value null": every_value(None),
    "every value a list": every_value([None]),
    "every value an object": every_value({"a": {}}),
    "every value huge": every_value(10**18),
}
"""What any JSON interface may answer."""

GARBAGE_ROWS: dict[str, Garble] = {
    "results that are an object": changed(lambda value: {"results": value}),
    "rows that are null": rows_of(lambda rows: [None for _ in rows]),
    "rows that are lists": rows_of(lambda rows: [[row] for row in rows]),
    "rows without an id": each_row(lambda row: {k: v for k, v in row.items() if k != "id"}),
    "rows with a number as id": each_row(lambda row: row | {"id": 5}),
    "rows whose @self is a text": each_row(lambda row: row | {"@self": "x"}),
    "rows whose @self holds nonsense": each_row(
        lambda row: row | {"@self": {"id": [1], "created": {}, "updated": "never"}}
    ),
    "rows with the id of another": each_row(
        lambda row: row | {"id": "00000000-0000-4000-8000-000000000000", "@self": {}}
    ),
    "every row twice": rows_of(lambda rows: rows + rows),
}
"""What an interface with lists may answer."""

GARBAGE_ENVELOPES: dict[str, Garble] = {
    "an envelope that holds nothing": enveloped("data", None),
    "an envelope that holds a text": enveloped("data", "x"),
    "an envelope that holds a list": enveloped("data", [None, [], {}]),
    "an envelope of nulls": within_envelope(lambda _: None),
    "an envelope of lists": within_envelope(lambda one: [one]),
    "an envelope of endless numbers": body(
        b'{"ocs": {"meta": {"statuscode": 1e999}, "data": {"id": 1e999}}}'
    ),
    "an envelope whose figures are endless": endless,
    "an envelope of an envelope": changed(lambda value: {"ocs": value}),
    "an envelope without meta": enveloped("meta", None),
}
"""What an OCS interface may answer."""


class Garbling(httpx.AsyncBaseTransport):
    """Passes requests on to the double, and garbles one answer, whether the request did something or not."""

    def __init__(self, double: ASGIApp, garble: Garble) -> None:
        self._passed_on = httpx.ASGITransport(double, raise_app_exceptions=True)
        self._garble = garble
        self.at = -1
        """Which request from now on; negative ones garble nothing."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._passed_on.handle_async_request(request)
        await answer.aread()
        self.at -= 1
        if self.at != -1:
            return answer
        return self._garble(answer)

"""What every request must be: JSON of a bounded size and depth, with query parameters that exist."""

import json
import re
from collections.abc import Callable, Coroutine, Iterable, Mapping
from itertools import chain
from typing import Any
from urllib.parse import unquote

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Scope
from typing_extensions import override

from openconnector.api import rights
from openconnector.errors import FieldProblem, InvalidInput
from openconnector.messages import t

MAX_BODY_BYTES = 4 * 1024 * 1024
"""Larger bodies are refused with 413."""

MAX_DEPTH = 100
"""How deep objects and lists of a body may be nested."""

MAX_NUMBER = 2**63
"""Whole numbers must be smaller than this and at least its negative: no database keeps more of them exactly."""

LONG_NUMBER = re.compile(rb"\d{19}")
WHOLE = "(whole)"

SENT_SLASH = "\udc2f"
"""Stands for a slash within a value while a path is matched; no decoded text holds half of a surrogate pair."""


class Route(APIRoute):
    """A route that lets in who has its right, and refuses what it does not know instead of ignoring it.

    A slash that is sent as `%2F` belongs to the value it stands in (RFC 3986, section 2.2): ASGI servers decode a path
    before it is matched, so that a reference like `https://...` would fall into parts.
    """

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(_with_whole_values(scope))
        if found := child.get("path_params"):
            child["path_params"] = {
                name: value.replace(SENT_SLASH, "/") if isinstance(value, str) else value
                for name, value in found.items()
            }
        return match, child

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        right = rights.right_of(self.endpoint)
        known = _query_names(self)
        takes_body = self.body_field is not None

        async def checked(request: Request) -> Response:
            if right is not rights.Right.ENTER:  # by then nobody is known
                rights.check(request.state.caller.role, right)
            _check_parameters(request, known)
            if not takes_body:
                return await handle(request)
            with_body = JsonRequest(request.scope, request.receive)
            await with_body.read()
            return await handle(with_body)

        return checked


def _with_whole_values(scope: Scope) -> Scope:
    """Return the scope with a path in which slashes that were sent as `%2F` part nothing."""
    raw = scope.get("raw_path") or b""
    if b"%2f" not in raw.lower():
        return scope
    sent = raw.decode("ascii", "replace")
    plain = unquote(sent)
    if not scope["path"].endswith(plain):
        return scope
    kept = "/".join(unquote(part).replace("/", SENT_SLASH) for part in sent.split("/"))
    return {**scope, "path": scope["path"].removesuffix(plain) + kept}


class JsonRequest(Request):
    """A request whose body was read and found to be JSON we can keep."""

    async def read(self) -> None:
        """Read the body. Raises `InvalidInput`, or `HTTPException` with 413 or 415."""
        try:
            self._body = await self._bounded()
        except ClientDisconnect:
            # Nobody hears the answer, but the log must not take it for an error of ours.
            raise HTTPException(400, t("The connection ended before the body did")) from None
        if self._body:
            _check_type(self.headers.get("content-type", ""))
            self._json = parsed(self._body)

    async def _bounded(self) -> bytes:
        chunks, size = [], 0
        async for chunk in self.stream():
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                raise HTTPException(
                    413,
                    t(
                        "The body is larger than {limit} bytes; send less at once",
                        limit=MAX_BODY_BYTES,
                    ),
                )
            chunks.append(chunk)
        return b"".join(chunks)


def parsed(body: bytes) -> Any:
    """Return a body's JSON value. Raises `InvalidInput` for what is no JSON and for what cannot be kept."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _invalid(t("cannot be read as JSON: {reason}", reason=error)) from None
    if LONG_NUMBER.search(body):
        _check_numbers(body)
    if problem := _flaw(value):
        raise _invalid(problem)
    return value


def is_text(text: str) -> bool:
    """Whether both databases can keep the text: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= mark <= "\udfff" for mark in text)


def _flaw(value: Any) -> str | None:
    """Say what keeps a parsed value from being stored; None when nothing."""
    level, depth = [value], 0
    while level:
        if any(isinstance(node, str) and "\0" in node for node in level):
            return t("holds the character NUL, which no database keeps as text")
        containers = [node for node in level if isinstance(node, (dict, list))]
        depth += 1
        if containers and depth > MAX_DEPTH:
            return t("is nested deeper than {limit} levels", limit=MAX_DEPTH)
        level = [child for node in containers for child in _inside(node)]
    return None


def _inside(node: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return chain(node.keys(), node.values()) if isinstance(node, dict) else node


def _check_numbers(body: bytes) -> None:
    """Refuse whole numbers that orjson would round to a float."""
    try:
        json.loads(body, parse_int=_bounded)
    except ValueError:
        raise _invalid(
            t(
                "holds a whole number beyond 64 bits, which would not be kept exactly; send it as text"
            )
        ) from None


def _bounded(digits: str) -> int:
    number = int(digits)
    if not -MAX_NUMBER <= number < MAX_NUMBER:
        raise ValueError(digits)
    return number


def _check_type(content_type: str) -> None:
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "application/json" and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        raise HTTPException(
            415,
            t(
                "The body is sent as {content_type}; send JSON, with Content-Type: application/json",
                content_type=repr(content_type),
            ),
        )


def _check_parameters(request: Request, known: frozenset[str] | None) -> None:
    """Refuse unknown and repeated query parameters: proxies keep only the last of a repeated one."""
    given = request.query_params.multi_items()
    names = [name for name, _ in given]
    problems = [
        FieldProblem(field=name, message=t("is no text the database can keep"))
        for name, value in [*_texts(request.path_params), *given]
        if not (is_text(name) and is_text(value))
    ]
    for name in dict.fromkeys(names):
        if known is not None and name not in known:
            problems.append(FieldProblem(field=name, message=_unknown(known)))
        elif names.count(name) > 1:
            problems.append(
                FieldProblem(field=name, message=t("is given more than once; give it once"))
            )
    if problems:
        raise InvalidInput(problems)


def _unknown(known: frozenset[str]) -> str:
    names = ", ".join(sorted(known)) or t("none")
    return t("is not known here; known: {known}", known=names)


def _texts(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in values.items() if isinstance(value, str)]


def _query_names(route: APIRoute) -> frozenset[str] | None:
    """Return the query parameters a route declares; None when it takes any and checks them itself."""
    names: set[str] = set()
    for field in route.dependant.query_params:  # codespell:ignore dependant
        model = field.field_info.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            names.add(field.alias)
        elif model.model_config.get("extra") == "allow":
            return None
        else:
            names.update(info.alias or name for name, info in model.model_fields.items())
    return frozenset(names)


def _invalid(message: str) -> InvalidInput:
    return InvalidInput([FieldProblem(field=WHOLE, message=message)], subject="body")

"""Every error as a problem document (RFC 9457): one table from error class to status."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from openconnector import languages
from openconnector.api.answers import PROBLEM_JSON, STANDARD_HEADERS
from openconnector.errors import (
    AccessDenied,
    AddressForbidden,
    ConfigurationError,
    Conflict,
    CredentialsRejected,
    FieldProblem,
    InvalidInput,
    LeaseLost,
    LimitExceeded,
    LoginRefused,
    MalformedAnswer,
    MissingExtra,
    NotFound,
    NotOffered,
    OpenConnectorError,
    RateLimited,
    RecordError,
    StaleVersion,
    StopRun,
    StorageFailed,
    TooManyTries,
    TransientError,
    UnknownKind,
)
from openconnector.kinds.registry import as_sent, may_be_secret, shortened
from openconnector.kinds.wording import worded
from openconnector.messages import t

TYPE = "urn:openconnector:problem:"
"""What a problem's `type` begins with; the error's code follows."""

RETRY_SECONDS = 5
"""When to come back after an error that passes, if nobody knows better."""


class Told(NamedTuple):
    """How an error class is told to a caller."""

    status: int
    title: str


TOLD: Mapping[type[OpenConnectorError], Told] = {
    ConfigurationError: Told(400, t("The request cannot be carried out as it is")),
    InvalidInput: Told(400, t("The request is not valid")),
    UnknownKind: Told(400, t("The kind is not known")),
    MissingExtra: Told(501, t("A library is not installed")),
    NotFound: Told(404, t("Not found")),
    Conflict: Told(409, t("The present state does not allow this")),
    StaleVersion: Told(412, t("Somebody else saved in between")),
    AccessDenied: Told(403, t("Not allowed")),
    LoginRefused: Told(401, t("The login is refused")),
    TooManyTries: Told(429, t("Too many tries")),
    NotOffered: Told(404, t("Not offered here")),
    TransientError: Told(503, t("Not possible at the moment")),
    RateLimited: Told(503, t("The other side asks for a pause")),
    RecordError: Told(400, t("The record cannot be handled")),
    StopRun: Told(502, t("The other side cannot be worked with")),
    CredentialsRejected: Told(502, t("The other side does not accept the credentials")),
    MalformedAnswer: Told(502, t("The other side answered something else than it says")),
    LimitExceeded: Told(502, t("The answer of the other side is beyond a limit")),
    AddressForbidden: Told(502, t("The network policy forbids the address")),
    StorageFailed: Told(507, t("The database is full")),
    LeaseLost: Told(409, t("Another worker has taken the run over")),
}
"""A class that is missing here is told as its nearest parent."""

HTTP_TITLES: Mapping[int, str] = {
    400: t("Bad Request"),
    401: t("Unauthorized"),
    404: t("Not Found"),
    405: t("Method Not Allowed"),
    413: t("Content Too Large"),
    415: t("Unsupported Media Type"),
    500: t("Internal Server Error"),
}
"""What problems are called that their status alone names: every status the interface answers of itself."""

HTTP_DETAILS = {
    404: t("Nothing is at this address; /openapi.json lists what there is"),
    405: t("This address does not know the method; the header `Allow` lists those it does"),
}


class FieldError(BaseModel):
    """One wrong field."""

    field: str = Field(description="Dot path of the field, as the sender wrote it.")
    message: str = Field(description="What is wrong and what would be right.")
    value: Any = Field(
        default=None, description="The value that was sent, shortened; left out for secrets."
    )
    line: int | None = Field(
        default=None, ge=1, description="Where in a template the mistake is; else left out."
    )
    column: int | None = Field(default=None, ge=1, description="The same, within the line.")


class Problem(BaseModel):
    """What went wrong, to what, and what would be right (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Stable name of the kind of problem, for programs.")
    title: str = Field(description="The kind of problem, for people.")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What happened here, and what would be right.")
    instance: str = Field(description="The path that was asked.")
    errors: list[FieldError] = Field(
        default=[], description="Every wrong field at once; left out when no field is to blame."
    )


def problem(
    error: OpenConnectorError, path: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error of ours as an answer."""
    told = told_as(type(error))
    more = dict(headers or {})
    if isinstance(error, TransientError | TooManyTries):
        more["Retry-After"] = str(round(error.retry_after_seconds or RETRY_SECONDS))
    errors = error.problems if isinstance(error, InvalidInput) else ()
    body = {
        "type": TYPE + error.code,
        "title": languages.told(told.title),
        "status": told.status,
        "detail": detail_of(error),
        "instance": path,
    }
    return _answer(told.status, body, errors, more)


def detail_of(error: OpenConnectorError) -> str:
    """Return the error's message in the language of the answer; one that names fields is put together anew."""
    if isinstance(error, InvalidInput):
        named = [f"{one.field}: {languages.told(one.message)}" for one in error.problems]
        return languages.told(error.summary("; ".join(named)))
    said = error.args[0] if error.args else ""
    return languages.told(said) if isinstance(said, str) else str(error)


def told_as(kind: type[OpenConnectorError]) -> Told:
    """Return how errors of this class are told."""
    return next(TOLD[parent] for parent in kind.__mro__ if parent in TOLD)


def http_problem(
    status: int, detail: str, path: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a problem that its status alone names."""
    body = {
        "type": "about:blank",
        "title": languages.told(HTTP_TITLES.get(status) or HTTPStatus(status).phrase),
        "status": status,
        "detail": languages.told(detail),
        "instance": path,
    }
    return _answer(status, body, (), headers or {})


def install(app: FastAPI) -> None:
    """Make the application answer every error with a problem document."""

    @app.exception_handler(OpenConnectorError)
    async def ours(request: Request, error: OpenConnectorError) -> Response:
        return problem(error, request.url.path)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return problem(InvalidInput(_field_problems(error.errors(), error.body)), request.url.path)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(_methods(request))
        is_plain = error.detail == HTTPStatus(error.status_code).phrase
        detail = HTTP_DETAILS.get(error.status_code, error.detail) if is_plain else error.detail
        return http_problem(error.status_code, detail, request.url.path, headers)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, _error: Exception) -> Response:
        detail = t("This is a fault of the application. Nothing was saved; its log says more")
        return http_problem(500, detail, request.url.path)


def _methods(request: Request) -> list[str]:
    """Return every method the path knows; the router itself names only those of the first match."""
    methods: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        match, _ = context.matches(request.scope)
        if match is not Match.NONE:
            methods.update(context.methods or ())
    return sorted(methods)


def _field_problems(findings: Sequence[Any], body: Any) -> list[FieldProblem]:
    return [
        FieldProblem(
            field=".".join(as_sent(finding["loc"][1:], body)) or "(whole)",
            message=worded(finding),
            value=shortened(finding.get("input")) if _may_be_told(finding) else None,
        )
        for finding in findings
    ]


def _may_be_told(finding: Any) -> bool:
    """Whether an error may repeat what was sent; a whole body may be a secret in the wrong place."""
    return len(finding["loc"]) > 1 and not may_be_secret(finding)


def _answer(
    status: int,
    body: dict[str, Any],
    errors: Sequence[FieldProblem],
    headers: Mapping[str, str],
) -> Response:
    if errors:
        body["errors"] = [_field_error(wrong) for wrong in errors]
    about = {"Content-Language": languages.language(), **STANDARD_HEADERS, **headers}
    return Response(orjson.dumps(body), status, about, media_type=PROBLEM_JSON)


def _field_error(wrong: FieldProblem) -> dict[str, Any]:
    found = asdict(wrong) | {"message": languages.told(wrong.message)}
    return {name: value for name, value in found.items() if value is not None}

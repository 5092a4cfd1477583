"""The OpenAPI document: what the framework finds, completed with what holds for every operation."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from openconnector.api.answers import API_VERSION, PROBLEM_JSON
from openconnector.api.errors import Problem

PREFIX = "/api/v1"

DESCRIPTION = """Reads records from sources, reshapes them with mappings and keeps targets in step.

Any of a definition's id, slug and reference addresses it. A reference that is an address goes into a path
percent-encoded (`sources/https%3A%2F%2Fexample.org%2F1`); where a proxy turns `%2F` back into a slash, the filter
`?reference=` of the list finds it and its `id`. Lists take `_search`, `_sort`, `_limit` and `_page`; a query
parameter that is not listed is refused, and so is one given twice. Errors are problem documents (RFC 9457) that name
every wrong field at once. Bodies are JSON of at most 4 MiB, 100 levels deep, with whole numbers within 64 bits and
text without NUL. Secrets are never shown: answers hold `**********` in their place, and sending that keeps them.
"""

CONTACT = {
    "name": "OpenConnector",
    "url": "https://github.com/ConductionNL/openconnector",
}

TOLD = {
    "400": "The request is wrong; every wrong field is named",
    "401": "The caller is not known",
    "403": "The caller may not do this",
    "404": "Nothing has this id, slug or reference",
    "409": "The present state does not allow this",
    "412": "Somebody else saved in between",
    "413": "The body is larger than 4 MiB",
    "415": "The body is not JSON",
    "429": "Too many tries; `Retry-After` says when to come back",
    "default": "Anything else that went wrong",
}
"""Every answer that is a problem document."""

ALWAYS = ("400", "401", "403", "default")

VERSION_HEADER = {
    "API-Version": {
        "description": "The version of this interface.",
        "schema": {"type": "string", "example": API_VERSION},
    }
}

LOCATION = {"Location": {"description": "Where it is now.", "schema": {"type": "string"}}}


class Described:
    """Pydantic metadata: any JSON object here, described in the document as ``model``.

    For what other layers validate themselves (a definition that is sent) or have validated long ago (a stored one).
    """

    def __init__(self, model: type[BaseModel]) -> None:
        self.model = model

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        # The document describes the JSON branch; what is validated is the object, which is the Python branch.
        return core_schema.json_or_python_schema(
            json_schema=handler.generate_schema(self.model),
            python_schema=handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(_as_it_is),
        )


def _as_it_is(value: Any) -> Any:
    return value


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of further statuses that an operation answers with a problem."""
    return {status: {"description": TOLD[str(status)]} for status in statuses}


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the application."""
    found = get_openapi(
        title="OpenConnector",
        version=API_VERSION,
        description=DESCRIPTION,
        routes=app.routes,
        contact=CONTACT,
        license_info={"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        servers=[{"url": PREFIX, "description": "This server"}],
    )
    components = found["components"]
    components["schemas"]["Problem"] = _problem_schema(components["schemas"])
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    components["responses"] = {
        status: _problem(sentence) | {"headers": VERSION_HEADER}
        for status, sentence in TOLD.items()
    }
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{"token": []}]
    found["paths"] = {path.removeprefix(PREFIX): item for path, item in found["paths"].items()}
    for path, operation in _operations(found["paths"]):
        _complete(path, operation)
    for schema in components["schemas"].values():
        _demand_kind(schema)
    _forget_write_only(components["schemas"])
    return found


def _problem_schema(schemas: dict[str, Any]) -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs"))
    return schema


def _operations(paths: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in paths.items():
        for operation in item.values():
            yield path, operation


def _complete(path: str, operation: dict[str, Any]) -> None:
    """Add the answers and headers that every operation has."""
    answers = operation["responses"]
    answers.pop("422", None)
    further = [status for status in answers if status in TOLD]
    if "{" in path:
        further.append("404")
    if "requestBody" in operation:
        further += ["413", "415"]
    for parameter in operation.get("parameters", ()):
        _forget_null(parameter)
    for answer in answers.values():
        answer["headers"] = VERSION_HEADER | answer.get("headers", {})
    refused = {
        status: {"$ref": f"#/components/responses/{status}"} for status in (*ALWAYS, *further)
    }
    operation["responses"] = dict(sorted((answers | refused).items()))


def _problem(sentence: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": sentence, "content": {PROBLEM_JSON: {"schema": schema}}}


def _forget_null(parameter: dict[str, Any]) -> None:
    """Take null off a parameter that may be left out: in a query it would be the text `null`."""
    choices = parameter["schema"].pop("anyOf", None)
    if choices:
        parameter["schema"] |= next(one for one in choices if one.get("type") != "null")


def _demand_kind(schema: dict[str, Any]) -> None:
    """Make a kind's name required: its class has a default, but only the name tells which class it is."""
    if "const" in schema.get("properties", {}).get("kind", {}):
        schema["required"] = sorted({*schema.get("required", ()), "kind"})


def _forget_write_only(schema: Any) -> None:
    """Take `writeOnly` off secrets: answers hold the mask in their place, which the word would forbid."""
    if isinstance(schema, dict):
        if schema.get("format") == "password":
            schema.pop("writeOnly", None)
        schema = list(schema.values())
    if isinstance(schema, list):
        for inner in schema:
            _forget_write_only(inner)

"""What a JSON Schema says about a record, without repeating what the record holds."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import jsonschema_rs

from openconnector.errors import FieldProblem, InvalidInput
from openconnector.messages import t
from openconnector.records import Record

MASK = "the value"
"""Stands in messages for what a record holds: reasons are kept in the clear, records may not be."""
SHOWN_PROBLEMS = 20
ROOT = "(record)"


class Validator:
    """A compiled schema. Regular expressions run in linear time and references never leave the schema."""

    def __init__(self, schema: Mapping[str, Any], *, checks_formats: bool) -> None:
        try:
            self._compiled = jsonschema_rs.validator_for(
                dict(schema),
                validate_formats=checks_formats,
                mask=MASK,
                pattern_options=jsonschema_rs.RegexOptions(),
                offline=True,
            )
        except jsonschema_rs.ValidationError as error:
            field = ".".join(str(part) for part in error.instance_path)
            raise _no_schema(field or ROOT, error.message) from error
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            raise _no_schema("properties", str(error).partition("\n")[0]) from error

    def problems(self, data: Record) -> list[str]:
        """Return one sentence per problem, at most twenty; [] when the record is valid."""
        try:
            if self._compiled.is_valid(data):
                return []
            return list(islice(self._sentences(data), SHOWN_PROBLEMS))
        except UnicodeEncodeError:
            return [f"{ROOT}: a text holds half a surrogate pair, which no JSON can"]

    def _sentences(self, data: Record) -> Iterator[str]:
        for error in self._compiled.iter_errors(data):
            path = ".".join(str(part) for part in error.instance_path)
            yield f"{path or ROOT}: {error.message}"


def _no_schema(field: str, message: str) -> InvalidInput:
    problem = FieldProblem(field=field, message=t("is no JSON Schema: {error}", error=message))
    return InvalidInput([problem], subject="schema")


def object_schema(
    properties: Mapping[str, Any], required: Sequence[str], *, is_strict: bool = False
) -> dict[str, Any]:
    """Return the JSON Schema of an object with these properties; ``is_strict`` refuses all others."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": not is_strict,
    }

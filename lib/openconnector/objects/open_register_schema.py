"""One register and schema of Open Register: what may be written, asked and read there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openconnector.errors import FieldProblem, InvalidInput, MalformedAnswer
from openconnector.messages import t
from openconnector.objects.validation import Validator, object_schema
from openconnector.ports import ObjectQuery, Place, StoredObject
from openconnector.records import Record

PLAIN_TYPES = frozenset({"string", "integer", "number", "boolean", "object", "array"})
FORECAST_RULES = ("minimum", "maximum", "minLength", "maxLength", "pattern")
"""Rules that mean in Open Register what they mean in JSON Schema; formats and references do not."""

SWITCHES = frozenset({"rbac", "multi", "deleted", "register", "registers", "schema", "schemas"})
"""Parameters without underscore that are no filters; some turn checks off, so no filter may be named so."""

MOMENTS = {"created": "_created", "updated": "_updated"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A place with what its schema says."""

    place: Place
    properties: Mapping[str, Any]
    required: Sequence[str]
    forecast: Validator | None
    """None where the server checks nothing or its rules are not ours to foretell."""

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of an object; a property whose rule has no such form may be anything."""
        return object_schema(_foreseen(self.properties, self.required), self.required)

    def problems(self, data: Record) -> list[str]:
        """Return what the server will probably refuse; its answer to the write is what counts."""
        return self.forecast.problems(data) if self.forecast else []

    def parameters(self, query: ObjectQuery) -> dict[str, str]:
        """Return the parameters of a list. Raises `InvalidInput` for what cannot be filtered or sorted by.

        Open Register has no order of its own, so the id always decides between equals.
        """
        problems = list(self._problems(query))
        if problems:
            raise InvalidInput(problems, subject="query")
        parameters = dict(query.filters)
        if query.search:
            parameters["_search"] = query.search
        if query.sort:
            name = query.sort.removeprefix("-")
            direction = "DESC" if query.sort.startswith("-") else "ASC"
            parameters[f"_order[{MOMENTS.get(name, name)}]"] = direction
        return parameters | {
            "_order[_uuid]": "ASC",
            "_limit": str(query.limit),
            "_page": str(query.page),
            "_empty": "true",
        }

    def _problems(self, query: ObjectQuery) -> Iterator[FieldProblem]:
        for name in query.filters:
            if name not in self.properties:
                yield FieldProblem(field=name, message=t("is no property of the schema"))
            elif name in SWITCHES or name.startswith("@") or not name.isalnum():
                # PHP and Open Register turn dots and underscores in a name into nesting.
                yield FieldProblem(field=name, message=t("cannot be filtered by in Open Register"))
        name = (query.sort or "created").removeprefix("-")
        if name not in MOMENTS and name not in self.properties:
            yield FieldProblem(field="sort", message=t("is no property of the schema"), value=name)

    def stored(self, row: dict[str, Any]) -> StoredObject:
        """Return an object as it stands in an answer; null and absent are one to Open Register."""
        own = row.get("@self")
        about = own if isinstance(own, dict) else {}
        data = {
            name: value
            for name, value in row.items()
            if value is not None
            and (name in self.properties or not _is_metadata(name, value, about))
        }
        return StoredObject(
            id=row_id(row),
            data=data,
            created_at=_moment(about.get("created")),
            updated_at=_moment(about.get("updated")),
        )


def definition(place: Place, schema: Mapping[str, Any]) -> Definition:
    """Return what an answer about a schema says; PHP writes an empty object as a list."""
    properties = dict(schema.get("properties") or {})
    is_checked = bool(schema.get("hardValidation"))
    required = [str(name) for name in schema.get("required") or []]
    return Definition(
        place=place,
        properties=properties,
        required=required,
        forecast=_forecast(properties, required) if is_checked else None,
    )


def row_id(row: Mapping[str, Any]) -> str:
    """Return the id of an object in an answer. Raises `MalformedAnswer` when it has none."""
    about = row.get("@self")
    found = row.get("id") or (about.get("id") if isinstance(about, dict) else None)
    if isinstance(found, str):
        return found
    raise MalformedAnswer(t("Open Register answered an object without id"))


def _forecast(properties: Mapping[str, Any], required: Sequence[str]) -> Validator | None:
    rules = {name: rule for name, rule in _foreseen(properties, required).items() if rule}
    try:
        return Validator(object_schema(rules, required), checks_formats=False)
    except InvalidInput:
        return None


def _foreseen(properties: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    """Return for each property the part of its rule that can be foretold; empty where there is none."""
    return {
        name: _foretold(rule, is_required=name in required) if _is_plain(rule) else {}
        for name, rule in properties.items()
    }


def _is_plain(rule: Any) -> bool:
    return isinstance(rule, dict) and rule.get("type") in PLAIN_TYPES and "$ref" not in rule


def _foretold(rule: Mapping[str, Any], *, is_required: bool) -> dict[str, Any]:
    """Return the part of a property's rule that can be foretold: optional ones may be null."""
    foretold = {name: rule[name] for name in FORECAST_RULES if rule.get(name) is not None}
    foretold["type"] = rule["type"] if is_required else [rule["type"], "null"]
    if isinstance(choices := rule.get("enum"), list) and choices:
        foretold["enum"] = choices if is_required else [*choices, None]
    return foretold


def _is_metadata(name: str, value: Any, about: Mapping[str, Any]) -> bool:
    # v1.0.0 repeats the organisation beside the properties.
    return name in ("id", "@self") or (name == "organisation" and value == about.get(name))


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None

"""How Open Register words what it knows: the shapes of its answers, per version."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs

ORGANISATION = "bcaa3262-52a2-44ca-a4c5-99e7c5372eda"

METADATA = (
    "slug", "name", "description", "summary", "image", "uri", "version", "organisation", "owner",
    "folder", "application", "size", "expires",
)  # fmt: skip
"""Columns of the table beside the object; v0.2.14's bulk takes properties of these names for them."""


@dataclass(kw_only=True)
class Row:
    """One stored object."""

    number: int
    id: str
    register: int
    schema: int
    data: dict[str, Any]
    owner: str | None
    created: str
    updated: str
    name: str | None = None
    folder: str | None = None
    deleted: str | None = None
    locked_by: str | None = None
    blockers: list[str] = field(default_factory=list)


def business(sent: dict[str, Any]) -> dict[str, Any]:
    """Return the properties in a body: reserved names are dropped."""
    reserved = ("id", "uuid", "register", "schema")
    return {
        name: value
        for name, value in sent.items()
        if name not in reserved and not name.startswith(("_", "@"))
    }


def php_query(raw: str) -> dict[str, Any]:
    """Return a query string as PHP and then Open Register see it: `a[b]=1`, dots and underscores nest."""
    query: dict[str, Any] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True):
        top, *inner = name.replace("]", "").split("[")
        top = top.replace(".", "_")
        keys = [top, *inner] if top.startswith(("_", "@")) else [*top.split("_"), *inner]
        _place(query, keys, value)
    return query


def _place(into: dict[str, Any], keys: list[str], value: str) -> None:
    *way, last = keys
    if last == "":
        *way, last = way
        for key in way:
            into = into.setdefault(key, {})
        into.setdefault(last, []).append(value)
        return
    for key in way:
        into = into.setdefault(key, {})
    into[last] = value


def register_answer(register: dict[str, Any], *, is_new: bool = False) -> dict[str, Any]:
    """Return a register as the API shows it; a new one has no moments yet."""
    return {
        **register,
        "source": "internal",
        "tablePrefix": None if is_new else "",
        "updated": None if is_new else register["updated"],
        "created": None if is_new else register["created"],
        "owner": None,
        "application": None,
        "organisation": ORGANISATION,
        "authorization": [] if is_new else None,
        "groups": [],
        "languages": None,
        "configuration": [] if is_new else None,
        "published": None,
        "depublished": None,
        "quota": dict.fromkeys(("storage", "bandwidth", "requests", "users", "groups")),
        "usage": dict.fromkeys(("storage", "bandwidth", "requests", "users", "groups"), 0),
        "deleted": None,
    }


def schema_answer(schema: dict[str, Any], *, version: str, is_new: bool = False) -> dict[str, Any]:
    """Return a schema as the API shows it."""
    answer = {
        **schema,
        "uri": None,
        "version": "0.0.1",
        "summary": None,
        "icon": None,
        "archive": [],
        "source": "internal",
        "immutable": False,
        "searchable": True,
        "updated": None if is_new else schema["updated"],
        "created": None if is_new else schema["created"],
        "maxDepth": 0,
        "owner": None,
        "application": None,
        "organisation": ORGANISATION,
        "groups": [] if is_new else None,
        "authorization": [] if is_new else None,
        "deleted": None,
        "published": None,
        "depublished": None,
        "configuration": {"objectNameField": "name"} if "name" in schema["properties"] else None,
        "allOf": None,
        "oneOf": None,
        "anyOf": None,
    }
    if version == "0.2.14":
        return answer
    facetable = _facetable(schema)
    return answer | {
        "facets": {
            "@self": {
                **{name: {"type": "terms"} for name in ("register", "schema", "owner")},
                **{
                    name: {"type": "date_histogram", "interval": "month"}
                    for name in ("created", "updated", "published")
                },
            },
            "object_fields": {name: {"type": "terms"} for name in facetable} or [],
        },
        "hooks": None,
    }


def _facetable(schema: dict[str, Any]) -> list[str]:
    return [
        name
        for name, definition in schema["properties"].items()
        if definition.get("facetable") or definition.get("type") == "array"
    ]


def object_answer(
    row: Row, schema: dict[str, Any], *, version: str, how: str, shows_empty: bool = True
) -> dict[str, Any]:
    """Return an object as a write (`how="written"`), a GET (`read`) or a list (`listed`) shows it."""
    if version == "0.2.14":
        return {"id": row.id, **row.data, "@self": _metadata_0_2_14(row, how)}
    answer: dict[str, Any] = {
        "id": row.id,
        **{name: row.data.get(name) for name in schema["properties"]},
        "@self": _metadata_1_0_0(row, how),
        "organisation": ORGANISATION,
    }
    if shows_empty:
        return answer
    answer["@self"] = _filled(answer["@self"])
    return _filled(answer)


def _metadata_1_0_0(row: Row, how: str) -> dict[str, Any]:
    description: Any = str(row.number) if row.folder else row.number
    if how == "listed" and not row.folder:
        description = None
    return {
        **_metadata(row),
        "description": description,
        "version": None,
        "folder": row.folder,
        "size": None,
        "deleted": [],
        "source": "orm" if how == "read" else None,
    }


def _metadata_0_2_14(row: Row, how: str) -> dict[str, Any]:
    is_written = how == "written"
    return {
        **_metadata(row),
        "description": row.number,
        "version": None if is_written else "0.0.1",
        "folder": row.folder or (None if is_written else ""),
        "size": str(800 + len(json.dumps(row.data))),
        "published": None,
        "depublished": None,
        "deleted": [],
    }


def _metadata(row: Row) -> dict[str, Any]:
    dates = {name: value for name, value in row.data.items() if _looks_like_a_date(value)}
    address = f"objects/{row.register}/{row.schema}/{row.id}"
    return {
        "id": row.id,
        "slug": None,
        "name": row.name or row.data.get("name") or row.id,
        "summary": None,
        "image": None,
        "uri": f"http://nextcloud.test/apps/openregister/api/{address}",
        "register": str(row.register),
        "schema": str(row.schema),
        "schemaVersion": None,
        "files": [],
        "relations": dates or [],
        "locked": None,
        "owner": row.owner,
        "organisation": ORGANISATION,
        "groups": [],
        "authorization": [],
        "application": None,
        "validation": [],
        "geo": [],
        "retention": [],
        "updated": row.updated,
        "created": row.created,
    }


def _looks_like_a_date(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 10 and value[4:8:3] == "--"


def _filled(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if value not in (None, "", [], {})}


def bulk_row_answer(row: Row, status: str) -> dict[str, Any]:
    """Return a row as v0.2.14's bulk echoes it: the database's row, JSON as text."""
    nothing = ("locked", "authorization", "application", "validation", "deleted", "geo",
               "retention", "size", "published", "depublished", "groups", "description", "slug",
               "image", "schemaVersion", "expires", "summary")  # fmt: skip
    return {
        "id": row.number,
        "uuid": row.id,
        "version": "0.0.1",
        "register": str(row.register),
        "schema": str(row.schema),
        "object": json.dumps(row.data),
        "updated": row.updated,
        "created": row.created,
        "uri": "",
        "files": "{}",
        "relations": "[]",
        "owner": row.owner,
        "folder": "",
        "organisation": ORGANISATION,
        "name": row.name,
        "operation_start_time": row.updated,
        "object_status": status,
        **dict.fromkeys(nothing),
    }


def facets_answer(schema: dict[str, Any], rows: list[Row]) -> dict[str, Any]:
    """Return the facets of a list (v1.0.0)."""
    counted = {"_schema": [(row.schema, schema["title"]) for row in rows]}
    for name, definition in schema["properties"].items():
        if definition.get("facetable"):
            found = [row.data.get(name) for row in rows]
            counted[name] = [(value, str(value)) for value in found if value is not None]
    return {
        name: _facet(name, values, order)
        for order, (name, values) in enumerate(counted.items(), start=1)
    }


def _facet(name: str, values: list[tuple[Any, str]], order: int) -> dict[str, Any]:
    is_own = name == "_schema"
    buckets = [
        {"value": value, "count": values.count((value, label)), "label": label}
        for value, label in sorted(set(values), key=str)
    ]
    return {
        "name": name,
        "type": "terms",
        "title": "Type" if is_own else name.title(),
        "description": f"{'metadata' if is_own else 'object'} field: {name.strip('_')}",
        "data_type": "integer" if is_own else "string",
        "index_field": "self_schema" if is_own else name,
        "index_type": "pint" if is_own else "string",
        "queryParameter": "@self[schema]" if is_own else name,
        "source": "metadata" if is_own else "object",
        "show_count": True,
        "enabled": True,
        "order": order,
        "data": {"type": "terms", "total_count": len(buckets), "buckets": buckets},
    }


def audit_answer(row: Row, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of the audit trail for an object's creation."""
    return {
        "id": row.number,
        "uuid": f"77bda12b-55dc-4f3f-bc90-{row.number:012d}",
        "schema": row.schema,
        "register": row.register,
        "object": row.number,
        "objectUuid": row.id,
        "registerUuid": None,
        "schemaUuid": None,
        "action": "create",
        "changed": {name: {"old": None, "new": value} for name, value in answer.items()},
    }


def first_problem(schema: dict[str, Any], data: dict[str, Any]) -> str | None:
    """Return v1.0.0's sentence for the first problem; optional properties may be null."""
    if not data:
        return (
            "Property 'root' expects object but got empty ({}). For non-required object properties, "
            "set this to null to clear the field. For required object properties, provide a valid "
            "object with the necessary properties."
        )
    for name in schema["required"]:
        if name not in data:
            return (
                f"The required property ({name}) is missing. Please provide a value for this "
                "property or set it to null if allowed."
            )
    for name, definition in schema["properties"].items():
        if name in data and (problem := _property_problem(schema, name, definition, data[name])):
            return problem
    return None


def wrong_property(schema: dict[str, Any], data: dict[str, Any]) -> str:
    """Return the first property with a problem, "" when it is the object as a whole."""
    for name, definition in schema["properties"].items():
        if name in data and _property_problem(schema, name, definition, data[name]):
            return str(name)
    return ""


def _property_problem(
    schema: dict[str, Any], name: str, definition: dict[str, Any], value: Any
) -> str | None:
    if value is None and name not in schema["required"]:
        return None
    rules = {key: rule for key, rule in definition.items() if key not in ("title", "facetable")}
    found = next(iter(jsonschema_rs.iter_errors(rules, value)), None)
    if found is None:
        return None
    rule = str(found.schema_path[-1])
    if rule == "type":
        wanted = definition["type"] + ("" if name in schema["required"] else " or null")
        return (
            f"Property '{name}' should be type '{wanted}' but is '{_type(value)}'. "
            "Please provide a value of the correct type."
        )
    if rule == "maximum":
        return (
            f"Property '{name}' should be at most {definition['maximum']}, but is {value}. "
            "Please provide a smaller number."
        )
    return f"Property '{name}' is not valid ({rule})."


def _type(value: Any) -> str:
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array"}
    return names.get(type(value)) or "object"

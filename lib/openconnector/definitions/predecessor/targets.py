"""Targets of synchronizations: a register and schema, or an API."""

import re
from typing import Any, Final

from openconnector.definitions.predecessor.addresses import (
    path_below,
    public_pairs,
    tell_shadowed,
    without_replaced,
)
from openconnector.definitions.predecessor.exports import Export
from openconnector.definitions.predecessor.names import NUMBER, Names
from openconnector.definitions.predecessor.options import dotted, is_rendered, tell_unused

PATH: Final = "targetConfig"
KEEP: Final = {"mode": "keep"}
ID: Final = re.compile(r"\{\{\s*originId\s*\}\}")
"""Where the predecessor put the id of an object at the target, whatever it is called."""

METHODS: Final = {"createMethod": ("POST", "PUT"), "updateMethod": ("PUT", "PATCH", "POST")}
MAPPINGS: Final = ("updateMapping", "deleteMapping")
WITHOUT_EFFECT: Final = (
    "deleteEndpoint", "deleteMethod", "extend_input", "extend_input_fetch_object", "idInRequestBody",
)  # fmt: skip
"""What had no effect, or only for deletions and pushes, of which a pull into an API makes none."""

TAKEN: Final = frozenset(
    {"endpoint", "headers", "query", "idPosition", "idposition", "updateEndpoint", *METHODS, *MAPPINGS, *WITHOUT_EFFECT}
)  # fmt: skip


def target(export: Export, names: Names) -> dict[str, Any]:
    """Return the target of a synchronization and what happens to objects whose record is gone."""
    kind = export.text("targetType")
    if kind == "register/schema":
        return {"target": _object_store(export)}
    if kind == "api":
        # The predecessor never deleted at an API.
        return {"target": _rest(export, names), "deletion": KEEP}
    said = "never worked in the PHP app" if kind == "database" else "is not known"
    export.refuse("targetType", f"{kind[:40]!r} {said}; register/schema and api are")
    return {}


def _object_store(export: Export) -> dict[str, Any]:
    register, _, schema = export.text("targetId").partition("/")
    if not register or not schema or "/" in schema:
        export.refuse("targetId", "has to be a register and a schema with a slash between")
        return {}
    if NUMBER.fullmatch(register) or NUMBER.fullmatch(schema):
        export.warn(
            f"It writes to register {register} and schema {schema} by their numbers in Open Register; elsewhere, "
            "write their slugs"
        )
    export.warn(
        "The first run writes objects of its own, beside those the PHP app wrote there; empty the schema before, or "
        "choose another"
    )
    if unused := sorted(export.object(PATH)):
        export.warn(f"Not used for registers, so not taken over of {PATH}: {', '.join(unused)}")
    return {"kind": "object_store", "register": register, "schema": schema}


def _rest(export: Export, names: Names) -> dict[str, Any]:
    options = dotted(export.object(PATH))
    source = names.named(export, "source", export.text("targetId"), "targetId")
    query = public_pairs(export, options, "query", PATH)
    headers = public_pairs(export, options, "headers", PATH)
    tell_shadowed(export, names, source, headers, query)
    told: dict[str, Any] = {
        "kind": "rest",
        "source": source,
        "endpoint": _path(export, names, source, options, "endpoint", query),
        "updateEndpoint": ID.sub(
            "{{ targetId }}", _path(export, names, source, options, "updateEndpoint", query)
        ),
        "idPosition": options.get("idPosition") or options.get("idposition") or "id",
        "headers": headers,
        "query": query,
    }
    told |= {name: _method(export, options, name) for name in METHODS}
    _tell_rest(export, options)
    # The predecessor wrote one object after another, and no API could know a key that it never sent.
    fixed = {"concurrency": 1, "idempotencyHeader": ""}
    return {name: value for name, value in told.items() if value} | fixed


def _path(
    export: Export,
    names: Names,
    source: str,
    options: dict[str, Any],
    name: str,
    query: dict[str, str],
) -> str:
    place = f"{PATH}.{name}"
    path = path_below(export, names, source, options.get(name), place)
    if is_rendered(ID.sub("", path) if name == "updateEndpoint" else path):
        export.refuse(place, "is a template; only {{ originId }} in updateEndpoint is known here")
    return without_replaced(export, names, source, path, query)


def _method(export: Export, options: dict[str, Any], name: str) -> str:
    given = options.get(name)
    method = given.upper() if isinstance(given, str) else ""
    if given not in (None, "", []) and method not in METHODS[name]:
        export.refuse(f"{PATH}.{name}", f"has to be one of {', '.join(METHODS[name])}")
    return method


def _tell_rest(export: Export, options: dict[str, Any]) -> None:
    for name in MAPPINGS:
        if options.get(name):
            export.refuse(
                f"{PATH}.{name}", "a mapping of its own for one kind of write is not known here"
            )
    if unused := [name for name in WITHOUT_EFFECT if options.get(name)]:
        export.warn(f"Had no effect, so not taken over of {PATH}: {', '.join(unused)}")
    tell_unused(export, options, TAKEN, PATH)

"""Lists of Open Register: what matches a query, in which order, and how the page looks."""

import gzip
import json
import math
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tests.fakes import open_register_answers as answers
from tests.fakes.open_register_answers import Row


def filters(query: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that count as property filters: all without underscore."""
    return {name: value for name, value in query.items() if not name.startswith(("_", "@"))}


def matching(
    rows: list[Row], schema: dict[str, Any], query: dict[str, Any], *, version: str
) -> list[Row]:
    """Return the rows that match, in order. A filter by an unknown property matches none."""
    for name, wanted in filters(query).items():
        rows = [row for row in rows if name in schema["properties"] and _is(row, name, wanted)]
    if "_ids" in query:
        rows = [row for row in rows if row.id in query["_ids"].split(",")]
    if "_search" in query:
        needle = query["_search"].lower()
        rows = [row for row in rows if _contains(row, needle)]
    if owner := query.get("@self", {}).get("owner"):
        rows = [row for row in rows if row.owner == owner]
    if version == "1.0.0" and "updated" in query.get("@self", {}):
        return []
    return _ordered(rows, query)


def list_answer(
    request: Request,
    rows: list[Row],
    schemas: dict[int, dict[str, Any]],
    about: dict[str, Any],
    *,
    version: str,
) -> Response:
    """Return one page of the rows, in the envelope."""
    query = answers.php_query(request.url.query)
    limit = int(query.get("_limit", 20))
    offset = int(query.get("_offset", (int(query.get("_page", 1)) - 1) * limit))
    is_counting = limit == 0 and version == "1.0.0"
    page = [] if is_counting else rows[offset : offset + (limit or 20)]
    facets: Any = []
    if query.get("_facets") == "extend":
        facets = answers.facets_answer(request.state.schema, rows)
        about["metrics"] |= {"facets": 19.5, "facets_breakdown": _facet_metrics(facets)}
    body = {
        "results": [listed(row, schemas[row.schema], query, version=version) for row in page],
        "total": len(rows),
        "page": 1 if "_offset" in query else int(query.get("_page", 1)),
        "pages": 0 if limit == 0 else max(1, math.ceil(len(rows) / limit)),
        "limit": limit,
        "offset": query.get("_offset", offset),
        "facets": facets,
        "@self": {"source": "database", **about, "rbac": True, "multi": True, "deleted": False},
    }
    return _maybe_gzipped(request, body, is_long=len(page) > 10)


def listed(
    row: Row, schema: dict[str, Any], query: dict[str, Any], *, version: str
) -> dict[str, Any]:
    """Return a row as a list shows it."""
    shows_empty = query.get("_empty") == "true"
    shown = answers.object_answer(
        row, schema, version=version, how="listed", shows_empty=shows_empty
    )
    if "_fields" not in query:
        return shown
    fields = query["_fields"]
    wanted = fields.split(",") if isinstance(fields, str) else fields
    kept = {*wanted, "id", "@self", "organisation"}
    return {name: value for name, value in shown.items() if name in kept}


def _is(row: Row, name: str, wanted: Any) -> bool:
    choices = wanted if isinstance(wanted, list) else [wanted]
    return str(row.data.get(name)) in choices


def _contains(row: Row, needle: str) -> bool:
    return any(isinstance(value, str) and needle in value.lower() for value in row.data.values())


def _ordered(rows: list[Row], query: dict[str, Any]) -> list[Row]:
    if "_order" not in query:
        return sorted(rows, key=lambda row: row.updated)
    for name, direction in reversed(query["_order"].items()):
        is_descending = direction.upper() == "DESC"
        rows = sorted(rows, key=partial(_rank, name), reverse=is_descending)
    return rows


def _rank(name: str, row: Row) -> tuple[bool, Any]:
    # PostgreSQL puts nulls last, and first when the order is turned.
    own = {"_uuid": row.id, "_created": row.created, "_updated": row.updated}
    value = own[name] if name in own else row.data.get(name)
    return (value is None, "" if value is None else value)


def _facet_metrics(facets: dict[str, Any]) -> dict[str, Any]:
    names = ["@self.schema" if name == "_schema" else name for name in facets]
    hits = ("field_cache_hits", "distributed_cache_hits", "cache_handler_calls",
            "total_uuids_resolved")  # fmt: skip
    return {
        "total_ms": 18.8,
        "per_facet_ms": dict.fromkeys(names, 1.5),
        "label_cache": dict.fromkeys(hits, 0),
    }


def _maybe_gzipped(request: Request, body: dict[str, Any], *, is_long: bool) -> Response:
    # Long lists are always labelled gzip, whatever the client accepts.
    raw = json.dumps(body).encode()
    if not is_long:
        return Response(raw, media_type="application/json")
    if "gzip" in request.headers.get("accept-encoding", ""):
        raw = gzip.compress(raw)
    return Response(raw, media_type="application/json", headers={"Content-Encoding": "gzip"})

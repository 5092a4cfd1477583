"""A Nextcloud with Open Register as an ASGI app, with the quirks that were observed on real servers.

What it does differs by `Profile`; `V1_0_0` and `V0_2_14` are the two versions that were observed. Every recorded call
is replayed against it by `tests/conformance/test_open_register_double.py`.
"""

import base64
import gzip
import json
import math
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from tests.fakes import open_register_answers as answers
from tests.fakes.open_register_answers import METADATA, Row

API = "/index.php/apps/openregister/api"
NOBODY = ""
"""The user of a request that is not logged in."""

NOT_LOGGED_IN = "Current user is not logged in"
NOT_FOUND = {"error": "Not Found"}
HTML_ERROR = "<!DOCTYPE html><html><body><h1>Internal Server Error</h1></body></html>"


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What differs between versions and builds of Open Register."""

    version: Literal["1.0.0", "0.2.14"]
    bulk: Literal["refused", "hollow", "works"]
    """`refused` answers 500; `hollow` stores rows whose properties are all null, as v1.0.0 does when patched."""
    is_bulk_partial: bool = False
    """Whether bulk leaves out every third row and says `success` nevertheless (issue 2778)."""
    has_misleading_statistics: bool = False
    is_anonymous_allowed: bool = False
    """Whether wrong or no credentials see an empty list and may create objects."""


V1_0_0 = Profile(version="1.0.0", bulk="refused", is_anonymous_allowed=True)
V0_2_14 = Profile(version="0.2.14", bulk="works", has_misleading_statistics=True)


@dataclass(kw_only=True)
class Planned:
    """An answer to give instead of the usual one."""

    method: str
    path: str
    """The end of the path."""
    response: Response
    times: int


Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass
class FakeOpenRegister:
    """The double; `calls` holds method, path and query of every request in order."""

    profile: Profile = V1_0_0
    users: dict[str, str] = field(default_factory=lambda: {"admin": "secret", "alice": "secret"})
    registers: dict[int, dict[str, Any]] = field(default_factory=dict)
    schemas: dict[int, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    busiest: int = 0
    """The most requests that were under way at one time."""

    def __post_init__(self) -> None:
        self._now = datetime(2026, 11, 23, 16, 58, 18, tzinfo=UTC)
        self._folders = 88
        self._open = 0
        self._planned: list[Planned] = []
        self._router = Router(self._routes())

    def plan(self, method: str, path_end: str, response: Response, *, times: int = 1) -> None:
        """Answer the next ``times`` such requests with ``response``."""
        self._planned.append(Planned(method=method, path=path_end, response=response, times=times))

    def count(self, method: str, path_start: str = "") -> int:
        """Return how many requests with this method and beginning of the path came in."""
        return sum(
            call[0] == method and call[1].startswith(f"{API}{path_start}") for call in self.calls
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._open += 1
        self.busiest = max(self.busiest, self._open)
        try:
            query = scope["query_string"].decode()
            self.calls.append((scope["method"], scope["path"], query))
            planned = self._planned_for(scope["method"], scope["path"])
            await (planned or self._router)(scope, receive, send)
        finally:
            self._open -= 1

    def _planned_for(self, method: str, path: str) -> Response | None:
        for planned in self._planned:
            if planned.times and planned.method == method and path.endswith(planned.path):
                planned.times -= 1
                return planned.response
        return None

    def _routes(self) -> list[Route]:
        one = "/objects/{register}/{schema}/{id}"
        routes: list[tuple[str, str, Endpoint, bool]] = [
            ("POST", "/registers", self._create_register, False),
            ("GET", "/registers", self._list_registers, False),
            ("GET", "/registers/{register}", self._get_register, False),
            ("PUT", "/registers/{register}", self._put_register, False),
            ("GET", "/registers/{register}/schemas", self._schemas_of_register, False),
            ("POST", "/schemas", self._create_schema, False),
            ("GET", "/schemas/{schema}", self._get_schema, True),
            ("GET", "/objects", self._list_everything, True),
            ("GET", "/objects/{register}/{schema}", self._list_objects, True),
            ("POST", "/objects/{register}/{schema}", self._create_object, True),
            ("GET", one, self._get_object, True),
            ("PUT", one, self._put_object, False),
            ("PATCH", one, self._patch_object, False),
            ("POST", one, self._patch_object, False),
            ("DELETE", one, self._delete_object, False),
            ("GET", f"{one}/audit-trails", self._audit_trail, False),
            ("POST", "/bulk/{register}/{schema}/save", self._bulk_save, False),
            ("POST", "/bulk/{register}/{schema}/delete", self._bulk_delete, False),
            ("GET", "/deleted", self._list_deleted, False),
        ]
        own = [
            Route(f"{API}{path}", self._guarded(endpoint, is_public=is_public), methods=[method])
            for method, path, endpoint, is_public in routes
            if (method, path) != ("POST", one) or self.profile.version == "1.0.0"
        ]
        return [*own, Route("/ocs/v2.php/cloud/user", self._whoami)]

    def _guarded(self, endpoint: Endpoint, *, is_public: bool) -> Endpoint:
        async def guarded(request: Request) -> Response:
            is_open = is_public and self.profile.is_anonymous_allowed
            request.state.user = self._user(request)
            if request.state.user is None and not is_open:
                return JSONResponse({"message": NOT_LOGGED_IN}, 401)
            for kind, known in (("register", self.registers), ("schema", self.schemas)):
                key = request.path_params.get(kind)
                found = _find(known, key)
                if key is not None and found is None:
                    return self._unknown(request, kind, key)
                setattr(request.state, kind, found)
            return await endpoint(request)

        return guarded

    def _unknown(self, request: Request, kind: str, key: str) -> Response:
        is_write = request.method == "POST" and "/objects/" in request.url.path
        if kind == "schema" and is_write and self.profile.version == "1.0.0":
            return HTMLResponse(HTML_ERROR, 500)
        return JSONResponse({"message": f"{kind.title()} not found: '{key}'"}, 404)

    def _user(self, request: Request) -> str | None:
        app_api = request.headers.get("authorization-app-api")
        basic = request.headers.get("authorization", "").removeprefix("Basic ")
        if not (encoded := app_api or basic):
            return None
        name, _, password = base64.b64decode(encoded).decode().partition(":")
        if app_api:
            return name
        return name if self.users.get(name) == password else None

    async def _whoami(self, request: Request) -> Response:
        user = self._user(request)
        meta = {"status": "ok", "statuscode": 200, "message": "OK"}
        if user:
            return JSONResponse({"ocs": {"meta": meta, "data": {"id": user, "enabled": True}}})
        meta = {"status": "failure", "statuscode": 997, "message": NOT_LOGGED_IN}
        return JSONResponse({"ocs": {"meta": meta, "data": []}}, 401)

    # Registers and schemas

    def add_register(self, title: str, slug: str, **more: Any) -> dict[str, Any]:
        """Store a register as if somebody had created it."""
        number = len(self.registers) + 1
        base = {"id": number, "uuid": str(uuid.uuid4()), "slug": slug, "title": title}
        moments = {"created": self._tick(), "updated": self._tick()}
        base |= {"version": "0.0.1", "description": None, "schemas": [], "folder": self._folder()}
        self.registers[number] = base | moments | more
        return self.registers[number]

    def add_schema(self, title: str, slug: str, **more: Any) -> dict[str, Any]:
        """Store a schema as if somebody had created it."""
        number = len(self.schemas) + 1
        base = {"id": number, "uuid": str(uuid.uuid4()), "slug": slug, "title": title}
        moments = {"created": self._tick(), "updated": self._tick()}
        base |= {"description": None, "properties": {}, "required": []}
        is_strict = {"hardValidation": self.profile.version == "1.0.0"}
        self.schemas[number] = base | moments | is_strict | more
        return self.schemas[number]

    async def _create_register(self, request: Request) -> Response:
        created = self.add_register(**await request.json())
        return JSONResponse(answers.register_answer(created, is_new=True), 201)

    async def _create_schema(self, request: Request) -> Response:
        sent = await request.json()
        if self.profile.version == "0.2.14":
            sent.pop("required", None)
        created = self.add_schema(**sent)
        return JSONResponse(self._schema_answer(created, is_new=True), 201)

    async def _list_registers(self, request: Request) -> Response:
        query = answers.php_query(request.url.query)
        shown = [answers.register_answer(register) for register in self.registers.values()]
        if "schemas" in query.get("_extend", []):
            for register in shown:
                register["schemas"] = [
                    self._schema_answer(self.schemas[one]) for one in register["schemas"]
                ]
        return JSONResponse({"results": shown})

    async def _get_register(self, request: Request) -> Response:
        return JSONResponse(answers.register_answer(request.state.register))

    async def _put_register(self, request: Request) -> Response:
        request.state.register.update(await request.json(), version="0.0.2", updated=self._tick())
        return JSONResponse(answers.register_answer(request.state.register))

    async def _schemas_of_register(self, request: Request) -> Response:
        linked = [self.schemas[number] for number in request.state.register["schemas"]]
        shown = [self._schema_answer(schema) for schema in linked]
        return JSONResponse({"results": shown, "total": len(shown)})

    async def _get_schema(self, request: Request) -> Response:
        shown = self._schema_answer(request.state.schema)
        return JSONResponse(shown | {"@self": {"extendedBy": []}})

    def _schema_answer(self, schema: dict[str, Any], *, is_new: bool = False) -> dict[str, Any]:
        return answers.schema_answer(schema, version=self.profile.version, is_new=is_new)

    # Single objects

    async def _create_object(self, request: Request) -> Response:
        sent = await request.json()
        chosen = sent.get("id") or sent.get("@self", {}).get("id")
        if problem := self._problem(request, sent):
            return JSONResponse(problem, 400)
        return self._written(request, self._store(request, chosen, sent), status=201)

    def _problem(self, request: Request, sent: dict[str, Any]) -> str | None:
        if not request.state.schema["hardValidation"]:
            return None
        return answers.first_problem(request.state.schema, _business(sent))

    def _store(self, request: Request, chosen: str | None, sent: dict[str, Any]) -> Row:
        data = _business(sent)
        known = self.rows.get(chosen or "")
        if self.profile.version == "1.0.0":
            properties = request.state.schema["properties"]
            data = {name: data.get(name) for name in properties}
        if known:
            known.data, known.deleted, known.updated = data, None, self._tick()
            known.folder = known.folder or self._folder()
            return known
        row = self._new_row(request, chosen, data)
        self.rows[row.id] = row
        return row

    def _new_row(self, request: Request, chosen: str | None, data: dict[str, Any]) -> Row:
        moment = self._tick()
        return Row(
            number=sum(row.schema == request.state.schema["id"] for row in self.rows.values()) + 1,
            id=chosen or str(uuid.uuid4()),
            register=request.state.register["id"],
            schema=request.state.schema["id"],
            data=data,
            owner=request.state.user or None,
            created=moment,
            updated=moment,
        )

    def _written(self, request: Request, row: Row, *, status: int = 200) -> Response:
        shown = answers.object_answer(
            row, request.state.schema, version=self.profile.version, how="written"
        )
        return JSONResponse(shown, status)

    def _visible(self, request: Request) -> Row | None:
        row = self.rows.get(request.path_params["id"])
        place = (request.state.register["id"], request.state.schema["id"])
        return row if row and not row.deleted and (row.register, row.schema) == place else None

    async def _get_object(self, request: Request) -> Response:
        row = self._visible(request)
        if row is None or not request.state.user:
            return JSONResponse(NOT_FOUND, 404)
        shown = answers.object_answer(
            row,
            request.state.schema,
            version=self.profile.version,
            how="read",
            shows_empty=request.query_params.get("_empty") == "true",
        )
        return JSONResponse(shown)

    async def _put_object(self, request: Request) -> Response:
        row = self._visible(request)
        if row is None:
            return JSONResponse(NOT_FOUND, 404)
        if row.locked_by:
            return JSONResponse({"error": "Object is locked", "lockedBy": row.locked_by}, 423)
        sent = await request.json()
        if problem := self._problem(request, sent):
            return JSONResponse(problem, 400)
        return self._written(request, self._store(request, row.id, sent))

    async def _patch_object(self, request: Request) -> Response:
        row = self._visible(request)
        if row is None:
            return JSONResponse(NOT_FOUND, 404)
        merged = row.data | await request.json()
        if problem := self._problem(request, merged):
            wrong = answers.wrong_property(request.state.schema, merged)
            one = {"property": None, "message": problem, "errors": {f"/{wrong}": [problem]}}
            body = {"status": "error", "message": "Validation failed", "errors": [one]}
            return JSONResponse(body, 400)
        return self._written(request, self._store(request, row.id, merged))

    async def _delete_object(self, request: Request) -> Response:
        row = self.rows.get(request.path_params["id"])
        if self.profile.version == "0.2.14" and (row is None or row.deleted):
            return JSONResponse({"error": "Failed to delete object"}, 500)
        if row is None:
            return JSONResponse({"error": "Object not found"}, 403)
        if row.blockers:
            blocked = {"error": "DELETION_BLOCKED", "message": "Other objects refer to this one"}
            return JSONResponse(blocked | {"blockers": row.blockers}, 409)
        if row.deleted:
            del self.rows[row.id]
        row.deleted = self._tick()
        return Response(status_code=204, headers={"Content-Type": "application/json"})

    async def _audit_trail(self, request: Request) -> Response:
        if self.profile.version == "0.2.14":
            return JSONResponse(NOT_FOUND, 404)
        first = min(self.rows.values(), key=lambda row: row.created)
        shown = answers.object_answer(
            first, self.schemas[first.schema], version="1.0.0", how="written"
        )
        return JSONResponse({"results": [answers.audit_answer(first, shown)]})

    # Lists

    async def _list_everything(self, request: Request) -> Response:
        query = answers.php_query(request.url.query)
        rows = [] if self.profile.version == "1.0.0" else list(self.rows.values())
        about = {"metrics": {"search": 0.27, "total": 2.12}, "query": {"@self": [], **query}}
        return self._list_answer(request, rows, query, about)

    async def _list_objects(self, request: Request) -> Response:
        register, schema = request.state.register, request.state.schema
        query = answers.php_query(request.url.query)
        rows = [] if not request.state.user else self._matching(register, schema, query)
        own = {"register": register["id"], "schema": schema["id"]}
        metrics = {"search": 1.5, "db_search": 1.25, "db_count": 0.25, "total": 2.5}
        if "_fields" in query:
            metrics["render"] = 0.5
        about: dict[str, Any] = {
            "metrics": metrics,
            "query": {
                "@self": own,
                **query,
                "_register": register["id"],
                "_schema": schema["id"],
            },
        }
        unknown = [name for name in _filters(query) if name not in schema["properties"]]
        if unknown and self.profile.version == "1.0.0":
            about["ignoredFilters"] = unknown
        if wrong := [name for name in unknown if name in ("limit", "offset", "page")]:
            about["hint"] = f"Query returned 0 results because {wrong} was treated as a filter"
        return self._list_answer(request, rows, query, about)

    def _matching(
        self, register: dict[str, Any], schema: dict[str, Any], query: dict[str, Any]
    ) -> list[Row]:
        rows = [
            row
            for row in self.rows.values()
            if (row.register, row.schema) == (register["id"], schema["id"]) and not row.deleted
        ]
        for name, wanted in _filters(query).items():
            rows = [row for row in rows if name in schema["properties"] and _is(row, name, wanted)]
        if "_ids" in query:
            rows = [row for row in rows if row.id in query["_ids"].split(",")]
        if "_search" in query:
            needle = query["_search"].lower()
            rows = [row for row in rows if _contains(row, needle)]
        if owner := query.get("@self", {}).get("owner"):
            rows = [row for row in rows if row.owner == owner]
        if self.profile.version == "1.0.0" and "updated" in query.get("@self", {}):
            return []
        return _ordered(rows, query)

    def _list_answer(
        self, request: Request, rows: list[Row], query: dict[str, Any], about: dict[str, Any]
    ) -> Response:
        limit = int(query.get("_limit", 20))
        offset = int(query.get("_offset", (int(query.get("_page", 1)) - 1) * limit))
        is_counting = limit == 0 and self.profile.version == "1.0.0"
        page = [] if is_counting else rows[offset : offset + (limit or 20)]
        facets: Any = []
        if query.get("_facets") == "extend":
            facets = answers.facets_answer(request.state.schema, rows)
            about["metrics"] |= {"facets": 19.5, "facets_breakdown": _facet_metrics(facets)}
        body = {
            "results": [self._listed(row, query) for row in page],
            "total": len(rows),
            "page": 1 if "_offset" in query else int(query.get("_page", 1)),
            "pages": 0 if limit == 0 else max(1, math.ceil(len(rows) / limit)),
            "limit": limit,
            "offset": query.get("_offset", offset),
            "facets": facets,
            "@self": {"source": "database", **about, "rbac": True, "multi": True, "deleted": False},
        }
        return _maybe_gzipped(request, body, is_long=len(page) > 10)

    def _listed(self, row: Row, query: dict[str, Any]) -> dict[str, Any]:
        shown = answers.object_answer(
            row,
            self.schemas[row.schema],
            version=self.profile.version,
            how="listed",
            shows_empty=query.get("_empty") == "true",
        )
        if "_fields" not in query:
            return shown
        fields = query["_fields"]
        wanted = fields.split(",") if isinstance(fields, str) else fields
        kept = {*wanted, "id", "@self", "organisation"}
        return {name: value for name, value in shown.items() if name in kept}

    async def _list_deleted(self, request: Request) -> Response:
        rows = [row for row in self.rows.values() if row.deleted]
        if self.profile.version == "1.0.0":
            rows = []
        body = {"results": [self._listed(row, {}) for row in rows], "total": len(rows)}
        return JSONResponse(body | {"page": 1, "pages": 0, "limit": 1, "offset": None})

    # Bulk

    async def _bulk_save(self, request: Request) -> Response:
        if self.profile.bulk == "refused":
            reason = "Cannot bulk save without register and schema context"
            return JSONResponse({"error": f"Bulk save operation failed: {reason}"}, 500)
        sent = (await request.json())["objects"]
        kept = [one for at, one in enumerate(sent) if not self.profile.is_bulk_partial or at % 3]
        is_changed = any(self._would_change(one) for one in kept)
        columns = {name for one in kept for name in one}
        stored = [self._bulk_row(request, one, columns) for one in kept]
        return JSONResponse(self._bulk_answer(stored, len(sent), is_changed=is_changed))

    def _would_change(self, sent: dict[str, Any]) -> bool:
        known = self.rows.get(_chosen(sent) or "")
        return known is not None and known.data != _bulk_data(sent)

    def _bulk_row(self, request: Request, sent: dict[str, Any], columns: set[str]) -> Row:
        data = _bulk_data({name: sent.get(name) for name in columns})
        if self.profile.bulk == "hollow":
            data = dict.fromkeys(data)
        row = self.rows.get(_chosen(sent) or "")
        if row is None:
            row = self._new_row(request, _chosen(sent), data)
            self.rows[row.id] = row
        # A row that was deleted is written and stays deleted.
        row.data, row.name = data, sent.get("name")
        return row

    def _bulk_answer(self, rows: list[Row], requested: int, *, is_changed: bool) -> dict[str, Any]:
        # Its own statistics go by the seconds of two clocks: a chunk with changes counts as unchanged as a whole,
        # one without as created.
        status = "unchanged" if is_changed else "created"
        if not self.profile.has_misleading_statistics:
            status = "created"
        echoed = [answers.bulk_row_answer(row, status) for row in rows]
        unchanged = echoed if status == "unchanged" else []
        saved = [] if status == "unchanged" else echoed
        if self.profile.bulk == "hollow":
            saved = []
        figures = {
            "saved": len(saved), "updated": 0, "unchanged": len(unchanged), "invalid": 0,
        }  # fmt: skip
        chunk = {"chunkIndex": 0, "count": len(rows), **figures}
        speed = {"totalTime": 0.004, "totalTimeMs": 3.89, "objectsPerSecond": 257.07}
        total = {"totalProcessed": len(rows), "totalRequested": requested, "efficiency": 100}
        return {
            "success": True,
            "message": "Bulk save operation completed successfully",
            "saved_count": len(saved),
            "saved_objects": {
                "saved": saved,
                "updated": [],
                "unchanged": unchanged,
                "invalid": [],
                "errors": [],
                "statistics": {
                    "totalProcessed": len(rows), **figures, "errors": 0, "processingTimeMs": 0,
                },
                "chunkStatistics": [{**chunk, "processingTime": 2.32, "speed": 431.96}],
                "performance": speed | total,
            },
            "requested_count": requested,
        }  # fmt: skip

    async def _bulk_delete(self, request: Request) -> Response:
        asked = (await request.json())["uuids"]
        body = {
            "success": True,
            "message": "Bulk delete operation completed successfully",
            "deleted_count": len(asked),
            "deleted_uuids": asked,
            "requested_count": len(asked),
            "skipped_count": 0,
        }
        if self.profile.version == "0.2.14":
            return JSONResponse(body)
        nothing = {"deleted_count": 0, "deleted_uuids": [], "skipped_uuids": []}
        return JSONResponse(body | nothing | {"cascade_count": 0, "total_affected": 0})

    def _tick(self) -> str:
        self._now += timedelta(seconds=1)
        return self._now.isoformat()

    def _folder(self) -> str:
        self._folders += 1
        return str(self._folders)


def _find(known: dict[int, dict[str, Any]], key: str | None) -> dict[str, Any] | None:
    return next(
        (one for one in known.values() if key in (str(one["id"]), one["uuid"], one["slug"])), None
    )


def _business(sent: dict[str, Any]) -> dict[str, Any]:
    reserved = ("id", "uuid", "register", "schema")
    return {
        name: value
        for name, value in sent.items()
        if name not in reserved and not name.startswith(("_", "@"))
    }


def _chosen(sent: dict[str, Any]) -> str | None:
    return (sent.get("@self") or {}).get("id") or sent.get("id")


def _bulk_data(sent: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in _business(sent).items() if name not in METADATA}


def _filters(query: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if not name.startswith(("_", "@"))}


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

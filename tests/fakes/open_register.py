"""A Nextcloud with Open Register as an ASGI app, with the quirks that were observed on real servers.

What it does differs by `Profile`; `V1_0_0` and `V0_2_14` are the two versions that were observed. Every recorded call
is replayed against it by `tests/conformance/test_open_register_double.py`.
"""

import asyncio
import base64
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from tests.fakes import open_register_answers as answers
from tests.fakes import open_register_lists as lists
from tests.fakes.open_register_answers import Row, business
from tests.fakes.open_register_bulk import bulk_answer, bulk_data, chosen_id
from tests.fakes.open_register_registers import V0_2_14, V1_0_0, Profile, Registers

__all__ = ["API", "V0_2_14", "V1_0_0", "FakeOpenRegister", "Profile"]

API = "/index.php/apps/openregister/api"
NOT_LOGGED_IN = "Current user is not logged in"
NOT_FOUND = {"error": "Not Found"}
HTML_ERROR = "<!DOCTYPE html><html><body><h1>Internal Server Error</h1></body></html>"


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
class FakeOpenRegister(Registers):
    """The double; `calls` holds method, path and query of every request in order."""

    users: dict[str, str] = field(default_factory=lambda: {"admin": "secret", "alice": "secret"})
    rows: dict[str, Row] = field(default_factory=dict)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    address: str = "https://cloud.test"
    """Where it is served."""
    busiest: int = 0
    """The most requests that were under way at one time."""

    def __post_init__(self) -> None:
        self._open = 0
        self._numbers: Counter[int] = Counter()
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
            await asyncio.sleep(0)  # lets the requests that are sent together arrive together
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
            ("POST", "/registers", self.create_register, False),
            ("GET", "/registers", self.list_registers, False),
            ("GET", "/registers/{register}", self.get_register, False),
            ("PUT", "/registers/{register}", self.put_register, False),
            ("GET", "/registers/{register}/schemas", self.schemas_of_register, False),
            ("POST", "/schemas", self.create_schema, False),
            ("GET", "/schemas/{schema}", self.get_schema, True),
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
        if app_api:  # the password is the secret of the app
            return name if name in self.users else None
        return name if self.users.get(name) == password else None

    async def _whoami(self, request: Request) -> Response:
        user = self._user(request)
        meta = {"status": "ok", "statuscode": 200, "message": "OK"}
        if user:
            return JSONResponse({"ocs": {"meta": meta, "data": {"id": user, "enabled": True}}})
        meta = {"status": "failure", "statuscode": 997, "message": NOT_LOGGED_IN}
        return JSONResponse({"ocs": {"meta": meta, "data": []}}, 401)

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
        return answers.first_problem(request.state.schema, business(sent))

    def _store(self, request: Request, chosen: str | None, sent: dict[str, Any]) -> Row:
        data = business(sent)
        known = self.rows.get(chosen or "")
        if self.profile.version == "1.0.0":
            properties = request.state.schema["properties"]
            data = {name: data.get(name) for name in properties}
        if known:
            known.data, known.deleted, known.updated = data, None, self.tick()
            known.folder = known.folder or self.folder()
            return known
        row = self._new_row(request, chosen, data)
        self.rows[row.id] = row
        return row

    def _new_row(self, request: Request, chosen: str | None, data: dict[str, Any]) -> Row:
        moment = self.tick()
        self._numbers[request.state.schema["id"]] += 1
        return Row(
            number=self._numbers[request.state.schema["id"]],
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
        row.deleted = self.tick()
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
        return lists.list_answer(request, rows, self.schemas, about, version=self.profile.version)

    async def _list_objects(self, request: Request) -> Response:
        register, schema = request.state.register, request.state.schema
        query = answers.php_query(request.url.query)
        place = (register["id"], schema["id"])
        rows = [
            row
            for row in self.rows.values()
            if (row.register, row.schema) == place and not row.deleted and request.state.user
        ]
        rows = lists.matching(rows, schema, query, version=self.profile.version)
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
        unknown = [name for name in lists.filters(query) if name not in schema["properties"]]
        if unknown and self.profile.version == "1.0.0":
            about["ignoredFilters"] = unknown
        if wrong := [name for name in unknown if name in ("limit", "offset", "page")]:
            about["hint"] = f"Query returned 0 results because {wrong} was treated as a filter"
        return lists.list_answer(request, rows, self.schemas, about, version=self.profile.version)

    async def _list_deleted(self, request: Request) -> Response:
        rows = [row for row in self.rows.values() if row.deleted]
        if self.profile.version == "1.0.0":
            rows = []
        body = {
            "results": [
                lists.listed(row, self.schemas[row.schema], {}, version=self.profile.version)
                for row in rows
            ],
            "total": len(rows),
        }
        return JSONResponse(body | {"page": 1, "pages": 0, "limit": 1, "offset": None})

    # Bulk

    async def _bulk_save(self, request: Request) -> Response:
        if self.profile.bulk == "refused":
            reason = "Cannot bulk save without register and schema context"
            return JSONResponse({"error": f"Bulk save operation failed: {reason}"}, 500)
        sent = (await request.json())["objects"]
        kept = [one for at, one in enumerate(sent) if not self.profile.is_bulk_partial or at % 3]
        columns = {name for one in kept for name in one}
        stored = [self._bulk_write(request, one, columns) for one in kept]
        # v0.2.14's figures go by the seconds of two clocks: where any row changed all count as unchanged, where
        # none did all count as saved.
        is_misled = self.profile.has_misleading_statistics and any(changed for _, changed in stored)
        answer = bulk_answer(
            [row for row, _ in stored],
            len(sent),
            status="unchanged" if is_misled else "created",
            is_silent=self.profile.bulk == "hollow",
        )
        return JSONResponse(answer)

    def _bulk_write(
        self, request: Request, sent: dict[str, Any], columns: set[str]
    ) -> tuple[Row, bool]:
        """Store a row and say whether one was changed by it; a deleted one is written and stays deleted."""
        whole = {name: sent.get(name) for name in columns}
        row = self.rows.get(chosen_id(sent) or "")
        before = row.data if row else {}
        data = bulk_data(whole, before, request.state.schema, version=self.profile.version)
        if self.profile.bulk == "hollow":
            data = dict.fromkeys(data)
        is_changed = row is not None and before != data
        if row is None:
            row = self._new_row(request, chosen_id(sent), data)
            self.rows[row.id] = row
        row.data, row.name = data, sent.get("name")
        return row, is_changed

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


def _find(known: dict[int, dict[str, Any]], key: str | None) -> dict[str, Any] | None:
    return next(
        (one for one in known.values() if key in (str(one["id"]), one["uuid"], one["slug"])), None
    )

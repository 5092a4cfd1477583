"""The app Tables of the fake Nextcloud, after its published interface; it was not recorded."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

API = "/index.php/apps/tables/api/1"
NOW = "2026-11-23 18:34:49"


@dataclass
class Tables:
    """The tables by their number."""

    columns: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    rows: dict[int, dict[int, Any]] = field(default_factory=dict)
    """Number of a row -> its cells by the number of their column."""
    of: dict[int, int] = field(default_factory=dict)
    """Number of a row -> that of its table."""
    owners: dict[int, str] = field(default_factory=dict)
    refuses: int | None = None
    """The status every write is answered with instead."""

    def add(self, table: int, *titles: str, owner: str = "admin") -> None:
        """Make a table with text columns of these titles."""
        self.owners[table] = owner
        self.columns[table] = [
            {
                "id": table * 100 + at,
                "tableId": table,
                "title": title,
                "type": "text",
                "subtype": "line",
            }
            for at, title in enumerate(titles)
        ]

    def put(self, table: int, **values: Any) -> int:
        """Add a row, by the titles of its columns."""
        numbers = {one["title"]: one["id"] for one in self.columns[table]}
        return self._add(table, {numbers[title]: value for title, value in values.items()})

    def routes(self, caller: Callable[[Request], str]) -> list[Route]:
        """Return the interface; ``caller`` says who makes a call."""
        self._caller = caller
        return [
            Route(f"{API}/tables/{{table:int}}/columns", self._columns),
            Route(f"{API}/tables/{{table:int}}/rows", self._rows, methods=["GET", "POST"]),
            Route(f"{API}/rows/{{row:int}}", self._row, methods=["GET", "PUT", "DELETE"]),
        ]

    def _add(self, table: int, cells: dict[int, Any]) -> int:
        row = len(self.of) + 1
        self.rows[row], self.of[row] = cells, table
        return row

    def _shown(self, row: int) -> dict[str, Any]:
        about = {"createdBy": "admin", "createdAt": NOW, "lastEditBy": "admin", "lastEditAt": NOW}
        cells = [{"columnId": key, "value": value} for key, value in self.rows[row].items()]
        return {"id": row, "tableId": self.of[row], **about, "data": cells}

    def _refusal(self, request: Request, table: int | None) -> Response | None:
        if table is None or self.owners.get(table) != self._caller(request):
            return JSONResponse({"message": "Not found"}, 404)
        if request.method != "GET" and self.refuses:
            return JSONResponse({"message": "no such value"}, self.refuses)
        return None

    async def _columns(self, request: Request) -> Response:
        table = request.path_params["table"]
        return self._refusal(request, table) or JSONResponse(self.columns[table])

    async def _rows(self, request: Request) -> Response:
        table = request.path_params["table"]
        if refusal := self._refusal(request, table):
            return refusal
        if request.method == "POST":
            return JSONResponse(self._shown(self._add(table, await _cells(request))))
        limit, offset = (int(request.query_params[name]) for name in ("limit", "offset"))
        rows = [row for row in self.rows if self.of[row] == table]
        return JSONResponse([self._shown(row) for row in rows[offset:][:limit]])

    async def _row(self, request: Request) -> Response:
        row = request.path_params["row"]
        if refusal := self._refusal(request, self.of[row] if row in self.rows else None):
            return refusal
        if request.method == "PUT":
            self.rows[row] |= await _cells(request)
        shown = self._shown(row)
        if request.method == "DELETE":
            del self.rows[row]
        return JSONResponse(shown)


async def _cells(request: Request) -> dict[int, Any]:
    return {int(key): value for key, value in (await request.json())["data"].items()}

"""Nextcloud Tables over its HTTP interface: columns by their titles, rows as records."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from httpx import Response, codes

from openconnector.errors import (
    AccessDenied,
    MalformedAnswer,
    NotFound,
    OpenConnectorError,
    RecordError,
    Unavailable,
)
from openconnector.messages import t
from openconnector.ports import Account, HostRequest
from openconnector.records import Record

API: Final = "/index.php/apps/tables/api/1"
SAID_LENGTH: Final = 300
SEVERAL: Final = "multi"
"""The subtype of a selection from which more than one option may be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table."""

    id: int
    title: str
    type: str
    """`text`, `number`, `datetime`, `selection`, `usergroup`."""
    subtype: str
    options: Mapping[int, str]
    """The options of a selection: number -> label."""

    def shown(self, value: Any) -> Any:
        """Return a value as a record holds it: labels of options instead of their numbers."""
        if not self.options:
            return value
        if isinstance(value, list):
            return [self.options.get(_number(one), one) for one in value]
        return self.options.get(_number(value), value)

    def stored(self, value: Any) -> Any:
        """Return a value of a record as Tables keeps it. Raises `RecordError` for a label that is none."""
        if not self.options or value in (None, ""):
            return value
        numbers = {label: number for number, label in self.options.items()}
        wanted = value if isinstance(value, list) else [value]
        unknown = [one for one in wanted if not isinstance(one, str) or one not in numbers]
        if unknown:
            raise RecordError(
                f"{self.title}: has no such option; one of {', '.join(numbers)}", stage="write"
            )
        found = [numbers[label] for label in wanted]
        if self.subtype == SEVERAL:
            return found
        if len(found) != 1:
            raise RecordError(f"{self.title}: takes one option, not {len(found)}", stage="write")
        return found[0]


@dataclass(frozen=True, slots=True)
class Table:
    """One table, as an account sees it."""

    account: Account
    id: int

    async def columns(self) -> list[Column]:
        """Return its columns. Raises `NotFound` when there is no such table, or Tables is not installed."""
        listed = _data(await self.send("GET", f"tables/{self.id}/columns"), self._named)
        return [_column(one) for one in _entries(listed)]

    async def rows(self, limit: int, offset: int) -> list[dict[str, Any]]:
        """Return some of its rows, in the order of their ids."""
        query = {"limit": str(limit), "offset": str(offset)}
        return _entries(
            _data(await self.send("GET", f"tables/{self.id}/rows", query=query), self._named)
        )

    async def row(self, row_id: str) -> dict[str, Any] | None:
        """Return one row; None when it is gone."""
        answer = await self.send("GET", f"rows/{_row(row_id)}")
        if answer.status_code == codes.NOT_FOUND:
            return None
        found = _data(answer, f"row {row_id}")
        return found if isinstance(found, dict) else None

    async def send(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None
    ) -> Response:
        """Send one request below the interface of Tables."""
        request = HostRequest(
            method=method,
            path=f"{API}/{path}",
            query=query or {},
            headers={"Content-Type": "application/json"} if body is not None else {},
            content=b"" if body is None else orjson.dumps(body),
        )
        return await self.account.send(request)

    @property
    def _named(self) -> str:
        return f"table {self.id}"


def record(row: Mapping[str, Any], columns: Mapping[int, Column]) -> Record:
    """Return a row as a record: what Tables says about it, and `values` by the titles of the columns."""
    cells = {cell["columnId"]: cell.get("value") for cell in row.get("data") or []}
    values = {
        column.title: column.shown(cells[number])
        for number, column in columns.items()
        if number in cells
    }
    about = ("id", "tableId", "createdBy", "createdAt", "lastEditBy", "lastEditAt")
    return {name: row[name] for name in about if name in row} | {"values": values}


def problem_with(answer: Response, what: str) -> OpenConnectorError:
    """Return what an answer means when all depends on it."""
    said = f"Nextcloud Tables answered {answer.status_code} for {what}: {told_in(answer)}"
    if answer.status_code == codes.FORBIDDEN:
        return AccessDenied(said)
    if answer.status_code == codes.NOT_FOUND:
        return NotFound(
            "table of Nextcloud that the acting account may see (or the app Tables)", what
        )
    if answer.is_server_error or answer.status_code == codes.TOO_MANY_REQUESTS:
        return Unavailable(said)
    return MalformedAnswer(said)


def told_in(answer: Response) -> str:
    """Return what an answer says for people."""
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return "it did not say why"
    said = body.get("message") if isinstance(body, dict) else None
    return str(said or "it did not say why")[:SAID_LENGTH]


def _data(answer: Response, what: str) -> Any:
    if answer.status_code != codes.OK:
        raise problem_with(answer, what)
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        raise MalformedAnswer(
            t(
                "Nextcloud Tables answered for {what} without JSON; a login page or a proxy may stand in "
                "between",
                what=what,
            )
        ) from None


def _entries(found: Any) -> list[dict[str, Any]]:
    if isinstance(found, list) and all(isinstance(one, dict) and "id" in one for one in found):
        return found
    raise MalformedAnswer(t("Nextcloud Tables answered a list whose entries have no ids"))


def _column(found: Mapping[str, Any]) -> Column:
    options = found.get("selectionOptions") or []
    return Column(
        id=int(found["id"]),
        title=str(found.get("title", "")),
        type=str(found.get("type", "")),
        subtype=str(found.get("subtype", "")),
        options={int(one["id"]): str(one["label"]) for one in options},
    )


def _number(value: Any) -> int:
    return int(value) if isinstance(value, (int, str)) and str(value).isdecimal() else -1


def _row(row_id: str) -> int:
    return int(row_id) if row_id.isdecimal() else 0

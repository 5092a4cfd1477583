"""Nextcloud Tables: records as rows."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import orjson
from httpx import Response, codes
from pydantic import Field
from typing_extensions import override

from ex_app.kinds.acting import Acting
from ex_app.kinds.tables import Column, Table, problem_with, record, told_in
from openconnector.errors import MalformedAnswer, RecordError
from openconnector.kinds.reach import Reach
from openconnector.kinds.target import Target
from openconnector.records import Action, Change, Outcome, Record, Verdict

AT_ONCE = 500
"""Rows asked for at once where one is looked for by its key."""

REFUSALS = (codes.BAD_REQUEST, codes.CONFLICT, codes.UNPROCESSABLE_ENTITY)

Columns = Mapping[str, Column]
"""By title."""


class NextcloudTablesTarget(Acting, Target):
    """Nextcloud Tables.

    Keeps one row for each record: a record has values by the titles of the columns, and labels for selections. Columns
    that it leaves out are left as they are.

    Example:
    {"kind": "nextcloud_tables", "table": 7, "keyColumn": "Number"}
    """

    uses: ClassVar[frozenset[str]] = frozenset({"host"})
    placed_by: ClassVar[tuple[str, ...]] = ("table",)
    chooses_ids: ClassVar[bool] = True

    kind: Literal["nextcloud_tables"] = "nextcloud_tables"
    table: int = Field(ge=1)
    """The number of the table; it stands in the address of its page."""
    key_column: str = Field(default="", max_length=200)
    """Title of a column whose value tells the rows apart. With it, a row that an interrupted run may have added already
    is looked for before it is added again; without it, such a record fails."""

    @override
    async def place(self, reach: Reach) -> str:
        return str(self.table)

    @override
    async def write(self, reach: Reach, changes: Sequence[Change]) -> list[Outcome]:
        table = Table(reach.host.account(self.acting_user), self.table)
        columns = {column.title: column for column in await table.columns()}
        return [await self._carried_out(table, columns, change) for change in changes]

    @override
    async def check(self, reach: Reach, data: Record) -> list[str]:
        table = Table(reach.host.account(self.acting_user), self.table)
        try:
            _cells({column.title: column for column in await table.columns()}, data)
        except RecordError as error:
            return [str(error)]
        return []

    @override
    def shows_current(self) -> bool:
        return True

    @override
    async def current(self, reach: Reach, target_id: str) -> Record | None:
        table = Table(reach.host.account(self.acting_user), self.table)
        row = await table.row(target_id)
        if row is None:
            return {}
        values = record(row, {column.id: column for column in await table.columns()})["values"]
        return dict(values)

    async def _carried_out(self, table: Table, columns: Columns, change: Change) -> Outcome:
        try:
            if change.action is Action.DELETE:
                return await _delete(table, change.target_id or "")
            cells = {"data": _cells(columns, change.data or {})}
            row = change.target_id if change.action is Action.UPDATE else None
            if change.is_repeat and row is None:
                row = await self._find(table, columns, change.data or {})
            if row is None:
                return await _add(table, cells)
            return _outcome(await table.send("PUT", f"rows/{row}", body=cells), row)
        except RecordError as error:
            return Outcome(Verdict.INVALID, change.target_id, reason=str(error))

    async def _find(self, table: Table, columns: Columns, data: Record) -> str | None:
        """Return the row that an interrupted run added for this record, None when there is none."""
        key = columns.get(self.key_column)
        if key is None or data.get(self.key_column) in (None, ""):
            raise RecordError(
                "An interrupted run may have added its row already, and nothing can tell; set `keyColumn`"
            )
        by_id, offset = {key.id: key}, 0
        while rows := await table.rows(AT_ONCE, offset):
            for row in rows:
                if record(row, by_id)["values"].get(key.title) == data[self.key_column]:
                    return str(row["id"])
            offset += AT_ONCE
        return None


def _cells(columns: Columns, data: Record) -> dict[str, Any]:
    """Return the values of a record by the numbers of their columns. Raises `RecordError`."""
    unknown = [title for title in data if title not in columns]
    if unknown:
        raise RecordError(
            f"The table has no column {', '.join(map(repr, unknown))}; it has {', '.join(columns)}",
            stage="write",
        )
    return {str(columns[title].id): columns[title].stored(value) for title, value in data.items()}


async def _add(table: Table, cells: Record) -> Outcome:
    answer = await table.send("POST", f"tables/{table.id}/rows", body=cells)
    if not answer.is_success:
        # A server that breaks after it has added the row answers 5xx too.
        return _outcome(answer, None)._replace(is_uncertain=answer.is_server_error)
    try:
        row = orjson.loads(answer.content)["id"]
    except (ValueError, KeyError, TypeError):
        raise MalformedAnswer("Nextcloud Tables added a row and did not say which") from None
    return Outcome(Verdict.WRITTEN, str(row), 1)


async def _delete(table: Table, row: str) -> Outcome:
    if await table.row(row) is None:
        return Outcome(Verdict.UNCHANGED, row)
    return _outcome(await table.send("DELETE", f"rows/{row}"), row)


def _outcome(answer: Response, row: str | None) -> Outcome:
    """Return what an answer to a write means for its record. Raises what concerns every record."""
    if answer.is_success:
        return Outcome(Verdict.WRITTEN, row, 1)
    status = answer.status_code
    is_of_record = status in REFUSALS or status in (codes.NOT_FOUND, codes.INTERNAL_SERVER_ERROR)
    if not is_of_record:
        raise problem_with(answer, "a write")
    verdict = Verdict.INVALID if status in REFUSALS else Verdict.FAILED
    return Outcome(verdict, row, reason=f"Nextcloud Tables answered {status}: {told_in(answer)}")

"""Nextcloud Tables: rows as records."""

from collections.abc import AsyncIterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from ex_app.kinds import listing
from ex_app.kinds.acting import Acting
from ex_app.kinds.listing import pages
from ex_app.kinds.tables import Table, record
from openconnector.kinds.base import Selection
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.records import Cursor, Page


class NextcloudTablesSource(Acting, Source):
    """Nextcloud Tables.

    The rows of one table: `id`, `createdBy`, `createdAt`, `lastEditBy`, `lastEditAt`, and `values` by the titles of the
    columns. Of a selection the labels are given.

    Example:
    {"kind": "nextcloud_tables", "table": 7}
    """

    uses: ClassVar[frozenset[str]] = frozenset({"host"})

    kind: Literal["nextcloud_tables"] = "nextcloud_tables"
    table: Annotated[int, Selection()] = Field(ge=1)
    """The number of the table; it stands in the address of its page."""
    page_size: int = Field(default=500, ge=2, le=5000)
    """How many rows are asked for at once."""

    @override
    async def read(self, reach: Reach, cursor: Cursor | None = None) -> AsyncIterator[Page]:
        table = Table(reach.host.account(self.acting_user), self.table)
        columns = {column.id: column for column in await table.columns()}

        async def ask(limit: int, offset: int) -> listing.Part:
            rows = await table.rows(limit, offset)
            return listing.Part(records=[record(row, columns) for row in rows])

        async for page in pages(ask, size=self.page_size, cursor=cursor):
            yield page

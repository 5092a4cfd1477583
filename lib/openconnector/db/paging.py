"""Lists: one page of what a query finds, and how much it finds in all."""

from typing import Protocol, TypeVarTuple

from sqlalchemy import Result, Select, func
from sqlalchemy.ext.asyncio import AsyncSession

Columns = TypeVarTuple("Columns")


class Wanted(Protocol):
    """Which page of a list."""

    @property
    def limit(self) -> int:
        """How many on a page."""

    @property
    def page(self) -> int:
        """Which one; the first is 1."""


async def paged(
    session: AsyncSession, query: Select[*Columns], wanted: Wanted
) -> tuple[Result[*Columns], int]:
    """Return one page of what a query finds, in its order, and how much it finds on all pages together."""
    # Of the same table, so that an index alone can answer it.
    counting = query.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    total = await session.scalar(counting)
    start = (wanted.page - 1) * wanted.limit
    return await session.execute(query.limit(wanted.limit).offset(start)), int(total or 0)

"""Whose objects the objects at a target are."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.db.rows import ContractRow

ASKED_AT_ONCE = 1_000
"""Ids per query: a database takes only so many values in one."""


async def owners(
    session: AsyncSession, synchronization_id: str, target: str, target_ids: Collection[str]
) -> dict[str, str]:
    """Return the origin id by target id of every active contract on one of these objects."""
    found: dict[str, str] = {}
    ids = list(target_ids)
    for first in range(0, len(ids), ASKED_AT_ONCE):
        some = ids[first : first + ASKED_AT_ONCE]
        query = select(ContractRow.target_id, ContractRow.origin_id).where(
            ContractRow.synchronization_id == synchronization_id,
            ContractRow.target == target,
            ContractRow.state == "active",
            ContractRow.target_id.in_(some),
        )
        for target_id, owner in await session.execute(query):
            found[str(target_id)] = owner
    return found

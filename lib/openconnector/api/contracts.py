"""Contracts: which record stands for which object."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Query
from pydantic import Field

from openconnector.api.lists import Listing, Paging, Text, listing
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Reading
from openconnector.db import contracts as rows
from openconnector.db.contracts import ContractQuery
from openconnector.db.rows import ContractRow
from openconnector.errors import NotFound
from openconnector.synchronization.shown import Shown

CONTRACT_ID = re.compile(r"(.{1,36})\.(\d{1,9})", re.DOTALL)


class ShownContract(Shown):
    """The pair of a record at its source and its object at the target."""

    id: str
    synchronization_id: str
    target: str
    """Which of the synchronization's targets."""
    origin_id: str
    target_id: str | None
    state: str
    """active, deleted (by us) or lost (gone at the target without us)."""
    origin_hash: str
    """Of the record as it was last read."""
    target_hash: str
    """Of the object as it was last mapped."""
    run_id: str
    """The run that last wrote the object."""
    synchronization_revision_id: int
    mapping_revision_id: int | None
    created: datetime
    updated: datetime

    @classmethod
    def of(cls, row: ContractRow) -> Self:
        """Return a row as it is shown."""
        return cls(
            id=f"{row.synchronization_id}.{row.ordinal}",
            synchronization_id=row.synchronization_id,
            target=row.target,
            origin_id=row.origin_id,
            target_id=row.target_id,
            state=row.state,
            origin_hash=row.origin_hash.hex(),
            target_hash=row.mapped_hash.hex(),
            run_id=row.run_id,
            synchronization_revision_id=row.synchronization_revision_id,
            mapping_revision_id=row.mapping_revision_id,
            created=row.created_at,
            updated=row.changed_at,
        )


class ContractsQuery(Paging):
    """Which contracts."""

    synchronization_id: Text | None = Field(
        default=None, alias="synchronizationId", description="Only those of this synchronization."
    )
    origin_id: Text | None = Field(
        default=None, alias="originId", description="Only those of the record with this id."
    )
    target_id: Text | None = Field(
        default=None, alias="targetId", description="Only those of the object with this id."
    )
    state: Literal["active", "deleted", "lost"] | None = Field(
        default=None, description="Only those in this state."
    )


class ContractList(Listing[ShownContract]):
    """One page of contracts."""


routes = APIRouter(prefix="/contracts", tags=["contracts"], route_class=Route)


@routes.get("", response_model=ContractList)
@needs(Right.READ)
async def list_contracts(
    session: Reading, wanted: Annotated[ContractsQuery, Query()]
) -> dict[str, Any]:
    """Return one page of contracts, in the order in which they were made."""
    found, total = await rows.page(session, ContractQuery(**wanted.model_dump()))
    return listing([ShownContract.of(row) for row in found], total, wanted)


@routes.get("/{contract_id}")
@needs(Right.READ)
async def read_contract(contract_id: str, session: Reading) -> ShownContract:
    """Return one contract."""
    parts = CONTRACT_ID.fullmatch(contract_id)
    if parts is None:
        raise NotFound("contract", contract_id)
    return ShownContract.of(await rows.get(session, parts[1], int(parts[2])))

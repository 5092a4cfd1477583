"""Contracts: which record stands for which object."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal, Self

import xxhash
from fastapi import APIRouter, Path, Query
from pydantic import Field

from openconnector.api.lists import Listing, Paging, Text, listing
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.runs import ShownUsed
from openconnector.api.sessions import Reading
from openconnector.db import contracts as rows
from openconnector.db.contracts import ContractQuery
from openconnector.db.rows import ContractRow, FailedRecordRow
from openconnector.db.session import Session
from openconnector.errors import NotFound
from openconnector.synchronization.shown import Shown, ShownRun
from openconnector.synchronization.story import story

CONTRACT_ID = re.compile(r"(.{1,36})\.(\d{1,9})\.([0-9a-f]{8})", re.DOTALL)
"""The synchronization, the contract's place in it, and which of the targets it ever had."""

ContractId = Annotated[str, Path(max_length=60, description="Id of the contract.")]


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
            id=_id(row),
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


class ShownPlace(Shown):
    """Where an object of our own store is."""

    register_id: str
    schema_id: str


class ContractFailure(Shown):
    """One time that the record could not be handled."""

    run_id: str
    number: int
    stage: str
    """select, map, validate or write."""
    field: str | None
    reason: str
    """Not told of records about people; the run's failures tell it."""
    state: str
    """open, or resolved by a later run."""
    created: datetime


class ContractStory(ShownContract):
    """A contract with all that is known about how it came to be."""

    name: str | None
    """What the object calls itself; null where it is not in our own store, or about a person."""
    is_personal: bool
    """The record is about a person: nothing of it is told but hashes."""
    definitions: list[ShownUsed]
    """What the object was last written with: synchronization, source and mapping, each with the revision."""
    place: ShownPlace | None
    """Where the object is; null where it is not in our own store."""
    run: ShownRun | None
    """The run that last wrote the object; null when it has been cleared away."""
    failures: list[ContractFailure]
    """When the record could not be handled, newest first, at most 20."""


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
    search: Text | None = Field(
        default=None,
        alias="_search",
        description="Text that the id of the record or of the object contains.",
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
async def read_contract(contract_id: ContractId, session: Reading) -> ContractStory:
    """Return one contract and how it came to be."""
    row = await _found(session, contract_id)
    told = await story(session, row)
    return ContractStory(
        **ShownContract.of(row).model_dump(),
        name=told.name,
        is_personal=told.is_personal,
        definitions=[ShownUsed.model_validate(one) for one in told.definitions],
        place=ShownPlace.model_validate(told.place) if told.place else None,
        run=ShownRun.of(told.run) if told.run else None,
        failures=[_failure(one) for one in told.failures],
    )


async def _found(session: Session, contract_id: str) -> ContractRow:
    parts = CONTRACT_ID.fullmatch(contract_id)
    if parts is not None:
        for row in await rows.at_ordinal(session, parts[1], int(parts[2])):
            if _id(row) == contract_id:
                return row
    raise NotFound("contract", contract_id)


def _id(row: ContractRow) -> str:
    target = xxhash.xxh3_64_hexdigest(row.target.encode())[:8]
    return f"{row.synchronization_id}.{row.ordinal}.{target}"


def _failure(row: FailedRecordRow) -> ContractFailure:
    return ContractFailure(
        run_id=row.run_id,
        number=row.number,
        stage=row.stage,
        field=row.field,
        reason=row.reason,
        state=row.state,
        created=row.created_at,
    )

"""What belongs to whom: a session can be restricted to the rows of one account, whatever it is asked."""

from sqlalchemy import ColumnElement, event, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria

from openconnector.db.rows import Base, SourceRow, SynchronizationRow

OWNER = "only_owner"


def restrict(session: AsyncSession, owner: str) -> None:
    """Make every query of the session find only what this account owns; all else is as if it was not there.

    A row with an owner is its owner's; one that belongs to a synchronization or a source is that one's owner's.
    """
    session.sync_session.info[OWNER] = owner
    options = [
        with_loader_criteria(row, criterion, include_aliases=True)
        for row, criterion in criteria(owner).items()
    ]

    @event.listens_for(session.sync_session, "do_orm_execute")
    def only_owned(state: ORMExecuteState) -> None:
        if state.is_select:
            state.statement = state.statement.options(*options)


def is_restricted(session: AsyncSession) -> bool:
    """Whether the session sees one account's rows only; queries past the mapper have to ask."""
    return OWNER in session.sync_session.info


def criteria(owner: str) -> dict[type[Base], ColumnElement[bool]]:
    """Return what a row of each table has to fulfil to be this account's; tables without owners are left out."""
    belongs = {
        f"{table.__tablename__}_id": select(table.id).where(table.owner == owner)
        for table in (SynchronizationRow, SourceRow)
    }
    found: dict[type[Base], ColumnElement[bool]] = {}
    for mapper in Base.registry.mappers:
        columns = mapper.columns
        if "owner" in columns:
            found[mapper.class_] = columns["owner"] == owner
        for name, own in belongs.items():
            if name in columns:
                found[mapper.class_] = columns[name].in_(own)
    return found

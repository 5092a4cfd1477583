"""How an object came to be: what was read, by what it was mapped, where it was written, and what went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

from openconnector.db import failures, objects, registers, runs
from openconnector.db.objects import Home
from openconnector.db.rows import ContractRow, FailedRecordRow, RunRow
from openconnector.db.session import Session
from openconnector.db.store_rows import RegisterRow
from openconnector.definitions.used import Used, used
from openconnector.errors import NotFound
from openconnector.synchronization.approval import is_personal, named

MOST_FAILURES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is known of a contract besides its row."""

    name: str | None
    """What the object calls itself; None where it is not in our own store, or about a person."""
    is_personal: bool
    definitions: Sequence[Used]
    """What the object was last written with: synchronization, source and mapping."""
    place: Home | None
    """Where the object is; None where it is not in our own store, or not to be seen by who asks."""
    run: RunRow | None
    """The run that last wrote the object; None when it has been cleared away."""
    failures: Sequence[FailedRecordRow]
    """When the record could not be handled, newest first."""


async def story(session: Session, row: ContractRow) -> Story:
    """Return how the object of a contract came to be."""
    run = await _run(session, row.run_id)
    source_revision = run.revisions.get("source") if run else None
    revisions = [row.synchronization_revision_id, source_revision, row.mapping_revision_id]
    personal = await is_personal(session, row.synchronization_id)
    place = await _place(session, row.target_id)
    name = None
    if place is not None and row.target_id is not None and not personal:
        name = named((await objects.data_of(session, [row.target_id]))[row.target_id])
    return Story(
        name=name,
        is_personal=personal,
        definitions=await used(session, revisions),
        place=place,
        run=run,
        failures=await failures.of_record(
            session, row.synchronization_id, row.origin_id, limit=MOST_FAILURES
        ),
    )


async def _run(session: Session, run_id: str) -> RunRow | None:
    try:
        return await runs.get(session, run_id)
    except NotFound:
        return None


async def _place(session: Session, target_id: str | None) -> Home | None:
    home = None if target_id is None else await objects.home_of(session, target_id)
    if home is None or await registers.find(session, RegisterRow, home.register_id) is None:
        return None
    return home

"""Which revision of which definition something was made by."""

from collections.abc import Sequence
from dataclasses import dataclass

from openconnector.db import definitions as rows
from openconnector.db.session import Session
from openconnector.definitions.store import COLLECTIONS

NAMES = {collection.table.__tablename__: collection for collection in COLLECTIONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A revision, and the definition as it stands now."""

    collection: str
    """The name of its collection in addresses."""
    id: str
    name: str | None
    """What it is called now; None when it is gone, or not to be seen by who asks."""
    revision: int
    """The number of the revision that was used."""
    newest: int | None
    """The number of its newest revision; None when it is gone."""


async def used(session: Session, revision_ids: Sequence[int | None]) -> list[Used]:
    """Return these revisions in the order of their ids as given; those that are None or gone are left out."""
    wanted = [one for one in revision_ids if one is not None]
    found = {row.id: row for row in await rows.revisions_at(session, wanted)}
    return [
        Used(
            collection=NAMES[revision.collection].name,
            id=revision.entity_id,
            name=row.name if row else None,
            revision=revision.number,
            newest=row.revision if row else None,
        )
        for one in wanted
        if (revision := found.get(one)) is not None
        for row in [await rows.find(session, NAMES[revision.collection].table, revision.entity_id)]
    ]

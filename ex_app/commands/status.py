"""`occ openconnector:status`: what is going on."""

from importlib.metadata import version

from ex_app.commands.command import Command, Given, Means
from ex_app.nextcloud.predecessor import REMEDY, is_enabled_too
from openconnector.db import definitions, firings, runs
from openconnector.db.rows import SynchronizationRow
from openconnector.definitions.planning import planned


async def tell(means: Means, _given: Given) -> str:
    """Return what is going on, one thing a line."""
    async with means.engine.database.reading() as session:
        synchronizations = await definitions.every(session, SynchronizationRow)
        counts = await runs.counts(session)
        due_at = await firings.next_due(session)
    active = [one for one in planned(synchronizations) if one.is_active]
    is_beside = means.nextcloud is not None and await is_enabled_too(means.nextcloud)
    return "\n".join(
        [
            f"OpenConnector {version('openconnector')}, database {means.engine.database.dialect}",
            f"Synchronizations: {len(synchronizations)}",
            f"Schedules: {len(active)}, next moment {due_at.isoformat() if due_at else 'none'}",
            f"Webhooks: {means.webhooks()}",
            "Runs: " + (", ".join(f"{count} {state}" for state, count in counts.items()) or "none"),
            *([REMEDY] if is_beside else []),
        ]
    )


STATUS = Command(
    name="status",
    description="Show synchronizations, schedules and runs at a glance",
    work=tell,
)

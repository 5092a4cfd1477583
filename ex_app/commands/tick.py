"""`occ openconnector:tick`: start what is due, for those who let the system's cron do that."""

from ex_app.commands.command import Command, Given, Means
from openconnector.db import runs


async def tick(means: Means, _given: Given) -> str:
    """Start what is due; to do so beside the app's own clock starts nothing twice."""
    due_at = await means.engine.scheduler().tick()
    async with means.engine.database.reading() as session:
        counts = await runs.counts(session)
    following = due_at.isoformat() if due_at else "none"
    return f"{counts.get('queued', 0)} runs are queued; next moment {following}"


TICK = Command(
    name="tick",
    description="Start what is due by its schedule; the app does so by itself, every second",
    work=tick,
)

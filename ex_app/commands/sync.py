"""`occ openconnector:sync`: queue a run."""

from ex_app.commands.command import BOOTH, Argument, Command, Given, Means, Option
from openconnector.synchronization.requests import request_run


async def synchronize(means: Means, given: Given) -> str:
    """Queue a run and say how to follow it. Raises `NotFound` or `Conflict`."""
    key = given.text("synchronization")
    async with means.engine.database.writing() as session:
        row = await request_run(
            session,
            means.engine.definitions,
            key,
            now=means.engine.clock.now(),
            who=BOOTH,
            mode="dry_run" if given.has("dry-run") else "run",
            is_forced=given.has("force"),
            trigger="command",
        )
    return f"Run {row.id} of {key} is queued. `occ openconnector:run {row.id}` tells how it stands"


SYNC = Command(
    name="sync",
    description="Queue a run of a synchronization",
    work=synchronize,
    arguments=(Argument(name="synchronization", description="Its id, slug or reference"),),
    options=(
        Option(name="force", shortcut="f", description="Write every record again, changed or not"),
        Option(name="dry-run", description="Write nothing, and keep what would be written"),
    ),
    usages=("my-synchronization", "my-synchronization --dry-run"),
)

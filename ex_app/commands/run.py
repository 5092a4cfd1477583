"""`occ openconnector:run`: how a run stands."""

import orjson

from ex_app.commands.command import Argument, Command, Given, Means, Option
from openconnector.db import runs
from openconnector.synchronization.shown import ShownRun


async def show(means: Means, given: Given) -> str:
    """Return how a run stands. Raises `NotFound`."""
    async with means.engine.database.reading() as session:
        shown = ShownRun.of(await runs.get(session, given.text("run")))
    if given.has("json"):
        told = shown.model_dump(mode="json", by_alias=True)
        return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()
    counts = shown.balance.model_dump().items()
    lines = [
        f"Run {shown.id}: {shown.state} ({shown.mode}, started by {shown.trigger})",
        ", ".join(f"{name} {count}" for name, count in counts),
    ]
    if shown.error:
        lines.append(f"{shown.error.code}: {shown.error.message}")
    return "\n".join(lines)


RUN = Command(
    name="run",
    description="Show how a run stands",
    work=show,
    arguments=(Argument(name="run", description="Its id"),),
    options=(Option(name="json", description="As the API gives it"),),
)

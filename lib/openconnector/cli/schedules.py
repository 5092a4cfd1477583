"""Commands on schedules: schedule list and schedule next."""

from datetime import datetime
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from openconnector.cli.carrying import opened
from openconnector.cli.outcome import Exit, print_json
from openconnector.cli.settings import Settings
from openconnector.db import definitions
from openconnector.db.rows import SynchronizationRow
from openconnector.definitions.planning import Planned, planned

HIDDEN = ("isEnabled", "jitterSeconds", "misfire")
"""Fields that say nothing about when."""


async def list_schedules(*, as_json: bool) -> Exit:
    """Print every schedule with when it begins next."""
    async with opened(Settings.read()) as engine:
        async with engine.database.reading() as session:
            found = planned(await definitions.every(session, SynchronizationRow))
        now = engine.clock.now()
    lines = [_line(one, now) for one in found]
    if as_json:
        print_json(lines)
    else:
        print("\n".join(map(_told, lines)) or "No synchronization has a schedule")
    return Exit.SUCCESS


async def following(slug: str, *, count: int, as_json: bool) -> Exit:
    """Print when a synchronization begins by itself next, whichever of its schedules says so."""
    async with opened(Settings.read()) as engine:
        async with engine.database.reading() as session:
            row = await definitions.get(session, SynchronizationRow, slug)
        now = engine.clock.now()
    active = [one for one in planned([row]) if one.is_active]
    starts = merge(*(_starts(one, now, count) for one in active), key=itemgetter(0))
    moments = [
        {"due": due.isoformat(), "local": local, "number": number}
        for due, number, local in islice(starts, count)
    ]
    if as_json:
        print_json(moments)
    else:
        print(
            "\n".join(str(moment["local"]) for moment in moments)
            or f"{row.slug} does not begin by itself"
        )
    return Exit.SUCCESS


def _starts(one: Planned, now: datetime, count: int) -> list[tuple[datetime, int | None, str]]:
    zone = ZoneInfo(getattr(one.schedule, "timezone", "UTC"))
    return [
        (start.due_at, one.number, start.due_at.astimezone(zone).isoformat())
        for start in one.following(now, count)
    ]


def _line(one: Planned, now: datetime) -> dict[str, Any]:
    due = next((start.due_at for start in one.following(now, 1)), None)
    return {
        "synchronization": one.synchronization.slug,
        "number": one.number,
        "schedule": one.schedule.configuration(),
        "isActive": one.is_active,
        "next": due and due.isoformat(),
    }


def _told(line: dict[str, Any]) -> str:
    fields = {name: value for name, value in line["schedule"].items() if name not in HIDDEN}
    said = " ".join(str(value) for value in fields.values() if value is not None)
    when = line["next"] or ("never again" if line["isActive"] else "switched off")
    return f"{line['synchronization']}: {said}; next: {when}"

"""Jobs that start a synchronization: schedules of it. The predecessor looked for due jobs every five minutes."""

from datetime import datetime
from typing import Any, Final

from openconnector.definitions.predecessor.exports import Export
from openconnector.definitions.predecessor.names import Names
from openconnector.expressions.php import is_truthy, to_int

ACTION: Final = "SynchronizationAction"
LOOKED_EVERY: Final = 300
USUAL_INTERVAL: Final = 3600
UNITS: Final = (("weeks", 604_800), ("days", 86_400), ("hours", 3_600), ("minutes", 60))
"""Units of an interval and their seconds, the largest first."""

Schedule = dict[str, Any]


def synchronization_of(export: Export, names: Names) -> Export | None:
    """Return the synchronization that a job starts, None when it starts none of those that are taken over."""
    if export.text("jobClass").rpartition("\\")[2] != ACTION:
        return None
    key = export.object("arguments").get("synchronizationId")
    if not isinstance(key, (int, str)) or isinstance(key, bool):
        return None
    return names.found("synchronization", str(key))


def schedule(export: Export, started: Export) -> Schedule | None:
    """Return when a job started its synchronization, None when it never did; what is odd is said of the latter."""
    name, moment = export.name, _moment(export.value.get("nextRun"))
    if export.object("arguments").get("force"):
        started.warn(
            f"Its job {name!r} wrote every record again; here only what changed is written"
        )
    if user := export.text("userId"):
        started.warn(
            f"Its job {name!r} ran in the name of {user!r}; name that account as `actingUser` if it is needed"
        )
    if moment is None and "nextRun" in export.value:
        started.warn(
            f"Its job {name!r} had no next moment and so never ran by itself; it gets no schedule"
        )
        return None
    if is_truthy(export.value.get("singleRun")):
        if moment is None:
            started.warn(
                f"Its job {name!r} ran once, at a moment that was not exported; it gets no schedule"
            )
            return None
        told: Schedule = {"kind": "once", "at": moment}
    else:
        told = _interval(export, started) | ({"start": moment} if moment else {})
    is_enabled = is_truthy(export.value.get("isEnabled", True))
    if not is_enabled:
        return told | {"isEnabled": False}
    started.warn(f"It begins by itself from now on; switch its job {name!r} off in the PHP app")
    return told


def _interval(export: Export, started: Export) -> Schedule:
    given = export.value.get("interval")
    seconds = to_int(given) if isinstance(given, (int, float, str)) else USUAL_INTERVAL
    if seconds < LOOKED_EVERY:
        started.warn(f"Its job {export.name!r} ran every five minutes at most, and so it does here")
        seconds = LOOKED_EVERY
    for unit, length in UNITS:
        if seconds % length == 0:
            return {"kind": "interval", "every": seconds // length, "unit": unit}
    return {"kind": "interval", "every": seconds, "unit": "seconds"}


def _moment(given: Any) -> str | None:
    """Return a moment with its offset, as the predecessor wrote it; None for anything else."""
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None
    return moment.isoformat() if moment and moment.tzinfo else None

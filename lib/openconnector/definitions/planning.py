"""What begins by itself: the schedules of synchronizations as they are stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import dropwhile, islice

import structlog

from openconnector.db.rows import SynchronizationRow
from openconnector.definitions.models import WakeOn
from openconnector.errors import OpenConnectorError
from openconnector.kinds.schedule import Schedule, Start
from openconnector.schedules import SCHEDULES
from openconnector.schedules.interval import Interval

SCAN_JITTER_SECONDS = 3_000
"""So that not everything is scanned at the full hour."""

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One schedule of one synchronization."""

    synchronization: SynchronizationRow
    number: int | None
    """Its place among the schedules of the synchronization, from 0; None for the scan that makes up for lost events."""
    schedule: Schedule

    @property
    def key(self) -> tuple[str, str]:
        """Which synchronization, and which of its schedules."""
        return self.synchronization.id, self.schedule.key

    @property
    def salt(self) -> str:
        """What spreads its starts from those of others with the same moments."""
        return "|".join(self.key)

    @property
    def is_active(self) -> bool:
        """Whether it starts anything: neither it nor the synchronization is switched off."""
        return self.schedule.is_enabled and bool(
            self.synchronization.definition.get("isEnabled", True)
        )

    def due_after(self, moment: datetime) -> datetime | None:
        """Return when the first of its moments after this one is to begin; None when there is none."""
        start = next(self.schedule.starts(moment, self.salt), None)
        return None if start is None else start.due_at

    def following(self, now: datetime, count: int) -> list[Start]:
        """Return what it starts next; nothing when it is switched off."""
        if not self.is_active:
            return []
        # With jitter a moment that has passed may still be waiting for its start.
        since = now - timedelta(seconds=self.schedule.jitter_seconds)
        starts = self.schedule.starts(since, self.salt)
        return list(islice(dropwhile(lambda start: start.due_at <= now, starts), count))


def planned(rows: Iterable[SynchronizationRow]) -> list[Planned]:
    """Return every schedule of these synchronizations. One that cannot be read is noted and left out."""
    return [
        Planned(synchronization=row, number=number, schedule=schedule)
        for row in rows
        for number, schedule in _schedules(row)
    ]


def wakers(rows: Iterable[SynchronizationRow]) -> list[tuple[SynchronizationRow, WakeOn]]:
    """Return what each synchronization that is switched on wants to be woken by."""
    return [
        (row, WakeOn.model_validate(stored))
        for row in rows
        if row.definition.get("isEnabled", True)
        for stored in row.definition.get("wakeOn", ())
    ]


def _schedules(row: SynchronizationRow) -> list[tuple[int | None, Schedule]]:
    found: list[tuple[int | None, Schedule]] = []
    for number, stored in enumerate(row.definition.get("schedules", ())):
        try:
            found.append((number, SCHEDULES.load(stored)))
        except OpenConnectorError as error:
            logger.warning("schedule not read", synchronization=row.slug, reason=str(error))
    hours = row.definition.get("scanEveryHours", 0)
    if hours and row.definition.get("wakeOn"):
        scan = Interval(every=hours, unit="hours", jitter_seconds=SCAN_JITTER_SECONDS)
        if scan.key not in {schedule.key for _, schedule in found}:
            found.append((None, scan))
    return found

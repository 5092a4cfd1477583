"""The overview: what needs attention, what happened last, what comes next.

Nothing of it is counted when it is asked for.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from fastapi import APIRouter
from pydantic import Field

from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Parts, Reading
from openconnector.db import counts, latest
from openconnector.db.counts import Rate
from openconnector.db.latest import LatestRun
from openconnector.db.rows import SourceRow, SynchronizationRow
from openconnector.db.session import Session
from openconnector.definitions.store import COLLECTIONS
from openconnector.languages import retold
from openconnector.synchronization.attention import Attention, AttentionKind, Situation, situation
from openconnector.synchronization.shown import Shown

MOST_ATTENTION = 50
MOST_RUNS = 10
MOST_NEXT = 10
MOST_SOURCES = 20
DAYS = 30
RATE_HOURS = 24


class Named(Shown):
    """A definition, as sentences name it and links address it."""

    id: str
    slug: str
    name: str


class ShownAttention(Shown):
    """One thing that needs attention; the page makes a sentence of it."""

    kind: AttentionKind
    """`source_failing`: the latest call was not served. `credentials_expiring`: they expire within two weeks, or have.
    `certificate_expiring`: so does the one that a host of the source showed last.
    `run_failed`: the newest run failed or ended in part. `approval`: a run asks before it deletes. `records_failed`:
    records of the newest run are still to be handled. `overdue`: no success until the moment after the one at which it
    was to begin."""
    moment: datetime
    """When it happened; when the credentials or the certificate expire; when what is overdue was to begin."""
    synchronization: Named | None
    """What it is about; null where that is a source."""
    source: Named | None
    run_id: str | None
    """The run that tells more."""
    count: int | None
    """Objects that wait for approval, or records that failed."""
    status: int | None
    """With which status a source answered; null when it did not answer."""
    host: str | None
    """Whose certificate expires."""
    code: str | None
    """The error's stable name."""
    reason: str | None
    """The error's words."""


class ShownLastRun(Shown):
    """The newest run of a synchronization."""

    id: str
    synchronization: Named
    is_enabled: bool
    """Whether the synchronization can be run."""
    state: str
    """queued, running, waiting, needs_approval, succeeded, partial, failed or cancelled."""
    mode: str
    """run or replay."""
    trigger: str
    """What started it: manual, command, schedule, webhook or follow_up."""
    written: int
    """Objects created and updated."""
    deleted: int
    failed: int
    """Records that were invalid or failed."""
    queued: datetime
    started: datetime | None
    finished: datetime | None


class ShownDay(Shown):
    """What was written on one day."""

    day: str
    """In UTC, as `2026-03-28`."""
    written: int
    """Objects created and updated."""
    deleted: int
    failed: int
    """Records that were invalid or failed."""


class ShownHour(Shown):
    """The calls of one hour."""

    hour: datetime
    """When it began."""
    calls: int
    failures: int
    mean_milliseconds: float


class ShownRate(Shown):
    """How a source answered in the last 24 hours."""

    source: Named
    calls: int
    failures: int
    """Calls that were not served: no answer, a refusal (401, 403, 407, 408, 429), or an error of its own (500 on)."""
    mean_milliseconds: float
    hours: list[ShownHour]
    """Those with calls, oldest first."""


class ShownNext(Shown):
    """What begins by itself."""

    synchronization: Named
    due: datetime


class Overview(Shown):
    """Whether everything works, as far as whoever asks may see it."""

    attention: list[ShownAttention]
    """By kind, the newest first; 50 at most."""
    attention_total: int
    """How many there are in all."""
    last_runs: list[ShownLastRun]
    """The newest run of each synchronization, the newest first; 10 at most."""
    active_runs: int
    """Runs that are queued, running or waiting: ask again soon while there are any."""
    days: list[ShownDay]
    """The last 30 days, oldest first, today included."""
    sources: list[ShownRate]
    """Those with the most failures first, then with the most calls; 20 at most."""
    next: list[ShownNext]
    """The next beginnings, the soonest first; 10 at most."""
    counts: dict[str, int] = Field(
        description="Collection -> how many definitions it holds; all are 0 where nothing is configured."
    )


routes = APIRouter(prefix="/overview", tags=["overview"], route_class=Route)


@routes.get("")
@needs(Right.READ)
async def read_overview(session: Reading, engine: Parts) -> Overview:
    """Return what needs attention, what happened last and what comes next."""
    now = engine.clock.now()
    found = await situation(session, now)
    needed = found.needs_attention()
    synchronizations = {row.id: row for row in found.synchronizations}
    return Overview(
        attention=[_attention(one) for one in needed[:MOST_ATTENTION]],
        attention_total=len(needed),
        last_runs=[
            _last_run(run, synchronizations[run.synchronization_id])
            for run in found.newest[:MOST_RUNS]
        ],
        active_runs=await latest.active_runs(session),
        days=_days(await counts.days(session, _day(now, DAYS - 1)), now),
        sources=_rates(await counts.rates(session, now - timedelta(hours=RATE_HOURS)), found),
        next=[
            ShownNext(synchronization=_named(synchronizations[key]), due=due)
            for key, due in await latest.next_starts(session, MOST_NEXT)
            if key in synchronizations
        ],
        counts=await _counts(session),
    )


def _named(row: SourceRow | SynchronizationRow) -> Named:
    return Named.model_validate(row)


def _attention(one: Attention) -> ShownAttention:
    synchronization, source = one.synchronization, one.source
    return ShownAttention(
        kind=one.kind,
        moment=one.moment,
        synchronization=None if synchronization is None else _named(synchronization),
        source=None if source is None else _named(source),
        run_id=one.run_id,
        count=one.count,
        status=one.status,
        host=one.host,
        code=one.code,
        reason=one.reason and retold(one.reason),
    )


def _last_run(run: LatestRun, row: SynchronizationRow) -> ShownLastRun:
    return ShownLastRun(
        id=run.id,
        synchronization=_named(row),
        is_enabled=row.definition.get("isEnabled", True),
        state=run.state,
        mode=run.mode,
        trigger=run.trigger,
        written=run.created + run.updated,
        deleted=run.deleted,
        failed=run.invalid + run.failed,
        queued=run.queued_at,
        started=run.started_at,
        finished=run.finished_at,
    )


def _day(now: datetime, days_before: int) -> str:
    return (now.astimezone(UTC).date() - timedelta(days=days_before)).isoformat()


def _days(found: Sequence[counts.Day], now: datetime) -> list[ShownDay]:
    """Return every day that is shown; of those without a row nothing was written."""
    known: Mapping[str, counts.Day] = {one.day: one for one in found}
    wanted = [_day(now, before) for before in reversed(range(DAYS))]
    return [ShownDay.model_validate(known.get(day, counts.Day(day, 0, 0, 0))) for day in wanted]


def _rates(found: Sequence[Rate], known: Situation) -> list[ShownRate]:
    sources = {row.id: row for row in known.sources}
    shown = [
        _rate(sources[source_id], list(hours))
        for source_id, hours in groupby(found, key=lambda one: one.source_id)
    ]
    shown.sort(key=lambda one: (-one.failures, -one.calls))
    return shown[:MOST_SOURCES]


def _rate(row: SourceRow, hours: Sequence[Rate]) -> ShownRate:
    calls = sum(one.calls for one in hours)
    return ShownRate(
        source=_named(row),
        calls=calls,
        failures=sum(one.failures for one in hours),
        mean_milliseconds=_mean(sum(one.milliseconds for one in hours), calls),
        hours=[
            ShownHour(
                hour=one.hour,
                calls=one.calls,
                failures=one.failures,
                mean_milliseconds=_mean(one.milliseconds, one.calls),
            )
            for one in hours
        ],
    )


def _mean(milliseconds: float, calls: int) -> float:
    return round(milliseconds / calls, 1)


async def _counts(session: Session) -> dict[str, int]:
    return {one.name: await latest.count(session, one.table) for one in COLLECTIONS}

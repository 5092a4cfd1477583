"""What needs somebody's attention: judged from the latest of everything, never by counting."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal, get_args

from openconnector.db import certificates, counts, definitions, latest
from openconnector.db.count_rows import SourceHourRow
from openconnector.db.installation_rows import SourceCertificateRow
from openconnector.db.latest import LatestRun
from openconnector.db.rows import SourceRow, SynchronizationRow
from openconnector.db.session import Session
from openconnector.definitions.planning import Planned, planned

SOON = timedelta(days=14)
"""How long before credentials expire somebody is told."""

RECORDS_FAILED = "records-failed"
"""The code of runs of which nothing but records failed."""

UNSERVED = frozenset(
    {"transient", "not-sent", "maybe-sent", "rate-limited", "unavailable", "credentials-rejected"}
)
"""Codes of runs that ended because somebody did not serve them."""

AttentionKind = Literal[
    "source_failing",
    "credentials_expiring",
    "certificate_expiring",
    "run_failed",
    "approval",
    "records_failed",
    "overdue",
]
"""What is wrong; in the order in which it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """One thing that needs attention. It belongs to a synchronization, or else to a source."""

    kind: AttentionKind
    moment: datetime
    """When it happened; when credentials or a certificate expire; when an overdue synchronization was to begin."""
    synchronization: SynchronizationRow | None = None
    source: SourceRow | None = None
    run_id: str | None = None
    """The run that tells more."""
    count: int | None = None
    """Objects that wait for approval, or records that failed."""
    status: int | None = None
    """With which status a source answered its latest call; None when it did not answer."""
    host: str | None = None
    """Whose certificate expires."""
    code: str | None = None
    """The error's stable name."""
    reason: str | None = None
    """The error's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The latest of everything, as far as whoever asks may see it."""

    now: datetime
    synchronizations: Sequence[SynchronizationRow]
    sources: Sequence[SourceRow]
    newest: Sequence[LatestRun]
    """The newest run of each synchronization, dry runs left out, the newest first."""
    ended: Sequence[LatestRun]
    """The newest run of each that is over and read all its source has."""
    successes: Mapping[str, datetime]
    """When each was last brought into step."""
    failing: Sequence[SourceHourRow]
    """The hour of each source whose latest call was not served."""
    expiring: Mapping[str, datetime]
    """When credentials of sources, by their ids, expire soon or have expired."""
    certificates: Sequence[SourceCertificateRow]
    """The certificates of sources that expire soon or have expired."""

    def needs_attention(self) -> list[Attention]:
        """Return what is wrong, by its kind and the newest first."""
        order = get_args(AttentionKind)
        found = [*self._of_sources(), *self._of_synchronizations()]
        newest_first = sorted(found, key=lambda one: one.moment, reverse=True)
        return sorted(newest_first, key=lambda one: order.index(one.kind))

    def _of_sources(self) -> Iterator[Attention]:
        enabled = {row.id: row for row in self.sources if row.definition.get("isEnabled", True)}
        for hour in self.failing:
            if hour.source_id in enabled and hour.failed_at is not None:
                yield Attention(
                    kind="source_failing",
                    moment=hour.failed_at,
                    source=enabled[hour.source_id],
                    status=hour.status,
                    code=hour.error,
                )
        for source_id, moment in self.expiring.items():
            if source_id in enabled:
                yield Attention(
                    kind="credentials_expiring", moment=moment, source=enabled[source_id]
                )
        for shown in self.certificates:
            if shown.source_id in enabled:
                yield Attention(
                    kind="certificate_expiring",
                    moment=shown.expires_at,
                    source=enabled[shown.source_id],
                    host=shown.host,
                )

    def _of_synchronizations(self) -> Iterator[Attention]:
        newest = {run.synchronization_id: run for run in self.newest}
        ended = {run.synchronization_id: run for run in self.ended}
        plans = _by_synchronization(planned(self.synchronizations))
        unserved = self._unserved()
        for row in self.synchronizations:
            run, over = newest.get(row.id), ended.get(row.id)
            if run is not None and run.state == "needs_approval":
                yield _approval(row, run)
                continue
            if not row.definition.get("isEnabled", True):
                continue
            is_unserved = over is not None and _is_unserved(over, row, unserved)
            told = list(_told_of(over, row, is_unserved=is_unserved)) if over is not None else []
            yield from told
            if told or is_unserved or (run is not None and run.state == "running"):
                continue
            if since := self._overdue_since(row, plans.get(row.id, [])):
                yield Attention(kind="overdue", moment=since, synchronization=row)

    def _unserved(self) -> frozenset[str]:
        """Return the ids, slugs and references of the sources that are failing, of which enough is said."""
        failing = {hour.source_id for hour in self.failing}
        return frozenset(
            key
            for row in self.sources
            if row.id in failing
            for key in (row.id, row.slug, row.reference)
            if key
        )

    def _overdue_since(self, row: SynchronizationRow, plans: Iterable[Planned]) -> datetime | None:
        """Return when a synchronization was to begin, if it has not succeeded until the moment after that one."""
        since = max(row.updated_at, self.successes.get(row.id, row.updated_at))
        missed = [
            starts[0].due_at
            for one in plans
            if one.is_active
            and len(starts := list(islice(one.schedule.starts(since, one.salt), 2))) > 1
            and starts[1].due_at <= self.now
        ]
        return min(missed, default=None)


async def situation(session: Session, now: datetime) -> Situation:
    """Return the latest of everything that a session may see."""
    return Situation(
        now=now,
        synchronizations=await definitions.every(session, SynchronizationRow),
        sources=await definitions.every(session, SourceRow),
        newest=await latest.newest_runs(session),
        ended=await latest.newest_ended(session),
        successes=await latest.last_successes(session),
        failing=await counts.failing(session),
        expiring=await latest.expiring(session, SourceRow, now + SOON),
        certificates=await certificates.expiring(session, now + SOON),
    )


def _by_synchronization(plans: Sequence[Planned]) -> dict[str, list[Planned]]:
    found: dict[str, list[Planned]] = {}
    for one in plans:
        found.setdefault(one.synchronization.id, []).append(one)
    return found


def _is_unserved(over: LatestRun, row: SynchronizationRow, unserved: frozenset[str]) -> bool:
    """Whether a run failed because its source is failing, which is told of the source."""
    return over.error_code in UNSERVED and row.definition.get("sourceId") in unserved


def _told_of(over: LatestRun, row: SynchronizationRow, *, is_unserved: bool) -> Iterator[Attention]:
    """Yield what the newest run that is over left behind."""
    moment = over.finished_at or over.queued_at
    is_failed = over.state in {"failed", "partial"} and over.error_code != RECORDS_FAILED
    if is_failed and not is_unserved:
        yield Attention(
            kind="run_failed",
            moment=moment,
            synchronization=row,
            run_id=over.id,
            code=over.error_code,
            reason=over.error_message,
        )
    if (count := over.invalid + over.failed - over.resolved) > 0:
        yield Attention(
            kind="records_failed",
            moment=moment,
            synchronization=row,
            run_id=over.id,
            count=count,
        )


def _approval(row: SynchronizationRow, run: LatestRun) -> Attention:
    return Attention(
        kind="approval",
        moment=run.queued_at,
        synchronization=row,
        run_id=run.id,
        count=run.deletions_pending,
    )

"""Where a run stands: kept in memory while it works, written with every page."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from time import perf_counter
from typing import Any

import orjson

from openconnector.crypto import KeyRing
from openconnector.db import counts, runs
from openconnector.db.database import Database
from openconnector.db.rows import RunRow
from openconnector.db.sealed import cursor_binding, opened_json, sealed_json
from openconnector.db.session import Session
from openconnector.errors import OpenConnectorError
from openconnector.ports import Clock
from openconnector.records import Cursor
from openconnector.synchronization.balance import Balance
from openconnector.synchronization.outcome import Ending
from openconnector.synchronization.runlog import RunLog

LEASE = timedelta(seconds=8)
"""How long a run belongs to a worker that says nothing; afterwards another one takes it over."""

STANDING = ("pages", "cursor", "phase", "attempts", "is_read_complete", "incomplete_reason")
"""What, besides the balance, a commit moves on."""


class CancelRequested(OpenConnectorError):
    """Somebody asked for the run to stop."""

    code = "cancelled"


OnEnding = Callable[[Session, str, Ending], Awaitable[None]]
"""Takes the transaction, the run's id and how it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a run works with besides its plan."""

    database: Database
    keys: KeyRing
    clock: Clock
    on_end: OnEnding | None = None
    """Called in the transaction in which a run ends, or stands still for now."""


class Progress:
    """The balance, the cursor and the phase of a run that this process holds."""

    def __init__(self, context: Context, row: RunRow) -> None:
        self.context = context
        self.run_id = row.id
        self.synchronization_id = row.synchronization_id
        self.mode = row.mode
        self.is_forced = row.is_forced
        self.phase = row.phase
        self.pages = row.pages
        self.cursor = row.cursor
        """As the row holds it, see `keep_cursor`."""
        self.parent_id = row.parent_id
        self.attempts = row.attempts
        self.is_read_complete = row.is_read_complete
        self.incomplete_reason = row.incomplete_reason
        self.contracts_before = row.contracts_before
        self.is_resumed = row.contracts_before is not None
        self.fence = row.fence
        self.balance = Balance(
            **{name: getattr(row, name) for name in Balance.__dataclass_fields__}
        )
        self.timings: dict[str, float] = dict(row.timings)
        self._committed = self._standing()
        self.log = RunLog(row.id, context.clock)
        self.is_cancel_requested = row.is_cancel_requested
        """Whether somebody asked the run to stop, as the last commit saw it."""

    @property
    def is_dry(self) -> bool:
        """Whether nothing may be written."""
        return self.mode == "dry_run"

    async def move(self, session: Session, **changes: Any) -> None:
        """Write where the run stands in this transaction, prolonging the lease.

        Raises `LeaseLost` when the run was taken over: the transaction must not be committed.
        """
        columns = self._columns() | changes
        self.is_cancel_requested = await runs.move(session, self.run_id, self.fence, columns)
        await counts.add_written(
            session, self.synchronization_id, self.context.clock.now(), self._written()
        )
        await self.log.flush(session)

    def _written(self) -> counts.Written:
        """Return what was written since the last commit."""
        if self.is_dry:
            return counts.Written(0, 0, 0)
        now, before = self.balance, self._committed[0]
        return counts.Written(
            written=now.created + now.updated - before.created - before.updated,
            deleted=now.deleted - before.deleted,
            failed=now.invalid + now.failed - before.invalid - before.failed,
        )

    def keep_cursor(self, cursor: Cursor | None) -> None:
        """Note where to read on; None when there is nothing more to read.

        It is sealed: links to a next page repeat keys that stand in the address, and names of people.
        """
        self.cursor = None
        if cursor is not None:
            sealed = self.context.keys.seal(orjson.dumps(cursor), cursor_binding(self.run_id))
            self.cursor = sealed_json(sealed)

    def opened_cursor(self) -> Cursor | None:
        """Return where to read on. Raises `ConfigurationError` when the key it was sealed with is gone."""
        if self.cursor is None:
            return None
        opened = self.context.keys.open(opened_json(self.cursor), cursor_binding(self.run_id))
        return dict(orjson.loads(opened))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Go back to the last commit when the block raises: what was not committed has not happened."""
        try:
            yield
        except BaseException:
            balance, standing = self._committed
            self.balance = replace(balance)
            for name, value in standing.items():
                setattr(self, name, value)
            raise

    def committed(self) -> None:
        """Note that all that is said here is committed."""
        self._committed = self._standing()

    def _standing(self) -> tuple[Balance, dict[str, Any]]:
        return replace(self.balance), {name: getattr(self, name) for name in STANDING}

    async def hold(self, session: Session) -> None:
        """Prolong the lease without writing where the run stands. Raises `LeaseLost` like `move`."""
        until = self.context.clock.now() + LEASE
        await runs.move(session, self.run_id, self.fence, {"lease_until": until})

    def _columns(self) -> dict[str, Any]:
        return {
            **self.balance.columns(),
            **{name: getattr(self, name) for name in STANDING},
            "contracts_before": self.contracts_before,
            "lease_until": self.context.clock.now() + LEASE,
            "timings": {name: round(seconds, 4) for name, seconds in self.timings.items()},
        }

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the time the block takes to one of the run's timings."""
        began = perf_counter()
        try:
            yield
        finally:
            self.timings[name] = self.timings.get(name, 0.0) + perf_counter() - began

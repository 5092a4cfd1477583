"""The call log: requests on the wire, collected and written in batches."""

import asyncio
from collections import deque
from dataclasses import asdict
from typing import Any

import structlog

from openconnector.db import counts, runs
from openconnector.db.database import Database
from openconnector.ports import Call

FLUSH_SECONDS = 1.0
"""How long a call may wait before it is written."""

MAX_WAITING = 10_000
"""Calls kept in memory; when the database cannot keep up, the oldest are dropped and counted."""

logger = structlog.get_logger(__name__)


class CallJournal:
    """Collects calls and writes them; nothing that makes a call ever waits for it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[dict[str, Any]] = deque(maxlen=MAX_WAITING)
        self._dropped = 0

    def log(self, *, source_id: str | None, run_id: str | None) -> "SourceCalls":
        """Return a `ports.CallLog` for one source and one run."""
        return SourceCalls(self, source_id, run_id)

    def add(self, line: dict[str, Any]) -> None:
        """Keep a line until the next flush."""
        self._dropped += len(self._waiting) == MAX_WAITING
        self._waiting.append(line)

    async def flush(self) -> None:
        """Write what waits. What the database does not take is tried again with the next flush."""
        lines, self._waiting = list(self._waiting), deque(maxlen=MAX_WAITING)
        if not lines:
            return
        try:
            async with self._database.writing() as session:
                await runs.add_calls(session, lines)
                await counts.add_calls(session, lines)
        except Exception as error:  # noqa: BLE001  whatever keeps the database from taking them may pass
            reason = str(error).partition("\n")[0]
            logger.warning("call log not written", reason=reason, waiting=len(lines))
            newer, self._waiting = self._waiting, deque(maxlen=MAX_WAITING)
            for line in (*lines, *newer):
                self.add(line)
            return
        if self._dropped:
            logger.warning("call log lines dropped", count=self._dropped)
            self._dropped = 0

    async def serve(self, stop: asyncio.Event) -> None:
        """Flush until ``stop`` is set, and once more then."""
        while not stop.is_set():
            try:
                await asyncio.wait_for(stop.wait(), FLUSH_SECONDS)
            except TimeoutError:
                await self.flush()
        await self.flush()


class SourceCalls:
    """Implements `ports.CallLog` for the calls of one source in one run."""

    def __init__(self, journal: CallJournal, source_id: str | None, run_id: str | None) -> None:
        self._journal = journal
        self._names = {"source_id": source_id, "run_id": run_id}

    def add(self, call: Call) -> None:
        """Keep the call for the log."""
        self._journal.add({**self._names, **asdict(call)})

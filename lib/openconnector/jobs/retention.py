"""What is old is deleted: runs, the lines of their logs, requests on the wire, drafts. The audit trail never is."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from openconnector.db import retention as rows
from openconnector.db.database import Database
from openconnector.definitions.installation import Installation
from openconnector.ports import Clock

EVERY_SECONDS = 3600.0
BATCH = 500
"""Rows in one transaction: a few milliseconds in which others wait."""

KEEP_COUNTS_DAYS = 90
"""How long counts of what was written and how sources answered are kept: three times what the overview shows."""

logger = structlog.get_logger(__name__)


class Retention:
    """Deletes what is older than the settings say."""

    def __init__(self, database: Database, installation: Installation, clock: Clock) -> None:
        self._database = database
        self._installation = installation
        self._clock = clock

    async def serve(self, stop: asyncio.Event) -> None:
        """Delete what is old now and every hour, until ``stop`` is set."""
        while not stop.is_set():
            try:
                await self.delete_old(stop)
            except Exception as error:  # noqa: BLE001  a database that is away will be back in an hour
                logger.warning("old rows not deleted", reason=str(error).partition("\n")[0])
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_SECONDS)

    async def delete_old(self, stop: asyncio.Event | None = None) -> dict[str, int]:
        """Delete what is old, and return how many rows of each kind went."""
        async with self._database.reading() as session:
            await self._installation.refresh(session)
        settings, now = self._installation.settings, self._clock.now()
        days = {
            "runs": settings.keep_runs_days,
            "logs": settings.keep_logs_days,
            "calls": settings.keep_calls_days,
            "notices": settings.keep_runs_days,
            "drafts": settings.keep_runs_days,
            "days": KEEP_COUNTS_DAYS,
            "hours": KEEP_COUNTS_DAYS,
        }
        gone = dict.fromkeys(days, 0)
        for kind, kept in days.items():
            before = now - timedelta(days=kept)
            while stop is None or not stop.is_set():
                async with self._database.writing() as session:
                    count = await rows.DELETE_OLD[kind](session, before, limit=BATCH)
                gone[kind] += count
                if count < BATCH:
                    break
        if any(gone.values()):
            logger.info("old rows deleted", **gone)
        return gone

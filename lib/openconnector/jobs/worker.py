"""The worker: claims runs, keeps their leases alive and carries them out."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from openconnector.db import runs
from openconnector.db.rows import RunRow
from openconnector.db.session import Session
from openconnector.errors import LeaseLost, OpenConnectorError, TransientError
from openconnector.jobs.owner import is_surely_dead, new_owner
from openconnector.messages import t
from openconnector.synchronization.outcome import MAX_ATTEMPTS, Ending, ending_of
from openconnector.synchronization.prepare import Preparation
from openconnector.synchronization.progress import LEASE, Context, Progress
from openconnector.synchronization.requests import follow_ups
from openconnector.synchronization.run import Run, end, wait

LOOK_SECONDS = 0.2
"""How often a worker looks for runs to take over; one indexed query."""

RENEW_SECONDS = 2.0
"""How often a lease is prolonged while a page takes long."""

AT_ONCE = 2
"""Runs of different synchronizations that one worker carries out side by side."""

MOST_CLAIMS = 10
"""How often a run is taken up without a page committed in between; one that kills its worker each time ends then."""

GIVEN_UP = Ending(
    state="failed",
    code="given-up",
    message=t(
        "The run was taken up {count} times and never got a page further: it may be what ends its worker",
        count=MOST_CLAIMS,
    ),
)

logger = structlog.get_logger(__name__)


class Worker:
    """Carries out runs until it is stopped; any number may share a database."""

    def __init__(self, context: Context, preparation: Preparation) -> None:
        self._context = context
        self._preparation = preparation
        self.owner = new_owner()
        self._working: dict[str, asyncio.Task[None]] = {}

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; runs under way are then given back for somebody else to take up."""
        logger.info("worker started", owner=self.owner)
        while not stop.is_set():
            try:
                await self.take()
            except Exception as error:  # noqa: BLE001  a database that is away says so in many ways; it will be back
                logger.warning("looking for runs failed", reason=str(error).partition("\n")[0])
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
        for task in self._working.values():
            task.cancel()
        await asyncio.gather(*self._working.values(), return_exceptions=True)
        await self._give_back()

    async def take(self) -> None:
        """Claim what waits, as far as there is room, and start working on it."""
        self._working = {key: task for key, task in self._working.items() if not task.done()}
        if len(self._working) >= AT_ONCE:
            return
        async with self._context.database.reading() as session:
            dead = [lease for lease in await runs.leases(session) if is_surely_dead(lease[1])]
            waiting = await runs.claimable(session, self._context.clock.now())
        await self._expire(dead)
        for run_id in [*(lease[0] for lease in dead), *waiting][: AT_ONCE - len(self._working)]:
            row = await self.claim(run_id)
            if row is not None:
                self._working[run_id] = asyncio.create_task(self._work(row))

    async def claim(self, run_id: str) -> RunRow | None:
        """Take a run over; None when it is not to be had."""
        now = self._context.clock.now()
        async with self._context.database.writing() as session:
            return await runs.claim(session, run_id, owner=self.owner, now=now, until=now + LEASE)

    async def carry_out(self, row: RunRow) -> None:
        """Work on a claimed run until it has ended or waits; its errors become its state."""
        progress = Progress(self._context, row)
        if row.attempts > MOST_CLAIMS:
            await end(progress, GIVEN_UP)
            return
        renewing = asyncio.create_task(self._renew(row))
        try:
            async with self._context.database.reading() as session:
                plan = await self._preparation.plan(
                    session, row.synchronization_id, row.id, progress.log
                )
            run = Run(self._context, row, plan, progress, on_success=self._follow_up)
            await run.carry_out()
        except OpenConnectorError as error:
            if isinstance(error, TransientError) and row.attempts < MAX_ATTEMPTS:
                await wait(progress, error)
            else:
                await end(progress, ending_of(error, progress.pages))
        except Exception:
            logger.exception("run broke", run=row.id)
            message = t("An error inside OpenConnector; its log tells more. Please report it")
            await end(progress, Ending(state="failed", code="internal", message=message))
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _work(self, row: RunRow) -> None:
        try:
            await self.carry_out(row)
        except Exception:
            # Not even its end could be written. Its lease runs out and it is taken up again.
            logger.exception("run left as it stands", run=row.id)

    async def finish(self, run_id: str) -> None:
        """Carry a run out in this process if it can be claimed now, waiting for a dead worker's lease to end."""
        while True:
            row = await self.claim(run_id)
            if row is not None:
                await self.carry_out(row)
                return
            async with self._context.database.reading() as session:
                current = await runs.get(session, run_id)
            if current.state != "running":
                return
            if is_surely_dead(current.lease_owner or ""):
                await self._expire([(run_id, current.lease_owner or "")])
            else:
                await self._context.clock.sleep(LOOK_SECONDS)

    async def _follow_up(self, session: Session, run_id: str) -> None:
        """Queue what is to run after a run, in the transaction that ends it: a crash loses both or none."""
        row = await runs.get(session, run_id)
        now = self._context.clock.now()
        for problem in await follow_ups(session, self._preparation.definitions, row, now=now):
            logger.warning("follow-up not queued", run=run_id, reason=problem)

    async def _renew(self, row: RunRow) -> None:
        while True:
            await self._context.clock.sleep(RENEW_SECONDS)
            until = self._context.clock.now() + LEASE
            with suppress(OpenConnectorError):
                async with self._context.database.writing() as session:
                    if not await runs.renew(session, row.id, row.fence, until):
                        return

    async def _expire(self, leases: list[tuple[str, str]]) -> None:
        if not leases:
            return
        past = self._context.clock.now() - timedelta(seconds=1)
        async with self._context.database.writing() as session:
            for run_id, owner in leases:
                logger.warning("worker died", run=run_id, owner=owner)
                await runs.expire(session, run_id, owner, past)

    async def _give_back(self) -> None:
        past = self._context.clock.now() - timedelta(seconds=1)
        with suppress(LeaseLost, OpenConnectorError):
            async with self._context.database.writing() as session:
                for run_id, owner in await runs.leases(session):
                    if owner == self.owner:
                        await runs.expire(session, run_id, owner, past)

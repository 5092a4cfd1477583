"""Telling people: what is worth telling when a run ends, and its way to each of them."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import structlog

from openconnector.db import notices as rows
from openconnector.db import runs
from openconnector.db.database import Database
from openconnector.db.installation_rows import NoticeDeliveryRow, NoticeRow
from openconnector.db.session import Session
from openconnector.definitions.installation import Installation
from openconnector.definitions.store import SYNCHRONIZATIONS, Definitions
from openconnector.errors import OpenConnectorError, TransientError
from openconnector.messages import Message
from openconnector.notifications import Notice, Notifications
from openconnector.ports import Clock
from openconnector.synchronization.outcome import Ending, pause_before

LOOK_SECONDS = 2.0
"""How often a worker looks for notices; one indexed query."""

AWAY_SECONDS = 60.0
"""How long it waits after the host or the database was away."""

MAX_REASON = 400
"""Characters of a reason; the run has the rest."""

MAX_RECEIVERS = 1_000
"""Who is told at most; more are a mistake in the settings."""

HOLD = timedelta(seconds=120)
"""How long a worker may take to send one; then another takes it over."""

MAX_ATTEMPTS = 12
"""After these, over about half a day, a receiver who cannot be told is given up."""

TROUBLE = {"failed": "failed", "partial": "failed", "needs_approval": "approval"}
"""By the state a run ends in, which sentences tell it."""

logger = structlog.get_logger(__name__)


class Notices:
    """Writes notices down with what they tell, and sends them once the transaction is committed."""

    def __init__(
        self,
        database: Database,
        installation: Installation,
        definitions: Definitions,
        *,
        clock: Clock,
        notifications: Notifications | None,
    ) -> None:
        """Without ``notifications`` there is nobody to tell, and nothing is written down."""
        self._database = database
        self._installation = installation
        self._definitions = definitions
        self._clock = clock
        self._notifications = notifications

    async def note(self, session: Session, run_id: str, found: Ending) -> None:
        """Write down what is worth telling about a run that ends or stands, in the transaction in which it does."""
        settings = self._installation.settings
        if self._notifications is None or not settings.notifies:
            return
        run = await runs.get(session, run_id)
        kind = "works" if found.state == "succeeded" else TROUBLE.get(found.state)
        tells = {"run"} if kind == "works" else {"run", "changes"}
        if kind is None or run.mode not in tells:
            return
        told = await rows.since_it_worked(session, run.synchronization_id)
        reason = kind if kind != "failed" else found.code or found.state
        if kind == "works" and not told:
            return
        before = self._clock.now() - timedelta(hours=settings.notification_hours)
        if kind != "works" and any(
            one.reason == reason and one.created_at > before for one in told
        ):
            return
        loaded = await self._definitions.load(session, SYNCHRONIZATIONS, run.synchronization_id)
        row = NoticeRow(
            id=str(uuid4()),
            synchronization_id=run.synchronization_id,
            run_id=run_id,
            reason=reason,
            kind=kind,
            values={
                "synchronization": loaded.definition.name,
                "reason": _shortened(found.message or ""),
            },
            state="waiting",
            created_at=self._clock.now(),
        )
        await rows.add(session, row)

    async def serve(self, stop: asyncio.Event) -> None:
        """Send what waits until ``stop`` is set."""
        while self._notifications is not None and not stop.is_set():
            pause = LOOK_SECONDS
            try:
                await self.send(self._notifications, stop)
            except Exception as error:  # noqa: BLE001  a database or a host that is away will be back
                logger.warning("notices not sent", reason=str(error).partition("\n")[0])
                pause = AWAY_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)

    async def send(self, notifications: Notifications, stop: asyncio.Event | None = None) -> None:
        """Find the receivers of new notices, and send each what is due, or what is left when ``stop`` is set."""
        async with self._database.reading() as session:
            await self._installation.refresh(session)
            waiting = await rows.waiting(session)
        for notice in waiting:
            await self._spread(notifications, notice)
        async with self._database.reading() as session:
            due = await rows.due(session, self._clock.now())
        for delivery, notice in due:
            if stop is not None and stop.is_set():
                return
            await self._deliver(notifications, delivery, notice)

    async def _spread(self, notifications: Notifications, notice: NoticeRow) -> None:
        settings = self._installation.settings
        receivers = await notifications.receivers(settings.notified_users, settings.notified_groups)
        told = receivers[:MAX_RECEIVERS]
        async with self._database.writing() as session:
            await rows.spread(session, notice.id, told, now=self._clock.now())
        if not told or told != receivers:
            logger.warning("not everybody is told", told=len(told), receivers=len(receivers))

    async def _deliver(
        self, notifications: Notifications, delivery: NoticeDeliveryRow, row: NoticeRow
    ) -> None:
        now = self._clock.now()
        async with self._database.writing() as session:
            if not await rows.claim(session, delivery, now=now, until=now + HOLD):
                return
        state, due_at = "sent", now
        notice = Notice(
            id=row.id,
            kind=row.kind,
            synchronization=row.values["synchronization"],
            reason=_reason(row.values),
            run_id=row.run_id,
        )
        try:
            # An attempt before this one may have arrived: a worker killed in it could not say so.
            is_there = delivery.attempts > 0 and await notifications.was_sent(
                delivery.user_id, row.id
            )
            if not is_there:
                await notifications.send(delivery.user_id, notice)
        except TransientError as error:
            is_last = delivery.attempts + 1 >= MAX_ATTEMPTS
            state = "given_up" if is_last else "waiting"
            due_at = now + pause_before(delivery.attempts + 1, error.retry_after_seconds)
            logger.warning("notice not sent", user=delivery.user_id, reason=str(error))
        except OpenConnectorError as error:
            state = "given_up"
            logger.warning("notice given up", user=delivery.user_id, reason=str(error))
        async with self._database.writing() as session:
            await rows.settle(session, delivery, state, due_at=due_at)


def _reason(values: Mapping[str, Any]) -> str:
    if "template" in values:
        return Message(values["template"], values["arguments"])
    return str(values["reason"])


def _shortened(reason: str) -> str:
    return reason if len(reason) <= MAX_REASON else f"{reason[: MAX_REASON - 1]}…"

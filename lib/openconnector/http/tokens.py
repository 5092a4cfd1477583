"""Tokens obtained with credentials, kept in this process."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from openconnector.ports import Clock, Obtain

MARGIN = timedelta(seconds=60)
"""How long before its end a token is renewed, at most a tenth of its life."""

LONGEST_SECONDS = 30 * 86_400.0
"""No token is kept longer, whatever its issuer says."""


@dataclass(frozen=True, slots=True)
class _Kept:
    token: str
    usable_until: datetime | None


class ProcessTokens:
    """Implements `ports.Tokens`: one token per key, obtained by one request however many wait for it.

    The key has to change with the credentials, so that a changed secret never uses a token of the old one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._under_way: dict[str, asyncio.Task[str]] = {}

    async def get(self, key: str, obtain: Obtain, *, rejected: str | None = None) -> str:
        """Return the token kept under ``key``, obtaining it when absent, nearly expired or ``rejected``."""
        kept = self._kept.get(key)
        if kept and kept.token != rejected and self._is_usable(kept):
            return kept.token
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._obtain(key, obtain))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        # A caller that is cancelled does not take the token away from the others.
        return await asyncio.shield(task)

    async def _obtain(self, key: str, obtain: Obtain) -> str:
        asked_at = self._clock.now()
        token, seconds = await obtain()
        usable_until = None
        if seconds is not None:
            life = timedelta(seconds=min(max(seconds, 0.0), LONGEST_SECONDS))
            usable_until = asked_at + life - min(MARGIN, life / 10)
        self._kept = {name: kept for name, kept in self._kept.items() if self._is_usable(kept)}
        self._kept[key] = _Kept(token, usable_until)
        return token

    def _is_usable(self, kept: _Kept) -> bool:
        return kept.usable_until is None or self._clock.now() < kept.usable_until

    def _finished(self, key: str, task: asyncio.Task[str]) -> None:
        del self._under_way[key]
        if not task.cancelled():
            task.exception()  # marks it as seen, should every caller have gone

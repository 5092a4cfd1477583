"""Fakes for the ports, and HTTP against a function instead of a network."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from openconnector.http.client import HttpClient
from openconnector.http.tokens import ProcessTokens
from openconnector.ports import Call, CallLog, Clock, Tokens

Api = (
    Callable[[httpx.Request], httpx.Response]
    | Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]
)
"""A remote system as a function."""


class FakeClock:
    """A clock that stands still until somebody sleeps, which takes no time."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self.moment = now
        self.slept: list[float] = []
        """The seconds of every sleep, in order."""

    def now(self) -> datetime:
        """Return the moment the clock stands at."""
        return self.moment

    async def sleep(self, seconds: float) -> None:
        """Move the clock on."""
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


class MemoryCallLog:
    """A call log that keeps its rows."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def add(self, call: Call) -> None:
        """Keep the row."""
        self.calls.append(call)


class FakeLog:
    """A log that keeps its events."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, dict[str, Any]]] = []
        """Level, event and fields."""

    def info(self, event: str, **fields: Any) -> None:
        """Keep the event."""
        self.events.append(("info", event, fields))

    def warning(self, event: str, **fields: Any) -> None:
        """Keep the event."""
        self.events.append(("warning", event, fields))


def http_for(
    api: Api,
    *,
    clock: Clock | None = None,
    tokens: Tokens | None = None,
    log: CallLog | None = None,
) -> HttpClient:
    """Return HTTP whose every request is answered by ``api``, with the real retries and bounds and without waiting."""
    clock = clock or FakeClock()
    return HttpClient(
        httpx.MockTransport(api),
        clock=clock,
        tokens=tokens or ProcessTokens(clock),
        log=log or MemoryCallLog(),
        jitter=lambda: 0.0,
    )

"""A run's log: kept with the page it belongs to, and bounded."""

from collections.abc import Mapping
from typing import Any

import structlog

from openconnector.db import runs
from openconnector.db.session import Session
from openconnector.ports import Clock

MAX_LINES = 1_000
"""Lines kept per process that works on a run; what is beyond is counted. Failed records are kept apart."""


class RunLog:
    """Implements `ports.Log`; lines wait here until `flush` writes them in the page's transaction."""

    def __init__(self, run_id: str, clock: Clock) -> None:
        self._run_id = run_id
        self._clock = clock
        self._lines: list[Mapping[str, Any]] = []
        self._room = MAX_LINES
        self._logger = structlog.get_logger("openconnector.run").bind(run=run_id)

    def info(self, event: str, **fields: Any) -> None:
        """Note what happened."""
        self._logger.info(event, **fields)
        self._keep("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Note what somebody should look at."""
        self._logger.warning(event, **fields)
        self._keep("warning", event, fields)

    async def flush(self, session: Session) -> None:
        """Write the lines that wait, in this transaction."""
        lines, self._lines = self._lines, []
        await runs.add_log(session, lines)

    def _keep(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        if self._room == 0:
            return
        self._room -= 1
        self._lines.append(
            {
                "run_id": self._run_id,
                "at": self._clock.now(),
                "level": level,
                "event": event,
                "fields": dict(fields),
            }
        )

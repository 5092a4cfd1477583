"""Previews that look, while they calculate, whether somebody else could write."""

import asyncio
from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from openconnector.db import definitions as rows
from openconnector.db.database import Database
from openconnector.previews.pool import Lookup, Previews

PATIENCE_SECONDS = 2.0
"""How long a write may wait; it does so only where it waits for ever."""


class WatchingPreviews(Previews):
    """Real previews; for each one it is noted whether a transaction that writes could be opened."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self.was_free: list[bool] = []

    @override
    async def run(self, task: str, argument: Mapping[str, Any], lookup: Lookup) -> Any:
        self.was_free.append(await self._is_free())
        return await super().run(task, argument, lookup)

    async def _is_free(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._database.writing() as session:
                await rows.count_change(session)
        except TimeoutError:
            return False
        return True

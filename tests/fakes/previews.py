"""Previews without a process of their own: starting one takes longer than most tests."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from typing_extensions import override

from openconnector.db import definitions as rows
from openconnector.db.database import Database
from openconnector.engine import Engine
from openconnector.errors import NotFound
from openconnector.mapping.spec import MappingSpec
from openconnector.previews import messages
from openconnector.previews.child import answered
from openconnector.previews.pool import Lookup, Previews

PATIENCE_SECONDS = 2.0
"""How long a write may wait; it does so only where it waits for ever."""


class PreviewsHere(Previews):
    """Calculates what a child calculates, from the same messages; nothing limits its time and memory."""

    @override
    async def _answered(self, request: Mapping[str, Any], lookup: Lookup) -> Any:
        loop = asyncio.get_running_loop()

        async def saved(key: str) -> Mapping[str, Any] | None:
            return await lookup(key)

        def resolve(key: str) -> MappingSpec:
            found = asyncio.run_coroutine_threadsafe(saved(key), loop).result()
            if found is None:
                raise NotFound("mapping", key)
            return MappingSpec.model_validate(_sent(found))

        return _sent(await asyncio.to_thread(answered, _sent(request), resolve))


def _sent(value: Any) -> Any:
    return messages.unpacked(messages.packed(value)[messages.LENGTH_BYTES :])


def calculate_with(engine: Engine, previews: Previews) -> None:
    """Have an engine's previews calculated by these."""
    engine.previews = previews
    engine.mapping_previews = replace(engine.mapping_previews, previews=previews)
    engine.verifier = replace(engine.verifier, previews=previews)


class WatchingPreviews(PreviewsHere):
    """Notes for each preview, before it is calculated, whether a transaction that writes could be opened."""

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

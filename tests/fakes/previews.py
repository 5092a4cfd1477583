"""Previews that look, while they calculate, whether somebody else could write."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from openconnector.db.database import Database
from openconnector.previews.pool import Lookup, Previews


class WatchingPreviews(Previews):
    """Real previews; for each one it is noted whether the SQLite file was free to be written."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self.was_free: list[bool] = []

    @override
    async def run(self, task: str, argument: Mapping[str, Any], lookup: Lookup) -> Any:
        self.was_free.append(self._is_free())
        return await super().run(task, argument, lookup)

    def _is_free(self) -> bool:
        assert self._database.file is not None
        connection = sqlite3.connect(self._database.file, timeout=0)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        finally:
            connection.close()
        return True

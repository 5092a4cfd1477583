"""Who leads: of several processes on one PostgreSQL database, the one that holds its advisory lock."""

from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from openconnector.db.database import Database

LEADER_KEY = 0x0C011EAD


class Leadership:
    """Asks for the lead and keeps it as long as its connection lasts; on SQLite there is nobody to ask."""

    def __init__(self, database: Database) -> None:
        self._is_alone = database.is_sqlite
        self._engine = create_async_engine(
            database.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",  # a transaction that stays open is ended by the server
            hide_parameters=True,
        )
        self._connection: AsyncConnection | None = None

    async def is_ours(self) -> bool:
        """Whether this process leads, taking the lead if nobody has it. Raises when the database is away."""
        if self._is_alone:
            return True
        if self._connection is not None:
            try:
                await self._connection.execute(text("SELECT 1"))
            except DBAPIError:
                await self.aclose()  # the lock went with the connection
            else:
                return True
        connection = await self._engine.connect()
        if await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER_KEY}):
            self._connection = connection
            return True
        await connection.close()
        return False

    async def aclose(self) -> None:
        """Give the lead up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError, OSError):
                await connection.close()

"""One database, two ways in: reading, which cannot write, and writing, one transaction at a time on SQLite."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, MissingGreenlet
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import AsyncAdaptedQueuePool, StaticPool

from openconnector.db import statements
from openconnector.errors import ConfigurationError, StorageFailed, TransientError

BUSY_TIMEOUT_MS = 15_000
"""How long a SQLite connection waits for another process's write before it gives up."""

WRITER_CACHE, READER_CACHE = -16_000, -3_000
"""KiB of pages each SQLite connection keeps. With SQLite's own 2,000 a large run writes and reads its indexes again and
again; what a reader looks up follows in order, so more for it only makes memory grow with the number of records."""

CHECKPOINT_PAGES = 4_000
"""Pages of 4 KiB in the log before they are moved to the file: 16 MiB. With SQLite's own 1,000 the pages of an index
are moved again and again during a large run."""

READERS = 4
"""Connections that read at the same time, per process."""

FULL_MARKS = ("database or disk is full", "disk I/O error", "No space left")
BUSY_MARKS = ("database is locked", "database table is locked")


class Database:
    """The engine's database; `reading()` and `writing()` are its only doors."""

    def __init__(self, url: str) -> None:
        self.url = _driver_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._writer = _sqlite_writer(self.url) if self.is_sqlite else _postgres(self.url)
        self._reader = _sqlite_reader(self.url) if self.is_sqlite else self._writer
        self._write_lock: asyncio.Lock | nullcontext[None] = (
            asyncio.Lock() if self.is_sqlite else nullcontext()
        )
        options: dict[str, Any] = {"expire_on_commit": False, "autoflush": False}
        self._reading = async_sessionmaker(self._reader, **options)
        self._writing = async_sessionmaker(self._writer, **options)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.url.get_backend_name()

    @property
    def file(self) -> Path | None:
        """The SQLite file; None on PostgreSQL."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session on a consistent view of the data; a write through it fails."""
        async with self._read_only() as session:
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one moment in all it reads, however long that takes; a write through it fails."""
        async with self._read_only(isolation_level="REPEATABLE READ") as session:
            yield session

    @asynccontextmanager
    async def _read_only(self, **options: Any) -> AsyncIterator[AsyncSession]:
        async with self._reading() as session:
            if not self.is_sqlite:
                options["postgresql_readonly"] = True
                await session.connection(execution_options=options)
            with _storage_errors():
                yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction: committed when the block ends, rolled back when it raises."""
        async with self._write_lock, self._writing() as session:
            with _storage_errors():
                async with session.begin():
                    yield session

    async def fetch(self, statement: statements.Statement, values: Sequence[Any]) -> list[Any]:
        """Return the rows of one query, as tuples; it sees one moment, so it needs no transaction around it."""
        with _storage_errors():
            async with self._reader.connect() as connection:
                return await statements.fetch_on(connection, statement, values)

    async def close(self) -> None:
        """Close every connection."""
        await self._reader.dispose()
        await self._writer.dispose()


class _storage_errors:  # noqa: N801  reads as a statement where it is used
    """Turns what the database says about itself into our errors; what it says about data passes through."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, (DBAPIError, sqlite3.Error)):
            return
        is_lost = isinstance(error, DBAPIError) and error.connection_invalidated
        said = str(error.orig if isinstance(error, DBAPIError) else error)
        if any(mark in said for mark in FULL_MARKS):
            raise StorageFailed(
                "The database cannot take more data: its disk or its allowed size is full. "
                "Free space and run again; everything committed so far is kept"
            ) from error
        if any(mark in said for mark in BUSY_MARKS) or is_lost:
            raise TransientError("The database is busy or was restarted; try again") from error


def _driver_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # which may quote a part of the password
        raise ConfigurationError(
            "DATABASE_URL is no address; use postgresql://user:password@host/name or sqlite:///path. Within name and "
            "password, write `@`, `:`, `/` and `%` percent-encoded"
        ) from None
    backend = parsed.get_backend_name()
    if backend in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+asyncpg")
    if backend == "sqlite":
        return parsed.set(drivername="sqlite+aiosqlite")
    raise ConfigurationError(
        f"DATABASE_URL names {backend!r}; use postgresql://user:password@host/name or sqlite:///path"
    )


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _postgres(url: URL) -> AsyncEngine:
    # A plan made while a table was empty must not be kept: the contract lookup gets 100 times slower.
    settings = {
        "plan_cache_mode": "force_custom_plan",
        "jit": "off",
        # A worker that stands still within a transaction must not keep others from taking its runs over.
        "idle_in_transaction_session_timeout": "60s",
    }
    return create_async_engine(
        url,
        pool_size=READERS + 1,
        max_overflow=READERS,
        pool_pre_ping=True,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,
        connect_args={"server_settings": settings},
    )


def _sqlite_reader(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=READERS,
        max_overflow=READERS,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        _pragmas(connection, "query_only=ON", f"cache_size={READER_CACHE}")

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        # The driver opens no transaction for a SELECT, so without this each statement sees another moment.
        _begin(connection, "BEGIN")

    event.listen(engine.sync_engine, "invalidate", _roll_back)
    return engine


def _sqlite_writer(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url,
        poolclass=StaticPool,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver must not open transactions itself: it would open deferred ones, which fail when two
        # processes read before they write.
        connection.isolation_level = None
        _pragmas(
            connection,
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"cache_size={WRITER_CACHE}",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
        )

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        _begin(connection, "BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "invalidate", _roll_back)
    return engine


def _roll_back(connection: Any, _record: Any, _error: Any) -> None:
    # A task that is cancelled in a query leaves its statement open. SQLite keeps the transaction of a connection that
    # is closed like this, and its lock, until the statement is collected as garbage.
    with suppress(MissingGreenlet):  # thrown away outside of a task: its statement is gone as well
        connection.rollback()


def _begin(connection: Any, statement: str) -> None:
    # Straight to the driver: through SQLAlchemy it takes three hops to its thread, at every transaction.
    connection.connection.dbapi_connection.run_async(lambda driver: driver.execute(statement))


def _pragmas(connection: Any, *pragmas: str) -> None:
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", *pragmas):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()

"""Bring a database to the tables this version needs: once, whoever starts first, with a copy kept before."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from openconnector.db.database import Database
from openconnector.db.locking import locked_file
from openconnector.db.metadata import METADATA
from openconnector.errors import ConfigurationError

LOCK_KEY = 0x0C011EC7
"""The advisory lock that keeps two processes from migrating PostgreSQL together."""


SCRIPTS = "openconnector.db:migrations"
"""Where the steps are, as Alembic names a place."""


async def migrate(
    database: Database,
    report: Callable[[int], None] = lambda _percent: None,
    *,
    scripts: str = SCRIPTS,
    to: str = "head",
) -> list[str]:
    """Apply what is missing and return the revisions applied, oldest first. A SQLite file is copied before.

    ``to`` names the last step to take in a new database.

    Raises `ConfigurationError` when the database was written by a newer version: going on could lose data.
    """
    engine = create_async_engine(database.url, poolclass=NullPool, hide_parameters=True)
    if database.is_sqlite:
        _leave_transactions_to_us(engine)
    try:
        async with _locked(database, engine), engine.connect() as connection:
            pending = await connection.run_sync(_pending, scripts)
            report(10)
            if pending:
                await _keep_copy(database, connection, pending[-1])
                report(30)
                await connection.run_sync(_upgrade, scripts, to)
                await connection.commit()
            report(100)
            return pending
    finally:
        await engine.dispose()


async def pending(database: Database) -> list[str]:
    """Return the revisions that are not applied yet. Raises like `migrate`."""
    async with database.reading() as session:
        return await (await session.connection()).run_sync(_pending)


async def drift(database: Database) -> list[str]:
    """Return in words where the tables differ from the rows; [] when they agree."""

    def compare(connection: Connection) -> list[str]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [repr(difference) for difference in compare_metadata(context, METADATA)]

    async with database.reading() as session:
        return await (await session.connection()).run_sync(compare)


def _config(scripts: str) -> Config:
    config = Config()
    config.set_main_option("script_location", scripts)
    config.set_main_option("path_separator", "os")
    return config


def _pending(connection: Connection, scripts: str = SCRIPTS) -> list[str]:
    steps = ScriptDirectory.from_config(_config(scripts)).walk_revisions()
    known = [step.revision for step in steps]
    present = MigrationContext.configure(connection).get_current_revision()
    if present is None:
        return known[::-1]
    if present not in known:
        raise ConfigurationError(
            f"The database is at {present!r}, which this version does not know: a newer version wrote it. "
            "Install that version again, or restore the copy kept before the upgrade"
        )
    return known[: known.index(present)][::-1]


def _upgrade(connection: Connection, scripts: str, to: str) -> None:
    config = _config(scripts)
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _leave_transactions_to_us(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]  # the driver's connection

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@asynccontextmanager
async def _locked(database: Database, engine: AsyncEngine) -> AsyncIterator[None]:
    if database.file is None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
            yield
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
        return
    async with locked_file(database.file):
        yield


async def _keep_copy(database: Database, connection: AsyncConnection, newest: str) -> None:
    present = await connection.run_sync(
        lambda sync: MigrationContext.configure(sync).get_current_revision()
    )
    await connection.rollback()  # VACUUM runs outside transactions only
    if database.file is None or present is None:
        return
    copy = database.file.with_name(f"{database.file.name}.before-{newest}")
    copy.unlink(missing_ok=True)
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    await driver.execute("VACUUM INTO ?", (str(copy),))

"""Promises about the database's two doors and about migrations, on SQLite and PostgreSQL."""

import asyncio
import shutil
import sqlite3
import threading
import traceback
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from openconnector.db import migrations
from openconnector.db.creating import create
from openconnector.db.database import Database
from openconnector.db.migrate import drift, migrate, pending
from openconnector.db.store_rows import RegisterRow
from openconnector.db.version import is_current, newest_step
from openconnector.errors import ConfigurationError, StorageFailed


def register(slug: str, title: str = "t") -> RegisterRow:
    now = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    return RegisterRow(
        id=slug, slug=slug, title=title, owner="a", created_at=now, updated_at=now, schemas=[]
    )


def contents(file: Path) -> dict[str, list[object]]:
    """Return columns, indexes, foreign keys and rows of every table, whatever their order."""
    shown = ("table_info", "index_list", "foreign_key_list")
    with closing(sqlite3.connect(file)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = [name for (name,) in tables]
        asked = {
            name: [*(f"PRAGMA {what}({name})" for what in shown), f"SELECT count(*) FROM {name}"]  # noqa: S608  names of ours
            for name in names
        }
        return {
            name: [
                sorted((row[1:] or row for row in connection.execute(statement)), key=repr)
                for statement in statements
            ]
            for name, statements in asked.items()
        }


async def test_the_migrations_give_exactly_the_tables_of_the_rows(database: Database):
    assert await drift(database) == []
    assert await pending(database) == []


async def test_a_new_file_gets_the_tables_that_the_migrations_give(
    sqlite_url: str, migrated_file: Path
):
    database = Database(sqlite_url)

    assert await create(database)

    assert database.file is not None
    assert await pending(database) == []
    assert contents(database.file) == contents(migrated_file)
    assert not await create(database)
    await database.close()


async def test_of_processes_that_make_a_file_together_one_does(sqlite_url: str):
    databases = [Database(sqlite_url) for _ in range(3)]

    made = await asyncio.gather(*(create(database) for database in databases))

    assert sorted(made) == [False, False, True]
    assert await drift(databases[0]) == []
    for database in databases:
        await database.close()


async def test_a_database_at_this_version_is_known_without_the_migrations(
    database: Database, database_url: str
):
    empty = Database(database_url)

    assert await is_current(database)
    assert not await is_current(empty)
    async with database.writing() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert not await is_current(database)
    await empty.close()


async def test_two_processes_that_start_together_migrate_once(database_url: str):
    databases = [Database(database_url) for _ in range(3)]

    applied = await asyncio.gather(*(migrate(database) for database in databases))

    assert sorted(map(len, applied))[:2] == [0, 0]
    assert await drift(databases[0]) == []
    for database in databases:
        await database.close()


async def test_refuses_a_database_that_a_newer_version_wrote(database: Database):
    async with database.writing() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigurationError, match="newer version"):
        await migrate(database)


async def test_a_read_session_that_writes_fails(database: Database):
    with pytest.raises(DBAPIError):
        async with database.reading() as session:
            session.add(register("a"))
            await session.flush()


async def test_a_failed_block_leaves_nothing_behind(database: Database):
    with pytest.raises(ZeroDivisionError):
        async with database.writing() as session:
            session.add(register("a"))
            await session.flush()
            1 / 0  # noqa: B018

    async with database.reading() as session:
        assert await session.get(RegisterRow, "a") is None


async def test_a_write_that_is_cancelled_in_a_query_lets_the_next_one_in(
    migrated_file: Path, tmp_path: Path
):
    database = Database(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'cancelled.db')}")
    is_asked, may_answer = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def wait() -> int:
        loop.call_soon_threadsafe(is_asked.set)
        may_answer.wait()
        return 1

    async def write_slowly() -> None:
        async with database.writing() as session:
            connection = await (await session.connection()).get_raw_connection()
            await connection.driver_connection.create_function("wait", 0, wait)  # type: ignore[union-attr]
            await session.execute(text("SELECT wait() UNION ALL SELECT 2"))

    writing = asyncio.create_task(write_slowly())
    await is_asked.wait()
    writing.cancel()
    may_answer.set()
    (told,) = await asyncio.gather(writing, return_exceptions=True)

    assert isinstance(told, asyncio.CancelledError)
    async with database.writing() as session:
        session.add(register("next"))
    await database.close()


async def test_moments_keep_their_zone_and_microseconds(database: Database):
    async with database.writing() as session:
        session.add(register("a"))

    async with database.reading() as session:
        row = await session.get(RegisterRow, "a")

    assert row is not None
    assert row.created_at == datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    assert row.created_at.tzinfo is not None


async def test_concurrent_read_then_write_transactions_all_succeed(database: Database):
    async with database.writing() as session:
        session.add(register("a", "0"))
    twin = Database(str(database.url.render_as_string(hide_password=False)))

    async def count_up(opened: Database) -> None:
        async with opened.writing() as session:
            row = await session.get(RegisterRow, "a", with_for_update=True)
            assert row is not None
            row.title = str(int(row.title) + 1)

    await asyncio.gather(*(count_up(opened) for opened in (database, twin) * 20))

    async with twin.reading() as session:
        row = await session.get(RegisterRow, "a")
    await twin.close()
    assert row is not None
    assert row.title == "40"


async def test_a_full_disk_is_named_and_what_was_committed_stays(sqlite_url: str):
    database = Database(sqlite_url)
    await migrate(database)
    async with database.writing() as session:
        session.add(register("kept"))
        pages = (await session.execute(text("PRAGMA page_count"))).scalar_one()
        await session.execute(text(f"PRAGMA max_page_count = {pages + 4}"))

    with pytest.raises(StorageFailed, match="full"):
        async with database.writing() as session:
            session.add(register("big", "x" * 200))
            row = register("bigger")
            row.description = "x" * 500_000
            session.add(row)

    async with database.reading() as session:
        assert await session.get(RegisterRow, "kept") is not None
        assert await session.get(RegisterRow, "big") is None
    await database.close()


NEXT_STEP = """
from alembic import op

revision = "9999"
down_revision = "{before}"


def upgrade() -> None:
    op.execute("{statement}")
"""


def with_a_next_step(folder: Path, statement: str) -> str:
    """Return the migrations with one more, as a version to come will have them."""
    scripts = folder / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, scripts)
    step = NEXT_STEP.format(statement=statement, before=newest_step())
    (scripts / "versions" / "9999_next.py").write_text(step)
    return str(scripts)


async def test_a_sqlite_file_is_copied_before_it_is_migrated_further(
    migrated_sqlite_url: str, tmp_path: Path
):
    database = Database(migrated_sqlite_url)
    async with database.writing() as session:
        session.add(register("kept"))
    scripts = with_a_next_step(tmp_path, "DELETE FROM register")

    applied = await migrate(database, scripts=scripts)

    copy = Database(f"sqlite:///{tmp_path / 'migrated.db'}.before-9999")
    async with database.reading() as session:
        assert await session.get(RegisterRow, "kept") is None
    async with copy.reading() as session:
        assert await session.get(RegisterRow, "kept") is not None
    assert applied == ["9999"]
    await copy.close()
    await database.close()


async def test_a_step_that_fails_leaves_the_database_as_it_was(database: Database, tmp_path: Path):
    scripts = with_a_next_step(tmp_path, "DELETE FROM nothing_of_this_name")

    with pytest.raises(DBAPIError):
        await migrate(database, scripts=scripts)

    assert await pending(database) == []
    assert await drift(database) == []


def test_another_database_is_refused_with_the_forms_that_work():
    with pytest.raises(ConfigurationError, match="postgresql://"):
        Database("mysql://u@h/n")


@pytest.mark.parametrize(
    "address", ["nonsense", "://", "mysql://u@h/n", "postgresql://u:wo@planted:4711x@h/n"]
)
def test_what_is_no_address_of_a_database_is_refused_in_words(address: str):
    with pytest.raises(ConfigurationError, match="DATABASE_URL") as caught:
        Database(address)

    trace = "".join(traceback.format_exception(caught.value))
    assert "4711x" not in trace


async def test_an_error_of_the_database_never_repeats_what_was_to_be_stored(database: Database):
    with pytest.raises(DBAPIError) as caught:
        async with database.writing() as session:
            await session.execute(
                text("INSERT INTO register (id, title) VALUES ('1', :title)"),
                {"title": "planted-4711"},
            )

    assert "planted-4711" not in str(caught.value)

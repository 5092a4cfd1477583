"""A new key for everything that is sealed, on SQLite and PostgreSQL."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from openconnector.crypto import KeyRing, key_id
from openconnector.db.database import Database
from openconnector.db.sealed import SEALED_COLUMNS
from openconnector.engine import DATABASE_FILE, KEY_FILE
from openconnector.errors import ConfigurationError, Conflict
from openconnector.safekeeping import rotation
from openconnector.testing import FakeClock
from tests.fakes.commands import Command
from tests.fakes.sealed import PLAIN, TRAIL_END, SealedEverywhere, each_sealed


@pytest.fixture
async def held(database: Database, ring: KeyRing) -> SealedEverywhere:
    held = SealedEverywhere(database, ring)
    await held.fill()
    return held


@asynccontextmanager
async def opened_database(storage: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{storage / DATABASE_FILE}")
    yield database
    await database.close()


async def is_begun(database: Database, old: bytes) -> bool:
    """Return whether another key than the old one has sealed something."""
    async with database.reading() as session:
        return bool(await SEALED_COLUMNS[0].after(session, other_than=old, limit=1))


async def key_ids(database: Database) -> Counter[bytes]:
    return Counter([key_id(value.sealed) async for _, value in each_sealed(database)])


async def test_every_column_is_sealed_anew_and_opens_as_before(
    held: SealedEverywhere, database: Database, ring: KeyRing, clock: FakeClock
):
    old = ring.current

    done = await rotation.rotate(database, ring, clock)

    columns = {column.row.__tablename__ async for column, _ in each_sealed(database)}
    assert columns == {column.row.__tablename__ for column in SEALED_COLUMNS}
    assert await key_ids(database) == {ring.current: len(held.expected)}
    assert (done.resealed, done.unopened, ring.current != old) == (len(held.expected), 0, True)
    assert await held.opened(ring) == sorted(held.expected)


async def test_no_trace_of_the_old_key_is_left_in_the_file(
    migrated_sqlite_url: str, ring: KeyRing, clock: FakeClock
):
    database, old = Database(migrated_sqlite_url), ring.current
    await SealedEverywhere(database, ring).fill()

    await rotation.rotate(database, ring, clock)

    await database.close()
    assert database.file is not None
    with closing(sqlite3.connect(database.file)) as file:
        file.execute("VACUUM")
        text = [row for row in file.iterdump() if old.hex().upper() in row]
    assert text == []
    assert old not in database.file.read_bytes()


async def test_what_was_never_sealed_stays_as_it_is(
    held: SealedEverywhere, database: Database, ring: KeyRing, clock: FakeClock
):
    await rotation.rotate(database, ring, clock)

    async with database.reading() as session:
        for column in SEALED_COLUMNS:
            if column.is_flagged:
                table = column.table
                query = table.select().where(table.c.is_sealed.is_(False))
                rows = (await session.execute(query)).all()
                assert [getattr(row, column.column) for row in rows] == [PLAIN]


async def test_many_values_are_sealed_anew_in_batches(
    database: Database, ring: KeyRing, clock: FakeClock
):
    held = SealedEverywhere(database, ring)
    await held.fill(rotation.BATCH + 1)
    told: list[int] = []

    done = await rotation.rotate(database, ring, clock, told.append)

    assert done.resealed == len(held.expected)
    assert told == sorted(told)
    assert len(told) > len(SEALED_COLUMNS)
    assert await held.opened(ring) == sorted(held.expected)


async def test_a_process_that_was_there_before_opens_and_seals_with_the_new_key(
    held: SealedEverywhere, database: Database, ring: KeyRing, key_file: Path, clock: FakeClock
):
    worker = KeyRing.load(key_file)

    await rotation.rotate(database, ring, clock)

    assert await held.opened(worker) == sorted(held.expected)
    assert key_id(worker.seal(b"x", "y")) == ring.current


async def test_a_second_call_brings_a_rotation_to_its_end_and_makes_no_third_key(
    held: SealedEverywhere, database: Database, ring: KeyRing, clock: FakeClock
):
    await rotation.rotate(database, ring, clock)

    again = await rotation.rotate(database, ring, clock)

    assert (again.is_new, again.resealed) == (False, 0)
    assert len(ring.ids) == 2


async def test_a_prepared_key_seals_nothing_until_it_is_taken_into_use(
    database: Database, ring: KeyRing, key_file: Path, clock: FakeClock
):
    old = ring.current

    name = rotation.prepare(ring, clock)

    assert ring.current == old
    assert name in {one.hex() for one in KeyRing.load(key_file).ids}
    with pytest.raises(Conflict, match="prepared already"):
        rotation.prepare(ring, clock)
    with pytest.raises(Conflict, match="not in use yet"):
        await rotation.remove_old(database, ring, clock)
    assert (await rotation.rotate(database, ring, clock)).key == name


async def test_the_old_key_goes_a_minute_later_when_nothing_needs_it(
    held: SealedEverywhere, database: Database, ring: KeyRing, key_file: Path, clock: FakeClock
):
    with pytest.raises(Conflict, match="no old key"):
        await rotation.remove_old(database, ring, clock)
    old = ring.current
    await rotation.rotate(database, ring, clock)

    removed = await rotation.remove_old(database, ring, clock)

    assert removed == [old.hex()]
    assert clock.slept == [rotation.SETTLING.total_seconds()]
    assert KeyRing.load(key_file).ids == {ring.current}
    assert await held.opened(KeyRing.load(key_file)) == sorted(held.expected)


async def test_the_old_key_stays_while_a_late_transaction_has_sealed_with_it(
    database: Database, ring: KeyRing, key_file: Path, clock: FakeClock, tmp_path: Path
):
    (tmp_path / "kept.json").write_bytes(key_file.read_bytes())
    late = SealedEverywhere(database, KeyRing.load(tmp_path / "kept.json"))
    await rotation.rotate(database, ring, clock)
    await late.fill()

    with pytest.raises(Conflict, match=r"\d+ values are sealed with an old key"):
        await rotation.remove_old(database, ring, clock)
    await rotation.rotate(database, ring, clock)
    await rotation.remove_old(database, ring, clock)

    assert await late.opened(KeyRing.load(key_file)) == sorted(late.expected)


async def test_what_no_key_opens_is_counted_left_alone_and_hinders_nothing(
    held: SealedEverywhere, database: Database, ring: KeyRing, clock: FakeClock, tmp_path: Path
):
    elsewhere = KeyRing.load(tmp_path / "lost.json")
    elsewhere.create(tmp_path / "lost.json")
    lost = SealedEverywhere(database, elsewhere)
    async with database.writing() as session:
        await session.execute(SEALED_COLUMNS[0].table.delete())
        session.add_all(lost._secrets(2))

    done = await rotation.rotate(database, ring, clock)
    await rotation.remove_old(database, ring, clock)

    assert done.unopened == 2
    assert (await key_ids(database))[elsewhere.current] == 2


@pytest.fixture
async def storage(tmp_path: Path, migrated_file: Path) -> Path:
    """A folder with a database that takes a moment to be sealed anew."""
    storage = tmp_path / "installed"
    storage.mkdir()
    (storage / DATABASE_FILE).write_bytes(migrated_file.read_bytes())
    return storage


async def test_killed_in_the_middle_everything_opens_and_the_next_call_goes_on(storage: Path):
    ring = KeyRing.load(storage / KEY_FILE)
    ring.create(storage / KEY_FILE)
    async with opened_database(storage) as database:
        held = SealedEverywhere(database, ring)
        await held.fill(1_000)
        old, count = ring.current, len(held.expected)

        killed = Command(["rotate-key"], storage)
        while not await is_begun(database, old):  # noqa: ASYNC110  another process
            await asyncio.sleep(0.002)
        assert killed.kill()
        await killed.wait()
        between = await key_ids(database)
        assert await held.opened(KeyRing.load(storage / KEY_FILE)) == sorted(held.expected)
        code, _ = await Command(["rotate-key"], storage).wait()

        after = KeyRing.load(storage / KEY_FILE)
        assert (code, len(after.ids)) == (0, 2)
        assert 0 < between[old] < count
        assert await key_ids(database) == {after.current: count}
        # The command moved the end of the audit trail: it noted the rotation.
        assert set(await held.opened(after)) >= set(held.expected) - {TRAIL_END}


async def test_a_key_file_that_cannot_be_written_leaves_the_old_key_at_work(
    held: SealedEverywhere, database: Database, ring: KeyRing, key_file: Path, clock: FakeClock
):
    key_file.parent.rename(key_file.parent.with_name("away"))
    key_file.parent.write_text("no folder")

    with pytest.raises(ConfigurationError, match="cannot be written"):
        await rotation.rotate(database, ring, clock)

    assert {key_id(value.sealed) async for _, value in each_sealed(database)} == {ring.current}
    assert await held.opened(ring) == sorted(held.expected)

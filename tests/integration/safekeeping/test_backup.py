"""Backups of everything: taken while others write, brought back whole or not at all, from and into either database."""

import asyncio
import hashlib
import json
import os
import sqlite3
import stat
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from openconnector.crypto import KeyRing
from openconnector.db import dumping, firings, notices, runs, wakes
from openconnector.db.database import Database
from openconnector.db.firing_rows import FiringRow
from openconnector.db.installation_rows import NoticeRow
from openconnector.db.migrate import migrate
from openconnector.db.rows import RevisionRow, RunLogRow, RunRow
from openconnector.definitions.audit import Audit, Change
from openconnector.engine import DATABASE_FILE
from openconnector.errors import ConfigurationError, Conflict, LeaseLost, StorageFailed
from openconnector.safekeeping.archive import SMALL, Reader
from openconnector.safekeeping.backup import back_up
from openconnector.safekeeping.restore import PASSED, Consent, restore
from openconnector.testing import FakeClock
from tests.conftest import BOTH
from tests.fakes.commands import Command
from tests.fakes.installation import installation, pages, records
from tests.fakes.kept import everything, rewrite
from tests.fakes.sealed import NOW, SealedEverywhere
from tests.fakes.synchronizing import Synchronizing

REPLACE = Consent(replace=True)
CAREFUL = Consent()


@pytest.fixture(params=BOTH)
def target_url(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> str:
    """Address of another empty database, once of each kind."""
    if request.param == "sqlite":
        copy = tmp_path / "target.db"
        copy.write_bytes(migrated_file.read_bytes())
        return f"sqlite:///{copy}"
    return str(request.getfixturevalue("migrated_postgres_url"))


@pytest.fixture
async def target(target_url: str):
    opened = Database(target_url)
    yield opened
    await opened.close()


@pytest.fixture
async def small(migrated_sqlite_url: str):
    """An empty database, where its kind does not matter."""
    opened = Database(migrated_sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.zip"


async def worked_on(url: str, folder: Path) -> None:
    """Leave behind what real runs leave: definitions, revisions, objects, contracts, failures, logs, calls."""
    folder.mkdir()
    async with installation(url, folder) as installed:
        installed.schema = {"properties": {"name": {"type": "string", "maxLength": 3}}}
        await installed.run(*pages(records("1", "2"), records("3", "tooLong")))
        await installed.run(*pages(records("1", "2", name="m")))


async def test_all_that_runs_left_is_brought_from_one_kind_of_database_into_the_other(
    database_url: str, target: Database, tmp_path: Path, file: Path, clock: FakeClock
):
    source = Database(database_url)
    await migrate(source)
    await worked_on(database_url, tmp_path / "source")
    ring = KeyRing.load(tmp_path / "source" / "keys.json")

    manifest = await back_up(source, file, clock=clock)
    done = await restore(target, ring, file, clock=clock, consent=CAREFUL)

    held = await everything(source)
    assert {"object", "contract", "failed_record", "revision", "run_log", "call"} <= held.keys()
    assert await everything(target) == held
    assert manifest.rows == sum(map(len, held.values())) + 1
    assert (done.ended_runs, done.lost) == (0, [])
    await source.close()


async def test_every_table_there_is_belongs_to_a_backup(database: Database):
    async with database.reading() as session:
        connection = await session.connection()
        present = await connection.run_sync(lambda sync: inspect(sync).get_table_names())

    assert {shape.name for shape in dumping.shapes()} == set(present) - {"alembic_version"}


async def test_a_snapshot_sees_nothing_of_what_is_written_meanwhile(database: Database):
    sync = Synchronizing(database)
    await sync.save()
    shapes = {shape.name: shape for shape in dumping.shapes()}

    async def count(session: Any, name: str) -> int:
        return sum([len(rows) async for rows in dumping.taken(session, shapes[name])])

    async with database.snapshot() as session:
        before = await count(session, "run")
        run_id = await sync.queue()
        async with database.writing() as other:
            other.add(RunLogRow(run_id=run_id, at=NOW, level="info", event="e", fields={}))
        after = await count(session, "run"), await count(session, "run_log")

    assert (before, after) == (0, (0, 0))


async def test_backups_taken_while_others_write_are_of_one_moment(
    database: Database, file: Path, clock: FakeClock
):
    sync = Synchronizing(database)
    await sync.save()
    run_id = await sync.queue()
    is_over = asyncio.Event()

    async def write() -> None:
        written = 0
        while not is_over.is_set():
            written += 1
            async with database.writing() as session:
                session.add(RunLogRow(run_id=run_id, at=NOW, level="i", event="e", fields={}))
                run = await session.get(RunRow, run_id)
                assert run is not None
                run.found = written
            await asyncio.sleep(0)

    writing = asyncio.create_task(write())
    for number in range(5):
        await back_up(database, file.with_suffix(f".{number}"), clock=clock)
    is_over.set()
    await writing

    for number in range(5):
        with Reader.open(file.with_suffix(f".{number}")) as reader:
            held = {entry.name: entry for entry in reader.manifest.tables}
            run = next(reader.rows(held["run"]))[0]
            found = run[list(held["run"].columns).index("found")]
            assert found == held["run_log"].rows


async def test_the_file_is_for_its_owner_alone_and_nothing_is_written_over(
    small: Database, file: Path, clock: FakeClock, tmp_path: Path
):
    await back_up(small, file, clock=clock)
    before = file.read_bytes()

    with pytest.raises(Conflict, match="no backup is written over"):
        await back_up(small, file, clock=clock)
    with pytest.raises(StorageFailed, match="Name a folder"):
        await back_up(small, tmp_path / "nowhere" / "b.zip", clock=clock)
    with pytest.raises(StorageFailed, match="name too long"):
        await back_up(small, tmp_path / ("x" * 300), clock=clock)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes() == before
    assert list(tmp_path.glob("*.partial")) == list(tmp_path.glob(".*.partial")) == []


async def test_a_database_that_holds_something_is_replaced_only_when_that_is_meant(
    target: Database, small: Database, ring: KeyRing, file: Path, clock: FakeClock
):
    await SealedEverywhere(target, ring).fill()
    before = await everything(target)
    await back_up(small, file, clock=clock)

    with pytest.raises(Conflict, match=r"failed_record.*--replace"):
        await restore(target, ring, file, clock=clock, consent=CAREFUL)
    untouched = await everything(target)
    await restore(target, ring, file, clock=clock, consent=REPLACE)

    assert untouched == before
    assert await everything(target) == {}


async def test_rows_added_after_a_restore_are_numbered_behind_the_restored_ones(
    target: Database, small: Database, ring: KeyRing, file: Path, clock: FakeClock
):
    def revision(number: int, **values: Any) -> RevisionRow:
        return RevisionRow(
            collection="source",
            entity_id="1",
            number=number,
            saved_by="t",
            saved_at=NOW,
            definition={},
            fingerprint=b"f",
            **values,
        )

    async with small.writing() as session:
        session.add(revision(1, id=41))
    await back_up(small, file, clock=clock)
    await restore(target, ring, file, clock=clock, consent=CAREFUL)

    async with target.writing() as session:
        session.add(added := revision(2))

    assert added.id == 42


async def test_a_run_that_was_at_work_is_ended_and_its_worker_can_commit_no_more(
    target: Database, ring: KeyRing, file: Path, clock: FakeClock
):
    sync = Synchronizing(target)
    await sync.save()
    run_id = await sync.queue()
    held = await sync.claim(run_id)
    await back_up(target, file, clock=clock)

    done = await restore(target, ring, file, clock=clock, consent=REPLACE)

    async with target.reading() as session:
        row = await runs.get(session, run_id)
    assert done.ended_runs == 1
    assert (row.state, row.error_code, row.lease_owner) == ("cancelled", "restored", None)
    assert row.fence > held.fence
    with pytest.raises(LeaseLost):
        async with target.writing() as session:
            await runs.move(session, run_id, held.fence, {"pages": 1})
    await sync.queue()


async def test_nothing_that_waited_in_a_backup_is_begun_or_told_again(
    target: Database, ring: KeyRing, file: Path, clock: FakeClock
):
    sync = Synchronizing(target)
    await sync.save()
    await leave_waiting(target, sync.id)
    await back_up(target, file, clock=clock)

    await restore(target, ring, file, clock=clock, consent=REPLACE)

    clock.moment = NOW
    async with target.reading() as session:
        begun = [*await firings.startable(session, clock.now())]
        begun += await wakes.startable(session, clock.now())
        told = [*await notices.waiting(session), *await notices.due(session, clock.now())]
        [firing] = await firings.every(session, sync.id)
    assert (begun, told) == ([], [])
    assert (firing.state, firing.reason) == ("missed", PASSED)


async def test_a_delivery_that_was_under_way_can_be_noted_no_more(
    target: Database, ring: KeyRing, file: Path, clock: FakeClock
):
    sync = Synchronizing(target)
    await sync.save()
    await leave_waiting(target, sync.id)
    clock.moment = NOW
    async with target.writing() as session:
        [(held, _)] = await notices.due(session, clock.now())
        assert await notices.claim(session, held, now=clock.now(), until=clock.now())
    await back_up(target, file, clock=clock)

    await restore(target, ring, file, clock=clock, consent=REPLACE)

    async with target.writing() as session:
        await notices.settle(session, held, "waiting", due_at=clock.now())
        assert await notices.due(session, clock.now()) == []


async def leave_waiting(database: Database, synchronization_id: str) -> None:
    """Leave behind one of everything that begins or is sent later by itself."""
    about = {"synchronization_id": synchronization_id, "created_at": NOW, "run_id": "r"}
    notice = {**about, "reason": "gone", "kind": "failed", "values": {}}
    async with database.writing() as session:
        await firings.add(
            session,
            [
                FiringRow(
                    synchronization_id=synchronization_id,
                    schedule="s",
                    moment=NOW,
                    due_at=NOW,
                    misfire="all",
                    state="waiting",
                )
            ],
        )
        await wakes.add(session, synchronization_id, now=NOW, due_at=NOW)
        await notices.add(session, NoticeRow(id="unspread", state="waiting", **notice))
        await notices.add(session, NoticeRow(id="spread", state="waiting", **notice))
        await notices.spread(session, "spread", ["alice"], now=NOW)


async def test_processes_see_that_what_they_have_cached_is_old(
    target: Database, ring: KeyRing, file: Path, clock: FakeClock
):
    await back_up(target, file, clock=clock)
    before = await counter(target)

    await restore(target, ring, file, clock=clock, consent=REPLACE)

    assert await counter(target) > before


async def counter(database: Database) -> int:
    shapes = {shape.name: shape for shape in dumping.shapes()}
    async with database.reading() as session:
        (rows,) = [rows async for rows in dumping.taken(session, shapes["change_counter"])]
    return int(rows[0][1])


@pytest.fixture
async def sealed(small: Database, ring: KeyRing) -> SealedEverywhere:
    held = SealedEverywhere(small, ring)
    await held.fill()
    return held


def elsewhere(tmp_path: Path) -> KeyRing:
    """The keys of another machine: none yet."""
    return KeyRing.load(tmp_path / "elsewhere" / "keys.json")


async def test_with_the_key_everything_opens_on_another_machine(
    sealed: SealedEverywhere, target: Database, tmp_path: Path, file: Path, clock: FakeClock
):
    await back_up(sealed.database, file, clock=clock, keys=sealed.ring)
    ring = elsewhere(tmp_path)

    await restore(target, ring, file, clock=clock, consent=CAREFUL)

    assert await SealedEverywhere(target, ring).opened(ring) == sorted(sealed.expected)
    assert ring.current == sealed.ring.current
    assert stat.S_IMODE((tmp_path / "elsewhere" / "keys.json").stat().st_mode) == 0o600


async def test_with_the_key_an_installation_keeps_its_own_key_too(
    sealed: SealedEverywhere, target: Database, tmp_path: Path, file: Path, clock: FakeClock
):
    await back_up(sealed.database, file, clock=clock, keys=sealed.ring)
    ring = elsewhere(tmp_path)
    ring.create(tmp_path / "elsewhere" / "keys.json")
    own = ring.current

    await restore(target, ring, file, clock=clock, consent=CAREFUL)

    assert (ring.current, ring.ids) == (own, frozenset({own, sealed.ring.current}))
    assert await sealed.opened(ring) == sorted(sealed.expected)


async def test_without_the_key_no_key_is_in_the_file(
    sealed: SealedEverywhere, file: Path, clock: FakeClock
):
    await back_up(sealed.database, file, clock=clock)

    with zipfile.ZipFile(file) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    keys = json.loads(sealed.ring.content())["keys"].values()
    assert not any(key.encode() in content for key in keys)


async def test_without_the_key_what_would_be_lost_is_named_before_anything_is_changed(
    sealed: SealedEverywhere, target: Database, tmp_path: Path, file: Path, clock: FakeClock
):
    await back_up(sealed.database, file, clock=clock)
    ring = elsewhere(tmp_path)

    with pytest.raises(
        ConfigurationError, match=r"3 secrets and \d+ records.*source/s0 /conf"
    ) as no:
        await restore(target, ring, file, clock=clock, consent=CAREFUL)
    untouched = await everything(target)
    accepted = Consent(lose_secrets=True)
    done = await restore(target, ring, file, clock=clock, consent=accepted)

    assert "Nothing was changed" in str(no.value)
    assert untouched == {}
    missed = (b"change", b"failed", b"intent", b"draft")
    records = [one for one in sealed.expected if one.startswith(missed)]
    assert (len(done.lost), done.lost_records) == (3, len(records))


async def test_without_the_key_an_audit_trail_alone_is_no_loss(
    small: Database, ring: KeyRing, target: Database, tmp_path: Path, file: Path, clock: FakeClock
):
    async with small.writing() as session:
        change = Change(who="admin", action="create", subject="source", subject_id="1")
        await Audit(ring, clock).note(session, change)
    await back_up(small, file, clock=clock)

    done = await restore(target, elsewhere(tmp_path), file, clock=clock, consent=CAREFUL)

    assert (done.lost, done.lost_records) == ([], 0)


async def test_without_the_key_the_installation_that_has_it_opens_everything(
    sealed: SealedEverywhere, target: Database, file: Path, clock: FakeClock
):
    await back_up(sealed.database, file, clock=clock)

    await restore(target, sealed.ring, file, clock=clock, consent=CAREFUL)

    assert await SealedEverywhere(target, sealed.ring).opened(sealed.ring) == sorted(
        sealed.expected
    )


async def test_a_backup_of_an_older_version_goes_through_the_migrations(
    sealed: SealedEverywhere, target: Database, file: Path, clock: FakeClock, tmp_path: Path
):
    async with sealed.database.writing() as session:
        session.add(
            RevisionRow(
                collection="source",
                entity_id="1",
                number=1,
                saved_by="t",
                saved_at=NOW,
                definition={"b": 1, "a": 2},
                fingerprint=b"f",
                is_forced=True,
            )
        )
    await back_up(sealed.database, file, clock=clock)
    older = await as_written_by_the_first_version(file, tmp_path / "first.db")

    done = await restore(target, sealed.ring, older, clock=clock, consent=CAREFUL)

    async with target.reading() as session:
        row = await session.get(RevisionRow, 1)
    assert row is not None
    assert (list(row.definition), row.is_forced) == (["b", "a"], False)
    assert done.manifest.step == "0001"
    opened = await SealedEverywhere(target, sealed.ring).opened(sealed.ring)
    assert {b"token 0", b"failed 1", b'{"page": 7}'} <= set(opened) <= set(sealed.expected)
    assert list(tmp_path.glob(".restoring-*")) == []


async def test_an_older_backup_in_a_folder_that_takes_no_file_is_left_and_says_what_to_do(
    small: Database, ring: KeyRing, file: Path, clock: FakeClock, tmp_path: Path
):
    await back_up(small, file, clock=clock)
    older = await as_written_by_the_first_version(file, tmp_path / "first.db")

    # Where this process has its open files nobody can make one, not even the administrator of the machine.
    with older.open("rb") as opened:
        read_only = Path(f"/proc/self/fd/{opened.fileno()}")
        with pytest.raises(StorageFailed, match="Copy the backup into a folder"):
            await restore(small, ring, read_only, clock=clock, consent=REPLACE)


async def as_written_by_the_first_version(file: Path, first: Path) -> Path:
    database = Database(f"sqlite:///{first}")
    await migrate(database, to="0001")
    async with database.reading() as session:
        had = await dumping.columns(session)
    await database.close()

    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        manifest["step"] = "0001"
        manifest["tables"] = [entry for entry in manifest["tables"] if entry["name"] in had]
        for entry in manifest["tables"]:
            kept = [name in had[entry["name"]] for name in entry["columns"]]
            name = f"tables/{entry['name']}.jsonl"
            lines = [
                json.dumps(
                    [
                        value
                        for value, is_kept in zip(json.loads(line), kept, strict=True)
                        if is_kept
                    ]
                )
                for line in members[name].splitlines()
            ]
            members[name] = "".join(f"{line}\n" for line in lines).encode()
            entry["sha256"] = hashlib.sha256(members[name]).hexdigest()
            entry["columns"] = {
                name: form for name, form in entry["columns"].items() if name in had[entry["name"]]
            }

    return rewrite(file, change)


def _newer_step(manifest: dict[str, Any], _members: dict[str, bytes]) -> None:
    manifest["step"] = "9999"


def _newer_format(manifest: dict[str, Any], _members: dict[str, bytes]) -> None:
    manifest["format"] = 2


def _other_product(manifest: dict[str, Any], _members: dict[str, bytes]) -> None:
    manifest["product"] = "something"


def _changed_row(_manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    members["tables/secret.jsonl"] = members["tables/secret.jsonl"].replace(b"source", b"target", 1)


def _missing_table(_manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    del members["tables/secret.jsonl"]


def _other_column(manifest: dict[str, Any], _members: dict[str, bytes]) -> None:
    entry = next(entry for entry in manifest["tables"] if entry["name"] == "secret")
    entry["columns"] = {
        name.replace("sealed", "x"): form for name, form in entry["columns"].items()
    }


def _unnamed_table(manifest: dict[str, Any], _members: dict[str, bytes]) -> None:
    manifest["tables"] = [one for one in manifest["tables"] if one["name"] != "change_counter"]


def _no_tables(manifest: dict[str, Any], _members: dict[str, bytes]) -> None:
    manifest["tables"] = "none"


NO_WHOLE_BACKUP: list[tuple[Any, str]] = [
    (_newer_step, "newer version"),
    (_newer_format, "newer version"),
    (_other_product, "no backup of OpenConnector"),
    (_changed_row, "'secret' was changed"),
    (_missing_table, "no whole backup"),
    (_other_column, "another table 'secret'"),
    (_unnamed_table, "no table 'change_counter'"),
    (_no_tables, "manifest is wrong"),
]


async def test_what_is_not_a_whole_backup_of_a_known_version_changes_nothing(
    sealed: SealedEverywhere, file: Path, clock: FakeClock, subtests: pytest.Subtests
):
    database, ring = sealed.database, sealed.ring
    await back_up(database, file, clock=clock)
    before = await everything(database)

    for change, said in NO_WHOLE_BACKUP:
        with subtests.test(change.__name__):
            with pytest.raises(ConfigurationError, match=said):
                await restore(database, ring, rewrite(file, change), clock=clock, consent=REPLACE)

            assert await everything(database) == before


def test_a_manifest_that_inflates_enormously_is_not_read(file: Path):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b" " * (SMALL + 1))

    with pytest.raises(ConfigurationError, match=r"manifest\.json is larger"):
        Reader.open(file)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_not_waited_for(make: Any, file: Path):
    make(file)

    with pytest.raises(ConfigurationError, match="no regular file"):
        Reader.open(file)


@pytest.mark.parametrize("manifest", ["[]", "null", '"openconnector"', "{}"])
def test_an_archive_of_something_else_is_no_backup(manifest: str, file: Path):
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("manifest.json", manifest)

    with pytest.raises(ConfigurationError, match="no backup of OpenConnector"):
        Reader.open(file)


async def test_rows_the_database_refuses_leave_everything_as_it_was(
    sealed: SealedEverywhere, target: Database, file: Path, clock: FakeClock
):
    def orphan(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        entry = next(one for one in manifest["tables"] if one["name"] == "synchronization")
        members["tables/synchronization.jsonl"] = b""
        entry |= {"rows": 0, "sha256": hashlib.sha256(b"").hexdigest()}

    await back_up(sealed.database, file, clock=clock)
    await SealedEverywhere(target, sealed.ring).fill(1)
    before = await everything(target)

    with pytest.raises(ConfigurationError, match="does not take what the backup holds"):
        await restore(target, sealed.ring, rewrite(file, orphan), clock=clock, consent=REPLACE)

    assert await everything(target) == before


async def test_a_file_damaged_anywhere_is_refused_or_holds_the_same(
    sealed: SealedEverywhere, file: Path, clock: FakeClock
):
    await back_up(sealed.database, file, clock=clock)
    whole = file.read_bytes()
    step = max(1, len(whole) // 100)
    expected = contents(file)
    harmless = 0

    for place in range(0, len(whole), step):
        broken = bytearray(whole)
        broken[place] ^= 0x55
        file.write_bytes(broken)
        try:
            assert contents(file) == expected
            harmless += 1
        except ConfigurationError:
            pass
    for length in range(0, len(whole), step):
        file.write_bytes(whole[:length])
        with pytest.raises(ConfigurationError):
            contents(file)

    assert harmless < 33


def contents(file: Path) -> dict[str, list[Any]]:
    with Reader.open(file) as reader:
        reader.verify()
        return {
            entry.name: [row for rows in reader.rows(entry) for row in rows]
            for entry in reader.manifest.tables
        }


async def test_killed_in_the_middle_of_a_restore_the_old_content_is_all_there(
    tmp_path: Path, migrated_file: Path, ring: KeyRing, clock: FakeClock, key_file: Path, file: Path
):
    storage = key_file.parent
    live = storage / DATABASE_FILE
    live.write_bytes(migrated_file.read_bytes())
    database = Database(f"sqlite:///{live}")
    await SealedEverywhere(database, ring).fill(1_500)
    await back_up(database, file, clock=clock)
    before = await everything(database)
    with closing(sqlite3.connect(live, timeout=0, isolation_level=None)) as other:
        killed = Command(["restore", str(file), "--replace"], storage)
        while killed.is_alive and not is_written_to(other):  # noqa: ASYNC110  another process
            await asyncio.sleep(0.002)
        was_there = killed.kill()
        await killed.wait()

    assert was_there
    assert await everything(database) == before
    assert await Command(["restore", str(file), "--replace"], storage).wait() == (0, "")
    changed = ("run", "audit", "audit_head")  # the run is ended, and the restore is told of
    assert await everything(database, without=changed) == {
        name: rows for name, rows in before.items() if name not in changed
    }
    await database.close()


def is_written_to(connection: sqlite3.Connection) -> bool:
    """Return whether another process is within a transaction that writes."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    connection.execute("ROLLBACK")
    return False

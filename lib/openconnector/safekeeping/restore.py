"""Bringing a backup back: checked whole first, then put in place in one transaction, or not at all."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from openconnector.crypto import KeyRing, key_id
from openconnector.db import dumping, firings, notices, runs, wakes
from openconnector.db.database import Database
from openconnector.db.dumping import Row, Shape
from openconnector.db.migrate import migrate
from openconnector.db.rows import SecretRow
from openconnector.db.session import Session
from openconnector.db.version import newest_step, steps
from openconnector.errors import ConfigurationError, Conflict, StorageFailed
from openconnector.ports import Clock
from openconnector.safekeeping.archive import Manifest, Reader, damaged, whole

ENDED = "The database was restored from a backup while this run was unfinished; start it again"

PASSED = "The database was restored from a backup while this waited for the run before"

VERSION_TABLE = "alembic_version"
"""Tells the step of a database; a backup has its manifest for that."""

SHOWN = 20
"""How many lost secrets an error names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of bringing a backup back."""

    manifest: Manifest
    ended_runs: int
    """Runs that were unfinished in the backup; they were ended, so that nothing is done twice."""
    lost: list[str]
    """Secrets that open no more, as `collection/slug field`: enter them again."""
    lost_records: int
    """Records of personal sources that open no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What whoever restores accepts to lose."""

    replace: bool = False
    """What the database holds now."""
    lose_secrets: bool = False
    """Secrets whose key neither the backup nor the installation has."""


Conclude = Callable[[Session, Manifest], Awaitable[None]]
"""Takes part in the transaction that puts a backup in place, at its end."""


async def _nothing(_session: Session, _manifest: Manifest) -> None:
    """Conclude with nothing more."""


async def restore(
    database: Database,
    ring: KeyRing,
    file: Path,
    *,
    clock: Clock,
    consent: Consent,
    conclude: Conclude = _nothing,
) -> Restored:
    """Put what a backup holds into a migrated database; processes that work on it see all of it at once.

    The backup's keys, where it has some, are added to the ring. Raises `ConfigurationError` for a damaged backup, one
    of a newer version or one whose keys are missing, and `Conflict` for a database that holds something.
    """
    with Reader.open(file) as reader:
        _refuse_newer(reader)
        reader.verify()
        await _refuse_occupied(database, consent)
        with whole(file):
            lost, records = _lost(reader, ring)
        if (lost or records) and not consent.lose_secrets:
            raise _missing_keys(reader, lost, records)
        keys = reader.keys()
        if keys is not None:
            ring.adopt(keys)
        async with _current(reader) as tables, database.writing() as session:
            if reader.manifest.step == newest_step():
                await _refuse_unfit(session, reader)
            ended = await _replace(session, tables, clock)
            await conclude(session, reader.manifest)
        return Restored(manifest=reader.manifest, ended_runs=ended, lost=lost, lost_records=records)


Tables = AsyncGenerator[tuple[Shape, Sequence[Row]], None]
"""Rows of this version's tables, in an order in which they can be put in."""


async def _replace(session: Session, tables: Tables, clock: Clock) -> int:
    fence = await runs.highest_fence(session)
    counter = await dumping.emptied(session)
    async for shape, rows in tables:
        await dumping.put(session, shape, rows)
    ended = await _end_unfinished(session, fence, clock)
    await dumping.settle(session, counter)
    return len(ended)


async def _end_unfinished(session: Session, fence: int, clock: Clock) -> list[str]:
    """End what was under way when the backup was taken, since it was brought to its end after it; return the runs."""
    await firings.miss_all_waiting(session, PASSED)
    await wakes.forget(session)
    await notices.give_up(session)
    return await runs.end_unfinished(
        session,
        changes={
            "state": "cancelled",
            "finished_at": clock.now(),
            "error_code": "restored",
            "error_message": ENDED,
        },
        fence=fence,
    )


@asynccontextmanager
async def _current(reader: Reader) -> AsyncIterator[Tables]:
    """Give the backup's rows as this version keeps them: an older one goes through the migrations, in a file aside."""
    if reader.manifest.step == newest_step():
        async with aclosing(_stored(reader)) as tables:
            yield tables
        return
    with _folder_beside(reader.file) as folder:
        aside = Database(f"sqlite:///{Path(folder) / 'aside.db'}")
        try:
            await migrate(aside, to=reader.manifest.step)
            async with aside.writing() as session:
                await _refuse_unfit(session, reader)
                await dumping.clear(session, [entry.shape for entry in reader.manifest.tables])
                async for shape, rows in _stored(reader):
                    await dumping.put(session, shape, rows)
            await migrate(aside)
            async with aclosing(_held(aside)) as tables:
                yield tables
        finally:
            await aside.close()


def _folder_beside(file: Path) -> TemporaryDirectory[str]:
    try:
        return TemporaryDirectory(prefix=".restoring-", dir=file.absolute().parent)
    except OSError as error:
        raise StorageFailed(
            f"{file} is of an older version, and a copy has to be migrated in its folder, which takes no file: "
            f"{error.strerror}. Copy the backup into a folder this user may write to; nothing was changed"
        ) from error


async def _stored(reader: Reader) -> Tables:
    for entry in reader.manifest.tables:
        for rows in reader.rows(entry):
            yield entry.shape, rows


async def _held(database: Database) -> Tables:
    async with database.snapshot() as session:
        for shape in dumping.shapes():
            async for rows in dumping.taken(session, shape):
                yield shape, rows


def _refuse_newer(reader: Reader) -> None:
    manifest = reader.manifest
    if manifest.step not in steps():
        raise ConfigurationError(
            f"{reader.file} was written by a newer version ({manifest.version}, step {manifest.step}); install that "
            "version, or take an older backup"
        )


async def _refuse_unfit(session: Session, reader: Reader) -> None:
    """Raise `ConfigurationError` when the manifest names other tables or columns than its version has."""
    present = await dumping.columns(session)
    named = {entry.name for entry in reader.manifest.tables}
    lacking = sorted(present.keys() - named - {VERSION_TABLE})
    if lacking:
        raise damaged(reader.file, f"it has no table {lacking[0]!r}")
    for entry in reader.manifest.tables:
        if set(entry.columns) != present.get(entry.name):
            raise damaged(reader.file, f"it has another table {entry.name!r} than its version")


async def _refuse_occupied(database: Database, consent: Consent) -> None:
    if consent.replace:
        return
    async with database.reading() as session:
        occupied = await dumping.occupied(session)
    if occupied:
        raise Conflict(
            f"The database holds something already ({', '.join(occupied)}). Give --replace to have all of it replaced "
            "by what the backup holds; take a backup before"
        )


def _lost(reader: Reader, ring: KeyRing) -> tuple[list[str], int]:
    """Return which secrets, and how many records, neither the backup's keys nor the ring's open."""
    held = {name.hex() for name in ring.ids}
    if reader.manifest.has_keys:
        return [], 0
    missing = {name: count for name, count in reader.manifest.sealed.items() if name not in held}
    secrets = _secrets(reader, {bytes.fromhex(name) for name in missing})
    return secrets, sum(count.records for count in missing.values())


def _secrets(reader: Reader, keys: set[bytes]) -> list[str]:
    """Return the secrets these keys have sealed, as people know them."""
    found = [
        row
        for row in _dicts(reader, SecretRow.__tablename__)
        if keys and key_id(row["sealed"]) in keys
    ]
    slugs = {
        (collection, row["id"]): row["slug"]
        for collection in {row["collection"] for row in found}
        for row in _dicts(reader, collection)
    }
    return sorted(
        f"{row['collection']}/{slugs.get((row['collection'], row['entity_id']), row['entity_id'])} {row['field']}"
        for row in found
    )


def _dicts(reader: Reader, table: str) -> list[dict[str, Any]]:
    return [
        dict(zip(entry.columns, row, strict=True))
        for entry in reader.manifest.tables
        if entry.name == table
        for rows in reader.rows(entry)
        for row in rows
    ]


def _missing_keys(reader: Reader, lost: list[str], records: int) -> ConfigurationError:
    named = "; ".join(lost[:SHOWN]) + (
        f"; and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
    )
    return ConfigurationError(
        f"{reader.file} holds {len(lost)} secrets and {records} records that open with no key of this installation: "
        f"{named}. Put the key file that belongs to the backup in place, or give --lose-secrets and enter "
        "them again; the records are lost then. Nothing was changed"
    )

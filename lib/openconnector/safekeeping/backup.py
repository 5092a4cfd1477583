"""Taking a backup of everything, as it was at one moment, while others go on writing."""

from importlib.metadata import version
from pathlib import Path

from openconnector.crypto import KeyRing
from openconnector.db import dumping
from openconnector.db.database import Database
from openconnector.db.sealed import sealed_by
from openconnector.db.version import newest_step
from openconnector.ports import Clock
from openconnector.safekeeping.archive import KEYS, MANIFEST, Manifest, SealedCount, writing


async def back_up(
    database: Database, file: Path, *, clock: Clock, keys: KeyRing | None = None
) -> Manifest:
    """Write a backup and return what it holds; with ``keys`` it also opens what is sealed.

    Raises `Conflict` when there is a file of this name, `StorageFailed` when it cannot be written.
    """
    with writing(file) as archive:
        async with database.snapshot() as session:
            for shape in dumping.shapes():
                with archive.table(shape) as table:
                    async for rows in dumping.taken(session, shape):
                        table.write(rows)
            sealed = await sealed_by(session)
        manifest = Manifest(
            version=version("openconnector"),
            step=newest_step(),
            taken_at=clock.now(),
            sealed={
                name.hex(): SealedCount(secrets=count.secrets, records=count.records)
                for name, count in sealed.items()
            },
            has_keys=keys is not None,
            tables=archive.entries,
        )
        if keys is not None:
            archive.add(KEYS, keys.content())
        archive.add(MANIFEST, manifest.model_dump_json(by_alias=True, indent=2).encode())
    return manifest

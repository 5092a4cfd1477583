"""The commands `backup` and `restore`."""

from datetime import datetime
from pathlib import Path

from openconnector.cli.carrying import bring_up, opened
from openconnector.cli.configuration import WHO
from openconnector.cli.outcome import Exit, note, print_json
from openconnector.cli.settings import Settings
from openconnector.crypto import KeyRing
from openconnector.db.database import Database
from openconnector.db.location import refuse_network_file_system
from openconnector.db.locking import locked_file
from openconnector.db.session import Session
from openconnector.definitions.audit import Audit, Change
from openconnector.engine import KEY_FILE, SystemClock
from openconnector.engine import Settings as EngineSettings
from openconnector.safekeeping.archive import Manifest
from openconnector.safekeeping.backup import back_up
from openconnector.safekeeping.restore import Consent, Restored, restore


async def take(file: Path, *, with_key: bool, as_json: bool) -> Exit:
    """Write a backup into a file, or into a new one in a folder, and say what it holds."""
    async with opened(Settings.read()) as engine:
        file = _named(file, engine.clock.now())
        keys = engine.keys if with_key else None
        manifest = await back_up(engine.database, file, clock=engine.clock, keys=keys)
    if as_json:
        print_json({"file": str(file), "bytes": file.stat().st_size, **_shown(manifest)})
        return Exit.SUCCESS
    note(f"{manifest.rows:,} rows are in {file} ({file.stat().st_size:,} bytes)")
    if with_key:
        note("It holds the key that opens every secret: keep it where the key file may be kept")
    elif manifest.sealed:
        note(f"Its secrets open only with the key file: keep a copy of {KEY_FILE}, apart from it")
    return Exit.SUCCESS


async def bring_back(file: Path, *, consent: Consent, as_json: bool) -> Exit:
    """Replace everything by what a backup holds, and say what has to be done by hand."""
    settings = Settings.read()
    secret = settings.database_url
    own = EngineSettings(
        storage=settings.storage, database_url=secret.get_secret_value() if secret else None
    )
    refuse_network_file_system(own.storage)
    own.storage.mkdir(mode=0o700, parents=True, exist_ok=True)
    # No key may be made, taken into use or removed meanwhile.
    async with locked_file(own.key_file):
        done = await _brought_back(own, file, consent)
    if as_json:
        print_json(
            {
                **_shown(done.manifest),
                "endedRuns": done.ended_runs,
                "lostSecrets": done.lost,
                "lostRecords": done.lost_records,
            }
        )
    else:
        _tell(done)
    return Exit.SUCCESS


async def _brought_back(own: EngineSettings, file: Path, consent: Consent) -> Restored:
    database, ring, clock = Database(own.url), KeyRing.load(own.key_file), SystemClock()

    async def conclude(session: Session, manifest: Manifest) -> None:
        if ring.is_empty:
            ring.create(own.key_file)
        details = {"takenAt": manifest.taken_at.isoformat(), "rows": manifest.rows}
        change = Change(
            who=WHO, action="restore", subject="installation", subject_id=file.name, details=details
        )
        await Audit(ring, clock).note(session, change)

    try:
        await bring_up(database)
        return await restore(database, ring, file, clock=clock, consent=consent, conclude=conclude)
    finally:
        await database.close()


def _named(place: Path, now: datetime) -> Path:
    return place / f"openconnector-{now:%Y%m%dT%H%M%SZ}.zip" if place.is_dir() else place


def _shown(manifest: Manifest) -> dict[str, object]:
    return {
        "takenAt": manifest.taken_at.isoformat(),
        "version": manifest.version,
        "rows": manifest.rows,
        "hasKeys": manifest.has_keys,
    }


def _tell(done: Restored) -> None:
    note(
        f"{done.manifest.rows:,} rows are as they were at {done.manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC"
    )
    if done.ended_runs:
        note(
            f"{done.ended_runs} runs were unfinished then and are ended as cancelled; start them again"
        )
    for secret in done.lost:
        note(f"Enter this secret again: {secret}")
    if done.lost_records:
        note(f"{done.lost_records} records of personal sources open no more")

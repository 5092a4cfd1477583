"""The commands for the key file: a new key beside the old one, or instead of one that is lost."""

from openconnector.cli.carrying import opened
from openconnector.cli.configuration import WHO
from openconnector.cli.outcome import Exit, note, print_json
from openconnector.cli.settings import Settings
from openconnector.crypto import KeyRing
from openconnector.db.locking import locked_file
from openconnector.definitions.audit import Change
from openconnector.engine import KEY_FILE, Engine
from openconnector.errors import Conflict
from openconnector.safekeeping import rotation


async def begin_anew(*, as_json: bool) -> Exit:
    """Create a key file where none is. Raises `Conflict` when there is one."""
    file = Settings.read().storage / KEY_FILE
    ring = KeyRing.load(file)
    if not ring.is_empty:
        raise Conflict(
            f"The key file {file} is there, and replacing it would lose every secret; nothing was changed"
        )
    ring.create(file)
    if as_json:
        print_json({"keyFile": str(file)})
    else:
        note(f"A new key is in {file}. `openconnector doctor` names the secrets to enter again")
    return Exit.SUCCESS


async def prepare(*, as_json: bool) -> Exit:
    """Add a key to the file that is not used yet. Raises `Conflict` when there is one already."""
    settings = Settings.read()
    async with locked_file(settings.storage / KEY_FILE), opened(settings) as engine:
        name = rotation.prepare(engine.keys, engine.clock)
    if as_json:
        print_json({"prepared": name})
    else:
        note(
            f"The key {name} opens from now on and seals nothing yet. Copy {settings.storage / KEY_FILE} to every "
            "other machine, then call `openconnector rotate-key`"
        )
    return Exit.SUCCESS


async def rotate(*, as_json: bool) -> Exit:
    """Seal everything with a new key, or bring a rotation to its end that was begun before."""
    settings = Settings.read()
    async with locked_file(settings.storage / KEY_FILE), opened(settings) as engine:
        done = await rotation.rotate(
            engine.database, engine.keys, engine.clock, lambda count: note(f"{count} sealed anew")
        )
        has_old = len(engine.keys.ids) > 1
        await _note(engine, "rotate" if done.is_new else "reseal", done.key)
    if as_json:
        print_json(
            {
                "key": done.key,
                "isNew": done.is_new,
                "resealed": done.resealed,
                "unopened": done.unopened,
            }
        )
        return Exit.SUCCESS
    what = "Everything that opens" if done.unopened else "Everything"
    note(f"{what} is sealed with the key {done.key}; {done.resealed} values were sealed anew")
    if done.unopened:
        note(
            f"{done.unopened} values open with no key we have; `openconnector doctor` names them. "
            "Is this the key file that belongs to this database?"
        )
    if has_old:
        note("The old key still opens. `openconnector rotate-key --remove-old` removes it")
    return Exit.SUCCESS


async def remove_old(*, as_json: bool) -> Exit:
    """Remove the keys nothing is sealed with any more. Raises `Conflict` while there is something."""
    settings = Settings.read()
    async with locked_file(settings.storage / KEY_FILE), opened(settings) as engine:
        removed = await rotation.remove_old(engine.database, engine.keys, engine.clock)
        for name in removed:
            await _note(engine, "remove", name)
    if as_json:
        print_json({"removed": removed})
    else:
        note(f"Removed {', '.join(removed)}. Older backups still need it: keep it with them")
    return Exit.SUCCESS


async def _note(engine: Engine, action: str, key: str) -> None:
    """Write to the audit trail what became of a key."""
    change = Change(who=WHO, action=action, subject="key", subject_id=key)
    async with engine.database.writing() as session:
        await engine.audit.note(session, change)

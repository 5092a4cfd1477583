"""What one test has configured, put into the empty databases of others without being worked out again."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from openconnector.crypto import KeyRing
from openconnector.db.audit import sealed_head
from openconnector.db.database import Database
from openconnector.db.definitions import change_counter
from openconnector.db.dumping import SEEDED, Row, Shape, clear, occupied, put, shapes, taken
from openconnector.db.metadata import METADATA
from openconnector.engine import KEY_FILE

_kept: dict[Hashable, list[tuple[Shape, list[Row]]]] = {}
_saved: set[Hashable] = set()
"""What was saved before; most of it once, and taking it out of the database takes as long as saving it."""

_keys: list[bytes] = []


def storage(folder: Path) -> Path:
    """Make the storage of a new installation: all get the same key, or none could read what another sealed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / KEY_FILE
    if _keys and not file.exists():
        file.touch(mode=0o600)
        file.write_bytes(_keys[0])
    KeyRing.load(file).create(file)
    _keys[:] = _keys or [file.read_bytes()]
    return folder


async def configured(
    database: Database, key: Hashable, save: Callable[[], Awaitable[object]]
) -> None:
    """Have in a database what ``save`` saves, which saves the same for the same ``key``."""
    async with database.reading() as session:
        is_new = not await change_counter(session) and await sealed_head(session) is None
        is_kept = is_new and key in _saved and key not in _kept and not await occupied(session)
    if is_new and key in _kept:
        await _put(database, _kept[key])
        return
    await save()
    if is_kept:
        async with database.reading() as session:
            found = [
                (shape, [row async for rows in taken(session, shape) for row in rows])
                for shape in shapes()
            ]
        _kept[key] = [(shape, rows) for shape, rows in found if rows]
    _saved.add(key)


async def _put(database: Database, kept: Sequence[tuple[Shape, list[Row]]]) -> None:
    async with database.writing() as session:
        await clear(session, [shape for shape, _ in kept if shape.name in SEEDED])
        for shape, rows in kept:
            await put(session, shape, rows)
        if not database.is_sqlite:
            await _count_on(session, [shape.name for shape, _ in kept])


async def _count_on(session: AsyncSession, names: Sequence[str]) -> None:
    keys = [
        key for name in names if (key := METADATA.tables[name].autoincrement_column) is not None
    ]
    sequences = [func.pg_get_serial_sequence(key.table.name, key.name) for key in keys]
    highest = [select(func.max(key)).scalar_subquery() for key in keys]
    await session.execute(select(*map(func.setval, sequences, highest)))

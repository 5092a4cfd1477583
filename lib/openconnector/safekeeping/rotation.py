"""A new key for everything that is sealed, while everybody goes on working.

Both keys open from the first moment; each process seals with the new one as soon as the key file names it. What was
sealed before is sealed anew in small transactions. A process killed in between leaves a mixture that opens, and the
next one goes on from there.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from openconnector.crypto import KeyRing, key_id
from openconnector.db.database import Database
from openconnector.db.sealed import SEALED_COLUMNS, SealedColumn, SealedValue
from openconnector.errors import ConfigurationError, Conflict, TransientError
from openconnector.ports import Clock

BATCH = 200
"""Values in one transaction: a few milliseconds in which others wait."""

ROUNDS = 20
"""How often rows that others were changing are looked at again, a second apart."""

SETTLING = timedelta(seconds=60)
"""How long a transaction that began before the new key may take to bring a value sealed with the old one."""

Report = Callable[[int], None]
"""Takes how many values have been sealed anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """What came of sealing anew."""

    key: str
    """The id of the key that seals now."""
    is_new: bool
    """Whether this call made it or took it into use; False where an earlier rotation was brought to its end."""
    resealed: int
    """How many values were sealed anew."""
    unopened: int
    """How many stay as they are, because their key was lost before; they have to be entered again anyway."""


def prepare(ring: KeyRing, clock: Clock) -> str:
    """Add a key that opens and does not seal yet, and return its id, so that the file can be brought to other machines.

    Raises `Conflict` when the ring has a key that is not in use yet.
    """
    waiting = _waiting(ring)
    if waiting is not None:
        raise Conflict(f"The key {waiting.hex()} is prepared already; go on with `rotate-key`")
    return ring.prepare(clock.now()).hex()


async def rotate(
    database: Database, ring: KeyRing, clock: Clock, report: Report = lambda _count: None
) -> Rotation:
    """Make a new key where there is one only, and seal everything with the newest.

    Raises `TransientError` when rows were changed by others without a pause; doing it again goes on.
    """
    waiting = _waiting(ring)
    if waiting is None and len(ring.ids) == 1:
        waiting = ring.prepare(clock.now())
    if waiting is not None:
        ring.promote(waiting)
    resealed = 0
    for _ in range(ROUNDS):
        for column in SEALED_COLUMNS:
            resealed += await _reseal(database, ring, column, _counting_on(report, resealed))
        left = await _left(database, ring)
        if not left.open:
            break
        await clock.sleep(1)
    else:
        raise TransientError(f"{left.open} values are being changed by others; run it again")
    is_new = waiting is not None
    return Rotation(key=ring.current.hex(), is_new=is_new, resealed=resealed, unopened=left.lost)


async def remove_old(database: Database, ring: KeyRing, clock: Clock) -> list[str]:
    """Drop every key but the newest, once nothing is sealed with them, and return their ids.

    Waits until a minute has gone by since the new key was made. Raises `Conflict` when there is no old key, or when
    something is sealed with one still.
    """
    old = ring.ids - {ring.current}
    if not old:
        raise Conflict("There is no old key; `rotate-key` makes a new one first")
    if _waiting(ring) is not None:
        raise Conflict("The newest key is not in use yet; `rotate-key` takes it into use first")
    since = ring.current_since
    if since is not None and clock.now() < since + SETTLING:
        await clock.sleep((since + SETTLING - clock.now()).total_seconds())
    left = await _left(database, ring)
    if left.open:
        raise Conflict(
            f"{left.open} values are sealed with an old key; `rotate-key` seals them anew, then remove it"
        )
    ring.retire()
    return sorted(name.hex() for name in old)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """What the newest key has not sealed."""

    open: int = 0
    lost: int = 0
    """Values that no key opens."""


async def _left(database: Database, ring: KeyRing) -> _Left:
    counts = Counter({True: 0, False: 0})
    async with database.reading() as session:
        for column in SEALED_COLUMNS:
            key = None
            while values := await column.after(session, key, other_than=ring.current):
                old = [value for value in values if key_id(value.sealed) != ring.current]
                counts.update(_opened(ring, value) is not None for value in old)
                key = values[-1].key
    return _Left(open=counts[True], lost=counts[False])


def _opened(ring: KeyRing, value: SealedValue) -> bytes | None:
    """Return what was sealed; None where the key was lost before, or somebody changed the value."""
    try:
        return ring.open(value.sealed, value.binding)
    except ConfigurationError:
        return None


def _counting_on(report: Report, before: int) -> Report:
    return lambda count: report(before + count)


def _waiting(ring: KeyRing) -> bytes | None:
    """Return the key that was prepared and is not in use yet."""
    newest = ring.newest
    return newest if newest != ring.current else None


async def _reseal(database: Database, ring: KeyRing, column: SealedColumn, report: Report) -> int:
    """Seal what another key sealed, a batch at a time, and return how many values."""
    done, key = 0, None
    while True:
        async with database.writing() as session:
            values = await column.after(
                session, key, other_than=ring.current, is_held=True, limit=BATCH
            )
            old = [value for value in values if key_id(value.sealed) != ring.current]
            anew = [
                (value.key, ring.seal(opened, value.binding))
                for value in old
                if (opened := _opened(ring, value)) is not None
            ]
            await column.replace(session, anew)
        done += len(anew)
        if not values:
            return done
        key = values[-1].key
        report(done)

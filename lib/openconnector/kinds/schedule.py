"""When something is to be done: moments that follow one another."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, pairwise
from typing import Literal, NamedTuple

import orjson
import xxhash
from pydantic import Field

from openconnector.kinds.base import Kind

APART_FROM_MOMENTS = ("isEnabled", "jitterSeconds", "misfire")
"""Fields that do not decide which moments a schedule has: changing them keeps what it has done so far."""

Misfire = Literal["all", "last", "none"]


class Start(NamedTuple):
    """One moment of a schedule."""

    moment: datetime
    """What the schedule says, in UTC; it names the firing."""
    due_at: datetime
    """When to begin: up to `jitterSeconds` later, and always before the next moment."""


class Schedule(Kind):
    """Says at which moments something is to be done. It holds no state and does no I/O."""

    kind: str
    is_enabled: bool = True
    """Switched off, its moments pass unused and nothing is made up for later."""
    jitter_seconds: int = Field(default=0, ge=0, le=86_400)
    """Begin up to so many seconds later, each time by another number, so that not everything starts at once."""
    misfire: Misfire = "last"
    """What becomes of moments that passed while nobody could begin: because the app was down, or because the run before
    had not ended. `last` makes up for the latest one, `all` for each (the latest 100), `none` for none."""

    def moments(self, after: datetime) -> Iterator[datetime]:
        """Yield the moments after this one in UTC, each later than the one before; it may end."""
        raise NotImplementedError

    def starts(self, after: datetime, salt: str) -> Iterator[Start]:
        """Yield the moments after this one with when to begin, which ``salt`` spreads; the same for whoever asks."""
        moments = self.moments(after)
        if not self.jitter_seconds:
            yield from (Start(moment, moment) for moment in moments)
            return
        longest = timedelta(seconds=self.jitter_seconds)
        for moment, following in pairwise(chain(moments, [None])):
            if moment is not None:
                room = longest if following is None else min(longest, following - moment)
                yield Start(moment, moment + _share(room, f"{salt}|{moment.isoformat()}"))

    @property
    def key(self) -> str:
        """What tells its moments from those of another schedule; marks and firings refer to it."""
        fields = self.configuration()
        for name in APART_FROM_MOMENTS:
            fields.pop(name)
        return xxhash.xxh3_64_hexdigest(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS))


def _share(room: timedelta, seed: str) -> timedelta:
    """Return a part of the room in whole seconds, less than all of it, decided by the seed."""
    share = xxhash.xxh3_64_intdigest(seed.encode()) / 2**64
    return timedelta(seconds=int(share * room.total_seconds()))

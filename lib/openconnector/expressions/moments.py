"""Moments and the time between them, as PHP's `DateTime` and `DateInterval` have them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from typing_extensions import override

from openconnector.expressions.days import DAY, day_number, day_of, days_in_month
from openconnector.expressions.zones import UTC_ZONE, Offset, Zone, zone_of

MAX_SECONDS: Final = 2**63 - 1
"""The farthest moment from 1970, in seconds."""

MICRO: Final = 1_000_000
"""Microseconds of a second."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_JSON_ZONE_TYPES: Final = {"offset": 1, "abbreviation": 2, "name": 3}


@dataclass(frozen=True, slots=True)
class Local:
    """What calendar and clock show."""

    year: int
    month: int
    day: int
    hour: int = 0
    minute: int = 0
    second: int = 0
    micro: int = 0

    @property
    def number(self) -> int:
        """The number of the day."""
        return day_number(self.year, self.month, self.day)

    @property
    def seconds(self) -> int:
        """Seconds since 1970 as if the clock showed UTC; what is beyond its range counts on."""
        return self.number * DAY + self.hour * 3_600 + self.minute * 60 + self.second


@dataclass(frozen=True, slots=True, order=False)
class Moment:
    """A point in time, and the zone in which it is shown. It is what `date()` and `date_modify` give."""

    seconds: int
    micro: int = 0
    zone: Zone = UTC_ZONE

    def __post_init__(self) -> None:
        if abs(self.seconds) > MAX_SECONDS:
            raise ValueError("the date is too far away")

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moment) and self._order == other._order

    @override
    def __hash__(self) -> int:
        return hash(self._order)

    def __lt__(self, other: "Moment") -> bool:
        return self._order < other._order

    def __gt__(self, other: "Moment") -> bool:
        return self._order > other._order

    @property
    def _order(self) -> tuple[int, int]:
        return self.seconds, self.micro

    @property
    def offset(self) -> Offset:
        """What the zone holds to at this moment."""
        return self.zone.at(self.seconds)

    @property
    def local(self) -> Local:
        """What calendar and clock show in the zone."""
        number, second = divmod(self.seconds + self.offset.seconds, DAY)
        minute, second = divmod(second, 60)
        hour, minute = divmod(minute, 60)
        return Local(*day_of(number), hour, minute, second, self.micro)

    def field(self, key: str) -> Any:
        """Return what a template reads by name; None for anything else."""
        if key in ("timestamp", "getTimestamp"):
            return self.seconds
        return self.offset.seconds if key in ("offset", "getOffset") else None

    def as_json(self) -> dict[str, Any]:
        """Return the moment as PHP writes it as JSON."""
        at = self.local
        kind = "name" if self.zone.fixed is None or self.zone is UTC_ZONE else "abbreviation"
        kind = "offset" if self.zone.name[0] in "+-" else kind
        text = f"{at.year:04d}-{at.month:02d}-{at.day:02d} {at.hour:02d}:{at.minute:02d}:{at.second:02d}"
        return {
            "date": f"{text}.{at.micro:06d}",
            "timezone_type": _JSON_ZONE_TYPES[kind],
            "timezone": self.zone.name,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The time between two moments. It is what `date(a).diff(date(b))` gives."""

    y: int = 0
    m: int = 0
    d: int = 0
    h: int = 0
    i: int = 0
    s: int = 0
    micro: int = 0
    invert: int = 0
    """1 when the second moment is the earlier one."""
    days: int = 0
    """All days between them."""

    def absolute(self) -> "Interval":
        """Return the interval without its direction."""
        return replace(self, invert=0)

    def field(self, key: str) -> Any:
        """Return what a template reads by name; None for anything else."""
        if key == "f":
            return self.micro / MICRO
        return getattr(self, key) if key in _INTERVAL_FIELDS else None

    def as_json(self) -> dict[str, Any]:
        """Return the interval as PHP writes it as JSON."""
        counted = {key: getattr(self, key) for key in ("y", "m", "d", "h", "i", "s")}
        rest = {"invert": self.invert, "days": self.days, "from_string": False}
        return {**counted, "f": self.micro / MICRO, **rest}


_INTERVAL_FIELDS: Final = frozenset({"y", "m", "d", "h", "i", "s", "invert", "days"})


def moment_at(at: datetime, zone: Zone | None = None) -> Moment:
    """Return a moment of Python's, shown in its own time zone or another."""
    since = at - _EPOCH
    seconds = since.days * DAY + since.seconds
    return Moment(seconds, since.microseconds, zone_of(at.tzinfo) if zone is None else zone)


def moment_of(local: Local, zone: Zone) -> Moment:
    """Return the moment at which calendar and clock of a zone show something; what is out of range counts on."""
    carried, micro = divmod(local.micro, MICRO)
    seconds = local.seconds + carried
    if abs(seconds) > MAX_SECONDS:
        raise ValueError("the date is too far away")
    return Moment(zone.to_utc(seconds), micro, zone)


def between(first: Moment, second: Moment) -> Interval:
    """Return the time from one moment to another in years, months, days and so on."""
    is_inverted = second < first
    earlier, later = (second, first) if is_inverted else (first, second)
    start, end = earlier.local, later.local
    has_one_zone = earlier.zone.fixed is None and earlier.zone == later.zone
    shift = 0 if has_one_zone else later.offset.seconds - earlier.offset.seconds
    clock = (
        (end.seconds - end.number * DAY) - (start.seconds - start.number * DAY) - shift
    ) * MICRO + (end.micro - start.micro)
    day_carry, clock = divmod(clock, DAY * MICRO)
    days = end.day - start.day + day_carry
    months = (end.year - start.year) * 12 + end.month - start.month
    base = (start.year, start.month) if is_inverted else (end.year, end.month - 1)
    while days < 0:
        days += days_in_month(*base)
        months -= 1
        base = (base[0], base[1] + (1 if is_inverted else -1))
    seconds, micro = divmod(clock, MICRO)
    all_days = (
        end.number - start.number + day_carry
        if has_one_zone
        else timedelta(seconds=later.seconds - earlier.seconds, microseconds=later.micro - earlier.micro).days
    )  # fmt: skip
    return Interval(
        y=months // 12,
        m=months % 12,
        d=days,
        h=seconds // 3_600,
        i=seconds // 60 % 60,
        s=seconds % 60,
        micro=micro,
        invert=int(is_inverted),
        days=all_days,
    )

"""Time zones as texts name them: `Europe/Amsterdam`, `CET`, `+02:00`."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from openconnector.expressions.days import CYCLE_DAYS, DAY

HOUR: Final = 3_600

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - local times are counted without a zone
_EPOCH_UTC: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CYCLE: Final = CYCLE_DAYS * DAY
_FIRST: Final = -62_135_596_800 + 2 * DAY
_LAST: Final = 253_402_300_800 - 2 * DAY
"""Between these seconds Python's dates know every zone; two days are left for offsets."""

_ABBREVIATIONS: Final[dict[str, tuple[float, bool]]] = {
    "utc": (0, False), "gmt": (0, False), "z": (0, False), "wet": (0, False), "west": (1, True), "bst": (1, True),
    "ist": (2, False), "cet": (1, False), "cest": (2, True), "met": (1, False), "mest": (2, True), "eet": (2, False),
    "eest": (3, True), "msk": (3, False), "msd": (4, True), "sast": (2, False), "cat": (2, False), "eat": (3, False),
    "wat": (1, False), "pkt": (5, False), "wib": (7, False), "hkt": (8, False),
    "jst": (9, False), "kst": (8.5, False), "awst": (8, False), "acst": (9.5, False), "acdt": (10.5, True),
    "aest": (10, False), "aedt": (11, True), "nzst": (12, False), "nzdt": (13, True), "ast": (-4, False),
    "adt": (-3, True), "nst": (-3.5, False), "ndt": (-2.5, True), "est": (-5, False), "edt": (-4, True),
    "cst": (-6, False), "cdt": (-5, True), "mst": (-7, False), "mdt": (-6, True), "pst": (-8, False),
    "pdt": (-7, True), "akst": (-9, False), "akdt": (-8, True), "hst": (-10, False), "sst": (-11, False),
    **{letter: (hours, False) for hours, letter in enumerate("abcdefghiklm", start=1)},
    **{letter: (-hours, False) for hours, letter in enumerate("nopqrstuvwxy", start=1)},
}  # fmt: skip
"""Abbreviations to hours east of UTC, and whether they name daylight saving time."""


@dataclass(frozen=True, slots=True)
class Offset:
    """What a zone holds to at a moment."""

    seconds: int
    """East of UTC."""
    is_dst: bool
    abbreviation: str


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone: one with rules of its own, or a fixed offset."""

    name: str
    fixed: Offset | None = None
    rules: tzinfo | None = None

    def at(self, seconds: int) -> Offset:
        """Return the offset at a moment in seconds since 1970."""
        if self.fixed is not None:
            return self.fixed
        moment = (_EPOCH_UTC + timedelta(seconds=_shifted(seconds))).astimezone(self.rules)
        return _offset(moment)

    def to_utc(self, local: int) -> int:
        """Return the moment at which the clocks of the zone show a time, in seconds.

        A time that is left out counts from before the clocks were set. Of one that comes twice it is the second east
        of UTC and the first west of it, as in PHP.
        """
        if self.fixed is not None:
            return local - self.fixed.seconds
        moment = (_EPOCH + timedelta(seconds=_shifted(local))).replace(tzinfo=self.rules)
        first, second = _offset(moment).seconds, _offset(moment.replace(fold=1)).seconds
        if first > second and self.at(local).seconds == second:
            return local - second
        return local - first


def _shifted(seconds: int) -> int:
    """Return a time within Python's years that falls on the same day of the calendar's cycle."""
    if _FIRST <= seconds <= _LAST:
        return seconds
    cycles = (
        -(-(_FIRST - seconds) // _CYCLE) if seconds < _FIRST else -((seconds - _LAST) // _CYCLE + 1)
    )
    return seconds + cycles * _CYCLE


def _offset(moment: datetime) -> Offset:
    seconds = int((moment.utcoffset() or timedelta()).total_seconds())
    return Offset(seconds, bool(moment.dst()), moment.tzname() or "")


UTC_ZONE: Final = Zone("UTC", fixed=Offset(0, is_dst=False, abbreviation="UTC"))


@lru_cache(maxsize=256)
def fixed_zone(seconds: int) -> Zone:
    """Return the zone of an offset in seconds: its name is `+02:00`."""
    letters = f"GMT{offset_text(seconds, '')}"
    return Zone(offset_text(seconds), fixed=Offset(seconds, is_dst=False, abbreviation=letters))


def offset_text(seconds: int, separator: str = ":") -> str:
    """Return an offset as `+02:00`, odd seconds left out."""
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}{separator}{minutes:02d}"


@lru_cache(maxsize=256)
def zone_of(info: tzinfo | None) -> Zone:
    """Return one of Python's time zones."""
    if info is None or info is UTC:
        return UTC_ZONE
    if isinstance(info, ZoneInfo):
        return UTC_ZONE if info.key == "UTC" else Zone(info.key, rules=info)
    return fixed_zone(int((info.utcoffset(None) or timedelta()).total_seconds()))


@lru_cache(maxsize=256)
def find_zone(name: str) -> Zone | None:
    """Return the zone of an abbreviation or of a name of the IANA database, letters of either case; else None."""
    lower = name.lower()
    if lower == "utc":
        return UTC_ZONE
    if lower in _ABBREVIATIONS:
        hours, is_dst = _ABBREVIATIONS[lower]
        upper = name.upper()
        return Zone(upper, fixed=Offset(int(hours * HOUR), is_dst, upper))
    known = _known_names().get(lower)
    return None if known is None else Zone(known, rules=ZoneInfo(known))


@cache
def _known_names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}

"""Moments by PHP's format letters (https://www.php.net/manual/en/datetime.format.php)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from openconnector.expressions.paths import MISSING
from openconnector.expressions.php import kind_of

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
"""English names whatever the locale of the machine, as PHP has them."""

NOON: Final = 12

_LETTERS: Final[dict[str, Callable[[datetime], str]]] = {
    "d": lambda at: f"{at.day:02d}",
    "D": lambda at: _DAYS[at.weekday()][:3],
    "j": lambda at: str(at.day),
    "l": lambda at: _DAYS[at.weekday()],
    "N": lambda at: str(at.isoweekday()),
    "S": lambda at: _suffix(at.day),
    "w": lambda at: str(at.isoweekday() % 7),
    "z": lambda at: str(at.timetuple().tm_yday - 1),
    "W": lambda at: f"{at.isocalendar().week:02d}",
    "F": lambda at: _MONTHS[at.month - 1],
    "m": lambda at: f"{at.month:02d}",
    "M": lambda at: _MONTHS[at.month - 1][:3],
    "n": lambda at: str(at.month),
    "t": lambda at: str(_days_in_month(at)),
    "L": lambda at: "1" if _is_leap(at.year) else "0",
    "o": lambda at: str(at.isocalendar().year),
    "Y": lambda at: f"{at.year:04d}",
    "y": lambda at: f"{at.year % 100:02d}",
    "a": lambda at: "pm" if at.hour >= NOON else "am",
    "A": lambda at: "PM" if at.hour >= NOON else "AM",
    "g": lambda at: str(at.hour % 12 or 12),
    "G": lambda at: str(at.hour),
    "h": lambda at: f"{at.hour % 12 or 12:02d}",
    "H": lambda at: f"{at.hour:02d}",
    "i": lambda at: f"{at.minute:02d}",
    "s": lambda at: f"{at.second:02d}",
    "u": lambda at: f"{at.microsecond:06d}",
    "v": lambda at: f"{at.microsecond // 1000:03d}",
    "e": lambda at: at.tzname() or "UTC",
    "I": lambda at: "1" if at.dst() else "0",
    "O": lambda at: _offset(at, ""),
    "P": lambda at: _offset(at, ":"),
    "p": lambda at: "Z" if not at.utcoffset() else _offset(at, ":"),
    "T": lambda at: at.tzname() or "UTC",
    "Z": lambda at: str(int((at.utcoffset() or timedelta()).total_seconds())),
    "U": lambda at: str(int(at.timestamp())),
    "c": lambda at: format_moment(at, "Y-m-d\\TH:i:sP"),
    "r": lambda at: format_moment(at, "D, d M Y H:i:s O"),
}


def format_moment(at: datetime, form: str) -> str:
    """Return a moment by PHP's letters; a backslash takes the next character as it is."""
    parts: list[str] = []
    characters = iter(form)
    for character in characters:
        if character == "\\":
            parts.append(next(characters, ""))
        else:
            letter = _LETTERS.get(character)
            parts.append(character if letter is None else letter(at))
    return "".join(parts)


def to_moment(value: Any, now: datetime, zone: tzinfo = UTC) -> datetime:
    """Return the moment a value names: ISO 8601 text, epoch seconds, `now` or `today`; nothing is now.

    A text without an offset is taken to be in ``zone``. Raises `ValueError` for anything else.
    """
    if value is None or value is MISSING or value in ("", "now"):
        return now.astimezone(zone)
    if value == "today":
        return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return _parsed(value, zone)
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            f"{kind_of(value)} is no date; write it like 2024-01-31T12:00:00Z"
        ) from None


def _parsed(value: Any, zone: tzinfo) -> datetime:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, zone)
    text = str(value).strip()
    if text.removeprefix("-").isdecimal() and len(text) != len("20240131"):
        return datetime.fromtimestamp(int(text), zone)
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


def _offset(at: datetime, separator: str) -> str:
    minutes = int((at.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}{separator}{rest:02d}"


def _suffix(day: int) -> str:
    if 11 <= day <= 13:  # noqa: PLR2004 - eleventh to thirteenth
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_in_month(at: datetime) -> int:
    following = at.replace(day=28) + timedelta(days=4)
    return (following - timedelta(days=following.day)).day

"""Moments and intervals written by PHP's format letters.

https://www.php.net/manual/en/datetime.format.php and https://www.php.net/manual/en/dateinterval.format.php
"""

from collections.abc import Callable
from typing import Final

from openconnector.expressions.days import day_number, days_in_month, is_leap, iso_week, weekday
from openconnector.expressions.limits import checked
from openconnector.expressions.moments import Interval, Local, Moment
from openconnector.expressions.zones import Offset, offset_text

DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
"""English names whatever the locale of the machine, as PHP has them."""

NOON: Final = 12
MAX_FORM: Final = 10_000
"""The longest form, in characters."""

_LOCAL: Final[dict[str, Callable[[Local], str]]] = {
    "d": lambda at: f"{at.day:02d}",
    "D": lambda at: DAYS[weekday(at.number)][:3],
    "j": lambda at: str(at.day),
    "l": lambda at: DAYS[weekday(at.number)],
    "N": lambda at: str(weekday(at.number) or 7),
    "S": lambda at: _suffix(at.day),
    "w": lambda at: str(weekday(at.number)),
    "z": lambda at: str(at.number - day_number(at.year, 1, 1)),
    "W": lambda at: f"{iso_week(at.number)[1]:02d}",
    "o": lambda at: str(iso_week(at.number)[0]),
    "F": lambda at: MONTHS[at.month - 1],
    "m": lambda at: f"{at.month:02d}",
    "M": lambda at: MONTHS[at.month - 1][:3],
    "n": lambda at: str(at.month),
    "t": lambda at: str(days_in_month(at.year, at.month)),
    "L": lambda at: "1" if is_leap(at.year) else "0",
    "Y": lambda at: _year(at.year),
    "X": lambda at: _year(at.year) if at.year < 0 else f"+{at.year:04d}",
    "x": lambda at: _year(at.year) if 0 <= at.year <= MAX_SHORT_YEAR else f"{at.year:+05d}",
    "y": lambda at: f"{_remainder(at.year):02d}",
    "a": lambda at: "pm" if at.hour >= NOON else "am",
    "A": lambda at: "PM" if at.hour >= NOON else "AM",
    "g": lambda at: str(at.hour % 12 or 12),
    "G": lambda at: str(at.hour),
    "h": lambda at: f"{at.hour % 12 or 12:02d}",
    "H": lambda at: f"{at.hour:02d}",
    "i": lambda at: f"{at.minute:02d}",
    "s": lambda at: f"{at.second:02d}",
    "u": lambda at: f"{at.micro:06d}",
    "v": lambda at: f"{at.micro // 1000:03d}",
}
_ZONED: Final[dict[str, Callable[[Moment, Offset], str]]] = {
    "e": lambda at, _offset: at.zone.name,
    "I": lambda _at, offset: str(int(offset.is_dst)),
    "O": lambda _at, offset: offset_text(offset.seconds, ""),
    "P": lambda _at, offset: offset_text(offset.seconds),
    "p": lambda at, offset: "Z" if _is_zulu(at, offset) else offset_text(offset.seconds),
    "T": lambda _at, offset: offset.abbreviation,
    "Z": lambda _at, offset: str(offset.seconds),
    "U": lambda at, _offset: str(at.seconds),
    "B": lambda at, _offset: f"{(at.seconds + 3_600) % 86_400 * 10 // 864:03d}",
}
MAX_SHORT_YEAR: Final = 9_999

FORMS: Final = {
    "ATOM": "Y-m-d\\TH:i:sP", "COOKIE": "l, d-M-Y H:i:s T", "RFC822": "D, d M y H:i:s O", "RFC850": "l, d-M-y H:i:s T",
    "RFC1036": "D, d M y H:i:s O", "RFC1123": "D, d M Y H:i:s O", "RFC7231": "D, d M Y H:i:s \\G\\M\\T",
    "RFC2822": "D, d M Y H:i:s O", "RFC3339": "Y-m-d\\TH:i:sP", "RFC3339_EXTENDED": "Y-m-d\\TH:i:s.vP",
    "ISO8601": "Y-m-d\\TH:i:sO", "RSS": "D, d M Y H:i:s O", "W3C": "Y-m-d\\TH:i:sP",
}  # fmt: skip
"""The forms that have a name: the constants `DATE_ATOM` and so on."""


def write_moment(at: Moment, form: str) -> str:
    """Return a moment by PHP's letters; a backslash takes the next character as it is."""
    if len(form) > MAX_FORM:
        raise ValueError(f"the form of a date has at most {MAX_FORM:,} characters")
    local, offset = at.local, at.offset
    parts: list[str] = []
    characters = iter(form)
    for character in characters:
        if character == "\\":
            parts.append(next(characters, ""))
        elif (letter := _LOCAL.get(character)) is not None:
            parts.append(letter(local))
        elif (zoned := _ZONED.get(character)) is not None:
            parts.append(zoned(at, offset))
        elif character == "c":
            # Not "Y": of a year before 0 the sign is one of the four characters.
            parts.append(f"{local.year:04d}" + write_moment(at, "-m-d\\TH:i:sP"))
        elif character == "r":
            parts.append(write_moment(at, f"D, d M {local.year:04d} H:i:s O"))
        else:
            parts.append(character)
    return "".join(parts)


_INTERVAL: Final[dict[str, Callable[[Interval], str]]] = {
    "Y": lambda span: f"{span.y:02d}",
    "y": lambda span: str(span.y),
    "M": lambda span: f"{span.m:02d}",
    "m": lambda span: str(span.m),
    "D": lambda span: f"{span.d:02d}",
    "d": lambda span: str(span.d),
    "H": lambda span: f"{span.h:02d}",
    "h": lambda span: str(span.h),
    "I": lambda span: f"{span.i:02d}",
    "i": lambda span: str(span.i),
    "S": lambda span: f"{span.s:02d}",
    "s": lambda span: str(span.s),
    "F": lambda span: f"{span.micro:06d}",
    "f": lambda span: str(span.micro),
    "a": lambda span: str(span.days),
    "R": lambda span: "-" if span.invert else "+",
    "r": lambda span: "-" if span.invert else "",
    "%": lambda _span: "%",
}


def write_interval(span: Interval, form: str) -> str:
    """Return an interval by PHP's letters, each behind a percent sign: `%a days`."""
    parts: list[str] = []
    characters = iter(form)
    for character in characters:
        if character != "%":
            parts.append(character)
            continue
        following = next(characters, "")
        letter = _INTERVAL.get(following)
        parts.append(f"%{following}" if letter is None else letter(span))
    return checked("".join(parts))


def _suffix(day: int) -> str:
    if 11 <= day <= 13:  # noqa: PLR2004 - eleventh to thirteenth
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _year(year: int) -> str:
    return f"{'-' if year < 0 else ''}{abs(year):04d}"


def _remainder(year: int) -> int:
    """Return the last two digits as PHP has them: with the sign of the year."""
    return abs(year) % 100 * (-1 if year < 0 else 1)


def _is_zulu(at: Moment, offset: Offset) -> bool:
    return at.zone.name in ("UTC", "Z") or (offset.seconds == 0 and at.zone.name == "+00:00")

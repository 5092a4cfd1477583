"""The forms in which PHP reads dates, times and ways from one date to another.

https://www.php.net/manual/en/datetime.formats.php: at every place of a text the form that takes the longest piece of
it counts. Letters of either case are the same.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from openconnector.expressions.days import day_number, day_of, iso_week_day
from openconnector.expressions.moment_parts import THIS_WEEK, Parts
from openconnector.expressions.zones import find_zone, fixed_zone

Read = Callable[[Parts, re.Match[str]], None]
"""Takes over what a form found."""

_MONTH_NAMES: Final = {
    "january": 1, "jan": 1, "february": 2, "feb": 2, "march": 3, "mar": 3, "april": 4, "apr": 4, "may": 5,
    "june": 6, "jun": 6, "july": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sept": 9, "sep": 9,
    "october": 10, "oct": 10, "november": 11, "nov": 11, "december": 12, "dec": 12,
}  # fmt: skip
_ROMAN_MONTHS: Final = {
    "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10, "xi": 11, "xii": 12,
}  # fmt: skip
"""In capitals and beside a day or year only; alone, `X` is the letter of a time zone."""
_MONTHS: Final = _MONTH_NAMES | _ROMAN_MONTHS
_WEEKDAYS: Final = {
    "sunday": 0, "sun": 0, "monday": 1, "mon": 1, "tuesday": 2, "tues": 2, "tue": 2, "wednesday": 3, "wednes": 3,
    "wed": 3, "thursday": 4, "thurs": 4, "thur": 4, "thu": 4, "friday": 5, "fri": 5, "saturday": 6, "satur": 6,
    "sat": 6,
}  # fmt: skip
_COUNTS: Final = {
    "last": -1, "previous": -1, "this": 0, "next": 1, "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5,
    "sixth": 6, "seventh": 7, "eighth": 8, "eight": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
}  # fmt: skip
_UNITS: Final = {
    "ms": ("micros", 1000), "msec": ("micros", 1000), "millisecond": ("micros", 1000), "µs": ("micros", 1),
    "usec": ("micros", 1), "µsec": ("micros", 1), "microsecond": ("micros", 1), "sec": ("seconds", 1),
    "second": ("seconds", 1), "min": ("minutes", 1), "minute": ("minutes", 1), "hour": ("hours", 1), "day": ("days", 1),
    "week": ("days", 7), "fortnight": ("days", 14), "forthnight": ("days", 14), "month": ("months", 1),
    "year": ("years", 1),
}  # fmt: skip

MONDAY: Final = 1

MAX_AMOUNT: Final = 10**15
"""The longest way in any unit."""


def _words(words: Mapping[str, object], suffix: str = "") -> str:
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")" + suffix


_PIECES: Final = {
    "MONTHNAME": _words(_MONTH_NAMES),
    "MONTH": rf"(?:MONTHNAME|(?-i:{_words(_ROMAN_MONTHS).upper()}))",
    "ABBR": "(?:sept|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    "WEEKDAY": _words(_WEEKDAYS),
    "COUNT": _words(_COUNTS),
    "THAT": "(?:last|previous|this|next)",
    "UNIT": rf"(?:weekdays?|{_words(_UNITS)}s?|(?:sun|mon|tues|wednes|thurs|fri|satur)days?|{_words(_WEEKDAYS)})",
    "H24": "(?:2[0-4]|[01]?[0-9])",
    "HH": "(?:2[0-4]|[01][0-9])",
    "H12": "(?:1[0-2]|0?[1-9])",
    "MIN": "(?:[0-5]?[0-9])",
    "MM": "(?:[0-5][0-9])",
    "SEC": "(?:60|[0-5]?[0-9])",
    "SS": "(?:60|[0-5][0-9])",
    "MERIDIAN": r"[ap]\.?m\.?(?=[ \t]|\Z)",
    "MO": "(?:1[0-2]|0?[0-9])",
    "MOLZ": "(?:1[0-2]|0[0-9])",
    "DAY": "(?:(?:3[01]|[0-2]?[0-9])(?:st|nd|rd|th)?)",
    "DALZ": "(?:3[01]|[0-2][0-9])",
    "CORR": r"(?:(?:gmt)?[+-](?:HH:?MM:?SS|H24(?::?MIN)?))",
}  # fmt: skip


def _form(pattern: str) -> re.Pattern[str]:
    """Return a form as an expression; words in capitals stand for its pieces."""
    for _ in range(2):
        pattern = re.sub(r"\b[A-Z][A-Z0-9]+\b", lambda m: _PIECES.get(m[0], m[0]), pattern)
    return re.compile(pattern, re.IGNORECASE)


def year_of(text: str) -> int:
    """Return a year; one of two digits or fewer lies between 1970 and 2069."""
    year = int(text)
    if len(text.lstrip("+-")) < 4:  # noqa: PLR2004 - years of four digits are written out
        year += 2000 if year < 70 else 1900 if year < 100 else 0  # noqa: PLR2004
    return year


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _micro(text: str | None) -> int:
    return int(f"{text or ''}000000"[:6])


def _date(parts: Parts, match: re.Match[str]) -> None:
    found = match.groupdict()
    year = found.get("y")
    month, day = found.get("m"), found.get("d")
    parts.set_date(
        None if year is None else year_of(year),
        None if month is None else _MONTHS.get(month.lower()) or int(month),
        None if day is None else _number(day),
    )


def _month_only(parts: Parts, match: re.Match[str]) -> None:
    _date(parts, match)
    parts.day = 1


def _time(parts: Parts, match: re.Match[str]) -> None:
    found = match.groupdict()
    hour = int(found["h"])
    if (meridian := found.get("p")) is not None:
        hour = hour % 12 + (12 if meridian.lower() == "p" else 0)
    minute, second = int(found.get("i") or 0), int(found.get("s") or 0)
    parts.set_time(hour, minute, second, _micro(found.get("f")))


def _date_and_time(parts: Parts, match: re.Match[str]) -> None:
    _date(parts, match)
    _time(parts, match)
    if match.groupdict().get("z"):
        _correction(parts, match)


def _four_digits(parts: Parts, match: re.Match[str]) -> None:
    """Take four digits for a time; behind a time they are a year."""
    if parts.has_time and "t" not in match[0].lower():
        parts.year = int(match[0])
    else:
        _time(parts, match)
        parts.micro = None


def _year(parts: Parts, match: re.Match[str]) -> None:
    parts.year = int(match[0])


def _day_of_year(parts: Parts, match: re.Match[str]) -> None:
    parts.set_date(*day_of(day_number(int(match["y"]), 1, int(match["n"]))))


def _week_date(parts: Parts, match: re.Match[str]) -> None:
    day = match.groupdict().get("d")
    number = iso_week_day(int(match["y"]), int(match["w"]), 1 if day is None else int(day))
    parts.set_date(*day_of(number))


def _timestamp(parts: Parts, match: re.Match[str]) -> None:
    parts.reset_time()
    parts.has_date = True
    parts.year, parts.month, parts.day = 1970, 1, 1
    parts.relative.seconds += int(match["s"])
    micro = _micro(match["f"])
    parts.relative.micros += -micro if match["s"].startswith("-") else micro
    parts.set_zone(fixed_zone(0))
    parts.is_timestamp = True


def _correction(parts: Parts, match: re.Match[str]) -> None:
    text = match["z"].upper().removeprefix("GMT")
    parts.set_zone(fixed_zone(_offset_seconds(text[1:]) * (-1 if text[0] == "-" else 1)))


def _offset_seconds(text: str) -> int:
    """Return the seconds of `2`, `02`, `0230`, `2:30`, `02:30:15` or `023015`."""
    if ":" in text:
        numbers = text.split(":")
    else:
        even = text if len(text) % 2 == 0 else f"0{text}"
        numbers = [even[at : at + 2] for at in range(0, len(even), 2)]
    hours, minutes, seconds = (*map(int, numbers), 0, 0)[:3]
    return hours * 3_600 + minutes * 60 + seconds


def _zone(parts: Parts, match: re.Match[str]) -> None:
    zone = find_zone(match["name"])
    if zone is None:
        word = match.string[match.start() :].split()[0]
        raise ValueError(f"{word!r} is neither a word of dates nor a time zone")
    parts.set_zone(zone)


def _now(_parts: Parts, _match: re.Match[str]) -> None:
    pass


def _midnight(parts: Parts, _match: re.Match[str]) -> None:
    parts.reset_time()


def _noon(parts: Parts, _match: re.Match[str]) -> None:
    parts.reset_time()
    parts.set_time(12)


def _neighbour(parts: Parts, match: re.Match[str]) -> None:
    parts.reset_time()
    parts.relative.days = 1 if match[0].lower() == "tomorrow" else -1


def _edge(parts: Parts, match: re.Match[str]) -> None:
    parts.relative.edge = "first" if match[0].lower().startswith("first") else "last"


def _quarter(parts: Parts, match: re.Match[str]) -> None:
    """Read `back of 7pm` (a quarter past) and `front of 7pm` (a quarter to)."""
    parts.reset_time()
    _time(parts, match)
    is_back = match[0].lower().startswith("back")
    parts.hour = (parts.hour or 0) - (0 if is_back else 1)
    parts.minute = 15 if is_back else 45


def _weekday_of_month(parts: Parts, match: re.Match[str]) -> None:
    count = _COUNTS[match["n"].lower()]
    parts.relative.working_days = None
    parts.relative.of_month = "nth" if count > 0 else "last"
    parts.reset_time()
    behavior = 1 if count > 0 else int(match["n"].lower() == "this")
    _go_to_weekday(parts, count, behavior, match["unit"])


def _weekday(parts: Parts, match: re.Match[str]) -> None:
    parts.reset_time()
    parts.relative.weekday = _WEEKDAYS[match[0].lower()]
    if parts.relative.behavior != THIS_WEEK:
        parts.relative.behavior = 1


def _week(parts: Parts, match: re.Match[str]) -> None:
    """Read `next week`: its Monday, or the weekday that stands beside it."""
    parts.relative.days += _COUNTS[match["n"].lower()] * 7
    parts.relative.behavior = THIS_WEEK
    if parts.relative.weekday is None:
        parts.relative.weekday = MONDAY


def _counted_word(parts: Parts, match: re.Match[str]) -> None:
    word = match["n"].lower()
    _go(parts, _COUNTS[word], int(word == "this"), match["unit"], keeps_time=False)


def _counted(parts: Parts, match: re.Match[str]) -> None:
    sign = -1 if match["sign"].count("-") % 2 else 1
    _go(parts, sign * int(match["n"]), 1, match["unit"], keeps_time=True)


def _go(parts: Parts, amount: int, behavior: int, unit: str, *, keeps_time: bool) -> None:
    if abs(amount) > MAX_AMOUNT:
        raise ValueError("it leads too far")
    name = unit.lower()
    name = name.removesuffix("s") if name.endswith("days") and name != "weekdays" else name
    if name in _WEEKDAYS or name in ("weekday", "weekdays"):
        if not keeps_time:
            parts.reset_time()
        if name in _WEEKDAYS:
            _go_to_weekday(parts, amount, behavior, name)
        else:
            parts.relative.working_days = amount
        return
    field, size = _UNITS[name] if name in _UNITS else _UNITS[name.removesuffix("s")]
    setattr(parts.relative, field, getattr(parts.relative, field) + amount * size)


def _go_to_weekday(parts: Parts, amount: int, behavior: int, unit: str) -> None:
    parts.relative.days += (amount - 1 if amount > 0 else amount) * 7
    parts.relative.weekday = _WEEKDAYS[unit.lower()]
    parts.relative.behavior = behavior


def _ago(parts: Parts, _match: re.Match[str]) -> None:
    parts.relative.turned()


_SHORT_DATE: Final = r"(?P<m>MONTH)[ .\t-]*(?P<d>DAY)[,.stndrh\t ]+"
FORMS: Final[tuple[tuple[str, Read], ...]] = (
    (r"yesterday|tomorrow", _neighbour),
    (r"now", _now),
    (r"noon", _noon),
    (r"midnight|today", _midnight),
    (r"@(?P<s>-?[0-9]{1,18})(?:\.(?P<f>[0-9]{0,6}))?", _timestamp),
    (r"(?:first|last) day of", _edge),
    (r"(?:back|front) of (?P<h>H24)(?:[ \t]*(?P<p>[ap])\.?m\.?(?=[ \t]|\Z))?", _quarter),
    (r"(?P<n>COUNT)[ \t]+(?P<unit>WEEKDAY)[ \t]+of", _weekday_of_month),
    (r"(?P<h>H12)(?:[:.](?P<i>MM))?[ \t]*(?P<p>[ap])\.?m\.?(?=[ \t]|\Z)", _time),
    (r"(?P<h>H12)[:.](?P<i>MIN)[:.](?P<s>SS)[ \t]*(?P<p>[ap])\.?m\.?(?=[ \t]|\Z)", _time),
    (r"(?P<h>H12):(?P<i>MM):(?P<s>SS)[:.](?P<f>[0-9]+)(?P<p>[ap])\.?m\.?(?=[ \t]|\Z)", _time),
    (r"t(?P<h>H24)", _time),
    (r"t?(?P<h>H24)[:.](?P<i>MIN)", _time),
    (r"t?(?P<h>H24)[:.](?P<i>MIN)[:.](?P<s>SEC)(?:[.,](?P<f>[0-9]+))?", _time),
    (r"t?(?P<h>HH)(?P<i>MM)", _four_digits),
    (r"t?(?P<h>HH)(?P<i>MM)(?P<s>SS)", _time),
    (r"(?P<m>MO)/(?P<d>DAY)(?:/(?P<y>[0-9]{1,4}))?", _date),
    (r"(?P<y>[0-9]{4})/(?P<m>MO)/(?P<d>DAY)/?", _date),
    (r"(?P<y>[+-]?[0-9]{4})-(?P<m>MOLZ)-(?P<d>DALZ)", _date),
    (r"(?P<y>[0-9]{2})-(?P<m>MOLZ)-(?P<d>DALZ)", _date),
    (r"(?P<y>[+-][0-9]{5,15})-(?P<m>MOLZ)-(?P<d>DALZ)", _date),
    (r"(?P<y>[0-9]{4})-(?P<m>MO)", _month_only),
    (r"(?P<y>[0-9]{1,4})-(?P<m>MO)-(?P<d>DAY)", _date),
    (r"(?P<d>DAY)[.\t-](?P<m>MO)[.-](?P<y>[0-9]{4})", _date),
    (r"(?P<d>DAY)[.\t](?P<m>MO)\.(?P<y>[0-9]{2})", _date),
    (r"(?P<d>DAY)[ \t.-]*(?P<m>MONTH)[ \t.-]*(?P<y>[0-9]{1,4})", _date),
    (r"(?P<m>MONTH)[ .\t-]*(?P<y>[0-9]{4})", _month_only),
    (r"(?P<y>[0-9]{4})[ .\t-]*(?P<m>MONTH)", _month_only),
    (r"(?P<m>MONTH)[ .\t-]*(?P<d>DAY)[,.stndrh\t ]+(?P<y>[0-9]{1,4})", _date),
    (r"(?P<m>MONTH)[ .\t-]*(?P<d>DAY)(?:[,.stndrh\t ]+|\Z)", _date),
    (r"(?P<d>DAY)[ .\t-]*(?P<m>MONTH)", _date),
    (r"(?P<y>[0-9]{4})(?P<m>MOLZ)(?P<d>DALZ)", _date),
    (
        r"(?P<y>[0-9]{4})-(?P<m>MOLZ)-(?P<d>DALZ)T(?P<h>HH):(?P<i>MM):(?P<s>SS)\.(?P<f>[0-9]+)(?P<z>CORR)?",
        _date_and_time,
    ),
    (r"(?P<y>[0-9]{4})(?P<m>MOLZ)(?P<d>DALZ)T(?P<h>H24):?(?P<i>MM):?(?P<s>SS)", _date_and_time),
    (r"(?P<y>[0-9]{4})-(?P<m>MO)-(?P<d>DAY)T(?P<h>H24):(?P<i>MIN):(?P<s>SEC)", _date_and_time),
    (
        r"(?P<y>[0-9]{4})[.-]?(?P<n>36[0-6]|3[0-5][0-9]|[12][0-9]{2}|0[1-9][0-9]|00[1-9])",
        _day_of_year,
    ),
    (r"(?P<m>ABBR)-(?P<d>DALZ)-(?P<y>[0-9]{1,4})", _date),
    (r"(?P<y>[0-9]{1,4})-(?P<m>ABBR)-(?P<d>DALZ)", _date),
    (r"(?P<y>[0-9]{4})-?W(?P<w>5[0-3]|[1-4][0-9]|0[1-9])(?:-?(?P<d>[0-7]))?", _week_date),
    (r"(?P<y>[0-9]{4}):(?P<m>MOLZ):(?P<d>DALZ) (?P<h>HH):(?P<i>MM):(?P<s>SS)", _date_and_time),
    (
        r"(?P<d>DAY)/(?P<m>ABBR)/(?P<y>[0-9]{4}):(?P<h>HH):(?P<i>MM):(?P<s>SS)[ \t]+(?P<z>CORR)",
        _date_and_time,
    ),
    (r"[0-9]{4}", _year),
    (r"ago", _ago),
    (r"WEEKDAY", _weekday),
    (r"(?P<n>THAT)[ \t]+weeks?", _week),
    (r"(?P<n>COUNT)[ \t]+(?P<unit>UNIT)", _counted_word),
    (r"(?P<m>MONTHNAME)", _date),
    (r"(?P<z>CORR)", _correction),
    (r"\(?(?P<name>[a-z]+(?:[_/-][a-z]+)+|[a-z]{1,6})\)?", _zone),
    (
        _SHORT_DATE + r"(?P<h>H12)(?:[:.](?P<i>MM))?[ \t]*(?P<p>[ap])\.?m\.?(?=[ \t]|\Z)",
        _date_and_time,
    ),
    (
        _SHORT_DATE + r"t?(?P<h>H24)[:.](?P<i>MIN)(?:[:.](?P<s>SEC)(?:[.,](?P<f>[0-9]+))?)?",
        _date_and_time,
    ),
    (r"(?P<sign>[+-]*)[ \t]*(?P<n>[0-9]{1,15})[ \t]*(?P<unit>UNIT)", _counted),
)
"""Every form, and how it is read."""


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], Read], ...]:
    """Return the forms compiled: when a text is first read, since most processes read none."""
    return tuple((_form(pattern), read) for pattern, read in FORMS)


_BETWEEN: Final = frozenset(" \t.,")


def read_parts(text: str) -> Parts:
    """Return what a text says. Raises `ValueError` for one that is no date, saying what was not understood."""
    parts = Parts()
    at = 0
    while at < len(text):
        if text[at] in _BETWEEN:
            at += 1
            continue
        match, read = _longest(text, at)
        read(parts, match)
        at = match.end()
    return parts


def _longest(text: str, at: int) -> tuple[re.Match[str], Read]:
    found: tuple[re.Match[str], Read] | None = None
    for pattern, read in _compiled():
        match = pattern.match(text, at)
        if match is not None and (found is None or match.end() > found[0].end()):
            found = match, read
    if found is None:
        raise ValueError(f"{text[at : at + 12]!r} at position {at} is not understood")
    return found

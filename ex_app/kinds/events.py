"""Events and tasks of calendars (RFC 5545) made records."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from openconnector.records import Record

if TYPE_CHECKING:
    from icalendar import Component

MAX_LENGTH = 5_000_000
"""A longer document is refused, in characters."""

KINDS = {"VEVENT": "event", "VTODO": "task", "VJOURNAL": "journal"}
TEXTS = {
    "SUMMARY": "summary", "DESCRIPTION": "description", "LOCATION": "location", "STATUS": "status",
    "CLASS": "visibility", "URL": "url", "TRANSP": "transparency",
}  # fmt: skip
MOMENTS = {
    "DTSTART": "start", "DTEND": "end", "DUE": "due", "COMPLETED": "completed", "CREATED": "created",
    "LAST-MODIFIED": "updated", "RECURRENCE-ID": "replaces",
}  # fmt: skip
NUMBERS = {"SEQUENCE": "sequence", "PRIORITY": "priority", "PERCENT-COMPLETE": "percentComplete"}


def record(text: str) -> Record:
    """Return a document as a record: one event, task or journal entry. Raises `ValueError` for what is none.

    Of one that recurs the rule is told, and each occurrence that was changed for itself stands in `exceptions`.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError("the document is too long")
    try:
        return _whole(text)
    except (AttributeError, TypeError, LookupError, OverflowError) as error:
        raise ValueError(
            "it breaks the rules of calendars"
        ) from error  # the library says so in many ways


def _whole(text: str) -> Record:
    from icalendar import Calendar  # noqa: PLC0415  takes a while, and few read calendars

    calendar = Calendar.from_ical(text)
    entries = [one for one in calendar.subcomponents if one.name in KINDS]
    if not entries:
        raise ValueError("it holds no event, task or journal entry")
    shown = [_shown(one) for one in entries]
    first = next((one for one in shown if "replaces" not in one), shown[0])
    return {**first, "exceptions": [one for one in shown if one is not first]}


def _shown(entry: "Component") -> Record:
    found: Record = {"uid": str(entry.get("UID", "")), "type": KINDS[str(entry.name)]}
    found |= {to: str(_first(entry, name)) for name, to in TEXTS.items() if name in entry}
    found |= {to: int(_first(entry, name)) for name, to in NUMBERS.items() if name in entry}
    for name, to in MOMENTS.items():
        if name in entry:
            found[to] = _moment(_first(entry, name).dt)
    start = _first(entry, "DTSTART") if "DTSTART" in entry else None
    found["isAllDay"] = start is not None and not isinstance(start.dt, datetime)
    found["timeZone"] = start.params.get("TZID") if start is not None else None
    if "DURATION" in entry:
        found["durationSeconds"] = _first(entry, "DURATION").dt.total_seconds()
    found["recurrence"] = _each(entry, "RRULE", lambda one: one.to_ical().decode())
    found["excluded"] = [
        _moment(moment.dt) for dates in _listed(entry, "EXDATE") for moment in dates.dts
    ]
    found["categories"] = [str(one) for group in _listed(entry, "CATEGORIES") for one in group.cats]
    found["organizer"] = next(iter(_each(entry, "ORGANIZER", _person)), None)
    found["attendees"] = _each(entry, "ATTENDEE", _person)
    found["alarms"] = sum(one.name == "VALARM" for one in entry.subcomponents)
    return found


def _listed(entry: "Component", name: str) -> list[Any]:
    value = entry.get(name, [])
    return value if isinstance(value, list) else [value]


def _first(entry: "Component", name: str) -> Any:
    return _listed(entry, name)[0]


def _each(entry: "Component", name: str, make: Any) -> list[Any]:
    return [make(one) for one in _listed(entry, name)]


def _person(value: Any) -> dict[str, str]:
    told = {name: value.params.get(name) for name in ("CN", "PARTSTAT", "ROLE", "CUTYPE")}
    names = {"CN": "name", "PARTSTAT": "answer", "ROLE": "role", "CUTYPE": "kind"}
    address = str(value)
    is_mail = address.lower().startswith("mailto:")
    person = {"email" if is_mail else "address": address[len("mailto:") :] if is_mail else address}
    return person | {names[name]: str(one) for name, one in told.items() if one}


def _moment(value: date | datetime) -> str:
    return value.isoformat()

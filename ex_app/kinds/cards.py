"""Contacts as vCards (RFC 6350, RFC 2426) made records."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from openconnector.records import Record

MAX_LENGTH = 1_000_000
"""A longer card is refused, in characters; pictures make them long."""

NAME = ("family", "given", "additional", "prefix", "suffix")
ADDRESS = ("box", "extended", "street", "city", "region", "postalCode", "country")
SINGLE = {
    "UID": "uid", "FN": "fullName", "NICKNAME": "nickname", "TITLE": "title", "ROLE": "role", "BDAY": "birthday",
    "ANNIVERSARY": "anniversary", "GENDER": "gender", "NOTE": "note", "REV": "updated",
    "KIND": "kind", "TZ": "timeZone",
}  # fmt: skip
"""Properties a record has once, by their name in it."""
SEVERAL = {"EMAIL": "emails", "TEL": "phones", "URL": "urls", "IMPP": "messengers"}
"""Properties a record has as a list of values with their types."""

MARK = "\ue000"
"""Stands for an escaped semicolon while parts are told apart; a character nobody writes."""
ESCAPED = re.compile(r"\\\\|\\;")


class Line(NamedTuple):
    """One property of a card."""

    name: str
    """In capitals, without its group."""
    parameters: dict[str, list[str]]
    """Values in capitals, by name."""
    value: str

    @property
    def parts(self) -> list[str]:
        """What stands between semicolons."""
        return [part.replace(MARK, ";").strip() for part in self.value.split(";")]

    @property
    def text(self) -> str:
        """The value as text."""
        return self.value.replace(MARK, ";")


def record(text: str) -> Record:
    """Return a card as a record. Raises `ValueError` for what is none."""
    if len(text) > MAX_LENGTH:
        raise ValueError("the card is too long")
    lines = list(_lines(text))
    ends = [(line.name, line.value.upper()) for line in (lines[:1] + lines[-1:])]
    if ends != [("BEGIN", "VCARD"), ("END", "VCARD")]:
        raise ValueError("it is no card")
    found: Record = {name: [] for name in (*SEVERAL.values(), "addresses", "categories")}
    found |= {"name": {}, "organisation": [], "hasPhoto": False, "other": {}}
    for line in lines[1:-1]:
        _take(found, line)
    return found


def _take(found: Record, line: Line) -> None:
    if line.name in SINGLE:
        found.setdefault(SINGLE[line.name], line.text)
    elif line.name in SEVERAL:
        found[SEVERAL[line.name]].append({"value": line.text, **_kinds(line)})
    elif line.name.startswith("X-"):
        found["other"].setdefault(line.name, []).append(line.text)
    else:
        _take_structured(found, line)


def _take_structured(found: Record, line: Line) -> None:
    if line.name == "ADR":
        found["addresses"].append({**_named(ADDRESS, line), **_kinds(line)})
    elif line.name == "N":
        found["name"] = _named(NAME, line)
    elif line.name == "ORG":
        found["organisation"] = [part for part in line.parts if part]
    elif line.name == "CATEGORIES":
        found["categories"] += [one.strip() for one in line.text.split(",") if one.strip()]
    elif line.name == "PHOTO":
        found["hasPhoto"] = True


def _named(names: tuple[str, ...], line: Line) -> dict[str, str]:
    return {name: part for name, part in zip(names, line.parts, strict=False) if part}


def _kinds(line: Line) -> dict[str, Any]:
    kinds = line.parameters.get("TYPE", [])
    is_preferred = "PREF" in kinds or "PREF" in line.parameters
    return {"types": sorted({one.lower() for one in kinds} - {"pref"}), "isPreferred": is_preferred}


def _lines(text: str) -> Iterator[Line]:
    from icalendar.parser import Contentlines  # noqa: PLC0415  takes a while, and few read contacts

    marked = ESCAPED.sub(lambda found: MARK if found[0] == r"\;" else found[0], text)
    for content in Contentlines.from_ical(marked):  # type: ignore[no-untyped-call]  # it has no types
        if not content:
            continue
        name, parameters, value = content.parts()
        listed = {
            key.upper(): [
                kind.upper()
                for given in (values if isinstance(values, list) else [values])
                for kind in given.split(",")
            ]
            for key, values in parameters.items()
        }
        yield Line(name.rpartition(".")[2].upper(), listed, value)

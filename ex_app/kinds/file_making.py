"""What a record becomes as a file: where it stands, what is in it, its tags and shares."""

import base64
import binascii
import csv
import io
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from openconnector.errors import RecordError
from openconnector.expressions.paths import MISSING, compile_path
from openconnector.records import Record

Form = Literal["json", "text", "base64", "csv"]

MAX_PATH: Final = 4000
MAX_NAME: Final = 250
"""Nextcloud's own bound on one part of a path, in characters."""
MAX_TAG: Final = 64
FORBIDDEN: Final = frozenset('\\:*?"<>|')
"""Characters that a file may not have on some system its users sync to; Nextcloud itself refuses the first."""
RESERVED: Final = frozenset({".", "..", ".htaccess"})

SHARE_TYPES: Final = {"user": 0, "group": 1, "link": 3, "email": 4, "remote": 6, "team": 7}
PERMISSIONS: Final = range(1, 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Whom a file is shared with."""

    share_type: int
    share_with: str | None
    permissions: int | None

    def body(self, path: str) -> dict[str, Any]:
        """Return it as Nextcloud is asked for it."""
        asked = {
            "path": f"/{path}",
            "shareType": self.share_type,
            "shareWith": self.share_with,
            "permissions": self.permissions,
        }
        return {name: value for name, value in asked.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file to be written."""

    origin_id: str
    """Of the record it is made of."""
    path: str
    """Below the user's root, without a slash at its ends."""
    content: bytes
    tags: list[str]
    shares: list[Share]


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """Makes files of records; every field but the first two is where something stands in a record, as a dot path."""

    folder: str
    form: Form
    path: str
    content: str
    tags: str
    shares: str

    def made(self, record: Record, origin_id: str = "") -> Made:
        """Return the file of a record. Raises `RecordError` that names the field and what would be right."""
        content = record if self.content == "" else _at(record, self.content)
        if content is MISSING:
            raise RecordError(
                f"The record has nothing at {self.content!r} (`content`)", stage="encode"
            )
        return Made(
            origin_id=origin_id,
            path=self._path(_at(record, self.path)),
            content=_written(content, self.form),
            tags=_tags(_at(record, self.tags)),
            shares=[_share(share) for share in _list(_at(record, self.shares), "shares")],
        )

    def _path(self, given: Any) -> str:
        if not isinstance(given, str) or not given.strip("/"):
            raise RecordError(f"The record has no path at {self.path!r} (`path`)", stage="encode")
        parts = [part for part in given.split("/") if part]
        for part in parts:
            if problem := _problem_with(part):
                raise RecordError(
                    f"The path at {self.path!r} has a part that {problem}", stage="encode"
                )
        whole = "/".join([*filter(None, self.folder.split("/")), *parts])
        if len(whole) > MAX_PATH:
            raise RecordError(
                f"The path at {self.path!r} is longer than {MAX_PATH} characters", stage="encode"
            )
        return whole


def _at(record: Record, path: str) -> Any:
    return compile_path(path)(record) if path else MISSING


def _problem_with(part: str) -> str | None:
    """Return what speaks against a part of a path: it may come from anywhere."""
    if part in RESERVED:
        return "is reserved, such as `..`"
    if part != part.strip() or part.endswith("."):
        return "begins or ends with a blank, or ends with a dot"
    if any(ord(letter) < ord(" ") or letter == "\x7f" for letter in part):
        return "holds a control character"
    if bad := FORBIDDEN.intersection(part):
        return f"holds {min(bad)!r}, which a file name may not have everywhere"
    if len(part) > MAX_NAME or len(part.encode(errors="replace")) > MAX_NAME:
        return f"is longer than {MAX_NAME} bytes"
    return None


def _written(value: Any, form: Form) -> bytes:
    if form == "json":
        return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if form == "csv":
        return _table(value)
    if not isinstance(value, str):
        raise RecordError(f"The content is no text, as the form {form!r} wants it", stage="encode")
    if form == "text":
        return value.encode(errors="replace")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise RecordError("The content is no base64", stage="encode") from None


def _table(rows: Any) -> bytes:
    """Return a list of objects as CSV: a column for every name, in the order in which they come up."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RecordError(
            "The content is no list of objects, as the form 'csv' wants it", stage="encode"
        )
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([[_cell(row.get(name)) for name in columns] for row in rows])
    return text.getvalue().encode(errors="replace")


def _cell(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, (dict, list, bool)) else value


def _list(value: Any, field: str) -> list[Any]:
    if value is MISSING or value is None:
        return []
    if not isinstance(value, list):
        raise RecordError(f"What stands at `{field}` is no list", stage="encode")
    return value


def _tags(value: Any) -> list[str]:
    tags = _list(value, "tags")
    if not all(isinstance(tag, str) and 0 < len(tag.strip()) <= MAX_TAG for tag in tags):
        raise RecordError(f"Tags are texts of at most {MAX_TAG} characters", stage="encode")
    return list(dict.fromkeys(tag.strip() for tag in tags))


def _share(value: Any) -> Share:
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in SHARE_TYPES:
        known = ", ".join(SHARE_TYPES)
        raise RecordError(f"A share is an object with a `type`, one of {known}", stage="encode")
    with_whom, permissions = value.get("with"), value.get("permissions")
    if kind != "link" and not (isinstance(with_whom, str) and with_whom):
        raise RecordError(f"A share of type {kind!r} says `with` whom", stage="encode")
    if permissions is not None and permissions not in PERMISSIONS:
        raise RecordError("`permissions` of a share is a number from 1 to 31", stage="encode")
    whom = None if kind == "link" else with_whom
    return Share(share_type=SHARE_TYPES[kind], share_with=whom, permissions=permissions)

"""What a file in Nextcloud says about itself, as a record."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from ex_app.nextcloud.webdav import Element, Entry
from openconnector.records import Record

SHARE_KINDS: Final = {
    "0": "user", "1": "group", "3": "link", "4": "email", "6": "remote", "7": "team", "9": "remote_group", "10": "room",
    "12": "deck",
}  # fmt: skip
"""Nextcloud's numbers of ways to share."""


def record_of(entry: Entry) -> Record:
    """Return a file or folder as a record; `id` is its file id, which it keeps when it is moved."""
    above, _, name = entry.path.rpartition("/")
    return {
        "id": entry.fileid,
        "path": f"/{entry.path}",
        "folder": f"/{above}",
        "name": name,
        "type": "folder" if entry.is_folder else "file",
        "etag": entry.etag,
        "modified": _http_date(entry.text("d:getlastmodified")),
        "created": _seconds(entry.number("nc:creation_time")),
        "uploaded": _seconds(entry.number("nc:upload_time")),
        "size": entry.number("oc:size"),
        "mimetype": entry.text("d:getcontenttype") or None,
        "permissions": entry.text("oc:permissions"),
        "owner": entry.text("oc:owner-id") or None,
        "ownerName": entry.text("oc:owner-display-name") or None,
        "mount": entry.text("nc:mount-type") or None,
        "isFavorite": entry.text("oc:favorite") == "1",
        "tags": [tag.text for tag in _children(entry, "nc:system-tags", "nc:system-tag")],
        "sharedAs": [
            SHARE_KINDS.get(kind.text, kind.text)
            for kind in _children(entry, "oc:share-types", "oc:share-type")
        ],
        "sharedWith": [_sharee(sharee) for sharee in _children(entry, "nc:sharees", "nc:sharee")],
    }


def _children(entry: Entry, name: str, child: str) -> Iterator[Element]:
    found = entry.properties.get(name)
    return found.each(child) if found else iter(())


def _sharee(sharee: Element) -> dict[str, Any]:
    kind = sharee.text_of("nc:type")
    return {
        "id": sharee.text_of("nc:id"),
        "name": sharee.text_of("nc:display-name"),
        "type": SHARE_KINDS.get(kind, kind),
    }


def _http_date(text: str) -> str | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC).isoformat() if text else None
    except ValueError:
        return None


def _seconds(seconds: int) -> str | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds > 0 else None
    except (OverflowError, ValueError, OSError):
        return None

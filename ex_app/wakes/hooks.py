"""Webhooks as they are wanted and as Nextcloud lists them."""

import re
from dataclasses import dataclass
from typing import Any, Self

import orjson

from ex_app.wakes.events import Event, events_of
from openconnector.definitions.models import WakeOn

RECEIVER = "/_internal/wake/"
"""Where they are received, followed by the id of the synchronization. No route in `info.xml` reaches here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One webhook, as far as it matters to us; equal ones do the same."""

    uri: str
    event: str
    filter: str
    """As canonical JSON."""
    user: str
    """Only what this account does; empty for anybody."""

    @classmethod
    def listed(cls, entry: dict[str, Any]) -> Self:
        """Return a webhook of Nextcloud's list."""
        return cls(
            uri=str(entry.get("uri")),
            event=str(entry.get("event")).lstrip("\\"),
            # PHP writes an empty object as a list.
            filter=_canonical(entry.get("eventFilter") or {}),
            user=str(entry.get("userIdFilter") or ""),
        )

    @property
    def body(self) -> dict[str, Any]:
        """What is posted to make it. A delivery has no Content-Type unless it is asked for."""
        return {
            "httpMethod": "POST",
            "uri": self.uri,
            "event": self.event,
            "eventFilter": orjson.loads(self.filter),
            "userIdFilter": self.user,
            "headers": {"Content-Type": "application/json"},
            "authMethod": "none",
            "authData": {},
        }


def hooks_for(synchronization_id: str, wake: WakeOn) -> set[Hook]:
    """Return the webhooks that wake a synchronization."""
    return {
        Hook(
            uri=RECEIVER + synchronization_id,
            event=event.name,
            filter=_canonical(_filter(event, wake.path)),
            user=wake.user,
        )
        for event in events_of(wake.event)
    }


def _filter(event: Event, folder: str) -> dict[str, Any]:
    """Return Nextcloud's filter for a folder of anybody's files.

    It is evaluated within the request of whoever changes a file, where a wrong one does harm. So nothing of it is
    what a user wrote but the folder's name, and every mark in that is escaped.
    """
    names = [name for name in folder.split("/") if name]
    if not names or not event.paths:
        return {}
    inside = "\\/".join(map(_escaped, names))
    pattern = f"/^\\/[^\\/]+\\/files\\/{inside}(\\/|$)/"
    conditions = [{path: pattern} for path in event.paths]
    return conditions[0] if len(conditions) == 1 else {"$or": conditions}


def _escaped(name: str) -> str:
    return re.sub(r"([\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e])", r"\\\1", name)


def _canonical(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

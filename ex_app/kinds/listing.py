"""Reading a long list of Nextcloud page by page, although it may change meanwhile."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
import xxhash

from openconnector.errors import EndlessRead, MalformedAnswer
from openconnector.messages import t
from openconnector.records import Cursor, Page, Record

OVERLAP = 1
"""Each page begins with the last entry of the one before: where that is missing, the list has moved."""

CHANGED = (
    "The list changed while it was read, so entries may be missing and nothing was deleted; "
    "the next run reads it anew"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some entries of a list."""

    records: list[Record]
    """As they come; each has an `id`."""
    hidden: frozenset[str] = frozenset()
    """The ids of those that are shown by no more than their id: they are left out, and the read is incomplete."""


HIDDEN = (
    "Nextcloud shows the acting account no more than the id of some entries. They were left out and nothing was "
    "deleted; an administrator sees all of them"
)


def entries(data: Any, name: str) -> list[Record]:
    """Return the entries under this name: an object by id, and a list where it is empty or PHP takes it for one.

    Raises `MalformedAnswer`.
    """
    found = data.get(name) if isinstance(data, dict) else None
    listed = list(found.values()) if isinstance(found, dict) else found
    if not isinstance(listed, list) or not all(
        isinstance(one, dict) and "id" in one for one in listed
    ):
        raise MalformedAnswer(
            t("Nextcloud answered no list of entries with ids as `{name}`", name=name)
        )
    return listed


Ask = Callable[[int, int], Awaitable[Part]]
"""Returns at most so many entries (the first number) from this one on (the second, from 0)."""


async def pages(ask: Ask, *, size: int, cursor: Cursor | None) -> AsyncIterator[Page]:
    """Yield a list page by page, one request for each; a page that is not full proves the end.

    Raises `EndlessRead` when a page comes twice.
    """
    state = cursor or {"offset": 0, "before": [], "missing": None}
    offset, before, missing = state["offset"], state["before"], state["missing"]
    while True:
        part = await ask(size, offset)
        ids = [str(record.get("id")) for record in part.records]
        if before and ids == before:
            raise EndlessRead(
                t("The entries from {offset} on are the same as those before them", offset=offset)
            )
        if before and not set(before) & set(ids):
            missing = CHANGED
        if part.hidden:
            missing = HIDDEN
        known = part.hidden.union(before)
        records = [one for one, key in zip(part.records, ids, strict=True) if key not in known]
        is_last = len(ids) < size
        offset, before = offset + size - OVERLAP, ids
        yield Page(
            records=records,
            cursor=None if is_last else {"offset": offset, "before": before, "missing": missing},
            is_end=is_last and missing is None,
            incomplete=missing if is_last else None,
            digest=xxhash.xxh3_128_digest(orjson.dumps(records)),
        )
        if is_last:
            return

"""What a write would change, field by field."""

from collections.abc import Iterator
from typing import Any

from openconnector.records import Difference, Record

MAX_DIFFERENCES = 200
"""Fields shown per record; more are not read by anybody."""


def differences(before: Record | None, after: Record | None) -> list[Difference]:
    """Return every field that differs, by dot path; a field that is absent on one side shows as null."""
    found = []
    for difference in _walk("", before or {}, after or {}):
        found.append(difference)
        if len(found) == MAX_DIFFERENCES:
            break
    return found


def _walk(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            inner = f"{path}.{name}" if path else str(name)
            yield from _walk(inner, before.get(name), after.get(name))
    elif before != after or type(before) is not type(after):
        yield Difference(path=path, before=before, after=after)

"""How the paths of a mapping stand to each other: which is another, or leads to it."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from openconnector.expressions.paths import list_index, split_path

MAX_KEYS: Final = 32
"""Longer paths are looked at no further than this, and count as touched."""


class Overlaps:
    """Finds which paths of a mapping touch a given one, without looking at every other."""

    def __init__(self, paths: Iterable[str], removed: Iterable[str]) -> None:
        chosen, taken = set(paths), set(removed)
        self._paths = {split_path(path) for path in chosen}
        self._removed = {split_path(path) for path in taken}
        self._leading = Counter(lead for path in chosen for lead in leads(split_path(path)))
        """How many paths begin so."""
        self._removed_leading = {lead for path in self._removed for lead in leads(path)}

    def is_alone(self, path: str) -> bool:
        """Return whether no other path is this one or leads to it, nor this one to it, and none is removed."""
        keys = split_path(path)
        if len(keys) > MAX_KEYS:
            return False
        *before, whole = leads(keys)
        if self._leading[whole] > 1 or whole in self._removed_leading:
            return False
        return not any(lead in self._paths or lead in self._removed for lead in before)


def leads(keys: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return what a path begins with, from its first key to the whole of it."""
    return [keys[:end] for end in range(1, min(len(keys), MAX_KEYS) + 1)]


def has_overlap(paths: list[tuple[str, ...]]) -> bool:
    """Return whether any of the paths is another, or leads to it."""
    known = set(paths)
    if len(known) < len(paths):
        return True
    return any(lead in known for path in paths for lead in leads(path)[:-1])


def is_index(key: str) -> bool:
    """Return whether a path segment can be an index of a list."""
    return list_index(key) is not None

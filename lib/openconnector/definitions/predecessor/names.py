"""By what the entities of the predecessor name each other, and the slugs they have here.

In its database entities are numbered, and the numbers mean nothing elsewhere; mappings also call others by uuid, slug
or address.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from openconnector.definitions.models import SLUG_PATTERN, slug_of
from openconnector.definitions.predecessor.exports import Export

NUMBER: Final = re.compile(r"[0-9]+")
OWN_ADDRESS: Final = re.compile(r"(?P<base>https?://.+/)[a-z]+/[0-9]+/?")
"""The address under which the predecessor showed an entity, which it exported as `@id`."""

ADDRESSED: Final = {
    "source": "sources",
    "mapping": "mappings",
    "synchronization": "synchronizations",
}
"""Kind of an entity -> its part of such an address."""


class Names:
    """The slugs of what is taken over, found by whatever names it."""

    def __init__(self, exports: Iterable[Export]) -> None:
        self._slugs: dict[int, str] = {}
        self._exports: dict[tuple[str, str], Export] = {}
        self._found: dict[tuple[str, str], set[str]] = defaultdict(set)
        taken: set[tuple[str, str]] = set()
        for export in sorted(exports, key=_number):
            slug = _slug(export)
            if (export.kind, slug) in taken and (number := export.text("id")):
                export.warn(
                    f"Another {export.kind} has the slug {slug!r} too, so this one is called {slug}-{number}"
                )
                slug = f"{slug}-{number}"
            taken.add((export.kind, slug))
            self._slugs[id(export)] = slug
            self._exports[export.kind, slug] = export
            for key in _keys(export):
                self._found[export.kind, key].add(slug)
            self._found[export.kind, slug].add(slug)

    def slug(self, export: Export) -> str:
        """Return the slug an entity has here."""
        return self._slugs[id(export)]

    def export(self, kind: str, slug: str) -> Export | None:
        """Return what is taken over under a slug."""
        return self._exports.get((kind, slug))

    def found(self, kind: str, key: str) -> Export | None:
        """Return what is taken over under any of its names; None when that is nothing, or more than one."""
        slugs = self._found.get((kind, key.strip()), set())
        return self.export(kind, min(slugs)) if len(slugs) == 1 else None

    def named(self, export: Export, kind: str, key: str, path: str) -> str:
        """Return the slug, or else the address, of what an entity names at a place of it.

        A number that is not among what is taken over, and whose address cannot be told, is refused.
        """
        key = key.strip()
        found = self._found.get((kind, key), set())
        if len(found) > 1:
            said = f"names a {kind} by {key!r}, which {len(found)} of what is imported have"
            export.refuse(path, f"{said}; import the installations one by one")
        if found:
            return min(found)
        if not NUMBER.fullmatch(key):
            return key
        addresses = (OWN_ADDRESS.fullmatch(export.text(name)) for name in ("@id", "reference"))
        if address := next(filter(None, addresses), None):
            # What came in earlier from the same installation is known by its address.
            return f"{address['base']}{ADDRESSED[kind]}/{key}"
        export.refuse(
            path,
            f"names the {kind} number {key}, which is not among what is imported; import its export together with this",
        )
        return key


def reference_of(export: Export) -> str:
    """Return the permanent address of an entity, "" when it has none."""
    return export.text("reference") or export.text("@id")


def _number(export: Export) -> int:
    number = export.text("id")
    return int(number) if NUMBER.fullmatch(number) and len(number) < 20 else 0  # noqa: PLR2004 - 64 bits


def _keys(export: Export) -> set[str]:
    texts = (export.text(name) for name in ("id", "uuid", "slug", "reference", "@id"))
    return {text for text in (*texts, export.key) if text}


def _slug(export: Export) -> str:
    given = export.text("slug") or export.key
    if re.fullmatch(SLUG_PATTERN, given):
        return given
    return slug_of(given or export.name)

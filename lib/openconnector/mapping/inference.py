"""Proposes the schema of objects that are made from sample records, and the mapping that makes them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openconnector.mapping.leaves import Leaf, of_records
from openconnector.mapping.suggestions import reference

KEPT_FORMATS: Final = frozenset({"email", "uri", "uuid", "date"})
"""Formats of JSON Schema that a few texts prove well enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """What objects made from records could look like."""

    properties: dict[str, Any]
    """The JSON Schema of each property. Any may be null: no sample shows what is sometimes missing."""
    mapping: dict[str, str]
    """Property -> a template that reads the field: what is missing is null, where a path would be taken for a text."""


def infer(records: Sequence[Any]) -> Inferred:
    """Return a flat schema with a property for every field of the records.

    A property is called as its field; where several are called alike, as the way to each. Raises `InvalidInput` when
    there are more than 200 fields.
    """
    leaves = [leaf for leaf in of_records(records) if not leaf.is_picked]
    names = _names(leaves)
    return Inferred(
        properties={name: _schema(leaf) for name, leaf in names.items()},
        mapping={name: f"{{{{ {reference(leaf.path)} }}}}" for name, leaf in names.items()},
    )


def _names(leaves: Sequence[Leaf]) -> dict[str, Leaf]:
    """Return the leaves by a name of their own, as short as can be."""
    called = Counter(_plain(leaf.path[-1]) for leaf in leaves)
    found: dict[str, Leaf] = {}
    for leaf in leaves:
        short = _plain(leaf.path[-1])
        name = short if called[short] == 1 else _plain("_".join(leaf.path))
        while name in found:
            name += "_"
        found[name] = leaf
    return found


def _plain(name: str) -> str:
    """Return a name without dots, which would make it a path."""
    return name.replace(".", "_")


def _schema(leaf: Leaf) -> dict[str, Any]:
    types = sorted(_widened(leaf.types))
    schema: dict[str, Any] = {"type": [*types, "null"]} if types else {}
    if leaf.format in KEPT_FORMATS and types == ["string"]:
        schema["format"] = leaf.format
    if leaf.elements and types == ["array"]:
        schema["items"] = {
            "type": "object",
            "properties": {one.path[0]: _schema(one) for one in _direct(leaf.elements)},
        }
    return schema


def _direct(elements: Iterable[Leaf]) -> list[Leaf]:
    """Return the fields of an element itself: what lies deeper may be anything."""
    return [one for one in elements if len(one.path) == 1]


def _widened(types: frozenset[str]) -> frozenset[str]:
    """Return the types with any number in the place of a whole one: the next record may hold a fraction."""
    return frozenset("number" if name == "integer" else name for name in types)

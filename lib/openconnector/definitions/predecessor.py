"""What the predecessor exported, as our documents have it.

It writes one thing to a file, as JSON-LD: `@context`, `@type` and `@id` beside the fields of its database.
"""

from collections.abc import Mapping
from typing import Any, Final

from openconnector.definitions.models import slug_of
from openconnector.definitions.store import MAPPINGS
from openconnector.errors import FieldProblem, InvalidInput

TYPE: Final = "@type"
"""The field by which an export of the predecessor is known."""

FIELDS: Final = (
    "name", "slug", "description", "version", "reference", "mapping", "cast", "unset", "passThrough", "dialect",
)  # fmt: skip
"""What is taken over of a mapping; all else belongs to the installation it came from."""


def is_export(value: Any) -> bool:
    """Whether a document is what the predecessor exported."""
    return isinstance(value, dict) and TYPE in value


def as_document(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an export of the predecessor as a document of ours. Raises `InvalidInput` for what is not taken over."""
    if str(value[TYPE]).lower() != "mapping":
        message = f"is {value[TYPE]!r}; of the predecessor's exports, mappings are taken over"
        raise InvalidInput([FieldProblem(field=TYPE, message=message)], subject="document")
    return {MAPPINGS.name: [_mapping(value)]}


def _mapping(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping; its templates were written for Twig, so it stays in that dialect."""
    entry = {name: value[name] for name in FIELDS if value.get(name) is not None}
    entry.setdefault("dialect", "twig")
    address = value.get("@id")
    if isinstance(address, str) and address:
        entry.setdefault("reference", address)
    name = entry.get("name")
    if not entry.get("slug") and isinstance(name, str):
        entry["slug"] = slug_of(name)
    return entry

"""How the envelope of OCS is written, in JSON and in XML."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from openconnector.expressions.php import to_text
from openconnector.markup import Element, is_name, without_forbidden, write

MAX_DEPTH = 150
"""Values nested deeper stand in XML as one text of JSON: nobody can read so many elements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What an envelope says about its data."""

    is_good: bool
    code: int
    message: str
    total: int | None
    """How many entries a list has on all its pages; None when the data is no list."""
    per_page: int | None
    counts_always: bool
    """Whether both are named where there is no list too, as empty texts."""

    def shown(self) -> dict[str, Any]:
        """Return the meta block."""
        status = "ok" if self.is_good else "failure"
        found = {"status": status, "statuscode": self.code, "message": self.message}
        counts = {"totalitems": self.total, "itemsperpage": self.per_page}
        if self.counts_always:
            return found | {name: _count(count) for name, count in counts.items()}
        return found | {name: count for name, count in counts.items() if count is not None}


def as_json(meta: Meta, data: Any) -> bytes:
    """Return the envelope in JSON."""
    return orjson.dumps({"ocs": {"meta": meta.shown(), "data": data}})


def as_xml(meta: Meta, data: Any) -> bytes:
    """Return the envelope in XML: true is `1`, false and null are empty, each entry of a list is an `element`.

    A key that cannot name an element becomes the attribute `name` of an `element`.
    """
    return write(_element("ocs", {"meta": meta.shown(), "data": data}, 1))


def _element(name: str, value: Any, depth: int) -> Element:
    # A prefix that nobody declared would be refused by every reader that knows namespaces.
    is_plain = is_name(name) and ":" not in name
    element = Element(name if is_plain else "element")
    if not is_plain and not name.isdecimal():  # PHP cannot tell such a key from a place in a list
        element.attributes["name"] = without_forbidden(name)
    if isinstance(value, dict | list) and depth < MAX_DEPTH:
        element.children.extend(_element(key, one, depth + 1) for key, one in _entries(value))
        return element
    text = orjson.dumps(value).decode() if isinstance(value, dict | list) else to_text(value)
    if text:
        element.children.append(without_forbidden(text))
    return element


def _count(count: int | None) -> str:
    return "" if count is None else str(count)


def _entries(value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    return ((str(key), one) for key, one in pairs)

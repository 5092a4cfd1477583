"""The fields of sample records and of a JSON Schema, as suggestions compare them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from openconnector.errors import FieldProblem, InvalidInput
from openconnector.expressions.paths import ESCAPED_DOT
from openconnector.messages import t

MAX_FIELDS: Final = 200
"""How many fields records or a schema may have."""

MAX_DEPTH: Final = 8
"""How deep fields are looked for."""

MAX_ELEMENTS: Final = 20
"""How many elements of a list are looked at."""

FORMATS: Final[dict[str, re.Pattern[str]]] = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "uri": re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE),
    "uuid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE),
    "date-time": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "day": re.compile(r"\d\d[-/.]\d\d[-/.]\d{4}"),
    "integer": re.compile(r"[-+]?\d{1,15}"),
    "number": re.compile(r"[-+]?\d{1,15}\.\d{1,15}"),
    "boolean": re.compile(r"true|false|yes|no|ja|nee", re.IGNORECASE),
}
"""What a text may hold, each as the whole of it; `day` is day, month and year."""

TYPES: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One field."""

    path: tuple[str, ...]
    """The keys that lead to it."""
    types: frozenset[str] = frozenset()
    """JSON types of its values; empty when any is possible."""
    format: str | None = None
    """What its texts hold, if all of them hold the same."""
    title: str = ""
    """What a schema calls it for people."""
    elements: tuple["Leaf", ...] = ()
    """The fields of the objects it lists, by paths within one of them."""
    is_picked: bool = False
    """It stands in the first element of a list."""

    @property
    def dotted(self) -> str:
        """The dot path."""
        return ".".join(key.replace(".", ESCAPED_DOT) for key in self.path)


def of_records(records: Sequence[Any]) -> list[Leaf]:
    """Return the fields of sample records. Raises `InvalidInput` when there are too many."""
    found = list(_fields(records, (), 0))
    return _bounded(found, "record")


def _fields(records: Iterable[Any], path: tuple[str, ...], depth: int) -> Iterator[Leaf]:
    seen: dict[str, list[Any]] = {}
    for record in records:
        if isinstance(record, dict):
            for key, value in record.items():
                seen.setdefault(key, []).append(value)
    for key, values in seen.items():
        yield from _field((*path, key), values, depth + 1)


def _field(path: tuple[str, ...], values: list[Any], depth: int) -> Iterator[Leaf]:
    types = frozenset(_type(value) for value in values if value is not None)
    inner = [value for value in values if isinstance(value, dict)]
    listed = [one for value in values if isinstance(value, list) for one in value[:MAX_ELEMENTS]]
    objects = [one for one in listed if isinstance(one, dict)]
    elements = tuple(_fields(objects, (), depth)) if objects and depth < MAX_DEPTH else ()
    if not inner:
        yield Leaf(path=path, types=types, format=_format(values), elements=elements)
    elif depth < MAX_DEPTH:
        yield from _fields(inner, path, depth)
    for one in elements:
        if not one.elements:
            yield replace(one, path=(*path, "0", *one.path), is_picked=True)


def _type(value: Any) -> str:
    return next(name for kind, name in TYPES if isinstance(value, kind))


def _format(values: Iterable[Any]) -> str | None:
    texts = [value for value in values if isinstance(value, str) and value]
    if not texts:
        return None
    for name, pattern in FORMATS.items():
        if all(pattern.fullmatch(text) for text in texts):
            return name
    return None


def of_schema(schema: Mapping[str, Any]) -> list[Leaf]:
    """Return the fields of a JSON Schema's objects. Raises `InvalidInput` when there are none or too many."""
    found = list(_properties(schema, schema, (), 0))
    if not found:
        problem = FieldProblem(field="schema", message=t("names no properties to find values for"))
        raise InvalidInput([problem])
    return _bounded(found, "schema")


def _properties(
    schema: Any, whole: Mapping[str, Any], path: tuple[str, ...], depth: int
) -> Iterator[Leaf]:
    for key, inner in _members(schema, whole).items():
        yield from _property((*path, str(key)), _resolved(inner, whole), whole, depth + 1)


def _property(
    path: tuple[str, ...], schema: Any, whole: Mapping[str, Any], depth: int
) -> Iterator[Leaf]:
    if _members(schema, whole):
        if depth < MAX_DEPTH:
            yield from _properties(schema, whole, path, depth)
        return
    items = _resolved(schema.get("items"), whole)
    elements = _properties(items, whole, (), depth) if depth < MAX_DEPTH else ()
    yield Leaf(
        path=path,
        types=_types(schema),
        format=schema.get("format") if isinstance(schema.get("format"), str) else None,
        title=schema.get("title") if isinstance(schema.get("title"), str) else "",
        elements=tuple(elements),
    )


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    said = schema.get("type")
    names = said if isinstance(said, list) else [said]
    return frozenset(name for name in names if isinstance(name, str)) - {"null"}


def _members(schema: Any, whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a schema, those of its `allOf` included."""
    found: dict[str, Any] = {}
    waiting, looked = [schema], 0
    while waiting and looked < MAX_FIELDS:
        looked += 1
        one = _resolved(waiting.pop(0), whole)
        properties, parts = one.get("properties"), one.get("allOf")
        if isinstance(properties, dict):
            found = {**properties, **found}
        if isinstance(parts, list):
            waiting += parts
    return found


def _resolved(schema: Any, whole: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema, or what its `$ref` within the document leads to; one that leads nowhere is empty."""
    for _ in range(MAX_DEPTH):
        if not isinstance(schema, dict):
            return {}
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema
        schema = _at(whole, reference)
    return {}


def _at(whole: Any, reference: str) -> Any:
    if not reference.startswith("#/"):
        return None
    for part in reference.removeprefix("#/").split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        whole = whole.get(key) if isinstance(whole, dict) else None
    return whole


def _bounded(found: list[Leaf], what: str) -> list[Leaf]:
    if len(found) > MAX_FIELDS:
        message = f"has {len(found)} fields; suggestions are made for at most {MAX_FIELDS}"
        raise InvalidInput([FieldProblem(field=what, message=message)])
    return found

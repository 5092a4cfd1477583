"""Paths: where a value stands in a record.

A path that begins with `$` is a JSONPath query (RFC 9535). Anything else is a dot path: `address.geo.lat` walks
objects, `items.0.naam` indexes lists, and a dot that belongs to a key is written `&#46;` (`metadata.schema&#46;org`),
as the predecessor did. Targets are always dot paths. Paths are compiled once and cached.
"""

from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, Literal, TypeAlias

from openconnector.expressions.query_form import is_query

ESCAPED_DOT: Final = "&#46;"
"""How a path writes a dot that is part of a key."""

MAX_LIST_INDEX: Final = 1_000_000
"""The highest index a path may name in a list; a longer number is an object's key."""

COMPILED_PATHS: Final = 4096
"""How many compiled paths are kept."""


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"

    def __bool__(self) -> Literal[False]:
        return False


MISSING: Final = Missing.MISSING
"""What a path gives that leads nowhere; a null that is there is None."""

Getter: TypeAlias = Callable[[Any], Any]
"""Takes a value, gives what stands at the path or `MISSING`."""


@lru_cache(maxsize=COMPILED_PATHS)
def split_path(path: str) -> tuple[str, ...]:
    """Return the keys a dot path walks, with escaped dots written out."""
    if ESCAPED_DOT not in path:
        return tuple(path.split("."))
    return tuple(segment.replace(ESCAPED_DOT, ".") for segment in path.split("."))


def compile_path(path: str) -> Getter:
    """Return a function that gives what stands at ``path`` in a value, or `MISSING`.

    A JSONPath query gives the value of its one match, a list of the values of several, and `MISSING` for none.
    Raises `ConfigurationError` for a wrong query; the function raises `TemplateLimit` for one that looks at too much.
    """
    return _query(path) if is_query(path) else compile_dot_path(path)


def _query(path: str) -> Getter:
    from openconnector.expressions.jsonpath import compile_query  # noqa: PLC0415  most paths are no queries

    find = compile_query(path).find

    def get(value: Any) -> Any:
        found = find(value)
        return found[0] if len(found) == 1 else found or MISSING

    return get


@lru_cache(maxsize=COMPILED_PATHS)
def compile_dot_path(path: str) -> Getter:
    """Return a function that gives what stands at a dot path in a value, or `MISSING`; a `$` is a sign like others."""
    steps = split_path(path)
    if len(steps) == 1:
        return _one(steps[0])
    if len(steps) == 2:  # noqa: PLR2004 - two segments are common enough for a function of their own
        return _two(*steps)
    return _many(steps)


def child(value: Any, key: str) -> Any:
    """Return the member ``key`` of an object or list, or `MISSING`."""
    if isinstance(value, dict):
        found = value.get(key, MISSING)
        if found is MISSING and "." in key:
            return value.get(key.replace(".", ESCAPED_DOT), MISSING)
        return found
    if isinstance(value, list):
        index = list_index(key)
        return value[index] if index is not None and index < len(value) else MISSING
    return MISSING


def list_index(key: str) -> int | None:
    """Return the index a path segment names; None when it is no plain decimal number."""
    if not (key.isascii() and key.isdecimal()) or (key[0] == "0" and key != "0"):
        return None
    if len(key) > len(str(MAX_LIST_INDEX)):
        return None
    index = int(key)
    return index if index <= MAX_LIST_INDEX else None


def _one(key: str) -> Getter:
    def get(value: Any) -> Any:
        if type(value) is dict and (found := value.get(key, MISSING)) is not MISSING:
            return found
        return child(value, key)

    return get


def _two(first: str, second: str) -> Getter:
    def get(value: Any) -> Any:
        try:
            return value[first][second]
        except (KeyError, TypeError, IndexError):
            return child(child(value, first), second)

    return get


def _many(keys: tuple[str, ...]) -> Getter:
    def get(value: Any) -> Any:
        for key in keys:
            if type(value) is not dict or (found := value.get(key, MISSING)) is MISSING:
                found = child(value, key)
                if found is MISSING:
                    return MISSING
            value = found
        return value

    return get


def set_path(target: Any, path: str, value: Any) -> Any:
    """Put ``value`` at ``path`` in ``target`` and return the target.

    Objects and lists on the way are created where missing, and copied where present, so that a value shared with
    another record never changes. The segment `0` of something new begins a list; an index beyond the end of a list
    turns it into an object with the indices as keys, as in the predecessor. Only such a turn of the target itself
    makes the returned target another object than the given one.
    """
    keys = split_path(path)
    if not isinstance(target, (dict, list)):
        target = {}
    root = node = _ready(target, keys[0])
    for key, following in pairwise(keys):
        below = child(node, key)
        copied = _ready(below.copy() if isinstance(below, (dict, list)) else {}, following)
        _put(node, key, copied)
        node = copied
    _put(node, keys[-1], value)
    return root


def unset_path(target: Any, path: str) -> Any:
    """Take away what stands at ``path`` in ``target`` and return the target; an absent path changes nothing.

    Like `set_path`, it copies what lies on the way. Taking an element from the middle of a list leaves an object
    with the remaining indices as keys, as in the predecessor.
    """
    if compile_dot_path(path)(target) is MISSING:
        return target
    last = split_path(path)[-1]
    parent_path, dot, _ = path.rpartition(".")
    if not dot:
        return _without(target, last)
    parent = compile_dot_path(parent_path)(target)
    return set_path(target, parent_path, _without(parent.copy(), last))


def _ready(node: dict[str, Any] | list[Any], key: str) -> dict[str, Any] | list[Any]:
    """Return ``node`` in the form that can take ``key``."""
    if not node:
        return [] if key == "0" else {}
    if isinstance(node, list):
        index = list_index(key)
        return node if index is not None and index <= len(node) else as_object(node)
    return node


def _put(node: dict[str, Any] | list[Any], key: str, value: Any) -> None:
    if isinstance(node, dict):
        node[key] = value
        return
    index = int(key)
    if index == len(node):
        node.append(value)
    else:
        node[index] = value


def _without(node: dict[str, Any] | list[Any], key: str) -> dict[str, Any] | list[Any]:
    if isinstance(node, dict):
        node.pop(key if key in node else key.replace(".", ESCAPED_DOT))
        return node
    index = int(key)
    if index == len(node) - 1:
        node.pop()
        return node
    return {name: value for name, value in as_object(node).items() if name != key}


def as_object(items: list[Any]) -> dict[str, Any]:
    """Return a list as an object whose keys are the indices."""
    return {str(index): item for index, item in enumerate(items)}

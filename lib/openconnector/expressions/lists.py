"""Filters of lists and objects. What each does is its docstring; what it may produce is limited."""

from collections.abc import Callable
from typing import Any, Final

from openconnector.expressions import php
from openconnector.expressions.json_texts import write_json
from openconnector.expressions.limits import MAX_RANGE, join_texts
from openconnector.expressions.paths import MISSING, compile_path
from openconnector.expressions.values import known, number, to_text


def join(value: Any, separator: Any = "", attribute: str | None = None) -> str:
    """Put the texts of a list's elements together with a separator between.

    Example:
        >>> {{ [1, 2, 3] | join(', ') }}
        1, 2, 3
        >>> {{ [{'n': 'a'}, {'n': 'b'}] | join('-', attribute='n') }}
        a-b
    """
    elements = listed(value)
    if attribute is not None:
        elements = list(map(picker(attribute), elements))
    texts = [to_text(element) for element in elements]
    return join_texts(texts, to_text(separator))


def first(value: Any) -> Any:
    """Give the first element, or the first character.

    Example:
        >>> {{ ['b', 'a'] | first }}
        b
    """
    elements = value if isinstance(value, str) else listed(value)
    return elements[0] if elements else MISSING


def last(value: Any) -> Any:
    """Give the last element, or the last character.

    Example:
        >>> {{ ['b', 'a'] | last }}
        a
    """
    elements = value if isinstance(value, str) else listed(value)
    return elements[-1] if elements else MISSING


def length(value: Any) -> int:
    """Count elements, fields or characters; nothing has none.

    Example:
        >>> {{ ['b', 'a'] | length }}
        2
        >>> {{ none | length }}
        0
    """
    if isinstance(value, (str, list, dict)):
        return len(value)
    return 0 if value is None or value is MISSING else len(to_text(value))


def reverse(value: Any) -> Any:
    """Turn a list or text round.

    Example:
        >>> {{ [1, 2, 3] | reverse }}
        [3,2,1]
        >>> {{ 'jan' | reverse }}
        naj
    """
    return value[::-1] if isinstance(value, str) else listed(value)[::-1]


def keys(value: Any) -> list[Any]:
    """Give the keys of an object, the positions of a list.

    Example:
        >>> {{ {'a': 1, 'b': 2} | keys }}
        ["a","b"]
    """
    return list(range(len(value))) if isinstance(value, list) else list(fields(value))


def values(value: Any) -> list[Any]:
    """Give the values of an object, the elements of a list.

    Example:
        >>> {{ {'a': 1, 'b': 2} | values }}
        [1,2]
    """
    return listed(value)


def pairs(value: Any) -> list[list[Any]]:
    """Give the fields of an object as pairs of key and value.

    Example:
        >>> {{ {'a': 1, 'b': 2} | items }}
        [["a",1],["b",2]]
    """
    return [[key, content] for key, content in fields(value).items()]


def get(value: Any, key: Any, fallback: Any = None) -> Any:
    """Give a field of an object, or the fallback.

    Example:
        >>> {{ {'a': 1}.get('b', 'none') }}
        none
    """
    return fields(value).get(to_text(key), fallback)


def listed(value: Any) -> list[Any]:
    """Give a list as it is, the values of an object, the characters of a text, an empty list for nothing.

    Example:
        >>> {{ 'abc' | list }}
        ["a","b","c"]
    """
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return list(value.values())
    if value is None or value is MISSING:
        return []
    if isinstance(value, str):
        return list(value)
    raise TypeError(f"{php.kind_of(value)} is no list")


def fields(value: Any) -> dict[str, Any]:
    """Give an object; nothing counts as an empty one. Raises `TypeError` for the rest."""
    if isinstance(value, dict):
        return value
    if value is None or value is MISSING or value == []:
        return {}
    raise TypeError("the value is no object")


def sort(
    value: Any,
    reverse: Any = False,  # noqa: FBT002 - Jinja's own signature
    case_sensitive: Any = False,  # noqa: FBT002 - Jinja's own signature
    attribute: str | None = None,
) -> list[Any]:
    """Sort a list, by a field of its elements where one is named.

    Example:
        >>> {{ [3, 1, 2] | sort }}
        [1,2,3]
        >>> {{ [{'n': 2}, {'n': 1}] | sort(attribute='n') }}
        [{"n":1},{"n":2}]
    """
    picked = picker(attribute)

    def order(element: Any) -> Any:
        key = picked(element)
        return key.lower() if isinstance(key, str) and not case_sensitive else key

    return sorted(listed(value), key=order, reverse=bool(reverse))


def unique(value: Any, attribute: str | None = None) -> list[Any]:
    """Give each different element once, in the order of first appearance.

    Example:
        >>> {{ [1, 2, 1] | unique }}
        [1,2]
    """
    picked = picker(attribute)
    seen: dict[str, Any] = {}
    for element in listed(value):
        seen.setdefault(write_json(known(picked(element))), element)
    return list(seen.values())


def map_field(value: Any, *, attribute: str, default: Any = None) -> list[Any]:
    """Give one field of each element: `items | map(attribute='id')`.

    Example:
        >>> {{ [{'id': 1}, {'id': 2}] | map(attribute='id') }}
        [1,2]
    """
    get_field = picker(attribute)
    found = (get_field(element) for element in listed(value))
    return [default if content is MISSING else content for content in found]


def select_by(value: Any, attribute: str, test: str = "truthy", operand: Any = None) -> list[Any]:
    """Keep the elements whose field passes a test, `equalto` or `in` for instance; without one, those that are true.

    Example:
        >>> {{ [{'id': 1, 'on': true}, {'id': 2}] | selectattr('on') | map(attribute='id') }}
        [1]
        >>> {{ [{'id': 1}, {'id': 2}] | selectattr('id', '>', 1) }}
        [{"id":2}]
    """
    return [element for element in listed(value) if _passes(element, attribute, test, operand)]


def reject_by(value: Any, attribute: str, test: str = "truthy", operand: Any = None) -> list[Any]:
    """Drop the elements whose field passes a test.

    Example:
        >>> {{ [{'id': 1}, {'id': 2}] | rejectattr('id', 'equalto', 1) }}
        [{"id":2}]
    """
    return [element for element in listed(value) if not _passes(element, attribute, test, operand)]


_FIELD_TESTS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "truthy": lambda content, _operand: bool(content),
    "defined": lambda content, _operand: content is not MISSING,
    "none": lambda content, _operand: content is None,
    "equalto": lambda content, operand: bool(content == operand),
    "==": lambda content, operand: bool(content == operand),
    "ne": lambda content, operand: bool(content != operand),
    "!=": lambda content, operand: bool(content != operand),
    "in": lambda content, operand: content in listed(operand),
    ">": lambda content, operand: bool(content > operand),
    "<": lambda content, operand: bool(content < operand),
}


def _passes(element: Any, attribute: str, test: str, operand: Any) -> bool:
    check = _FIELD_TESTS.get(test)
    if check is None:
        raise ValueError(f"no test {test!r}; one of {', '.join(_FIELD_TESTS)}")
    return check(picker(attribute)(element), operand)


def picker(attribute: Any) -> Callable[[Any], Any]:
    """Return what gives the named field of an element, or the element itself."""
    if attribute is None:
        return lambda element: element
    if not isinstance(attribute, str):
        raise TypeError("a field is named by a text")
    return compile_path(attribute)


def column(value: Any, name: Any) -> list[Any]:
    """Give one field of each element that has it.

    Example:
        >>> {{ [{'id': 1}, {'id': 2}] | column('id') }}
        [1,2]
    """
    get_field = picker(to_text(name))
    found = (get_field(element) for element in listed(value))
    return [content for content in found if content is not MISSING]


def merge(value: Any, other: Any) -> Any:
    """Lay one object over another, or append one list to another.

    Example:
        >>> {{ {'a': 1} | merge({'b': 2}) }}
        {"a":1,"b":2}
        >>> {{ [1] | merge([2]) }}
        [1,2]
    """
    if isinstance(value, list) and isinstance(other, list):
        return [*value, *other]
    return {**php.members(value or {}), **php.members(other or {})}


def batch(value: Any, size: int, fill: Any = MISSING) -> list[list[Any]]:
    """Part a list into lists of a size; the last one is filled up where a filling is given.

    Example:
        >>> {{ [1, 2, 3] | batch(2) }}
        [[1,2],[3]]
        >>> {{ [1, 2, 3] | batch(2, 0) }}
        [[1,2],[3,0]]
    """
    if not 1 <= size <= MAX_RANGE:
        raise ValueError(f"a batch has 1 to {MAX_RANGE:,} elements")
    elements = listed(value)
    parts = [elements[at : at + size] for at in range(0, len(elements), size)]
    if fill is not MISSING and parts:
        parts[-1] = parts[-1] + [fill] * (size - len(parts[-1]))
    return parts


def total(value: Any, attribute: str | None = None, start: Any = 0) -> Any:
    """Add up a list of numbers, or a field of its elements.

    Example:
        >>> {{ [1, 2, 3] | sum }}
        6
    """
    picked = picker(attribute)
    return sum((number(picked(element)) for element in listed(value)), number(start))


def smallest(value: Any, attribute: str | None = None) -> Any:
    """Give the smallest element, by a field where one is named.

    Example:
        >>> {{ [3, 1, 2] | min }}
        1
    """
    return min(listed(value), key=picker(attribute), default=MISSING)


def largest(value: Any, attribute: str | None = None) -> Any:
    """Give the largest element, by a field where one is named.

    Example:
        >>> {{ [3, 1, 2] | max }}
        3
    """
    return max(listed(value), key=picker(attribute), default=MISSING)

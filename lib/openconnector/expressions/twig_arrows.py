"""What takes arrow functions in Twig: some filters, and the operators `has some` and `has every`.

As PHP's arrays do, lists keep the keys of their elements: what is left of a list with gaps is an object.
"""

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any, Final

from openconnector.expressions import php
from openconnector.expressions.filters import Filter
from openconnector.expressions.paths import list_index
from openconnector.expressions.twig_operators import as_array
from openconnector.expressions.values import known

Arrow = Callable[..., Any]


def _members(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, (list, dict)):
        raise TypeError(f"{name} takes a list or an object, not {php.kind_of(value)}")
    return php.members(value)


def _keys(value: Any) -> list[Any]:
    """Return the keys as an arrow function sees them: the positions of a list are numbers."""
    if isinstance(value, list):
        return list(range(len(value)))
    return [key if (index := list_index(key)) is None else index for key in value]


def map_by(value: Any, arrow: Arrow) -> Any:
    """Give what the arrow function makes of each element; keys are kept."""
    members = _members(value, "map")
    made = [
        known(arrow(element, key))
        for key, element in zip(_keys(value), members.values(), strict=True)
    ]
    return made if isinstance(value, list) else dict(zip(members, made, strict=True))


def filter_by(value: Any, arrow: Arrow) -> Any:
    """Give the elements for which the arrow function is true; keys are kept."""
    members = _members(value, "filter")
    chosen = {
        name: element
        for key, (name, element) in zip(_keys(value), members.items(), strict=True)
        if php.is_truthy(arrow(element, key))
    }
    return as_array(chosen)


def reduce_by(value: Any, arrow: Arrow, initial: Any = None) -> Any:
    """Give what the arrow function makes of all elements: it takes what there is so far, an element and its key."""
    members = _members(value, "reduce")
    carry = known(initial)
    for key, element in zip(_keys(value), members.values(), strict=True):
        carry = known(arrow(carry, element, key))
    return carry


def find_by(value: Any, arrow: Arrow) -> Any:
    """Give the first element for which the arrow function is true; null where there is none."""
    members = _members(value, "find")
    for key, element in zip(_keys(value), members.values(), strict=True):
        if php.is_truthy(arrow(element, key)):
            return element
    return None


def sort_by(value: Any, arrow: Arrow) -> Any:
    """Give the elements in the order of the arrow function, which compares two; keys are kept."""
    members = _members(value, "sort")

    def compare(left: tuple[str, Any], right: tuple[str, Any]) -> int:
        order = arrow(left[1], right[1])
        if order is False:
            # PHP asks again the other way round where the answer is only yes or no.
            return -1 if arrow(right[1], left[1]) is True else 0
        return php.to_int(order)

    return as_array(dict(sorted(members.items(), key=cmp_to_key(compare))))


def has_some(value: Any, arrow: Arrow) -> bool:
    """Return whether the arrow function is true for an element."""
    members = _members(value, "has some")
    return any(
        php.is_truthy(arrow(element, key))
        for key, element in zip(_keys(value), members.values(), strict=True)
    )


def has_every(value: Any, arrow: Arrow) -> bool:
    """Return whether the arrow function is true for every element."""
    members = _members(value, "has every")
    return all(
        php.is_truthy(arrow(element, key))
        for key, element in zip(_keys(value), members.values(), strict=True)
    )


ARROW_FILTERS: Final = {
    "map": Filter(map_by),
    "filter": Filter(filter_by),
    "find": Filter(find_by),
    "reduce": Filter(reduce_by),
    "sort": Filter(sort_by),
}
"""Filters with an arrow function; `sort` also works without one."""

ARROW_OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    "has some": has_some,
    "has every": has_every,
}
"""Operators whose right side is an arrow function."""

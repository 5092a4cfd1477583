"""What takes an arrow function in Twig: some filters, and the operators `has some` and `has every`."""

from collections.abc import Callable
from typing import Any, Final

from openconnector.expressions import php
from openconnector.expressions.arrays import key_value, members_of
from openconnector.expressions.twig_lists import Arrow

ARROW_FILTERS: Final = frozenset({"filter", "find", "map", "reduce", "sort"})
"""Filters that take an arrow function first; `sort` may go without."""


def has_some(value: Any, arrow: Arrow) -> bool:
    """Return whether the arrow function is true for an element."""
    pairs = members_of(value, "has some").items()
    return any(php.is_truthy(arrow(element, key_value(key))) for key, element in pairs)


def has_every(value: Any, arrow: Arrow) -> bool:
    """Return whether the arrow function is true for every element."""
    pairs = members_of(value, "has every").items()
    return all(php.is_truthy(arrow(element, key_value(key))) for key, element in pairs)


ARROW_OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    "has some": has_some,
    "has every": has_every,
}
"""Operators whose right side is an arrow function."""

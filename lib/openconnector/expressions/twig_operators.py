"""What Twig's operators and literals call, on PHP's values (https://twig.symfony.com/doc/3.x/templates.html)."""

from collections.abc import Callable
from functools import partial
from itertools import zip_longest
from typing import Any, Final

from openconnector.expressions import php
from openconnector.expressions.arrays import array, is_int_key
from openconnector.expressions.paths import MISSING
from openconnector.expressions.patterns import compile_pattern, is_match
from openconnector.expressions.problems import NotAllowed
from openconnector.expressions.twig_tests import is_same
from openconnector.expressions.values import bounded, field


def check_regex(pattern: Any, offset: int) -> None:
    """Raise `NotAllowed` for a regular expression that cannot be used."""
    try:
        compile_pattern(php.to_text(pattern))
    except (TypeError, ValueError) as error:
        raise NotAllowed(str(error), offset) from None


def matches(value: Any, pattern: Any) -> bool:
    """Return whether a text matches a regular expression, written as in PHP."""
    return is_match(php.to_text(pattern), php.to_text(value))


def starts_with(value: Any, start: Any) -> bool:
    """Return whether a text begins with another; nothing but texts do."""
    return isinstance(value, str) and isinstance(start, str) and value.startswith(start)


def ends_with(value: Any, end: Any) -> bool:
    """Return whether a text ends with another; nothing but texts do."""
    return isinstance(value, str) and isinstance(end, str) and value.endswith(end)


def element(value: Any, key: Any) -> Any:
    """Return what stands under a key of an object or list, or `MISSING`; texts have no elements."""
    if isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool):
        return value[key] if 0 <= key < len(value) else MISSING
    if isinstance(value, (list, dict)) and not isinstance(key, (list, dict)):
        return field(value, array_key(key))
    return field(value, key) if isinstance(key, str) else MISSING


def array_key(key: Any) -> str:
    """Return a key as PHP's arrays have it, as text: null is "", true is 1, a fraction is cut off."""
    if isinstance(key, str):
        return str(key)
    if isinstance(key, (bool, float)):
        return str(php.to_int(key))
    if isinstance(key, int):
        return str(key)
    if key is None or key is MISSING:
        return ""
    raise TypeError(f"{php.kind_of(key)} is no key")


def hash_key(key: Any) -> str:
    """Return a key of an object that is written in a template: other than an index it is made a text, 2.5 is "2.5"."""
    return str(php.to_text(key))


def array_of(*parts: tuple[Any, Any]) -> list[Any] | dict[str, Any]:
    """Return a list or object made of pairs: a key or None for the next one; `...` stands before what is unpacked."""
    if all(key is None or (key is ... and isinstance(value, list)) for key, value in parts):
        return [element for key, value in parts for element in (value if key else (value,))]
    made: dict[str, Any] = {}
    following = 0
    for key, value in parts:
        pairs = [(key, value)]
        if key is ...:
            pairs = [
                (None if is_int_key(name) else name, member)
                for name, member in _unpackable(value).items()
            ]
        for name, member in pairs:
            chosen = str(following) if name is None else name
            following = max(following, int(chosen) + 1 if is_int_key(chosen) else 0)
            made[chosen] = member
    return array(made)


def _unpackable(value: Any) -> dict[str, Any]:
    if not isinstance(value, (list, dict)):
        raise TypeError(f"only lists and objects can be unpacked, not {php.kind_of(value)}")
    return php.members(value)


def unpacked(value: Any) -> list[Any]:
    """Return the values that `...value` gives as arguments."""
    return list(_unpackable(value).values())


def with_variables(context: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
    """Return `_context`: the record's fields and the variables that have a value."""
    return context | {name: value for name, value in variables.items() if value is not MISSING}


def _bits(combine: Callable[[int, int], int], *, fills: bool = False) -> Callable[[Any, Any], Any]:
    """Return an operator on bits, of two texts those of their bytes: as many as both have, or as the longer one has."""
    pairs = partial(zip_longest, fillvalue=0) if fills else zip

    def calculate(left: Any, right: Any) -> Any:
        if isinstance(left, str) and isinstance(right, str):
            return bytes(combine(*pair) for pair in pairs(left.encode(), right.encode())).decode()
        whole = (php.to_int(php.to_number(side)) for side in (left, right))
        return int(bounded(combine(*whole)))

    return calculate


OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    "<=>": php.compare,
    "===": is_same,
    "!==": lambda left, right: not is_same(left, right),
    "b-and": _bits(lambda left, right: left & right),
    "b-or": _bits(lambda left, right: left | right, fills=True),
    "b-xor": _bits(lambda left, right: left ^ right),
    "ends with": ends_with,
    "matches": matches,
    "starts with": starts_with,
}
"""The operators Jinja does not have."""

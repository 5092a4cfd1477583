"""Tests of values in the dialect `jinja`: `value is name`."""

from collections.abc import Callable
from typing import Any, Final

from openconnector.expressions import lists
from openconnector.expressions.paths import MISSING
from openconnector.expressions.values import number


def is_boolean(value: Any) -> bool:
    """Tell whether a value is true or false.

    Example:
        >>> {{ true is boolean }}
        true
    """
    return isinstance(value, bool)


def is_defined(value: Any) -> bool:
    """Tell whether there is such a field or variable; one that is null counts.

    Example:
        >>> {{ [1][0] is defined }}
        true
    """
    return value is not MISSING


def is_empty(value: Any) -> bool:
    """Tell whether a value is nothing, false, or a text, list or object without content; 0 is not empty.

    Example:
        >>> {{ '' is empty }}
        true
    """
    if isinstance(value, (str, list, dict)):
        return not value
    return value is None or value is False or value is MISSING


def is_even(value: Any) -> bool:
    """Tell whether a number can be halved.

    Example:
        >>> {{ 4 is even }}
        true
    """
    return number(value) % 2 == 0


def is_odd(value: Any) -> bool:
    """Tell whether a number cannot be halved.

    Example:
        >>> {{ 3 is odd }}
        true
    """
    return number(value) % 2 == 1


def is_false(value: Any) -> bool:
    """Tell whether a value is false.

    Example:
        >>> {{ false is false }}
        true
    """
    return value is False


def is_true(value: Any) -> bool:
    """Tell whether a value is true.

    Example:
        >>> {{ true is true }}
        true
    """
    return value is True


def is_float(value: Any) -> bool:
    """Tell whether a number has decimals.

    Example:
        >>> {{ 1.5 is float }}
        true
    """
    return isinstance(value, float)


def is_integer(value: Any) -> bool:
    """Tell whether a value is a whole number.

    Example:
        >>> {{ 1 is integer }}
        true
    """
    return isinstance(value, int) and not isinstance(value, bool)


def is_iterable(value: Any) -> bool:
    """Tell whether a value is a list or an object.

    Example:
        >>> {{ [1] is iterable }}
        true
    """
    return isinstance(value, (list, dict))


def is_lower(value: Any) -> bool:
    """Tell whether a text has small letters only.

    Example:
        >>> {{ 'abc' is lower }}
        true
    """
    return isinstance(value, str) and value == value.lower()


def is_upper(value: Any) -> bool:
    """Tell whether a text has large letters only.

    Example:
        >>> {{ 'ABC' is upper }}
        true
    """
    return isinstance(value, str) and value == value.upper()


def is_mapping(value: Any) -> bool:
    """Tell whether a value is an object.

    Example:
        >>> {{ {'a': 1} is mapping }}
        true
    """
    return isinstance(value, dict)


def is_none(value: Any) -> bool:
    """Tell whether a value is null.

    Example:
        >>> {{ none is none }}
        true
    """
    return value is None


def is_null(value: Any) -> bool:
    """Tell whether a value is null or missing.

    Example:
        >>> {{ none is null }}
        true
    """
    return value is None or value is MISSING


def is_number(value: Any) -> bool:
    """Tell whether a value is a number.

    Example:
        >>> {{ 1.5 is number }}
        true
    """
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_sequence(value: Any) -> bool:
    """Tell whether a value is a list.

    Example:
        >>> {{ [1] is sequence }}
        true
    """
    return isinstance(value, list)


def is_string(value: Any) -> bool:
    """Tell whether a value is a text.

    Example:
        >>> {{ 'a' is string }}
        true
    """
    return isinstance(value, str)


def is_undefined(value: Any) -> bool:
    """Tell whether there is no such field or variable.

    Example:
        >>> {{ nothing is undefined }}
        true
    """
    return value is MISSING


def is_divisible(value: Any, by: Any) -> bool:
    """Tell whether a number is a multiple of another.

    Example:
        >>> {{ 12 is divisibleby(4) }}
        true
    """
    return number(value) % number(by) == 0


def is_equal(value: Any, other: Any) -> bool:
    """Tell whether two values are equal.

    Example:
        >>> {{ 1 is eq(1) }}
        true
    """
    return bool(value == other)


def is_different(value: Any, other: Any) -> bool:
    """Tell whether two values differ.

    Example:
        >>> {{ 1 is ne(2) }}
        true
    """
    return bool(value != other)


def is_member(value: Any, others: Any) -> bool:
    """Tell whether a list holds a value.

    Example:
        >>> {{ 1 is in([1, 2]) }}
        true
    """
    return value in lists.listed(others)


TESTS: Final[dict[str, Callable[..., bool]]] = {
    "boolean": is_boolean,
    "defined": is_defined,
    "divisibleby": is_divisible,
    "empty": is_empty,
    "eq": is_equal,
    "equalto": is_equal,
    "even": is_even,
    "false": is_false,
    "float": is_float,
    "in": is_member,
    "integer": is_integer,
    "iterable": is_iterable,
    "lower": is_lower,
    "mapping": is_mapping,
    "ne": is_different,
    "none": is_none,
    "null": is_null,
    "number": is_number,
    "odd": is_odd,
    "sequence": is_sequence,
    "string": is_string,
    "true": is_true,
    "undefined": is_undefined,
    "upper": is_upper,
}
"""Every test of the dialect."""

"""Tests of values in the dialect `twig`: `value is name`."""

import math
from typing import Any

from openconnector.expressions import php
from openconnector.expressions.arrays import is_list
from openconnector.expressions.paths import MISSING
from openconnector.expressions.twig_functions import constant


def is_defined(value: Any) -> bool:
    """Tell whether there is such a field or variable; one that is null counts.

    Example:
        >>> {{ name is defined }}

        >>> {{ [1][0] is defined }}
        1
    """
    return value is not MISSING


def is_null(value: Any) -> bool:
    """Tell whether a value is null or missing.

    Example:
        >>> {{ none is null }}
        1
    """
    return php.is_null(value)


def is_iterable(value: Any) -> bool:
    """Tell whether a value is a list or an object.

    Example:
        >>> {{ [1] is iterable }}
        1
    """
    return isinstance(value, (list, dict))


def is_sequence(value: Any) -> bool:
    """Tell whether a value is a list: its keys are 0, 1, 2 and so on. An empty object is one too.

    Example:
        >>> {{ ['a'] is sequence }}
        1
    """
    return is_list(value)


def is_mapping(value: Any) -> bool:
    """Tell whether a value is an object with keys of its own.

    Example:
        >>> {{ {'a': 1} is mapping }}
        1
    """
    return isinstance(value, dict) and not is_list(value)


def is_even(value: Any) -> bool:
    """Tell whether a number can be halved.

    Example:
        >>> {{ 4 is even }}
        1
    """
    return _whole(value) % 2 == 0


def is_odd(value: Any) -> bool:
    """Tell whether a number cannot be halved.

    Example:
        >>> {{ 3 is odd }}
        1
    """
    return _whole(value) % 2 != 0


def is_divisible(value: Any, by: Any) -> bool:
    """Tell whether a number is a multiple of another.

    Example:
        >>> {{ 12 is divisible by(4) }}
        1
    """
    divisor = _whole(by)
    if divisor == 0:
        raise ZeroDivisionError("a number cannot be divided by zero")
    return _whole(value) % divisor == 0


def is_same(value: Any, other: Any) -> bool:
    """Tell whether two values are equal and of the same kind: `1` and `'1'` are not.

    Example:
        >>> {{ 1 is same as(1) }}
        1
        >>> {{ 1 is same as('1') }}

    """
    if isinstance(value, (list, dict)) and isinstance(other, (list, dict)):
        mine, theirs = php.members(value), php.members(other)
        return list(mine) == list(theirs) and all(map(is_same, mine.values(), theirs.values()))
    if php.is_null(value):
        return php.is_null(other)
    if value == "" and isinstance(value, str):
        return other == "" and isinstance(
            other, str
        )  # nothing to escape: an empty block is a plain text
    return type(value) is type(other) and bool(value == other)


def is_constant(value: Any, name: Any) -> bool:
    """Tell whether a value is that of one of PHP's constants.

    Example:
        >>> {{ 128 is constant('JSON_PRETTY_PRINT') }}
        1
    """
    return is_same(value, constant(name))


def _whole(value: Any) -> int:
    number = php.to_number(value)
    return math.trunc(number) if math.isfinite(number) else 0

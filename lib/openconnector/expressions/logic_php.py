"""JsonLogic's mode `php`: the rules of the library the predecessor used, so PHP's (see `php`)."""

import math
from collections.abc import Callable
from typing import Any, Final

from openconnector.expressions import php
from openconnector.expressions.logic_rules import LogicRules, Operation
from openconnector.expressions.paths import list_index
from openconnector.expressions.values import bounded


def is_truthy(value: Any) -> bool:
    """Return JsonLogic's truth in PHP: PHP's, but the text "0" is true."""
    return value == "0" or php.is_truthy(value)


def strictly_equal(left: Any, right: Any) -> bool:
    """Return PHP's `===`: the same type and value; lists and objects member by member, in order."""
    if isinstance(left, (list, dict)) and isinstance(right, (list, dict)):
        one, other = php.members(left), php.members(right)
        return list(one) == list(other) and all(
            strictly_equal(value, other[key]) for key, value in one.items()
        )
    return type(left) is type(right) and bool(left == right)


def _ordered(is_right: Callable[[int], bool]) -> Callable[..., bool]:
    """Return a comparison of two values; a third one that is not null makes it a "between"."""

    def compared(first: Any, second: Any, third: Any = None) -> bool:
        return is_right(php.compare(first, second)) and (
            third is None or is_right(php.compare(second, third))
        )

    return compared


def contains(needle: Any, place: Any) -> bool:
    """Return whether a list holds a value loosely equal, or a text a text."""
    if isinstance(place, (list, dict)):
        return any(php.loosely_equal(needle, item) for item in php.members(place).values())
    return isinstance(place, str) and php.to_text(needle) in place


def part(source: Any, start: Any, length: Any = None) -> str:
    """Return a part of a text by characters; PHP counted bytes, which could cut one in half."""
    text = php.to_text(source)
    begin = php.to_int(php.to_number(start))
    rest = text[max(len(text) + begin, 0) if begin < 0 else begin :]
    if length is None:
        return rest
    size = php.to_int(php.to_number(length))
    return rest[: max(len(rest) + size, 0) if size < 0 else size]


def merge(*values: Any) -> list[Any] | dict[str, Any]:
    """Return lists as one; a scalar is an element, null nothing. Members with names keep them; the last one counts."""
    merged: dict[str, Any] = {}
    position = 0
    for value in values:
        if not isinstance(value, (list, dict)):
            value = [] if value is None else [value]  # noqa: PLW2901 - from here on it is one of PHP's arrays
        for key, member in php.members(value).items():
            if list_index(key) is None:
                merged[key] = member
            else:
                merged[str(position)] = member
                position += 1
    return list(merged.values()) if len(merged) == position else merged


def elements(value: Any) -> list[Any]:
    """Return the elements of a list or object, nothing for anything else."""
    return list(php.members(value).values()) if isinstance(value, (list, dict)) else []


def _addend(value: Any) -> float:
    return php.to_number(value) if not isinstance(value, str) else _leading(value)


def _leading(text: str) -> float:
    number = php.to_float(text)
    return int(number) if number.is_integer() else number


def _add(*values: Any) -> float:
    return bounded(sum(_addend(value) for value in values if not isinstance(value, (list, dict))))


def _multiply(*values: Any) -> float:
    return bounded(math.prod(map(php.to_number, values)))


def _subtract(left: Any, right: Any = None) -> float:
    if right is None:
        return bounded(-php.to_number(left))
    return bounded(php.to_number(left) - php.to_number(right))


def _divide(left: Any, right: Any) -> float:
    quotient = bounded(php.to_number(left) / php.to_number(right))
    return int(quotient) if quotient.is_integer() else quotient


def _modulo(left: Any, right: Any) -> int:
    """Return the rest of whole numbers, with the sign of the first."""
    dividend, divisor = (php.to_int(php.to_number(value)) for value in (left, right))
    rest = abs(dividend) % abs(divisor)
    return -rest if dividend < 0 else rest


def _extreme(wanted: int) -> Callable[..., Any]:
    def extreme(*values: Any) -> Any:
        best = values[0]
        for value in values[1:]:
            best = value if php.compare(value, best) == wanted else best
        return best

    return extreme


PHP: Final = LogicRules(
    is_truthy=is_truthy,
    to_text=php.to_text,
    to_number=php.to_float,
    elements=elements,
    null_is_missing=True,
    iterates_objects=True,
    looks_into_objects=True,
    is_strict=True,
    operations={
        "==": Operation(php.loosely_equal, 2, 2),
        "!=": Operation(lambda left, right: not php.loosely_equal(left, right), 2, 2),
        "===": Operation(strictly_equal, 2, 2),
        "!==": Operation(lambda left, right: not strictly_equal(left, right), 2, 2),
        "<": Operation(_ordered(lambda order: order < 0), 2, 3),
        "<=": Operation(_ordered(lambda order: order <= 0), 2, 3),
        ">": Operation(lambda left, right: php.compare(left, right) > 0, 2, 2),
        ">=": Operation(lambda left, right: php.compare(left, right) >= 0, 2, 2),
        "!": Operation(lambda value: not is_truthy(value), 1, 1),
        "!!": Operation(is_truthy, 1, 1),
        "in": Operation(contains, 2, 2),
        "cat": Operation(lambda *values: "".join(map(php.to_text, values)), 0, None, grows=True),
        "substr": Operation(part, 2, 3),
        "merge": Operation(merge, 0, None, grows=True),
        "max": Operation(_extreme(1), 1, None),
        "min": Operation(_extreme(-1), 1, None),
        "+": Operation(_add, 0, None),
        "*": Operation(_multiply, 0, None),
        "-": Operation(_subtract, 1, 2),
        "/": Operation(_divide, 2, 2),
        "%": Operation(_modulo, 2, 2),
        "log": Operation(lambda value: value, 1, 1),
    },
)
"""The mode `php`."""

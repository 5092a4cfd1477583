"""JsonLogic's mode `standard`: the rules of the JavaScript reference (https://jsonlogic.com/operations.html)."""

import math
import re
from collections.abc import Callable
from typing import Any, Final

from openconnector.expressions.logic_rules import LogicRules, Operation
from openconnector.expressions.values import bounded

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def is_truthy(value: Any) -> bool:
    """Return JsonLogic's truth: an empty list is false, any text but the empty one and any object true."""
    if isinstance(value, dict):
        return True
    return bool(value) and value == value  # noqa: PLR0124 - NaN is the one value that is not itself


def to_text(value: Any) -> str:
    """Return a value as JavaScript writes it within a text."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < PLAIN_BELOW else str(value)
    if isinstance(value, list):
        return ",".join("" if element is None else to_text(element) for element in value)
    return "[object Object]" if isinstance(value, dict) else str(value)


PLAIN_BELOW: Final = 1e21
"""From here on JavaScript writes numbers in scientific notation."""


def to_number(value: Any) -> float:
    """Return JavaScript's `Number(value)`; what is no number is NaN."""
    if value is None:
        return 0
    if isinstance(value, (bool, int)):
        return int(value)
    if isinstance(value, float):
        return value
    text = to_text(value).strip()
    if text == "":
        return 0
    return _number(text) if _NUMBER.fullmatch(text) else math.nan


def _number(text: str) -> float:
    return float(text) if set(text) & set(".eE") else int(text)


def equal(left: Any, right: Any) -> bool:
    """Return JavaScript's `==`."""
    if left is None or right is None:
        return left is right
    if isinstance(left, (list, dict)) and isinstance(right, (list, dict)):
        return left is right
    if isinstance(left, str) and isinstance(right, (str, list, dict)):
        return left == to_text(right)
    if isinstance(right, str) and isinstance(left, (list, dict)):
        return to_text(left) == right
    return to_number(left) == to_number(right)


def strictly_equal(left: Any, right: Any) -> bool:
    """Return JavaScript's `===`."""
    if isinstance(left, (list, dict)):
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right
    return type(left) is type(right) and bool(left == right)


def less(left: Any, right: Any) -> bool:
    """Return JavaScript's `<`."""
    if isinstance(left, str) and isinstance(right, str):
        return left < right
    return to_number(left) < to_number(right)


def less_or_equal(left: Any, right: Any) -> bool:
    """Return JavaScript's `<=`."""
    if isinstance(left, str) and isinstance(right, str):
        return left <= right
    return to_number(left) <= to_number(right)


def chained(compare: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    """Return a comparison of two or three values, each with the next."""

    def compared(first: Any, second: Any, *third: Any) -> bool:
        return compare(first, second) and (not third or compare(second, third[0]))

    return compared


def contains(needle: Any, place: Any) -> bool:
    """Return whether a list holds a value, or a text a text."""
    if isinstance(place, str):
        return to_text(needle) in place
    return isinstance(place, list) and any(strictly_equal(item, needle) for item in place)


def part(source: Any, start: Any = 0, length: Any = None) -> str:
    """Return a part of a text; a negative start counts from the end, a negative length leaves that many off."""
    text = to_text(source)
    begin = int(to_number(start))
    rest = text[max(len(text) + begin, 0) if begin < 0 else begin :]
    if length is None:
        return rest
    size = int(to_number(length))
    return rest[: max(len(rest) + size, 0) if size < 0 else size]


def merge(*values: Any) -> list[Any]:
    """Return lists as one; what is no list is an element."""
    return [item for value in values for item in (value if isinstance(value, list) else [value])]


def elements(value: Any) -> list[Any]:
    """Return a list as it is, an empty one for anything else."""
    return value if isinstance(value, list) else []


def _add(*values: Any) -> float:
    return bounded(sum(map(to_number, values)))


def _multiply(*values: Any) -> float:
    return bounded(math.prod(map(to_number, values)))


def _subtract(first: Any, *values: Any) -> float:
    if not values:
        return bounded(-to_number(first))
    return bounded(to_number(first) - sum(map(to_number, values)))


def _divide(first: Any, *values: Any) -> float:
    """Return the first divided by the others one after the other; the inverse of one alone."""
    quotient, divisors = (to_number(first), values) if values else (1, (first,))
    for divisor in divisors:
        quotient = bounded(quotient / to_number(divisor))
    return _whole(quotient)


def _modulo(first: Any, *values: Any) -> float:
    rest = to_number(first)
    for divisor in values:
        rest = bounded(math.fmod(rest, to_number(divisor)))
    return _whole(rest)


def _whole(number: float) -> float:
    return int(number) if number == int(number) else number


def _largest(*values: Any) -> Any:
    return bounded(max(map(to_number, values))) if values else None


def _smallest(*values: Any) -> Any:
    return bounded(min(map(to_number, values))) if values else None


def _cat(*values: Any) -> str:
    return "".join(map(_printed, values))


def _printed(value: Any) -> str:
    return "" if value is None else to_text(value)


STANDARD: Final = LogicRules(
    is_truthy=is_truthy,
    to_text=to_text,
    to_number=to_number,
    elements=elements,
    null_is_missing=False,
    iterates_objects=False,
    looks_into_objects=False,
    is_strict=False,
    operations={
        "==": Operation(equal, 2, 2),
        "!=": Operation(lambda left, right: not equal(left, right), 2, 2),
        "===": Operation(strictly_equal, 2, 2),
        "!==": Operation(lambda left, right: not strictly_equal(left, right), 2, 2),
        "<": Operation(chained(less), 2, 3),
        "<=": Operation(chained(less_or_equal), 2, 3),
        ">": Operation(chained(lambda left, right: less(right, left)), 2, 3),
        ">=": Operation(chained(lambda left, right: less_or_equal(right, left)), 2, 3),
        "!": Operation(lambda value: not is_truthy(value), 1, 1),
        "!!": Operation(is_truthy, 1, 1),
        "in": Operation(contains, 2, 2),
        "cat": Operation(_cat, 0, None, grows=True),
        "substr": Operation(part, 1, 3),
        "merge": Operation(merge, 0, None, grows=True),
        "max": Operation(_largest, 0, None),
        "min": Operation(_smallest, 0, None),
        "+": Operation(_add, 0, None),
        "*": Operation(_multiply, 0, None),
        "-": Operation(_subtract, 1, None),
        "/": Operation(_divide, 1, None),
        "%": Operation(_modulo, 2, None),
        "log": Operation(lambda value: value, 1, 1),
    },
)
"""The mode `standard`."""

"""Functions of the dialect `twig`: `name(arguments)`. `date` is beside the other things of dates."""

import random
from typing import Any, Final
from uuid import uuid4

from openconnector.expressions import php
from openconnector.expressions.arrays import members_of
from openconnector.expressions.constants import CONSTANTS
from openconnector.expressions.limits import MAX_RANGE
from openconnector.expressions.paths import MISSING
from openconnector.expressions.values import item

_CHANCE: Final = random.SystemRandom()


def random_value(values: Any = None, max: Any = None, *_ignored: Any) -> Any:  # noqa: A002 - Twig's own name
    """Give an element of a list, a character of a text, or a whole number from 0 to another, by chance.

    Example:
        >>> {{ random([7, 7]) }}
        7
        >>> {{ random(5) <= 5 }}
        1
    """
    if php.is_null(values) or (isinstance(values, (int, float)) and not isinstance(values, bool)):
        return _chance_number(values, max)
    if isinstance(values, dict):
        values = list(values.values())
    if not isinstance(values, (str, list)):
        return values
    if values == "":
        return ""
    if not values:
        raise ValueError("there is nothing to pick from")
    return _CHANCE.choice(values)


def _chance_number(values: Any, most: Any) -> int:
    if php.is_null(values):
        return _CHANCE.randint(0, 2**31 - 1 if php.is_null(most) else max(php.to_int(most), 0))
    bound = php.to_int(values)
    other = 0 if php.is_null(most) else php.to_int(most)
    low, high = (bound, other) if not php.is_null(most) else sorted((bound, other))
    if high < low:
        raise ValueError("the largest number is below the smallest")
    return _CHANCE.randint(low, high)


def numbers(low: Any, high: Any, step: Any = 1) -> list[Any]:
    """Give the numbers, or letters, from one to another, both included.

    Example:
        >>> {{ range(1, 4) | join(',') }}
        1,2,3,4
        >>> {{ range('a', 'e', 2) | join }}
        ace
        >>> {{ range(0, 1, 0.5) | join(' ') }}
        0 0.5 1
    """
    width = _number_in(step)
    bounds = [low, high]
    if all(isinstance(bound, str) and bound for bound in bounds):
        # Only two texts are looked into. Beside anything else a text is the whole number it begins with.
        bounds = [_number_in(bound) for bound in bounds]
        if bounds == [low, high] and not isinstance(width, float):
            return [chr(code) for code in _counted(_code(low), _code(high), php.to_int(width))]
    has_fraction = any(isinstance(value, float) for value in (*bounds, width))
    convert = php.to_float if has_fraction else php.to_int
    return _counted(convert(bounds[0]), convert(bounds[1]), convert(width))


def _number_in(value: Any) -> Any:
    number = php.numeric(value) if isinstance(value, str) else None
    return value if number is None else number


def _code(text: str) -> int:
    if not text[0].isascii():
        raise ValueError("a range of letters is one of ASCII letters")
    return ord(text[0])


def _counted(low: Any, high: Any, step: Any) -> list[Any]:
    width = abs(step)
    if low == high:
        return [low]
    if not width or width > abs(high - low):
        raise ValueError("the step of a range is above 0 and within its bounds")
    count = int(abs(high - low) / width + 1e-9) + 1
    if count > MAX_RANGE:
        raise ValueError(f"a range has at most {MAX_RANGE:,} numbers")
    direction = width if high > low else -width
    return [low + direction * turn for turn in range(count)]


def largest(value: Any, *values: Any) -> Any:
    """Give the greatest of its arguments, or of a list.

    Example:
        >>> {{ max(1, 10, 5) }}
        10
        >>> {{ max(['a', 'c', 'b']) }}
        c
    """
    return _extreme((value, *values), 1)


def smallest(value: Any, *values: Any) -> Any:
    """Give the smallest of its arguments, or of a list.

    Example:
        >>> {{ min(1, 10, 5) }}
        1
        >>> {{ min({'x': 3, 'y': 2}) }}
        2
    """
    return _extreme((value, *values), -1)


def _extreme(values: tuple[Any, ...], wanted: int) -> Any:
    candidates = list(members_of(values[0], "this").values()) if len(values) == 1 else list(values)
    if not candidates:
        raise ValueError("there is nothing to compare")
    best = candidates[0]
    for candidate in candidates[1:]:
        best = candidate if php.compare(candidate, best) == wanted else best
    return best


def cycle(values: Any, position: Any, *_ignored: Any) -> Any:
    """Give the element at a position, beginning anew at the end.

    Example:
        >>> {{ cycle(['odd', 'even'], 3) }}
        even
    """
    members = members_of(values, "cycle")
    if not members:
        raise ValueError("cycle takes a list with elements")
    place = php.to_int(position)
    place = place % len(members) if place >= 0 else -(-place % len(members))
    return members.get(str(place), MISSING)


def constant(constant: Any, object: Any = None, *_ignored: Any) -> Any:  # noqa: A002 - Twig's own name
    r"""Give the value of one of PHP's constants: `PHP_EOL`, `PHP_INT_MAX`, `M_PI`, `JSON_PRETTY_PRINT`, `DATE_ATOM`.

    Example:
        >>> {{ constant('PHP_INT_MAX') }}
        9223372036854775807
        >>> {{ constant('DATE_ATOM') }}
        Y-m-d\TH:i:sP
    """
    name = php.to_text(constant).lstrip("\\")
    if name not in CONSTANTS or object is not None:
        raise ValueError(f"no constant of this name; there are {', '.join(sorted(CONSTANTS))}")
    return CONSTANTS[name]


def attribute(object: Any, name: Any, *_ignored: Any) -> Any:  # noqa: A002 - Twig's own name
    """Give a field of an object, or an element of a list, whose name is calculated.

    Example:
        >>> {{ attribute({'first name': 'Jan'}, 'first ' ~ 'name') }}
        Jan
    """
    return item(object, name)


def generate_uuid(*_ignored: Any) -> str:
    """Give a new UUID, version 4.

    Example:
        >>> {{ generateUuid() | length }}
        36
    """
    return str(uuid4())

"""What generated code calls to look into values and to calculate, in the dialect `jinja`.

Every function takes and gives plain JSON values or `MISSING`. There is no way from here to an attribute of a Python
object: a field of anything but an object is missing.
"""

import math
from typing import Any, Final

from openconnector.errors import TemplateLimit
from openconnector.expressions.json_texts import write_json
from openconnector.expressions.limits import MAX_EXPONENT, MAX_RANGE
from openconnector.expressions.moment_forms import write_interval, write_moment
from openconnector.expressions.moments import Interval, Moment
from openconnector.expressions.paths import MISSING, child
from openconnector.expressions.php import MAX_INT, MIN_INT, kind_of


def field(value: Any, key: str) -> Any:
    """Return the field of an object, or `MISSING`; `items.0` indexes a list, and a moment has a `timestamp`."""
    if isinstance(value, (Moment, Interval)):
        found = value.field(key)
        return MISSING if found is None else found
    return child(value, key)


def item(value: Any, key: Any) -> Any:
    """Return what stands under a key or index; a negative index counts from the end."""
    if isinstance(key, bool) or key is None or key is MISSING:
        return MISSING
    if isinstance(value, (list, str)) and isinstance(key, int):
        return value[key] if -len(value) <= key < len(value) else MISSING
    return field(value, to_text(key))


def part(value: Any, start: Any, stop: Any, step: Any) -> Any:
    """Return a slice of a list or text; nothing of anything else."""
    if value is MISSING or value is None:
        return MISSING
    if not isinstance(value, (list, str)):
        raise TypeError("only lists and texts have parts")
    bounds = [None if bound is MISSING else bound for bound in (start, stop, step)]
    return value[slice(*bounds)]


def to_text(value: Any) -> str:
    """Return a value as text: JSON's words for numbers, true and false, nothing for null, JSON for the rest.

    Example:
        >>> {{ [1, true] | string }}
        [1,true]
    """
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return write_json(value)


_JSON: Final = frozenset({str, int, float, bool, type(None), list, dict})
"""The types of most values; looking them up is the fastest way to know them."""


def known(value: Any) -> Any:
    """Return a value as it goes into the result: what is missing is null, a moment or an interval is text."""
    if type(value) in _JSON:
        return value
    if value is MISSING:
        return None
    if isinstance(value, Moment):
        return write_moment(value, "c")
    return write_interval(value, "%R%a days") if isinstance(value, Interval) else value


def items(value: Any) -> list[Any]:
    """Return what `for` runs over: elements of a list, keys of an object, characters of a text, nothing of nothing."""
    if isinstance(value, list):
        return value
    if value is None or value is MISSING:
        return []
    if isinstance(value, (dict, str)):
        return list(value)
    raise TypeError(f"{kind_of(value)} is no list")


def pair(value: Any) -> list[Any]:
    """Return the two values that `for a, b in` takes from an element."""
    if isinstance(value, list) and len(value) == 2:  # noqa: PLR2004 - a pair
        return value
    raise TypeError("the element is no pair")


def add(left: Any, right: Any) -> Any:
    """Return the sum of numbers, or texts or lists joined."""
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        return left + right
    return bounded(number(left) + number(right))


def subtract(left: Any, right: Any) -> Any:
    """Return the difference of numbers."""
    return bounded(number(left) - number(right))


def multiply(left: Any, right: Any) -> Any:
    """Return the product of numbers; texts and lists are not repeated."""
    return bounded(number(left) * number(right))


def divide(left: Any, right: Any) -> Any:
    """Return the quotient of numbers."""
    return number(left) / number(right)


def divide_whole(left: Any, right: Any) -> Any:
    """Return the quotient rounded down."""
    return bounded(number(left) // number(right))


def modulo(left: Any, right: Any) -> Any:
    """Return the remainder; a text is never formatted."""
    return bounded(number(left) % number(right))


def power(left: Any, right: Any) -> Any:
    """Return a power; its exponent is limited."""
    base, exponent = number(left), number(right)
    if abs(exponent) > MAX_EXPONENT:
        raise TemplateLimit(f"an exponent is at most {MAX_EXPONENT:,}")
    result = float(base) ** exponent if abs(base) > MAX_RANGE else base**exponent
    if isinstance(result, complex):
        raise TypeError("a root of a negative number is no number")
    return bounded(result)


def negative(value: Any) -> Any:
    """Return the number with its sign turned."""
    return bounded(-number(value))


def number(value: Any) -> int | float:
    """Return an operand of arithmetic. Raises `TypeError` for anything but a number."""
    if type(value) is int or type(value) is float:
        return value
    raise TypeError(f"{kind_of(value)} is no number")


def bounded(result: float) -> float:
    """Return a result; integers beyond 64 bits become floats. Raises `TypeError` for what JSON cannot hold."""
    if isinstance(result, int):
        return result if MIN_INT <= result <= MAX_INT else float(result)
    if not math.isfinite(result):
        raise TypeError("the result is no finite number")
    return result


def is_in(left: Any, right: Any) -> bool:
    """Return whether a list holds a value, an object a key, a text a text."""
    if isinstance(right, str):
        return to_text(left) in right
    if isinstance(right, dict):
        return isinstance(left, str) and left in right
    return isinstance(right, list) and left in right


def numbers(*bounds: Any) -> list[int]:
    """Return `range`: the numbers from a start to before an end.

    Example:
        >>> {{ range(3) | list }}
        [0,1,2]
        >>> {{ range(1, 6, 2) | list }}
        [1,3,5]
    """
    if not all(isinstance(bound, int) for bound in bounds):
        raise TypeError("range takes whole numbers")
    found = range(*bounds)
    if len(found) > MAX_RANGE:
        raise TemplateLimit(f"a range has at most {MAX_RANGE:,} numbers")
    return list(found)


class Namespace(dict[str, Any]):
    """The object that `namespace()` makes: the only one a template may change."""


def namespace(**fields: Any) -> Namespace:
    """Return an object whose fields `{% set ns.field = ... %}` changes, also from within a loop.

    Example:
        >>> {% set ns = namespace(sum=0) %}{% for n in [1, 2] %}{% set ns.sum = ns.sum + n %}{% endfor %}{{ ns.sum }}
        3
    """
    return Namespace(fields)


def assign(target: Any, name: str, value: Any) -> None:
    """Set a field of a namespace. Raises `TypeError` for anything else: a record is never changed."""
    if not isinstance(target, Namespace):
        raise TypeError("only fields of a namespace() can be set")
    target[name] = value

"""The filters, tests, functions and operators of the dialect `twig` where they differ from `jinja`.

They follow Twig 3 as the predecessor used it (https://twig.symfony.com/doc/3.x/), on PHP's values.
"""

import math
from collections.abc import Callable
from typing import Any, Final

from openconnector.expressions import encoding, filters, lists, php, texts
from openconnector.expressions.filters import FILTERS, TESTS, Filter
from openconnector.expressions.limits import MAX_RANGE, checked, join_texts
from openconnector.expressions.paths import MISSING
from openconnector.expressions.values import bounded, is_in, power

JSON_PRETTY_PRINT: Final = 128
JSON_UNESCAPED_SLASHES: Final = 64
JSON_UNESCAPED_UNICODE: Final = 256


def default(value: Any, fallback: Any = "") -> Any:
    """Give the fallback where nothing is there or it is empty: null, false, or without content."""
    return fallback if filters.is_empty(value) else value


def first(value: Any) -> Any:
    """Give the first element, field or character."""
    found = lists.first(value)
    return "" if found is MISSING and isinstance(value, str) else found


def last(value: Any) -> Any:
    """Give the last element, field or character."""
    found = lists.last(value)
    return "" if found is MISSING and isinstance(value, str) else found


def join(value: Any, glue: str = "", final: str | None = None) -> str:
    """Put texts together; the last glue may be another one."""
    texts = [php.to_text(element) for element in lists.listed(value)]
    if final is None or len(texts) < 2:  # noqa: PLR2004 - nothing to glue otherwise
        return join_texts(texts, glue)
    return checked(f"{join_texts(texts[:-1], glue)}{final}{texts[-1]}")


def cut(
    value: Any,
    start: int,
    length: int | None = None,
    preserve_keys: Any = False,  # noqa: FBT002 - Twig's own signature
) -> Any:
    """Give a part of a list, object or text, from a position on, so many elements long."""
    if not isinstance(value, (dict, list)):
        text = php.to_text(value)
        return text[_bounds(len(text), start, length)]
    if isinstance(value, list) and not preserve_keys:
        return value[_bounds(len(value), start, length)]
    return dict(list(php.members(value).items())[_bounds(len(value), start, length)])


def _bounds(size: int, start: int, length: int | None) -> slice:
    begin = max(size + start, 0) if start < 0 else start
    if length is None:
        return slice(begin, None)
    return slice(begin, size + length if length < 0 else begin + length)


def round_number(value: Any, precision: int = 0, method: str = "common") -> Any:
    """Round to so many decimals: `common`, `ceil` or `floor`."""
    return filters.round_number(php.to_float(value), precision, method)


def json_text(value: Any, flags: int = 0) -> str:
    """Write JSON with PHP's flags."""
    plain = bool(flags & JSON_UNESCAPED_SLASHES)
    text = encoding.write_json(
        None if value is MISSING else value,
        plain=plain and bool(flags & JSON_UNESCAPED_UNICODE),
        indent=4 if flags & JSON_PRETTY_PRINT else 0,
    )
    return checked(text.replace("\\/", "/") if plain else text)


def number_format(value: Any, decimals: int = 0, point: str = ".", thousands: str = ",") -> str:
    """Write a number with decimals, and thousands parted."""
    return encoding.format_number(php.to_float(value), decimals, point, thousands)


def keys(value: Any) -> list[Any]:
    """Give the keys of an object or list."""
    return list(range(len(value))) if isinstance(value, list) else list(value or {})


def absolute(value: Any) -> Any:
    """Give a number without its sign."""
    return abs(php.to_number(value))


def trim(text: str, character_mask: str | None = None, side: str = "both") -> str:
    """Take blanks, or the named characters, from both ends, or from the `left` or `right`."""
    mask = " \t\n\r\0\x0b" if character_mask is None else character_mask
    strip = {"both": text.strip, "left": text.lstrip, "right": text.rstrip}[side]
    return strip(mask)


def replace(text: str, pairs: dict[str, Any] | list[Any]) -> str:
    """Replace each key by its value, longest first."""
    return texts.replace(text, {key: php.to_text(to) for key, to in php.members(pairs).items()})


def line_breaks(text: str) -> str:
    """Put `<br />` before every line break."""
    return text.replace("\r\n", "\n").replace("\n", "<br />\n")


def column(value: Any, name: Any) -> list[Any]:
    """Give one field of each element that has it."""
    key = php.to_text(name)
    rows = [php.members(row) for row in lists.listed(value) if isinstance(row, (list, dict))]
    return [row[key] for row in rows if key in row]


def merge(value: Any, other: Any) -> Any:
    """Append a list, or lay an object over another."""
    if not isinstance(value, (list, dict)) or not isinstance(other, (list, dict)):
        raise TypeError("merge takes lists and objects")
    return lists.merge(value, other)


def numbers(low: Any, high: Any, step: Any = 1) -> list[Any]:
    """Give the numbers from one to another, both included."""
    start, stop, width = (int(php.to_number(bound)) for bound in (low, high, step))
    count = abs(stop - start) // max(abs(width), 1) + 1
    if count > MAX_RANGE or not width:
        raise ValueError(f"a range has 1 to {MAX_RANGE:,} numbers")
    direction = abs(width) if stop >= start else -abs(width)
    return [start + direction * turn for turn in range(count)]


def largest(*values: Any) -> Any:
    """Give the greatest of its arguments, or of a list."""
    return _extreme(values, 1)


def smallest(*values: Any) -> Any:
    """Give the smallest of its arguments, or of a list."""
    return _extreme(values, -1)


def _extreme(values: tuple[Any, ...], wanted: int) -> Any:
    candidates = lists.listed(values[0]) if len(values) == 1 else list(values)
    if not candidates:
        raise ValueError("there is nothing to compare")
    best = candidates[0]
    for candidate in candidates[1:]:
        best = candidate if php.compare(candidate, best) == wanted else best
    return best


def cycle(values: list[Any], position: Any) -> Any:
    """Give the element at a position, beginning anew at the end."""
    return values[php.to_int(position) % len(values)]


def contains(left: Any, right: Any) -> bool:
    """Return whether a list or object holds a value, a text a text."""
    if isinstance(right, (list, dict)):
        return any(php.loosely_equal(left, element) for element in lists.listed(right))
    if isinstance(right, str) and not isinstance(left, (list, dict)):
        return is_in(php.to_text(left), right)
    return False


def loop_items(value: Any) -> list[Any]:
    """Give what `for x in value` runs over; nothing for anything but a list or object."""
    return lists.listed(value) if isinstance(value, (list, dict)) else []


def loop_pairs(value: Any) -> list[Any]:
    """Give what `for key, x in value` runs over; the keys of a list are its positions."""
    if isinstance(value, list):
        return [[index, element] for index, element in enumerate(value)]
    return [[key, element] for key, element in value.items()] if isinstance(value, dict) else []


TWIG_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "range": numbers,
    "max": largest,
    "min": smallest,
    "cycle": cycle,
}


def _add(left: Any, right: Any) -> Any:
    return bounded(php.to_number(left) + php.to_number(right))


def _divide(left: Any, right: Any) -> Any:
    result = php.to_number(left) / php.to_number(right)
    return int(result) if result.is_integer() and abs(result) < php.MAX_INT else result


def _modulo(left: Any, right: Any) -> Any:
    return int(math.fmod(php.to_int(left), php.to_int(right)))


TWIG_OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    "+": _add,
    "-": lambda left, right: bounded(php.to_number(left) - php.to_number(right)),
    "*": lambda left, right: bounded(php.to_number(left) * php.to_number(right)),
    "/": _divide,
    "//": lambda left, right: math.floor(php.to_number(left) / php.to_number(right)),
    "%": _modulo,
    "**": lambda left, right: power(php.to_number(left), php.to_number(right)),
    "neg": lambda value: bounded(-php.to_number(value)),
    "pos": php.to_number,
}

TWIG_FILTERS: Final[dict[str, Filter]] = {
    **{
        name: FILTERS[name]
        for name in (
            "b64dec", "b64enc", "batch", "capitalize", "date", "escape", "e", "format", "json_decode", "length",
            "lower", "reverse", "slugify", "split", "striptags", "title", "upper", "url_encode", "sort",
        )
    },
    "abs": Filter(absolute),
    "column": Filter(column),
    "default": Filter(default),
    "first": Filter(first),
    "join": Filter(join, gives_text=True),
    "json_encode": Filter(json_text, gives_text=True),
    "keys": Filter(keys),
    "last": Filter(last),
    "merge": Filter(merge),
    "nl2br": Filter(line_breaks, takes_text=True, gives_text=True),
    "number_format": Filter(number_format, gives_text=True),
    "raw": Filter(lambda value: value),
    "replace": Filter(replace, takes_text=True, gives_text=True),
    "round": Filter(round_number),
    "slice": Filter(cut),
    "trim": Filter(trim, takes_text=True, gives_text=True),
}  # fmt: skip

TWIG_TESTS: Final[dict[str, Callable[..., bool]]] = {
    **{
        name: TESTS[name]
        for name in ("defined", "mapping", "sequence", "iterable", "null", "string")
    },
    "empty": filters.is_empty,
    "none": TESTS["null"],
    "even": lambda value: php.to_int(value) % 2 == 0,
    "odd": lambda value: php.to_int(value) % 2 == 1,
    "divisible": lambda value, by: php.to_int(value) % php.to_int(by) == 0,
}

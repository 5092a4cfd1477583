"""The tables of filters, tests, functions, methods and operators of the dialect `twig`.

They follow Twig 3 as the predecessor used it (https://twig.symfony.com/doc/3.x/), on PHP's values. Arguments that a
function of Twig's does not name are ignored, as PHP does; those of PHP's own functions are an error.
"""

import math
from collections.abc import Callable
from typing import Any, Final

from openconnector.expressions import (
    dates,
    encoding,
    lists,
    php,
    texts,
    twig_encoding,
    twig_functions,
    twig_lists,
    twig_tests,
    twig_texts,
)
from openconnector.expressions.filters import Filter
from openconnector.expressions.values import bounded, power


def contains(left: Any, right: Any) -> bool:
    """Return whether a list or object holds a value, a text a text."""
    if isinstance(right, (list, dict)):
        return any(php.loosely_equal(left, element) for element in lists.listed(right))
    if isinstance(right, str) and isinstance(left, (str, int, float)):
        return not isinstance(left, bool) and php.to_text(left) in right
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
    "attribute": twig_functions.attribute,
    "constant": twig_functions.constant,
    "cycle": twig_functions.cycle,
    "date": dates.make_date,
    "generateUuid": twig_functions.generate_uuid,
    "max": twig_functions.largest,
    "min": twig_functions.smallest,
    "random": twig_functions.random_value,
    "range": twig_functions.numbers,
}

TWIG_METHODS: Final[dict[str, Filter]] = {
    "diff": Filter(dates.difference),
    "format": Filter(dates.formatted),
    "getTimestamp": Filter(dates.timestamp),
    "modify": Filter(dates.modified),
}
"""What a template may call on a moment or an interval."""


def _add(left: Any, right: Any) -> Any:
    return bounded(php.to_number(left) + php.to_number(right))


def _divide(left: Any, right: Any) -> Any:
    dividend, divisor = php.to_number(left), php.to_number(right)
    if isinstance(dividend, int) and isinstance(divisor, int) and dividend % divisor == 0:
        return bounded(dividend // divisor)
    return bounded(dividend / divisor)


def _modulo(left: Any, right: Any) -> Any:
    dividend, divisor = php.to_int(php.to_number(left)), php.to_int(php.to_number(right))
    remainder = abs(dividend) % abs(divisor)
    return -remainder if dividend < 0 else remainder


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


def _text(function: Callable[..., str]) -> Filter:
    return Filter(function, takes_text=True, gives="text")


TWIG_FILTERS: Final[dict[str, Filter]] = {
    "abs": Filter(twig_texts.absolute),
    "b64dec": _text(encoding.base64_decode),
    "b64enc": _text(encoding.base64_encode),
    "batch": Filter(twig_lists.batch),
    "capitalize": _text(twig_texts.capitalize),
    "column": Filter(twig_lists.column),
    "convert_encoding": _text(twig_encoding.convert_encoding),
    "date": Filter(dates.date, gives="text"),
    "date_modify": Filter(dates.date_modify),
    "default": Filter(twig_texts.default),
    "e": Filter(twig_encoding.escape),
    "escape": Filter(twig_encoding.escape),
    "first": Filter(twig_lists.first),
    "format": _text(twig_texts.format_text),
    "join": Filter(twig_lists.join, gives="text"),
    "json_decode": Filter(twig_encoding.read_json, takes_text=True),
    "json_encode": Filter(twig_encoding.json_text, gives="text"),
    "keys": Filter(twig_lists.keys),
    "last": Filter(twig_lists.last),
    "length": Filter(twig_lists.length),
    "lower": _text(twig_texts.lower),
    "merge": Filter(twig_lists.merge),
    "nl2br": _text(twig_texts.line_breaks),
    "number_format": Filter(twig_texts.number_format, gives="text"),
    "raw": Filter(twig_texts.raw),
    "replace": _text(twig_texts.replace),
    "reverse": Filter(twig_lists.reverse),
    "round": Filter(twig_texts.round_number),
    "shuffle": Filter(twig_lists.shuffle),
    "slice": Filter(twig_lists.cut),
    "slugify": _text(texts.slugify),
    "sort": Filter(twig_lists.sort),
    "spaceless": _text(twig_texts.spaceless),
    "split": Filter(twig_lists.split),
    "striptags": _text(twig_texts.strip_tags),
    "title": _text(twig_texts.title),
    "trim": _text(twig_texts.trim),
    "upper": _text(twig_texts.upper),
    "url_encode": Filter(twig_encoding.url_encode, gives="text"),
}

TWIG_ARROWS: Final[dict[str, Filter]] = {
    "filter": Filter(twig_lists.filter_with),
    "find": Filter(twig_lists.find_with),
    "map": Filter(twig_lists.map_with),
    "reduce": Filter(twig_lists.reduce_with),
}
"""Filters that take an arrow function."""

TWIG_TESTS: Final[dict[str, Callable[..., bool]]] = {
    "constant": twig_tests.is_constant,
    "defined": twig_tests.is_defined,
    "divisible by": twig_tests.is_divisible,
    "empty": twig_texts.is_empty,
    "even": twig_tests.is_even,
    "iterable": twig_tests.is_iterable,
    "mapping": twig_tests.is_mapping,
    "none": twig_tests.is_null,
    "null": twig_tests.is_null,
    "odd": twig_tests.is_odd,
    "same as": twig_tests.is_same,
    "sequence": twig_tests.is_sequence,
}

"""The tables of filters and tests of templates: pure functions of JSON values.

A filter is written `value | name(arguments)`, a test `value is name`. A filter's docstring is its documentation.
"""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from openconnector.expressions import dates, encoding, lists, php, texts
from openconnector.expressions.paths import MISSING
from openconnector.expressions.values import number, to_text


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter as generated code calls it."""

    function: Callable[..., Any]
    takes_text: bool = False
    """Whether the value is made text before."""
    gives_text: bool = False
    """Whether the result is always text."""


def default(value: Any, fallback: Any = "", boolean: Any = False) -> Any:  # noqa: FBT002 - Jinja's own signature
    """Give the fallback where nothing is there; with a second argument of true, also where it is empty."""
    is_absent = value is MISSING or value is None or (boolean and not value)
    return fallback if is_absent else value


def absolute(value: Any) -> Any:
    """Give a number without its sign."""
    return abs(number(value))


def round_number(value: Any, precision: int = 0, method: str = "common") -> Any:
    """Round to so many decimals: `common` (half away from zero), `ceil` or `floor`."""
    factor = 10 ** min(max(php.to_int(precision), -15), 15)
    scaled = number(value) * factor
    whole = _ROUNDINGS.get(method)
    if whole is None:
        raise ValueError(f"no rounding of this name; one of {', '.join(_ROUNDINGS)}")
    return whole(scaled) / factor


def _half_away(value: float) -> int:
    return math.floor(value + 0.5) if value >= 0 else math.ceil(value - 0.5)


_ROUNDINGS: Final[dict[str, Callable[[float], int]]] = {
    "common": _half_away,
    "ceil": math.ceil,
    "floor": math.floor,
}


def to_int(value: Any, default: int = 0) -> int:
    """Give a whole number, or the default where there is none."""
    return default if value is MISSING or value is None else php.to_int(value)


def to_float(value: Any, default: float = 0.0) -> float:
    """Give a number, or the default where there is none."""
    return default if value is MISSING or value is None else php.to_float(value)


def is_empty(value: Any) -> bool:
    """Return whether a value is nothing, false, or a text, list or object without content; 0 is not empty."""
    if isinstance(value, (str, list, dict)):
        return not value
    return value is None or value is False or value is MISSING


def _text(function: Callable[..., str]) -> Filter:
    return Filter(function, takes_text=True, gives_text=True)


FILTERS: Final[dict[str, Filter]] = {
    "abs": Filter(absolute),
    "b64dec": _text(encoding.base64_decode),
    "b64enc": _text(encoding.base64_encode),
    "batch": Filter(lists.batch),
    "capitalize": _text(texts.capitalize),
    "column": Filter(lists.column),
    "count": Filter(lists.length),
    "d": Filter(default),
    "date": Filter(dates.date_in_place, gives_text=True),
    "date_modify": Filter(dates.date_modify),
    "default": Filter(default),
    "e": _text(php.encode_entities),
    "escape": _text(php.encode_entities),
    "first": Filter(lists.first),
    "float": Filter(to_float),
    "format": _text(texts.format_text),
    "int": Filter(to_int),
    "items": Filter(lists.pairs),
    "join": Filter(lists.join, gives_text=True),
    "json_decode": Filter(encoding.read_json, takes_text=True),
    "json_encode": Filter(texts.json_text, gives_text=True),
    "keys": Filter(lists.keys),
    "last": Filter(lists.last),
    "length": Filter(lists.length),
    "list": Filter(lists.listed),
    "lower": _text(str.lower),
    "map": Filter(lists.map_field),
    "max": Filter(lists.largest),
    "merge": Filter(lists.merge),
    "min": Filter(lists.smallest),
    "number_format": Filter(texts.number_format, gives_text=True),
    "rejectattr": Filter(lists.reject_by),
    "replace": _text(texts.replace),
    "reverse": Filter(lists.reverse),
    "round": Filter(round_number),
    "selectattr": Filter(lists.select_by),
    "slugify": _text(texts.slugify),
    "sort": Filter(lists.sort),
    "split": Filter(texts.split, takes_text=True),
    "string": Filter(to_text, gives_text=True),
    "striptags": _text(texts.strip_tags),
    "sum": Filter(lists.total),
    "title": _text(texts.title),
    "tojson": Filter(texts.json_text, gives_text=True),
    "trim": _text(texts.trim),
    "truncate": _text(texts.truncate),
    "unique": Filter(lists.unique),
    "upper": _text(str.upper),
    "url_encode": Filter(texts.url_encode, gives_text=True),
    "urlencode": Filter(texts.url_encode, gives_text=True),
    "values": Filter(lists.values),
    "wordcount": Filter(texts.word_count, takes_text=True),
}
"""Every filter of the dialect `jinja`."""

METHODS: Final[dict[str, Filter]] = {
    "get": Filter(lists.get),
    "items": Filter(lists.pairs),
    "keys": Filter(lists.keys),
    "values": Filter(lists.values),
}
"""What a template may call on an object as a method, as Jinja templates do."""

TESTS: Final[dict[str, Callable[..., bool]]] = {
    "boolean": lambda value: isinstance(value, bool),
    "defined": lambda value: value is not MISSING,
    "divisibleby": lambda value, by: number(value) % number(by) == 0,
    "empty": is_empty,
    "eq": lambda value, other: bool(value == other),
    "equalto": lambda value, other: bool(value == other),
    "even": lambda value: number(value) % 2 == 0,
    "false": lambda value: value is False,
    "float": lambda value: isinstance(value, float),
    "in": lambda value, others: value in lists.listed(others),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "iterable": lambda value: isinstance(value, (list, dict)),
    "lower": lambda value: isinstance(value, str) and value == value.lower(),
    "mapping": lambda value: isinstance(value, dict),
    "ne": lambda value, other: bool(value != other),
    "none": lambda value: value is None,
    "null": lambda value: value is None or value is MISSING,
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "odd": lambda value: number(value) % 2 == 1,
    "sequence": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "true": lambda value: value is True,
    "undefined": lambda value: value is MISSING,
    "upper": lambda value: isinstance(value, str) and value == value.upper(),
}
"""Every test: `value is name`."""


def accepts(function: Callable[..., Any], positional: int, named: list[str]) -> str | None:
    """Return what is wrong with calling a function so, None when nothing is."""
    try:
        inspect.signature(function).bind(*[None] * positional, **dict.fromkeys(named))
    except TypeError as error:
        return str(error)
    except ValueError:
        return None
    return None

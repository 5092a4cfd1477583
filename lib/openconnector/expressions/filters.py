"""The table of filters of the dialect `jinja`: pure functions of JSON values.

A filter is written `value | name(arguments)`. Its docstring is its documentation (`documentation`).
"""

import inspect
import keyword
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from openconnector.expressions import dates, encoding, lists, php, texts
from openconnector.expressions.names import Certain
from openconnector.expressions.paths import MISSING
from openconnector.expressions.values import number, to_text


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter as generated code calls it."""

    function: Callable[..., Any]
    takes_text: bool = False
    """Whether the value is made text before."""
    gives: Certain = ""
    """What is certain of the result."""


def default(value: Any, fallback: Any = "", boolean: Any = False) -> Any:  # noqa: FBT002 - Jinja's own signature
    """Give the fallback where nothing is there; with a second argument of true, also where it is empty.

    Example:
        >>> {{ none | default('none') }}
        none
        >>> {{ '' | default('none', true) }}
        none
    """
    is_absent = value is MISSING or value is None or (boolean and not value)
    return fallback if is_absent else value


def absolute(value: Any) -> Any:
    """Give a number without its sign.

    Example:
        >>> {{ (-5) | abs }}
        5
    """
    return abs(number(value))


def round_number(value: Any, precision: int = 0, method: str = "common") -> Any:
    """Round to so many decimals: `common` (half away from zero), `ceil` or `floor`.

    Example:
        >>> {{ 2.5 | round }}
        3.0
        >>> {{ 1234.5678 | round(1, 'floor') }}
        1234.5
    """
    if precision == 0 and method == "common":
        return float(_half_away(number(value)))
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
    """Give a whole number, or the default where there is none.

    Example:
        >>> {{ '12abc' | int }}
        12
    """
    return default if value is MISSING or value is None else php.to_int(value)


def to_float(value: Any, default: float = 0.0) -> float:
    """Give a number, or the default where there is none.

    Example:
        >>> {{ '1.5kg' | float }}
        1.5
    """
    return default if value is MISSING or value is None else php.to_float(value)


def _text(function: Callable[..., str]) -> Filter:
    return Filter(function, takes_text=True, gives="text")


FILTERS: Final[dict[str, Filter]] = {
    "abs": Filter(absolute),
    "b64dec": _text(encoding.base64_decode),
    "b64enc": _text(encoding.base64_encode),
    "batch": Filter(lists.batch),
    "capitalize": _text(texts.capitalize),
    "column": Filter(lists.column),
    "count": Filter(lists.length, gives="value"),
    "d": Filter(default),
    "date": Filter(dates.date_in_place, gives="text"),
    "date_modify": Filter(dates.date_modify),
    "default": Filter(default),
    "e": _text(php.encode_entities),
    "escape": _text(php.encode_entities),
    "first": Filter(lists.first),
    "float": Filter(to_float, gives="value"),
    "format": _text(texts.format_text),
    "int": Filter(to_int, gives="value"),
    "items": Filter(lists.pairs),
    "join": Filter(lists.join, gives="text"),
    "json_decode": Filter(encoding.read_json, takes_text=True),
    "json_encode": Filter(texts.json_text, gives="text"),
    "keys": Filter(lists.keys),
    "last": Filter(lists.last),
    "length": Filter(lists.length, gives="value"),
    "list": Filter(lists.listed),
    "lower": _text(texts.lower),
    "map": Filter(lists.map_field),
    "max": Filter(lists.largest),
    "merge": Filter(lists.merge),
    "min": Filter(lists.smallest),
    "number_format": Filter(texts.number_format, gives="text"),
    "rejectattr": Filter(lists.reject_by),
    "replace": _text(texts.replace),
    "reverse": Filter(lists.reverse),
    "round": Filter(round_number, gives="value"),
    "selectattr": Filter(lists.select_by),
    "slugify": _text(texts.slugify),
    "sort": Filter(lists.sort),
    "split": Filter(texts.split, takes_text=True),
    "string": Filter(to_text, gives="text"),
    "striptags": _text(texts.strip_tags),
    "sum": Filter(lists.total),
    "title": _text(texts.title),
    "tojson": Filter(texts.json_text, gives="text"),
    "trim": _text(texts.trim),
    "truncate": _text(texts.truncate),
    "unique": Filter(lists.unique),
    "upper": _text(texts.upper),
    "url_encode": Filter(texts.url_encode, gives="text"),
    "urlencode": Filter(texts.url_encode, gives="text"),
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


_HUMP: Final = re.compile(r"(?<=[a-z0-9])[A-Z]")


def parameter_of(name: str) -> str:
    """Return the parameter that the name of an argument means: `preserveKeys` is `preserve_keys`, `from` is `from_`."""
    snake = _HUMP.sub(lambda hump: f"_{hump[0].lower()}", name)
    return f"{snake}_" if keyword.iskeyword(snake) else snake


def accepts(function: Callable[..., Any], positional: int, named: list[str]) -> str | None:
    """Return what is wrong with calling a function so, and what it takes; None when nothing is wrong."""
    try:
        signature = inspect.signature(function)
    except ValueError:
        return None
    try:
        signature.bind(*[None] * positional, **dict.fromkeys(named))
    except TypeError as error:
        names = [
            name.rstrip("_")
            for name, parameter in signature.parameters.items()
            if parameter.kind is not parameter.VAR_POSITIONAL and name != "now"
        ]
        return f"{error}; it takes {', '.join(names) or 'nothing'}"
    return None

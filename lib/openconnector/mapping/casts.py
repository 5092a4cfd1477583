"""The casts a mapping may name: what each makes of a value.

The names and the results are those of the predecessor (PHP's conversions), because mappings carry them over. A cast
with a parameter is written `name==parameter` or `name:parameter`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from openconnector.expressions import php
from openconnector.expressions.moment_forms import write_moment
from openconnector.expressions.moments import moment_at
from openconnector.expressions.paths import compile_path
from openconnector.mapping.conversions import PLAIN


class _Gone(Enum):
    GONE = "gone"


GONE: Final = _Gone.GONE
"""What a cast gives to take the field away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CastContext:
    """What a cast may look at beside the value."""

    path: str
    """Where the value stands in the result."""
    result: Any
    """The whole result as it is now."""
    now: datetime
    """The moment of the mapping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """One cast as a mapping names it, with its parameter."""

    name: str
    apply: Callable[[Any, CastContext], Any]
    """Gives the new value, or `GONE`. Raises `ValueError` or `TypeError` for a value it cannot take."""
    plain: Callable[[Any], Any] | None = None
    """The same for a cast that needs nothing but the value."""
    looks_around: bool = False
    """Whether it looks at other fields, so that it matters which were cast before it."""
    condition: Callable[[Any], bool] | None = None
    """For a cast that only replaces some values: which ones."""
    replacement: Any = None
    """What it puts in their place."""


def is_blank(value: Any) -> bool:
    """Return whether a value is empty for PHP, or an array with nothing but empty values at any depth."""
    if isinstance(value, (list, dict)):
        return all(is_blank(item) for item in php.members(value).values())
    return not php.is_truthy(value)


def matcher(wanted: str) -> Callable[[Any], bool]:
    """Return which values `unsetIfValue` and `setNullIfValue` mean: loosely equal ones, or blank ones for no text."""
    if wanted == "":
        return is_blank
    if php.numeric(wanted) is not None:
        return lambda value: php.loosely_equal(value, wanted)
    return lambda value: value == wanted if type(value) is str else php.loosely_equal(value, wanted)


def _date(value: Any, context: CastContext) -> Any:
    """Return the present moment in the form the value spells with PHP's date letters.

    Example:
        >>> "Y-m-d H:i" | date
        "2026-01-02 03:04"
    """
    return write_moment(moment_at(context.now), php.to_text(value))


def _key_cannot_be_value(value: Any, context: CastContext) -> Any:
    """Take the field away when its value is its own path: what a missing path leaves behind.

    Example:
        >>> "field" | keyCantBeValue
        (nothing)
        >>> "value" | keyCantBeValue
        "value"
    """
    return GONE if php.loosely_equal(value, context.path) else value


def unset_if(wanted: str) -> Cast:
    """Take the field away when its value is loosely equal to another; with none, when it is empty.

    Example:
        >>> "x" | unsetIfValue==x
        (nothing)
        >>> "y" | unsetIfValue==x
        "y"
        >>> "" | unsetIfValue==
        (nothing)
    """
    return _replacing(f"unsetIfValue=={wanted}", wanted, GONE)


def null_if(wanted: str) -> Cast:
    """Put null where the value is loosely equal to another; with none, where it is empty.

    Example:
        >>> "x" | setNullIfValue==x
        null
        >>> 0 | setNullIfValue==
        null
        >>> "y" | setNullIfValue==x
        "y"
    """
    return _replacing(f"setNullIfValue=={wanted}", wanted, None)


def _replacing(name: str, wanted: str, replacement: Any) -> Cast:
    condition = matcher(wanted)

    def apply(value: Any, _context: CastContext) -> Any:
        return replacement if condition(value) else value

    return Cast(name=name, apply=apply, condition=condition, replacement=replacement)


def count_of(path: str) -> Cast:
    """Put the number of elements that stand at another path of the result; where there is no list, the value stays.

    Example:
        >>> ["a", "b"] | countValue:field
        2
        >>> "a" | countValue:elsewhere
        "a"
    """
    return Cast(name=f"countValue:{path}", apply=_count(path), looks_around=True)


def _count(path: str) -> Callable[[Any, CastContext], Any]:
    get = compile_path(path)

    def count(value: Any, context: CastContext) -> Any:
        counted = get(context.result)
        return len(counted) if isinstance(counted, (list, dict)) else value

    return count


AWARE: Final[dict[str, Callable[[Any, CastContext], Any]]] = {
    "date": _date,
    "keyCantBeValue": _key_cannot_be_value,
}
"""Casts that look at more than the value."""

WITH_PARAMETER: Final[dict[str, Callable[[str], Cast]]] = {
    "unsetIfValue==": unset_if,
    "setNullIfValue==": null_if,
    "countValue:": count_of,
}
"""Casts that are written with a parameter behind their name."""

CASTS: Final[dict[str, Callable[..., Any]]] = {
    **PLAIN,
    **AWARE,
    **{name.rstrip("=:"): make for name, make in WITH_PARAMETER.items()},
}
"""Name to the function whose docstring explains the cast (`documentation`)."""

CAST_NAMES: Final = tuple(CASTS)
"""Every cast."""


def find_cast(name: str) -> Cast | None:
    """Return the cast of this name; None when there is none."""
    if (plain := PLAIN.get(name)) is not None:
        return Cast(name=name, apply=lambda value, _context: plain(value), plain=plain)
    if (aware := AWARE.get(name)) is not None:
        return Cast(name=name, apply=aware)
    for beginning, make in WITH_PARAMETER.items():
        if name.startswith(beginning):
            return make(name.removeprefix(beginning))
    return None

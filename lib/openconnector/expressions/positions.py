"""Positions: paths as fields of a kind, and what to say when something else stands there."""

from typing import Annotated, Any

from pydantic import AfterValidator

from openconnector.errors import ConfigurationError
from openconnector.expressions.paths import compile_path

SHOWN_KEYS = 20
"""How many keys of an object an error names."""

SHOWN_LENGTH = 40
"""How much of a key an error repeats."""

NAMES = {
    list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number", type(None): "null",
}  # fmt: skip


def _compilable(position: str) -> str:
    try:
        compile_path(position)
    except ConfigurationError as error:
        raise ValueError(str(error)) from error
    return position


Position = Annotated[str, AfterValidator(_compilable)]
"""A dot path such as `meta.next` (a dot that belongs to a key is written `&#46;`), or a JSONPath query, which begins
with `$`."""


def whole_number(value: Any) -> int | None:
    """Return a counter as a number, also when it is written as text; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return None


def described(value: Any) -> str:
    """Return what a value is, for an error: its type and keys, never what it holds."""
    if not isinstance(value, dict):
        return NAMES.get(type(value), "nothing")
    if not value:
        return "an empty object"
    names = [repr(str(key)[:SHOWN_LENGTH]) for key in list(value)[:SHOWN_KEYS]]
    more = ", ..." if len(value) > SHOWN_KEYS else ""
    return f"an object with the keys {', '.join(names)}{more}"

"""Shapes of results that PHP's one array type brings about, and that mappings of the predecessor rely on."""

from typing import Any

from openconnector.expressions.paths import ESCAPED_DOT

ROOT = "#"
"""The target path whose value becomes the whole result."""


def tidy(value: Any) -> Any:
    """Return a value as PHP gives it back: keys 0, 1, 2 in order are a list, `&#46;` in keys is a dot."""
    if isinstance(value, list):
        return [
            tidy(element) if isinstance(element, (dict, list)) else element for element in value
        ]
    if not isinstance(value, dict):
        return value
    result = {
        key.replace(ESCAPED_DOT, ".") if ESCAPED_DOT in key else key: (
            tidy(element) if isinstance(element, (dict, list)) else element
        )
        for key, element in value.items()
    }
    return as_list(result)


def as_list(value: dict[str, Any]) -> dict[str, Any] | list[Any]:
    """Return an object whose keys are 0, 1, 2 and so on, in order, as a list; any other as it is."""
    if "0" not in value:
        return value
    is_list = all(key == str(index) for index, key in enumerate(value))
    return list(value.values()) if is_list else value


def unrooted(result: Any) -> Any:
    """Return the value of `#` where that is the only field: nothing is an empty list, a scalar a list of one."""
    if not isinstance(result, dict) or result.keys() != {ROOT}:
        return result
    value = result[ROOT]
    if value is None:
        return []
    return value if isinstance(value, (dict, list)) else [value]

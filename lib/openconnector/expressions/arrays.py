"""PHP's one array type, in lists and objects: an object whose keys are 0, 1, 2 and so on, in order, is a list.

Keys of objects are texts here. A text that is a plain decimal integer is an integer as a key of PHP's.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from openconnector.expressions import php

_INT_KEY: Final = re.compile(r"0|-?[1-9][0-9]{0,17}", re.ASCII)


def is_int_key(key: str) -> bool:
    """Return whether a key is an integer in PHP."""
    return _INT_KEY.fullmatch(key) is not None


def key_value(key: str) -> int | str:
    """Return a key as PHP has it: an integer, or a text."""
    return int(key) if is_int_key(key) else key


def array(members: dict[str, Any]) -> dict[str, Any] | list[Any]:
    """Return keys and values as a list where they are one, else as an object."""
    if members and "0" not in members:
        return members
    is_list = all(key == str(index) for index, key in enumerate(members))
    return list(members.values()) if is_list else members


def renumbered(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any] | list[Any]:
    """Return pairs as an array in which integer keys are counted anew; a later value replaces one of the same key."""
    members: dict[str, Any] = {}
    count = 0
    for key, value in pairs:
        if is_int_key(key):
            members[str(count)] = value
            count += 1
        else:
            members[key] = value
    return array(members)


def is_list(value: Any) -> bool:
    """Return whether a value is a list for PHP; an empty object is one too."""
    return isinstance(value, list) or (isinstance(value, dict) and isinstance(array(value), list))


def members_of(value: Any, name: str) -> dict[str, Any]:
    """Return a list or object as keys and values. Raises `TypeError` that names the filter."""
    if not isinstance(value, (list, dict)):
        raise TypeError(f"{name} takes a list or an object, not {php.kind_of(value)}")
    return php.members(value)

"""Filters and functions of lists and objects in the dialect `twig`. Both are PHP arrays there, and keys are kept."""

import random
from collections.abc import Callable
from functools import cmp_to_key
from typing import Any, Final

from openconnector.expressions import php
from openconnector.expressions.arrays import array, key_value, members_of, renumbered
from openconnector.expressions.limits import MAX_RANGE, checked, join_texts
from openconnector.expressions.paths import MISSING

Arrow = Callable[..., Any]
"""An arrow function of a template. It is called with all there is to give, and takes what it names."""

_CHANCE: Final = random.SystemRandom()


def first(value: Any, *_ignored: Any) -> Any:
    """Give the first element of a list, the first field of an object, or the first character.

    Example:
        >>> {{ ['b', 'a', 'c'] | first }}
        b
        >>> {{ 'jan' | first }}
        j
    """
    return _end(value, 0)


def last(value: Any, *_ignored: Any) -> Any:
    """Give the last element of a list, the last field of an object, or the last character.

    Example:
        >>> {{ ['b', 'a', 'c'] | last }}
        c
        >>> {{ 'jan' | last }}
        n
    """
    return _end(value, -1)


def _end(value: Any, position: int) -> Any:
    if not isinstance(value, (list, dict)):
        text = php.to_text(value)
        return text[position] if text else ""
    elements = value if isinstance(value, list) else list(value.values())
    return elements[position] if elements else False


def length(value: Any, *_ignored: Any) -> int:
    """Count elements, fields or characters; nothing has none.

    Example:
        >>> {{ ['b', 'a', 'c'] | length }}
        3
        >>> {{ 'Ünï' | length }}
        3
    """
    return len(value) if isinstance(value, (list, dict)) else len(php.to_text(value))


def keys(value: Any, *_ignored: Any) -> list[Any]:
    """Give the keys of an object or the positions of a list; nothing for anything else.

    Example:
        >>> {{ {'a': 1, 'b': 2} | keys | join(', ') }}
        a, b
    """
    if isinstance(value, list):
        return list(range(len(value)))
    return [key_value(key) for key in value] if isinstance(value, dict) else []


def join(value: Any, glue: Any = "", and_: Any = None, *_ignored: Any) -> str:
    """Put the texts of a list together with a glue between; the last glue may be another.

    Example:
        >>> {{ [1, 2, 3] | join(', ') }}
        1, 2, 3
        >>> {{ [1, 2, 3] | join(', ', ' and ') }}
        1, 2 and 3
    """
    if php.is_null(value):
        return ""
    elements = list(php.members(value).values()) if isinstance(value, (list, dict)) else [value]
    texts = [php.to_text(element) for element in elements]
    between = php.to_text(glue)
    if php.is_null(and_) or len(texts) < 2:  # noqa: PLR2004 - nothing to glue otherwise
        return join_texts(texts, between)
    return checked(f"{join_texts(texts[:-1], between)}{php.to_text(and_)}{texts[-1]}")


def split(value: Any, delimiter: Any, limit: Any = None, *_ignored: Any) -> list[Any]:
    """Part a text at a delimiter, into at most so many parts; with an empty one, into texts of that length.

    Below zero the limit tells how many parts are left out at the end.

    Example:
        >>> {{ 'one,two,three' | split(',') | last }}
        three
        >>> {{ 'one,two,three' | split(',', 2) | json_encode }}
        ["one","two,three"]
        >>> {{ 'aabbc' | split('', 2) | json_encode }}
        ["aa","bb","c"]
    """
    text, separator = php.to_text(value), php.to_text(delimiter)
    most = 0 if php.is_null(limit) else php.to_int(limit)
    if separator == "":
        is_whole = most > 1 and len(text) < most
        return [value] if is_whole and not php.is_null(value) else _pieces(text, most)
    if php.is_null(limit):
        return text.split(separator)
    if most < 0:
        return text.split(separator)[:most]
    return text.split(separator, max(most, 1) - 1)


def _pieces(text: str, size: int) -> list[str]:
    size = max(size, 1)
    return [text[at : at + size] for at in range(0, len(text), size)] or [""]


def merge(value: Any, *others: Any) -> Any:
    """Append lists, or lay objects over one another.

    Example:
        >>> {{ [1, 2] | merge([3]) | json_encode }}
        [1,2,3]
        >>> {{ {'a': 1} | merge({'a': 2, 'b': 3}) | json_encode }}
        {"a":2,"b":3}
    """
    parts = [members_of(part, "merge") for part in (value, *others)]
    return renumbered(pair for part in parts for pair in part.items())


def cut(
    value: Any,
    start: Any,
    length: Any = None,
    preserve_keys: Any = False,  # noqa: FBT002 - Twig's own signature
    *_ignored: Any,
) -> Any:
    """Give a part of a list, object or text: from a position on, so many elements long.

    Both may be below zero and then count from the end. Positions are counted anew unless keys are preserved.

    Example:
        >>> {{ 'jan de vries' | slice(4, 2) }}
        de
        >>> {{ [1, 2, 3, 4] | slice(-2) | json_encode }}
        [3,4]
        >>> {{ [1, 2, 3] | slice(1, 1, true) | json_encode }}
        {"1":2}
    """
    begin, size = php.to_int(start), None if php.is_null(length) else php.to_int(length)
    if not isinstance(value, (dict, list)):
        text = php.to_text(value)
        return text[_bounds(len(text), begin, size)]
    part = list(php.members(value).items())[_bounds(len(value), begin, size)]
    return array(dict(part)) if php.is_truthy(preserve_keys) else renumbered(part)


def _bounds(size: int, start: int, length: int | None) -> slice:
    begin = max(size + start, 0) if start < 0 else start
    if length is None:
        return slice(begin, None)
    return slice(begin, max(size + length, 0) if length < 0 else begin + length)


def reverse(value: Any, preserve_keys: Any = False, *_ignored: Any) -> Any:  # noqa: FBT002 - Twig's own signature
    """Turn a list, object or text round; positions are counted anew unless keys are preserved.

    Example:
        >>> {{ [1, 2, 3] | reverse | json_encode }}
        [3,2,1]
        >>> {{ 'jan' | reverse }}
        naj
    """
    if not isinstance(value, (list, dict)):
        return php.to_text(value)[::-1]
    turned = reversed(php.members(value).items())
    return array(dict(turned)) if php.is_truthy(preserve_keys) else renumbered(turned)


def sort(value: Any, arrow: Arrow | None = None, *_ignored: Any) -> Any:
    """Sort a list or object by PHP's comparison, or by an arrow function that gives -1, 0 or 1; keys are kept.

    Example:
        >>> {{ ['10', '9', '1'] | sort | join(',') }}
        1,9,10
        >>> {{ {'x': 2, 'y': 1} | sort | json_encode }}
        {"y":1,"x":2}
    """
    pairs = list(members_of(value, "sort").items())
    order = cmp_to_key(php.compare if arrow is None else _comparing(arrow))
    pairs.sort(key=lambda pair: order(pair[1]))
    return array(dict(pairs))


def _comparing(arrow: Arrow) -> Callable[[Any, Any], int]:
    def compare(left: Any, right: Any) -> int:
        order = arrow(left, right)
        if order is False:
            # Where the answer is only yes or no, PHP asks again the other way round.
            return -1 if arrow(right, left) is True else 0
        return php.to_int(order)

    return compare


def map_with(value: Any, arrow: Arrow) -> Any:
    """Give what an arrow function makes of each element; it takes the element and its key.

    Example:
        >>> {{ [1, 2] | map(n => n * 2) | json_encode }}
        [2,4]
    """
    pairs = members_of(value, "map").items()
    return array({key: arrow(element, key_value(key)) for key, element in pairs})


def filter_with(value: Any, arrow: Arrow) -> Any:
    """Keep the elements for which an arrow function gives something true; keys are kept.

    Example:
        >>> {{ [1, 2, 3] | filter(n => n > 1) | join(',') }}
        2,3
    """
    pairs = members_of(value, "filter").items()
    kept = {key: item for key, item in pairs if php.is_truthy(arrow(item, key_value(key)))}
    return array(kept)


def reduce_with(value: Any, arrow: Arrow, initial: Any = None) -> Any:
    """Go through the elements with an arrow function that takes what it gave before, the element and its key.

    Example:
        >>> {{ [1, 2, 3] | reduce((sum, n) => sum + n, 10) }}
        16
    """
    for key, element in members_of(value, "reduce").items():
        initial = arrow(initial, element, key_value(key))
    return initial


def find_with(value: Any, arrow: Arrow) -> Any:
    """Give the first element for which an arrow function gives something true; null when there is none.

    Example:
        >>> {{ [1, 2, 3] | find(n => n > 1) }}
        2
    """
    pairs = members_of(value, "find").items()
    found = (item for key, item in pairs if php.is_truthy(arrow(item, key_value(key))))
    return next(found, None)


def batch(
    value: Any,
    size: Any,
    fill: Any = None,
    preserve_keys: Any = True,  # noqa: FBT002 - Twig's own signature
    *_ignored: Any,
) -> Any:
    """Part a list or object into some of a size; the last one is filled up where a filling is given. Keys are kept.

    Example:
        >>> {{ [1, 2, 3] | batch(2) | json_encode }}
        [[1,2],{"2":3}]
        >>> {% for part in [1, 2, 3] | batch(2, 'none') %}{{ part | join(' ') }};{% endfor %}
        1 2;3 none;
    """
    width = -int(-php.to_float(size) // 1)
    if not 1 <= width <= MAX_RANGE:
        raise ValueError(f"a batch has 1 to {MAX_RANGE:,} elements")
    pairs = list(members_of(value, "batch").items())
    parts = [pairs[at : at + width] for at in range(0, len(pairs), width)]
    if parts and not php.is_null(fill):
        missing = width - len(parts[-1])
        positions = [int(key) for key, _ in parts[-1] if isinstance(key_value(key), int)]
        following = max(positions, default=-1) + 1
        parts[-1] += [(str(following + turn), fill) for turn in range(missing)]
    keeps = php.is_truthy(preserve_keys)
    return [array(dict(part)) if keeps else [value for _, value in part] for part in parts]


def column(value: Any, name: Any, index: Any = None, *_ignored: Any) -> Any:
    """Give one field of each element that has it; another of its fields may be the key.

    Example:
        >>> {{ [{'n': 'a', 'p': 1}, {'n': 'b', 'p': 2}] | column('p') | json_encode }}
        [1,2]
        >>> {{ [{'n': 'a', 'p': 1}, {'n': 'b', 'p': 2}] | column('p', 'n') | json_encode }}
        {"a":1,"b":2}
    """
    found: dict[str, Any] = {}
    following = 0
    for row in members_of(value, "column").values():
        fields = php.members(row) if isinstance(row, (list, dict)) else {}
        content = row if php.is_null(name) else fields.get(php.to_text(name), MISSING)
        if content is MISSING:
            continue
        key = following if php.is_null(index) else fields.get(php.to_text(index), following)
        if isinstance(key, (list, dict)):
            key = following
        found[php.to_text(key)] = content
        if isinstance(position := key_value(php.to_text(key)), int):
            following = max(following, position + 1)
    return array(found)


def shuffle(value: Any, *_ignored: Any) -> Any:
    """Put the elements of a list, or the characters of a text, in an order of chance.

    Example:
        >>> {{ [5, 5, 5] | shuffle | join }}
        555
    """
    if isinstance(value, str):
        return "".join(_CHANCE.sample(value, len(value)))
    if not isinstance(value, (list, dict)):
        return value
    elements = list(php.members(value).values())
    _CHANCE.shuffle(elements)
    return elements

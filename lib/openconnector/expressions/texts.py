"""Filters that make text. What each does is its docstring; what it may produce is limited."""

import re
import unicodedata
from typing import Any

from openconnector.expressions import encoding, php
from openconnector.expressions.json_texts import write_json
from openconnector.expressions.limits import MAX_TEXT, checked, too_long
from openconnector.expressions.php_numbers import format_number
from openconnector.expressions.sprintf import sprintf
from openconnector.expressions.values import known, to_text


def upper(text: str) -> str:
    """Write every letter large.

    Example:
        >>> {{ 'één' | upper }}
        ÉÉN
    """
    return text.upper()


def lower(text: str) -> str:
    """Write every letter small.

    Example:
        >>> {{ 'ÉÉN' | lower }}
        één
    """
    return text.lower()


def capitalize(text: str) -> str:
    """Write the first letter large and the others small.

    Example:
        >>> {{ 'jan DE VRIES' | capitalize }}
        Jan de vries
    """
    return text.capitalize()


def title(text: str) -> str:
    """Begin every word with a capital.

    Example:
        >>> {{ 'jan de vries' | title }}
        Jan De Vries
    """
    return re.sub(r"[^\W_]+('[^\W_]+)?", lambda word: word[0].capitalize(), text)


def trim(text: str, characters: str | None = None) -> str:
    """Take blanks, or the named characters, from both ends.

    Example:
        >>> [{{ '  x y ' | trim }}]
        [x y]
    """
    return text.strip(characters)


def replace(text: str, old: Any, new: Any = "", count: int = -1) -> str:
    """Replace a text by another, or each key of an object by its value (longest key first).

    Example:
        >>> {{ 'a.b' | replace('.', '/') }}
        a/b
        >>> {{ 'a.b' | replace({'a': 'b', 'b': 'a'}) }}
        b.a
    """
    pairs = old if isinstance(old, dict) else {to_text(old): new}
    pairs = {key: to_text(value) for key, value in pairs.items() if key}
    if not pairs:
        return text
    longest = max(len(value) for value in pairs.values())
    pattern = re.compile("|".join(re.escape(key) for key in sorted(pairs, key=len, reverse=True)))
    if longest > 1 and len(text) + longest * len(pattern.findall(text)) > MAX_TEXT:
        raise too_long()
    return pattern.sub(lambda match: pairs[match[0]], text, count=max(count, 0))


def split(text: str, separator: str = "", limit: int = 0) -> list[str]:
    """Part a text at a separator, into at most `limit` parts; with an empty one, into texts of that length.

    Example:
        >>> {{ 'a,b,c' | split(',') }}
        ["a","b","c"]
    """
    if separator == "":
        size = max(limit, 1)
        return [text[at : at + size] for at in range(0, len(text), size)]
    return text.split(separator, limit - 1 if limit > 0 else -1)


def format_text(text: str, *arguments: Any) -> str:
    """Fill the places of a pattern with values: `%s`, `%d`, `%05.2f`, `%2$s`, as PHP's `sprintf`.

    Example:
        >>> {{ '%s is %d years' | format('Jan', 42) }}
        Jan is 42 years
        >>> {{ '%05.1f' | format(3.14159) }}
        003.1
    """
    texts = [value if isinstance(value, (int, float)) else to_text(value) for value in arguments]
    return sprintf(text, texts)


def number_format(value: Any, decimals: int = 0, point: str = ".", thousands: str = ",") -> str:
    """Write a number with decimals and thousands parted: 1.234,50 for 1234.5 with `2, ',', '.'`.

    Example:
        >>> {{ 1234.5 | number_format(2, ',', '.') }}
        1.234,50
    """
    return format_number(php.to_float(value), decimals, point, thousands)


def json_text(value: Any, indent: int = 0) -> str:
    """Write a value as JSON.

    Example:
        >>> {{ {'a': [1, 'é/']} | tojson }}
        {"a":[1,"é/"]}
    """
    return checked(write_json(known(value), indent=min(max(indent, 0), 8)))


def strip_tags(text: str) -> str:
    """Take out everything that looks like an HTML tag.

    Example:
        >>> {{ 'a <b>c</b>' | striptags }}
        a c
    """
    return re.sub(r"<[^<>]*>", "", text)


def truncate(text: str, length: int = 255, end: str = "...") -> str:
    """Cut a text to a length, the ending included.

    Example:
        >>> {{ 'a long text' | truncate(6) }}
        a l...
    """
    return text if len(text) <= length else text[: max(length - len(end), 0)] + end


def slugify(text: str) -> str:
    """Make a name for addresses: small letters, digits and single dashes.

    Example:
        >>> {{ 'Hello World_x!' | slugify }}
        hello-world-x
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    dashed = re.sub(r"[\s_]+", "-", plain)
    return re.sub(r"-+", "-", re.sub(r"[^a-z0-9-]", "", dashed)).strip("-")


def url_encode(value: Any) -> str:
    """Percent-encode a text, or write an object as a query string.

    Example:
        >>> {{ 'a b/é' | url_encode }}
        a%20b%2F%C3%A9
    """
    if isinstance(value, dict):
        return "&".join(
            f"{encoding.form_encode(k)}={encoding.form_encode(to_text(v))}"
            for k, v in value.items()
        )
    return encoding.percent_encode(to_text(value))


def word_count(text: str) -> int:
    """Count the words of a text.

    Example:
        >>> {{ 'a few words' | wordcount }}
        3
    """
    return len(text.split())

"""Filters and functions of texts and numbers in the dialect `twig`."""

import math
import re
import unicodedata
from collections.abc import Callable
from typing import Any, Final

from openconnector.expressions import php, texts
from openconnector.expressions.limits import checked
from openconnector.expressions.php_numbers import format_number, round_half
from openconnector.expressions.sprintf import sprintf
from openconnector.expressions.values import bounded

_IGNORABLE: Final = frozenset("'.:^`\u00a8\u00ad\u00af\u00b4\u00b7\u00b8\u2018\u2019\u2024\u2027")
_IGNORABLE_CATEGORIES: Final = frozenset({"Mn", "Me", "Cf", "Lm", "Sk"})
"""Characters that do not end a word: `o'neil` is one."""


def upper(text: str, *_ignored: Any) -> str:
    """Write every letter large.

    Example:
        >>> {{ 'één' | upper }}
        ÉÉN
    """
    return text.upper()


def lower(text: str, *_ignored: Any) -> str:
    """Write every letter small.

    Example:
        >>> {{ 'ÉÉN' | lower }}
        één
    """
    # PHP knows one small sigma, Python also the one that ends a word.
    return text.replace("\u03a3", "\u03c3").lower()


def capitalize(text: str, *_ignored: Any) -> str:
    """Write the first letter large and the others small.

    Example:
        >>> {{ 'jan DE VRIES' | capitalize }}
        Jan de vries
    """
    return text[:1].upper() + lower(text[1:])


def title(text: str, *_ignored: Any) -> str:
    """Begin every word with a large letter and write the rest small.

    Example:
        >>> {{ "o'neil jan-piet" | title }}
        O'neil Jan-Piet
    """
    parts: list[str] = []
    is_within = False
    for character in text:
        if character.lower() != character.upper():
            parts.append(character.lower() if is_within else character.title())
            is_within = True
        else:
            parts.append(character)
            is_within = is_within and _is_ignorable(character)
    return "".join(parts)


def _is_ignorable(character: str) -> bool:
    return character in _IGNORABLE or unicodedata.category(character) in _IGNORABLE_CATEGORIES


def trim(text: str, character_mask: Any = None, side: Any = "both", *_ignored: Any) -> str:
    """Take blanks, or the named characters, from both ends, or from the `left` or `right`; `a..f` names a range.

    Example:
        >>> [{{ '  x y ' | trim }}]
        [x y]
        >>> [{{ '  x y ' | trim(side='left') }}]
        [x y ]
        >>> {{ '007' | trim('0') }}
        7
        >>> {{ 'abcxcba' | trim('a..c') }}
        x
    """
    mask = " \t\n\r\0\x0b" if php.is_null(character_mask) else _mask(php.to_text(character_mask))
    if side not in _SIDES:
        raise ValueError("the side to trim is left, right or both")
    if not mask:
        return text
    return _SIDES[side](text, mask)


_SIDES: Final[dict[str, Callable[[str, str], str]]] = {
    "both": str.strip, "left": str.lstrip, "right": str.rstrip,
}  # fmt: skip


def _mask(characters: str) -> str:
    def span(match: re.Match[str]) -> str:
        low, high = ord(match[1]), ord(match[2])
        return "".join(map(chr, range(low, high + 1))) if low <= high else match[0]

    return re.sub(r"([\x00-\x7f])\.\.([\x00-\x7f])", span, characters)


def replace(text: str, from_: Any, *_ignored: Any) -> str:
    """Replace each key of an object by its value, the longest first; what was put in is not replaced again.

    Example:
        >>> {{ 'a.b' | replace({'a': 'b', 'b': 'c', '.': '/'}) }}
        b/c
    """
    if not isinstance(from_, (dict, list)):
        raise TypeError("replace takes an object: {'from': 'to'}")
    return texts.replace(text, {key: php.to_text(to) for key, to in php.members(from_).items()})


def format_text(text: str, *values: Any) -> str:
    """Fill the places of a pattern with values: `%s`, `%d`, `%05.2f`, `%'*10s`, `%2$s`, as PHP's `sprintf`.

    Example:
        >>> {{ '%s is %d years' | format('Jan', 42) }}
        Jan is 42 years
        >>> {{ '%05.1f|%-6s|%2$s' | format(3.14159, 'ab') }}
        003.1|ab    |ab
        >>> {{ '%x %b %e' | format(255, 5, 12345.678) }}
        ff 101 1.234568e+4
    """
    return sprintf(text, values)


def number_format(
    value: Any,
    decimal: Any = None,
    decimal_point: Any = None,
    thousand_sep: Any = None,
    *_ignored: Any,
) -> str:
    """Write a number with decimals, rounded half up, and thousands parted.

    Example:
        >>> {{ 1234.5 | number_format(2, ',', '.') }}
        1.234,50
        >>> {{ 9800.333 | number_format }}
        9,800
    """
    return checked(
        format_number(
            php.to_float(value),
            0 if php.is_null(decimal) else php.to_int(decimal),
            "." if php.is_null(decimal_point) else php.to_text(decimal_point),
            "," if php.is_null(thousand_sep) else php.to_text(thousand_sep),
        )
    )


def round_number(value: Any, precision: Any = 0, method: Any = "common", *_ignored: Any) -> float:
    """Round to so many decimals: `common` (half away from zero), `ceil` or `floor`.

    Example:
        >>> {{ 2.5 | round }}
        3
        >>> {{ 1234.5678 | round(1, 'floor') }}
        1234.5
        >>> {{ 1234.5678 | round(-2) }}
        1200
    """
    number, places = php.to_float(value), min(max(php.to_int(precision), -300), 300)
    if method == "common":
        return round_half(number, places)
    whole = _WHOLE.get(method if isinstance(method, str) else "")
    if whole is None:
        raise ValueError("no rounding of this name; there are common, ceil and floor")
    rounded = float(whole(bounded(number * 10.0**places))) / 10.0**places
    return math.copysign(rounded, number)  # what is rounded up to nothing from below is -0


_WHOLE: Final[dict[str, Callable[[float], int]]] = {"ceil": math.ceil, "floor": math.floor}


def absolute(value: Any) -> Any:
    """Give a number without its sign.

    Example:
        >>> {{ (-5) | abs }}
        5
        >>> {{ '-5.50' | abs }}
        5.5
    """
    if isinstance(value, str):
        number = php.numeric(value)
        if number is None:
            raise TypeError("abs takes a number")
        value = number
    return bounded(abs(php.to_number(value)))


def default(value: Any, default: Any = "", *_ignored: Any) -> Any:
    """Give another value where there is none, or an empty one: null, false, an empty text or list.

    Example:
        >>> {{ '' | default('none') }}
        none
        >>> {{ 0 | default('none') }}
        0
    """
    return default if is_empty(value) else value


def is_empty(value: Any) -> bool:
    """Tell whether there is no value or an empty one: null, false, an empty text or list; 0 is not empty.

    Example:
        >>> {{ '' is empty }}
        1
        >>> {{ 0 is not empty }}
        1
    """
    if isinstance(value, (str, list, dict)):
        return not value
    return php.is_null(value) or value is False


def line_breaks(text: str, *_ignored: Any) -> str:
    r"""Put `<br />` before every line break.

    Example:
        >>> {{ "a\nb" | nl2br }}
        a<br />
        b
    """
    return checked(re.sub(r"\r\n|\n\r|\n|\r", lambda match: f"<br />{match[0]}", text))


def spaceless(text: str, *_ignored: Any) -> str:
    """Take out blanks between HTML tags.

    Example:
        >>> {{ '<p> <b>x y</b> </p>' | spaceless }}
        <p><b>x y</b></p>
    """
    return re.sub(r">\s+<", "><", text).strip(" \t\n\r\0\x0b")


def strip_tags(text: str, allowable_tags: Any = None, *_ignored: Any) -> str:
    """Take out HTML tags and comments; some may be allowed.

    Example:
        >>> {{ 'a <b>c</b> <i>d</i>' | striptags }}
        a c d
        >>> {{ 'a <b>c</b> <i>d</i>' | striptags('<b>') }}
        a <b>c</b> d
    """
    allowed = _allowed(allowable_tags)

    def kept(tag: re.Match[str]) -> str:
        is_whole = tag[0].endswith(">")
        return tag[0] if is_whole and (tag["name"] or "").lower() in allowed else ""

    return _TAG.sub(kept, text)


_TAG: Final = re.compile(
    r"""<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<\Z|<(?=[^\s])/?(?P<name>[A-Za-z][A-Za-z0-9:-]*)?(?:"[^"]*"|'[^']*'|[^<>"'])*(?:>|\Z|(?=<))""",
    re.DOTALL,
)


def _allowed(tags: Any) -> frozenset[str]:
    if php.is_null(tags):
        return frozenset()
    if isinstance(tags, (list, dict)):
        return frozenset(php.to_text(tag).lower() for tag in php.members(tags).values())
    return frozenset(name.lower() for name in re.findall(r"<([A-Za-z0-9]+)>", php.to_text(tags)))


def raw(value: Any, *_ignored: Any) -> Any:
    """Print a value as it is, without escaping it.

    Example:
        >>> {{ '&eacute;' | raw }}
        é
    """
    return value

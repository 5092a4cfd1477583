"""Filters of the dialect `twig` that write values for another language, and read them: JSON, addresses, HTML."""

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from openconnector.expressions import encoding, php
from openconnector.expressions.arrays import array
from openconnector.expressions.json_texts import write_php_json
from openconnector.expressions.limits import MAX_TEXT, checked, too_long
from openconnector.expressions.paths import MISSING


def json_text(value: Any, flags: Any = 0, depth: Any = encoding.MAX_JSON_DEPTH) -> str:
    r"""Write a value as JSON, with PHP's flags: 64 leaves slashes, 128 puts fields on lines, 256 leaves letters.

    Example:
        >>> {{ {'a': [1, 2.0, null, 'é/']} | json_encode }}
        {"a":[1,2,null,"\u00e9\/"]}
        >>> {{ 'é/' | json_encode(64 + 256) }}
        "é/"
        >>> {{ {} | json_encode }}
        []
    """
    given = php.to_int(flags)
    most = php.to_int(depth)
    return checked(write_php_json(None if value is MISSING else value, given, depth=most))


def read_json(text: str, *_ignored: Any) -> Any:
    """Read JSON text of a list or an object.

    Example:
        >>> {{ ('{"x": [1, 2]}' | json_decode).x | join('-') }}
        1-2
    """
    found = encoding.read_json(text)
    if not isinstance(found, (list, dict)):
        raise TypeError("json_decode takes the JSON text of a list or an object")
    return array(found) if isinstance(found, dict) else found


def url_encode(value: Any, *_ignored: Any) -> str:
    """Percent-encode a text for an address, or write an object as a query string.

    Example:
        >>> {{ 'a b/é' | url_encode }}
        a%20b%2F%C3%A9
        >>> {{ {'q': 'a b', 'r': ['x', 'y']} | url_encode }}
        q=a%20b&r%5B0%5D=x&r%5B1%5D=y
    """
    if not isinstance(value, (list, dict)):
        return encoding.percent_encode(php.to_text(value))
    pairs: list[str] = []
    waiting = [
        (quote(key, safe=""), member) for key, member in reversed(php.members(value).items())
    ]
    while waiting:
        key, member = waiting.pop()
        if isinstance(member, (list, dict)):
            inner = reversed(php.members(member).items())
            waiting += [(f"{key}%5B{quote(name, safe='')}%5D", below) for name, below in inner]
        elif member is not None:
            pairs.append(f"{key}={quote(_query_text(member), safe='')}")
        if len(key) > MAX_TEXT:
            raise too_long()
    return checked("&".join(pairs))


def _query_text(value: Any) -> str:
    return "0" if value is False else php.to_text(value)


def convert_encoding(text: str, to: Any, from_: Any, *_ignored: Any) -> str:
    """Read the bytes of a text in another encoding, and write them in a third.

    Example:
        >>> {{ 'Ã©' | convert_encoding('ISO-8859-1', 'UTF-8') }}
        é
        >>> {{ 'één' | convert_encoding('ASCII//TRANSLIT', 'UTF-8') }}
        een
    """
    target, _, manner = php.to_text(to).upper().partition("//")
    try:
        read = text.encode().decode(php.to_text(from_))
        if manner.startswith("TRANSLIT"):
            read = encoding.to_ascii(read) if target in ("ASCII", "US-ASCII") else read
        written = read.encode(target, "ignore" if "IGNORE" in manner else "strict")
        return written.decode()
    except LookupError:
        raise ValueError("there is no encoding of this name") from None
    except UnicodeError:
        raise ValueError("the text cannot be converted between these encodings") from None


def escape(value: Any, strategy: Any = "html", charset: Any = None, *_ignored: Any) -> Any:  # noqa: ARG001 - UTF-8 always
    r"""Escape a text for where it will stand: `html`, `html_attr`, `js`, `css` or `url`.

    Example:
        >>> {{ "it's" | escape('js') }}
        it\u0027s
        >>> {{ 'a b' | e('css') }}
        a\20 b
        >>> {{ 'a/b' | e('url') }}
        a%2Fb
    """
    write = _STRATEGIES.get(strategy if isinstance(strategy, str) else "")
    if write is None:
        raise ValueError(f"no way of escaping of this name; there are {', '.join(_STRATEGIES)}")
    if not isinstance(value, str):
        return value  # only a text can break out of where it stands
    return checked(write(value))


_JS: Final = {
    "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
}  # fmt: skip
_ATTRIBUTE_NAMES: Final = {'"': "quot", "&": "amp", "<": "lt", ">": "gt"}


def _js(match: re.Match[str]) -> str:
    if (short := _JS.get(match[0])) is not None:
        return short
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02X}{units[at + 1]:02X}" for at in range(0, len(units), 2))


def _attribute(match: re.Match[str]) -> str:
    character, code = match[0], ord(match[0])
    if (code < 0x20 and character not in "\t\n\r") or 0x7F <= code <= 0x9F:  # noqa: PLR2004 - control characters
        return "&#xFFFD;"
    name = _ATTRIBUTE_NAMES.get(character)
    return f"&{name};" if name else f"&#x{code:02X};" if code < 256 else f"&#x{code:04X};"  # noqa: PLR2004


_STRATEGIES: Final[dict[str, Callable[[str], str]]] = {
    "html": php.encode_entities,
    "js": lambda text: re.sub(r"[^a-zA-Z0-9,._]", _js, text),
    "url": encoding.percent_encode,
    "css": lambda text: re.sub(r"[^a-zA-Z0-9]", lambda match: f"\\{ord(match[0]):X} ", text),
    "html_attr": lambda text: re.sub(r"[^a-zA-Z0-9,.\-_]", _attribute, text),
}

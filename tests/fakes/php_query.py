"""What becomes of a query on its way through PHP: read into `$_GET`, written again by `http_build_query`."""

import re
from typing import Any
from urllib.parse import quote_plus, unquote_plus

PARTS = re.compile(r"\[([^\]]*)\]")


def through_php(query: str) -> str:
    """Return the query as it leaves PHP: names mended, repeated names reduced to the last, lists numbered."""
    return "&".join(_pairs(_read(query)))


def _read(query: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        head, keys = _parts(unquote_plus(name))
        _put(found, [head, *keys], unquote_plus(value))
    return found


def _parts(name: str) -> tuple[str, list[str]]:
    """Return a name's head, in which PHP knows neither dots nor blanks, and the keys in brackets behind it."""
    head, bracket, rest = name.partition("[")
    mended = re.sub(r"[. ]", "_", head.lstrip(" "))
    return mended, PARTS.findall(bracket + rest)


def _put(found: dict[str, Any], keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        own = key or str(len(found))
        if not isinstance(found.get(own), dict):
            found[own] = {}
        found = found[own]
    found[keys[-1] or str(len(found))] = value


def _pairs(found: dict[str, Any], prefix: str = "") -> list[str]:
    pairs = []
    for key, value in found.items():
        name = f"{prefix}[{key}]" if prefix else key
        if isinstance(value, dict):
            pairs += _pairs(value, name)
        else:
            pairs.append(f"{quote_plus(name)}={quote_plus(value)}")
    return pairs

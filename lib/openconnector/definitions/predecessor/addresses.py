"""Paths below a source's address. The predecessor wrote them behind it without anything between."""

from typing import Any, Final

from openconnector.definitions.predecessor.exports import Export
from openconnector.definitions.predecessor.names import Names
from openconnector.definitions.predecessor.options import (
    dotted,
    is_rendered,
    is_secret,
    pairs,
    text_of,
)

CREDENTIALS: Final = (
    "is a credential by its name; credentials belong in the source, where they are sealed"
)


def path_below(export: Export, names: Names, source: str, given: Any, place: str) -> str:
    """Return a path that leads here where it led in the predecessor. One that cannot is refused."""
    path = text_of(given if given not in (None, []) else "")
    if path is None:
        export.refuse(place, "has to be a text")
        return ""
    owner = names.export("source", source)
    location = owner.text("location") if owner else ""
    path = path.removeprefix(location) if location else path
    if path and not path.startswith(("/", "?")) and location and not location.endswith("/"):
        export.refuse(
            place,
            "begins without /, so the PHP app wrote it into the last word of the source's location",
        )
    if path.startswith("/") and location.endswith("/"):
        export.warn("The PHP app wrote two slashes between location and endpoint; here it is one")
    if "?" in location and path:
        export.refuse(place, "would stand behind the parameters in the source's location")
    for name in _parameter_names(path):
        if is_secret(name):
            export.refuse(f"{place}.{name}", CREDENTIALS)
    return path


def without_replaced(
    export: Export, names: Names, source: str, path: str, query: dict[str, str]
) -> str:
    """Return a path without its parameters where others took their place, as in the predecessor's HTTP library."""
    if "?" in path and (query or _options_of(names, source, "query")):
        export.warn(
            "The PHP app sent the parameters of `query`, its own or the source's, in place of those in the endpoint; "
            "so it is here"
        )
        return path.partition("?")[0]
    return path


def tell_shadowed(export: Export, names: Names, source: str, *own: dict[str, str]) -> None:
    """Warn of headers and parameters that the source has too: the predecessor sent both values."""
    others = {
        name.lower() for part in ("headers", "query") for name in _options_of(names, source, part)
    }
    both = sorted(name for given in own for name in given if name.lower() in others)
    if both:
        export.warn(
            f"Its source sets the same, and the PHP app sent both values; here its own is sent: {', '.join(both)}"
        )


def _options_of(names: Names, source: str, part: str) -> dict[str, Any]:
    """Return headers or parameters of a source that is taken over, {} for any other."""
    owner = names.export("source", source)
    options = owner.unpacked("configuration") if owner else None
    found = dotted(options).get(part) if isinstance(options, dict) else None
    return found if isinstance(found, dict) else {}


def public_pairs(export: Export, options: dict[str, Any], name: str, path: str) -> dict[str, str]:
    """Return headers or parameters that are neither templates nor credentials; those are refused."""
    found = pairs(export, options, name, path)
    for key, value in found.items():
        if is_rendered(value):
            export.refuse(f"{path}.{name}.{key}", "is a template; here it is a fixed value")
        elif is_secret(key):
            export.refuse(f"{path}.{name}.{key}", CREDENTIALS)
    return found


def _parameter_names(path: str) -> list[str]:
    query = path.partition("?")[2]
    return [name for pair in query.split("&") if (name := pair.partition("=")[0])]

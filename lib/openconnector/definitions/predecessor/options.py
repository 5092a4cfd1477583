"""Options of requests, as the predecessor handed them to its HTTP library: dotted names, values of every type.

Its library ignores what it does not know, so an unknown option never had an effect.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from openconnector.definitions.predecessor.exports import Export

TEMPLATE: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
OWN_FIELD: Final = re.compile(r"\{\{-?\s*source\.(\w+)\s*(?:\|\s*raw\s*)?-?\}\}")
"""A template that prints a field of the source itself."""

SECRET_WORDS: Final = frozenset({
    "authorization", "auth", "key", "apikey", "token", "accesstoken", "secret", "clientsecret", "password", "passwd",
    "pwd", "cookie", "session", "sessionid", "credential", "credentials", "signature", "sig", "jwt", "bearer",
})  # fmt: skip
"""Words in the name of a header or parameter by which its value is taken for a secret."""

WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

DECISIVE: Final = frozenset({
    "auth", "body", "cert", "cookies", "curl", "force_ip_resolve", "form_params", "json", "multipart", "pagination",
    "postRequest", "preRequest", "proxy", "ssl_key", "verify",
})  # fmt: skip
"""Options without which requests would be others; any other one changes nothing of what is read or written."""

VERIFIED: Final = (True, 1, "1", "true")
"""How `verify` says that certificates are checked, which they always are."""

REDIRECTS: Final = "allow_redirects"


def dotted(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with `headers.Accept` as `Accept` in `headers`: names are expanded at the top only."""
    found: dict[str, Any] = {}
    for name, item in value.items():
        *parents, last = name.split(".") if "." in name else (name,)
        place = found
        for parent in parents:
            inner = place.get(parent)
            if isinstance(inner, list):
                inner = {str(at): element for at, element in enumerate(inner)}
            place[parent] = place = dict(inner) if isinstance(inner, dict) else {}
        place[last] = item
    return found


def is_secret(name: str) -> bool:
    """Whether the name of a header or parameter says that its value is a secret."""
    return any(word.lower() in SECRET_WORDS for word in WORD.findall(name))


def is_rendered(text: str) -> bool:
    """Whether the predecessor took a text for a template."""
    return "{{" in text and "}}" in text


def pairs(export: Export, options: Mapping[str, Any], name: str, path: str) -> dict[str, str]:
    """Return headers or parameters as texts; what is no plain value is refused."""
    given = options.get(name)
    if given in (None, "", []):
        return {}
    if not isinstance(given, dict):
        export.refuse(f"{path}.{name}", "has to be an object of names and values")
        return {}
    flat = _headers(given) if name == "headers" else _parameters(given)
    found = {}
    for key, value in flat:
        if (text := text_of(value)) is None:
            export.refuse(f"{path}.{name}.{key}", "has to be a text or a number")
        else:
            found[key] = text
    return found


def text_of(value: Any) -> str | None:
    """Return a plain value as the predecessor's HTTP library wrote it; None for any other."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value) if isinstance(value, (str, int, float)) else None


def _headers(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield headers; several values of one are a list with commas (RFC 9110, section 5.2)."""
    for name, value in given.items():
        values = value if isinstance(value, list) else [value]
        texts = [text for item in values if (text := text_of(item)) is not None]
        if name == "accept":
            texts = texts[:1]
        yield name, ", ".join(texts) if texts else None


def _parameters(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield parameters with PHP's names for those within lists and objects; null is none."""
    for name, value in given.items():
        if isinstance(value, (dict, list)):
            inner = value.items() if isinstance(value, dict) else enumerate(value)
            yield from _parameters({f"{name}[{key}]": item for key, item in inner})
        elif value is not None:
            yield name, value


def tell_unused(
    export: Export, options: Mapping[str, Any], known: frozenset[str], path: str
) -> None:
    """Refuse options without which requests would be others, and warn of the rest."""
    given = {
        name: value
        for name, value in options.items()
        if name not in known and value not in (None, "", [], {})
    }
    if given.pop(REDIRECTS, False):
        export.warn(
            "Redirects are not followed here; where the other side sends one, write the address it leads to"
        )
    if given.get("verify") in VERIFIED:
        del given["verify"]
    for name in DECISIVE & given.keys():
        export.refuse(f"{path}.{name}", f"the option {name!r} of requests is not taken over")
    unused = {name for name in given.keys() - DECISIVE if "authentication" not in name.lower()}
    if unused:
        said = ", ".join(sorted(unused))
        export.warn(f"Not taken over of {path}, since requests are the same without: {said}")

"""Addresses put together safely, and written so that a log may hold them."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

import httpx

from openconnector.errors import ConfigurationError, MalformedAnswer
from openconnector.messages import t

MAX_LENGTH = 8192
"""The longest address we call, in characters."""

MAX_PORT = 65535
DEFAULT_PORTS = {"http": 80, "https": 443}
PATH_SAFE = "/:@!$&'()*+,;=~-._"
"""What stays as it is in a path (RFC 3986, section 3.3)."""
QUERY_SAFE = "/:@!$'()*+,;=~-._?&"
"""The same for a query (section 3.4)."""
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
PATH = re.compile(r"[A-Za-z]+://[^/?#]*([^?#]*).*")
STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def location(text: str) -> httpx.URL:
    """Return the base address a user gave. Raises `ConfigurationError` naming what is wrong with it."""
    problem = _problem_with(text)
    if problem:
        raise ConfigurationError(t("The address is not valid: {reason}", reason=problem))
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError):
        raise ConfigurationError(
            t("The address is not valid: it must look like https://host/path")
        ) from None
    if url.scheme not in DEFAULT_PORTS or not url.host:
        raise ConfigurationError(
            t("The address is not valid: it must begin with https:// or http://")
        )
    if (url.port or 0) > MAX_PORT:
        raise ConfigurationError(
            t("The address is not valid: a port is at most {limit}", limit=MAX_PORT)
        )
    # The text, not the parsed path: parsing has taken the dots away already.
    _refuse_escapes(PATH.sub(r"\1", text))
    return url.copy_with(fragment=None)


def join(base: str, path: str = "", query: Mapping[str, str] | None = None) -> httpx.URL:
    """Return the address of ``path`` below the base, with ``query`` added to what either brings.

    The path is always taken as relative to the base, with or without a leading slash; what is not legal in it is
    percent-encoded. Raises `ConfigurationError` when it would leave the base or its origin.
    """
    start = location(base)
    if CONTROL.search(path) or "\\" in path:
        raise ConfigurationError(t("A path cannot hold a backslash or a control character"))
    below, _, own_query = path.partition("?")
    below = _encoded(below, PATH_SAFE)
    _refuse_escapes(below)
    if "//" in below:
        raise ConfigurationError(t("The path {path} holds an empty part (//)", path=repr(below)))
    root, _, base_query = start.raw_path.decode("ascii").partition("?")
    if below:
        root = f"{root.rstrip('/')}/{below.lstrip('/')}"
    queries = (base_query, _encoded(own_query, QUERY_SAFE), encoded_query((query or {}).items()))
    whole = "&".join(part for part in queries if part)
    url = start.copy_with(raw_path=f"{root}?{whole}".encode() if whole else root.encode())
    if len(str(url)) > MAX_LENGTH:
        raise ConfigurationError(
            t("The address is longer than {limit} characters", limit=MAX_LENGTH)
        )
    return url


def follow(current: httpx.URL, reference: str) -> httpx.URL:
    """Return the address an answer names as its next page, absolute or relative to ``current``.

    Raises `MalformedAnswer` when it is on another origin, since credentials never go there. A server behind a TLS
    proxy often writes http:// for its own https:// address; that is read as the latter.
    """
    problem = _problem_with(reference)
    if problem:
        raise MalformedAnswer(
            t("The address of the next page is not valid: {problem}", problem=problem)
        )
    try:
        url = current.join(reference).copy_with(fragment=None)
    except (httpx.InvalidURL, UnicodeError):
        raise MalformedAnswer(t("The address of the next page is not a valid URL")) from None
    if (current.scheme, url.scheme) == ("https", "http"):
        url = url.copy_with(scheme="https")
    if not is_same_origin(current, url):
        raise MalformedAnswer(t("The address of the next page is on another origin than this page"))
    return url


def segment(value: object) -> str:
    """Return a value as one part of a path: what a template puts into a path goes through here."""
    return quote(str(value), safe="")


def encoded_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names and values as a query string, everything but letters and digits encoded."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


def with_parameter(url: httpx.URL, name: str, value: str) -> httpx.URL:
    """Return the address with one query parameter set; the other ones stay byte for byte."""
    kept = [
        pair
        for pair in url.query.decode("ascii").split("&")
        if pair and unquote(pair.partition("=")[0]) != name
    ]
    query = "&".join([*kept, encoded_query([(name, value)])])
    return url.copy_with(query=query.encode("ascii"))


def origin(url: httpx.URL) -> str:
    """Return scheme, host and port; two addresses with one origin may share credentials."""
    port = url.port or DEFAULT_PORTS.get(url.scheme)
    return f"{url.scheme}://{url.raw_host.decode('ascii').lower()}:{port}"


def is_same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Return whether both addresses have the same scheme, host and port."""
    return origin(one) == origin(other)


def public_url(url: httpx.URL) -> str:
    """Return the address for logs and errors: no userinfo, no fragment, the query's names without values."""
    host = url.raw_host.decode("ascii")
    netloc = f"[{host}]" if ":" in host else host
    if url.port is not None:
        netloc = f"{netloc}:{url.port}"
    path, _, query = url.raw_path.decode("ascii").partition("?")
    # A part without "=" may be a bare token, so it is not a name that can be shown.
    names = "&".join(pair.partition("=")[0] for pair in query.split("&") if "=" in pair)
    return f"{url.scheme}://{netloc}{path}{'?' if names else ''}{names}"[:MAX_LENGTH]


def subject(request: httpx.Request) -> str:
    """Return what an error calls a request: its method and its address, fit for logs."""
    return f"{request.method} {public_url(request.url)}"


def _problem_with(text: str) -> str | None:
    if len(text) > MAX_LENGTH:
        return f"it is longer than {MAX_LENGTH} characters"
    if CONTROL.search(text) or " " in text or "\\" in text:
        return "it holds a space, a backslash or a control character"
    authority = re.match(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*)", text)
    if authority and "@" in authority[1]:
        return "credentials belong in the authentication, not in the address"
    if authority and "%" in authority[1]:
        return "the host cannot hold percent-encoding"
    return None


def _encoded(text: str, safe: str) -> str:
    return quote(STRAY_PERCENT.sub("%25", text), safe=f"{safe}%")


def _refuse_escapes(path: str) -> None:
    """Refuse what some server could read as leaving the path: dots, encoded once or more, slashes in disguise."""
    decoded = path
    while "%" in decoded and (again := unquote(decoded)) != decoded:
        decoded = again
    if CONTROL.search(decoded):
        raise ConfigurationError(t("A path cannot hold an encoded control character"))
    for part in re.split(r"[/\\]", decoded):
        if part.partition(";")[0].strip() in {".", ".."}:
            raise ConfigurationError(
                t("The path {path} holds a part that is '.' or '..'", path=repr(path))
            )

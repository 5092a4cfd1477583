"""Sources of kind `api`: their address, what every request carries, and their credentials."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from openconnector.definitions.predecessor.credentials import (
    PATH,
    Credential,
    Request,
    authentication,
    without_user,
)
from openconnector.definitions.predecessor.exports import Export
from openconnector.definitions.predecessor.options import dotted, pairs, tell_unused
from openconnector.expressions.php import is_truthy, to_float
from openconnector.http.guard import is_public

LONGEST_SECONDS: Final = 3600.0

TAKEN: Final = frozenset({"headers", "query", "auth", "timeout"})
"""Options that are taken over."""

OF_THE_TRANSPORT: Final = frozenset(
    {"content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "accept-encoding"}
)  # fmt: skip
"""Headers that whoever sends a request writes himself."""

WITHOUT_EFFECT: Final = (
    "accept", "documentation", "endpointsConfig", "headers", "locale", "loggingConfig", "oas", "paths",
    "translationConfig",
)  # fmt: skip
"""Fields that the predecessor kept and did not use."""

REFUSED_KINDS: Final = {
    "soap": "sources of type soap are not known here yet",
    "database": "sources of type database never worked in the PHP app",
    "file": "sources of type file never worked in the PHP app",
}

RETENTION: Final = {"logRetention": 3600, "errorRetention": 86400}
"""How long, in seconds, the predecessor kept its logs of calls unless told otherwise."""


def source(export: Export) -> dict[str, Any]:
    """Return what makes a source of ours of an export."""
    kind = export.text("type") or "api"
    if kind != "api":
        known = REFUSED_KINDS.get(kind, f"sources of type {kind[:40]!r} are not known")
        export.refuse("type", known)
        return {}
    _tell_rest(export)
    told = {"configuration": _rest(export, dotted(export.object("configuration")))}
    is_enabled = is_truthy(export.value.get("isEnabled", True))
    return told if is_enabled else told | {"isEnabled": False}


def _rest(export: Export, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a source `rest`, without what says nothing."""
    location, request, found = _addressed(export, options)
    auth = authentication(export, options, request, found)
    accepted = request.headers.get("Accept", request.headers.get("accept", ""))
    tell_unused(export, options, TAKEN, PATH)
    told: dict[str, Any] = {
        "kind": "rest",
        "location": location,
        # A link to the next page was taken for its path and query, whatever host it named.
        "nextLinks": "repaired",
        "headers": _sendable(export, request.headers),
        "query": request.query,
        "auth": auth,
        "decoder": {"kind": "xml"} if "xml" in accepted.lower() else None,
        "timeoutSeconds": _timeout(export, options.get("timeout")),
    }
    return {name: value for name, value in told.items() if value}


def _addressed(export: Export, options: Mapping[str, Any]) -> tuple[str, Request, list[Credential]]:
    """Return the bare address of a source, what requests carry, and the credentials that stood in the address."""
    location, found = without_user(export, export.text("location"))
    if not export.text("location"):
        export.refuse("location", "is missing; without it the PHP app called nothing")
    location, own_query = _parted(export, location)
    if _is_private(location):
        export.warn(
            "Its address is not a public one; it is called once its network stands in `allowedNetworks`"
        )
    query = pairs(export, options, "query", PATH)
    if query and own_query:
        export.warn(
            "The PHP app sent the parameters of `query` in place of those in the location; so it is here"
        )
    headers = pairs(export, options, "headers", PATH)
    return location, Request(headers=headers, query=query or own_query), found


def _parted(export: Export, location: str) -> tuple[str, dict[str, str]]:
    """Return an address without its query, and that as parameters: one of them may be a credential."""
    bare, _, query = location.partition("?")
    parameters = parse_qsl(query.partition("#")[0], keep_blank_values=True)
    found = dict(parameters)
    if len(found) < len(parameters):
        export.refuse("location", "gives a parameter twice; write it out in the endpoint instead")
    return bare, found


def _is_private(location: str) -> bool:
    """Whether an address shows by itself that no public host is meant; names are looked up when they are called."""
    try:
        host = urlsplit(location).hostname or ""
        return host == "localhost" or not is_public(ip_address(host))
    except ValueError:
        return False


def _sendable(export: Export, headers: dict[str, str]) -> dict[str, str]:
    left = sorted(name for name in headers if name.lower() in OF_THE_TRANSPORT)
    if left:
        export.warn(f"Headers of the transport are not taken over: {', '.join(left)}")
    return {name: value for name, value in headers.items() if name not in left}


def _timeout(export: Export, given: Any) -> float | None:
    if given in (None, "", []):
        return None
    seconds = to_float(given) if isinstance(given, (str, int, float)) else 0.0
    if 0 < seconds <= LONGEST_SECONDS:
        return seconds
    export.warn(
        f"Its timeout is none from above 0 to {LONGEST_SECONDS:.0f} seconds; the longest is taken"
    )
    return LONGEST_SECONDS


def _tell_rest(export: Export) -> None:
    """Warn of what else the export says and a source here does not hold."""
    unused = [name for name in WITHOUT_EFFECT if export.unpacked(name) not in (None, "", [], {})]
    if unused:
        export.warn(f"Fields that the PHP app did not use are not taken over: {', '.join(unused)}")
    if export.text("rateLimitLimit"):
        export.warn(
            f"Its limit of {export.text('rateLimitLimit')} calls is not taken over; pauses that the other side asks "
            "for (429, Retry-After) are kept"
        )
    kept = [name for name, usual in RETENTION.items() if export.text(name) not in ("", str(usual))]
    if kept:
        export.warn(f"How long its logs were kept is not taken over: {', '.join(kept)}")

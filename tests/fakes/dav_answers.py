"""How the fake Nextcloud words its WebDAV answers, as recorded."""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote
from xml.sax.saxutils import escape

from lxml.etree import fromstring  # type: ignore[import-untyped]  # it ships no types
from starlette.responses import Response

DAV, OC, NC = "DAV:", "http://owncloud.org/ns", "http://nextcloud.org/ns"
PREFIXES = {DAV: "d", OC: "oc", NC: "nc"}
NAMESPACES = f'xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" xmlns:oc="{OC}" xmlns:nc="{NC}"'
XML = "application/xml; charset=utf-8"

Properties = Mapping[str, str]
"""Name with prefix -> its content as XML."""


def refusal(status: int, name: str, message: str, more: str = "", **headers: str) -> Response:
    """Return an error as Sabre words it; ``name`` may leave out Sabre's own namespace."""
    name = name if "\\" in name else f"Sabre\\DAV\\Exception\\{name}"
    body = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">\n'
        f"  <s:exception>{name}</s:exception>\n  <s:message>{escape(message)}</s:message>\n"
        f"{more}</d:error>"
    )
    return Response(body, status, headers, XML)


def not_found(path: str) -> Response:
    name = f"/{path}" if "/" in path else f"//{path}"
    return refusal(404, "NotFound", f"File with name {name} could not be located")


def not_authenticated() -> Response:
    message = "No public access to this resource., AppAPIAuth has not passed"
    told = {"WWW-Authenticate": 'Basic realm="Nextcloud", charset="UTF-8"'}
    return refusal(401, "NotAuthenticated", message, **told)


def locked(path: str) -> Response:
    name = "OCA\\DAV\\Connector\\Sabre\\Exception\\FileLocked"
    return refusal(423, name, f'"/{path}" is locked')


def stale(etag: str, header: str = "If-Match") -> Response:
    """Return what is said to a precondition that does not hold."""
    told = {
        "If-Match": "An If-Match header was specified, but none of the specified ETags matched.",
        "If-None-Match": "An If-None-Match header was specified, but the ETag matched (or * was specified).",
        "Overwrite": "The destination node already exists, and the overwrite header is set to false",
    }
    more = f"<s:header>{header}</s:header>"
    return refusal(412, "PreconditionFailed", told[header], more, etag=f'"{etag}"')


def href(path: str) -> str:
    """Return a path as an answer names it: without the host, percent-encoded in lower case."""
    first, *others = quote(f"/remote.php/dav/{path}", safe="/").split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in others)])


def asked(body: bytes) -> list[str]:
    """Return the names of the properties a request asks for, with our prefixes. Raises `ParseError`."""
    if not body:
        return [
            "d:getlastmodified",
            "d:getcontentlength",
            "d:resourcetype",
            "d:getetag",
            "d:getcontenttype",
        ]
    found = fromstring(body).find(f".//{{{DAV}}}prop")
    return [prefixed(str(child.tag)) for child in found] if found is not None else []


def prefixed(tag: str) -> str:
    namespace, _, name = tag.removeprefix("{").partition("}")
    return f"{PREFIXES[namespace]}:{name}"


def multistatus(nodes: Iterable[tuple[str, Properties]], wanted: list[str]) -> Response:
    """Return the wanted properties of nodes by their path; those a node lacks come as 404."""
    body = "".join(_parts(nodes, wanted))
    return Response(body, 207, media_type=XML)


def _parts(nodes: Iterable[tuple[str, Properties]], wanted: list[str]) -> Iterator[str]:
    yield f'<?xml version="1.0"?>\n<d:multistatus {NAMESPACES}>'
    for path, properties in nodes:
        here = "".join(
            f"<{name}>{properties[name]}</{name}>" for name in wanted if name in properties
        )
        gone = "".join(f"<{name}/>" for name in wanted if name not in properties)
        yield f"<d:response><d:href>{href(path)}</d:href>"
        if here:
            yield f"<d:propstat><d:prop>{here}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
        if gone:
            yield f"<d:propstat><d:prop>{gone}</d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>"
        yield "</d:response>"
    yield "</d:multistatus>"

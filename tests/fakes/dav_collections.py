"""The address books and calendars of the fake Nextcloud, as Sabre answers for them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from lxml.etree import fromstring  # type: ignore[import-untyped]  # it ships no types
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes.dav_answers import XML, href, not_found

KINDS = {
    "addressbooks/users": ("card", "urn:ietf:params:xml:ns:carddav", "address-data"),
    "calendars": ("cal", "urn:ietf:params:xml:ns:caldav", "calendar-data"),
}
DAV = "{DAV:}"


@dataclass
class Shelves:
    """Every collection by its path, such as `calendars/alice/personal`."""

    held: dict[str, dict[str, str]] = field(default_factory=dict)
    """Name of a document -> what it holds."""
    changes: dict[str, int] = field(default_factory=dict)
    """How often a collection or a document (`path/name`) was changed."""
    unreadable: set[str] = field(default_factory=set)
    """Names that are gone by the time they are asked for."""

    def put(self, path: str, name: str, text: str) -> None:
        """Add a document or change it."""
        self.held.setdefault(path, {})[name] = text
        self._changed(path, name)

    def remove(self, path: str, name: str) -> None:
        """Delete a document."""
        del self.held[path][name]
        self._changed(path, name)

    def routes(self, caller: Callable[[Request], str]) -> list[Route]:
        """Return the interface; ``caller`` says who makes a call."""
        self._caller = caller
        return [
            Route(
                f"/remote.php/dav/{kind}/{{user}}/{{name}}/",
                self._handle,
                methods=["PROPFIND", "REPORT"],
            )
            for kind in KINDS
        ]

    def _changed(self, path: str, name: str) -> None:
        for changed in (path, f"{path}/{name}"):
            self.changes[changed] = self.changes.get(changed, 0) + 1

    async def _handle(self, request: Request) -> Response:
        path = request.url.path.removeprefix("/remote.php/dav/").rstrip("/")
        path = unquote(path)
        if request.path_params["user"] != self._caller(request) or path not in self.held:
            return not_found(path)
        if request.method == "REPORT":
            return self._report(path, await request.body())
        if request.headers["Depth"] == "0":
            tag = f"http://sabre.io/ns/sync/{self.changes[path]}"
            told = f"<cs:getctag>{tag}</cs:getctag><d:sync-token>{tag}</d:sync-token>"
            return _multistatus([_response(path + "/", told)])
        folder = _response(path + "/", "<d:resourcetype><d:collection/></d:resourcetype>")
        names = [
            _response(f"{path}/{name}", f"{self._etag(path, name)}<d:resourcetype/>")
            for name in self.held[path]
        ]
        return _multistatus([folder, *names])

    def _report(self, path: str, body: bytes) -> Response:
        kind = next(one for one in KINDS if path.startswith(one))
        prefix, namespace, data = KINDS[kind]
        asked = fromstring(body)
        assert asked.tag.startswith(f"{{{namespace}}}"), asked.tag
        parts = []
        for wanted in asked.findall(f"{DAV}href"):
            name = unquote(urlsplit(wanted.text).path).rpartition("/")[2]
            if name not in self.held[path] or name in self.unreadable:
                parts.append(
                    f"<d:response><d:href>{href(f'{path}/{name}')}</d:href>"
                    "<d:status>HTTP/1.1 404 Not Found</d:status></d:response>"
                )
                continue
            text = escape(self.held[path][name]).replace("\r", "&#13;")
            told = f"{self._etag(path, name)}<{prefix}:{data}>{text}</{prefix}:{data}>"
            parts.append(_response(f"{path}/{name}", told))
        return _multistatus(parts)

    def _etag(self, path: str, name: str) -> str:
        return f"<d:getetag>&quot;{self.changes[f'{path}/{name}']}&quot;</d:getetag>"


def _response(path: str, properties: str) -> str:
    return (
        f"<d:response><d:href>{href(path)}</d:href><d:propstat><d:prop>{properties}</d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )


def _multistatus(parts: list[str]) -> Response:
    spaces = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name, _ in KINDS.values())
    body = (
        f'<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" '
        f'xmlns:cs="http://calendarserver.org/ns/" {spaces}>{"".join(parts)}</d:multistatus>'
    )
    return Response(body, 207, media_type=XML)

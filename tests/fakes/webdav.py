"""The files of the fake Nextcloud: trees of its users over WebDAV, with tags, versions and trash, as recorded."""

import mimetypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5
from inspect import isawaitable
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape, quoteattr

from lxml.etree import (  # type: ignore[import-untyped]  # it ships no types
    XMLSyntaxError,
    fromstring,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes import dav_answers as dav
from tests.fakes.ocs import answer, failure, given

ROOT = "/remote.php/dav/"
INSTANCE = "ocinstanceid"
EPOCH = 1_795_459_300
BAD_CHARACTERS = "\\\n\r\0"
METHODS = ["GET", "HEAD", "PUT", "DELETE", "MKCOL", "MOVE", "PROPFIND", "SEARCH", "REPORT", "POST"]
SHARES = "/ocs/{version}/apps/files_sharing/api/v1/shares"
UNIQUE = "Path is already shared with this account"


@dataclass
class Node:
    """A file or folder."""

    fileid: int
    owner: str
    etag: str
    mtime: int
    content: bytes | None = None
    """None for a folder."""
    children: dict[str, "Node"] = field(default_factory=dict)
    tags: set[int] = field(default_factory=set)
    versions: list[bytes] = field(default_factory=list)
    """What it held before, newest last."""

    @property
    def is_folder(self) -> bool:
        return self.content is None

    @property
    def size(self) -> int:
        if self.content is not None:
            return len(self.content)
        return sum(child.size for child in self.children.values())


@dataclass
class Files:
    """What the users have; its fields are what a test sets, and what there is to see afterwards."""

    accounts: dict[str, list[str]]
    locked: set[str] = field(default_factory=set)
    """Paths such as `alice/a.txt` that somebody else works on."""
    hidden: set[str] = field(default_factory=set)
    """Paths whose contents nobody may see, by a rule of the server."""
    quota: dict[str, int] = field(default_factory=dict)
    """Bytes a user may have; more ends in 507."""
    before: dict[str, Callable[[], Any]] = field(default_factory=dict)
    """Called once, and awaited, before the request with this method and path (`GET alice/a.txt`) is answered."""
    homes: dict[str, Node] = field(default_factory=dict)
    trash: list[tuple[str, Node]] = field(default_factory=list)
    """Path and node of what was deleted."""
    tags: dict[int, str] = field(default_factory=dict)
    shares: list[dict[str, Any]] = field(default_factory=list)
    count: int = 400
    """The newest file id."""
    changes: int = 0

    def routes(self, caller: Callable[[Request], str]) -> list[Route]:
        """Return the interface; ``caller`` says who makes a call."""
        self._caller = caller
        return [
            Route(ROOT + "{path:path}", self._handle, methods=METHODS),
            Route(SHARES, self._shares, methods=["GET", "POST"]),
            Route(SHARES + "/{id}", self._unshare, methods=["DELETE"]),
        ]

    # What a test does

    def put(self, path: str, content: bytes | str | None) -> Node:
        """Write a file such as `alice/a/b.txt`, or with None make a folder; folders above are made."""
        body = content.encode() if isinstance(content, str) else content
        parents = path.split("/")
        for depth in range(1, len(parents)):
            if self.find("/".join(parents[:depth])) is None:
                self._add("/".join(parents[:depth]), None)
        node = self.find(path)
        if node is None:
            return self._add(path, body)
        if node.content is not None:
            node.versions.append(node.content)
        node.content = body
        self._changed(path)
        return node

    def remove(self, path: str) -> Node:
        """Delete a file or folder into the trash."""
        above, _, name = path.rpartition("/")
        node = self._there(above).children.pop(name)
        self.trash.append((path, node))
        self._changed(above)
        return node

    def restore(self, path: str) -> None:
        """Bring back what was deleted last from there, as it was."""
        node = next(node for place, node in reversed(self.trash) if place == path)
        above, _, name = path.rpartition("/")
        self._there(above).children[name] = node
        self._changed(above)

    def find(self, path: str) -> Node | None:
        """Return what is at a path such as `alice/a.txt`."""
        user, _, rest = path.strip("/").partition("/")
        node = self.homes.get(user)
        for name in filter(None, rest.split("/")):
            node = node.children.get(name) if node else None
        return node

    def paths(self, user: str) -> dict[str, bytes]:
        """Return every file of a user with its content."""
        return {
            path: node.content
            for home in [self.homes.get(user)]
            if home is not None
            for path, node in self._below(user, home)
            if node.content is not None
        }

    def tag(self, name: str) -> int:
        """Return the id of a tag, making it if needed."""
        known = {value: key for key, value in self.tags.items()}
        number = known.get(name, len(self.tags) + 5)
        self.tags[number] = name
        return number

    # The tree

    def _there(self, path: str) -> Node:
        node = self.find(path)
        assert node is not None, path
        return node

    def _below(self, path: str, node: Node) -> Iterator[tuple[str, Node]]:
        yield path, node
        for name, child in list(node.children.items()):
            yield from self._below(f"{path}/{name}", child)

    def _add(self, path: str, content: bytes | None) -> Node:
        self.count += 1
        user = path.partition("/")[0]
        node = Node(self.count, user, "", EPOCH, content)
        above, slash, name = path.rpartition("/")
        if slash:
            self._there(above).children[name] = node
        else:
            self.homes[user] = node
        self._changed(path)
        return node

    def _changed(self, path: str) -> None:
        """Give a new ETag to a node and to every folder above it."""
        self.changes += 1
        changed = self._there(path)
        changed.mtime = EPOCH + self.changes
        while path:
            node = self._there(path)
            node.etag = md5(f"{node.fileid} {self.changes}".encode()).hexdigest()  # noqa: S324
            path = path.rpartition("/")[0]

    # Requests

    async def _handle(self, request: Request) -> Response:
        tree, _, path = request.path_params["path"].partition("/")
        path = path.rstrip("/")
        if tree == "files":
            for user in self.accounts:
                self.homes.get(user) or self._add(user, None)
        if hook := self.before.pop(f"{request.method} {path}", None):
            await _called(hook)
        if tree in {"systemtags", "systemtags-relations"}:
            tagging = self._systemtags if tree == "systemtags" else self._systemtags_relations
            return await tagging(request, path)
        if request.method == "SEARCH":
            return self._search(await request.body())
        if path.partition("/")[0] != self._caller(request):
            return dav.not_found(path)
        if path in self.locked and request.method not in {"PROPFIND", "HEAD"}:
            return dav.locked(path.partition("/")[2])
        handler = getattr(self, f"_{request.method.lower()}")
        return await handler(request, path)  # type: ignore[no-any-return]  # every handler answers

    async def _propfind(self, request: Request, path: str) -> Response:
        node = self.find(path)
        if node is None:
            return dav.not_found(path.partition("/")[2])
        if path in self.hidden and request.headers.get("depth") == "1":
            return dav.refusal(403, "Forbidden", "Access denied")
        try:
            wanted = dav.asked(await request.body())
        except XMLSyntaxError:
            return dav.refusal(400, "BadRequest", "The document is not well-formed")
        nodes = [(path, node)]
        if request.headers.get("depth", "1") == "1":
            nodes += [(f"{path}/{name}", child) for name, child in sorted(node.children.items())]
        shown = (
            (f"files/{at}{'/' * one.is_folder}", self._properties(at, one)) for at, one in nodes
        )
        return dav.multistatus(shown, wanted)

    def _properties(self, path: str, node: Node) -> dict[str, str]:
        name = path.rpartition("/")[2]
        tags = "".join(
            f'<nc:system-tag oc:can-assign="true" oc:id="{number}" oc:user-assignable="true" '
            f'oc:user-visible="true" nc:color="">{escape(self.tags[number])}</nc:system-tag>'
            for number in sorted(node.tags)
        )
        shared = [one for one in self.shares if one["item_source"] == node.fileid]
        types = "".join(f"<oc:share-type>{one['share_type']}</oc:share-type>" for one in shared)
        sharees = "".join(
            f"<nc:sharee><nc:id>{escape(one['share_with'])}</nc:id>"
            f"<nc:display-name>{escape(one['share_with'])}</nc:display-name>"
            f"<nc:type>{one['share_type']}</nc:type></nc:sharee>"
            for one in shared
            if one["share_with"]
        )
        found = {
            "d:getetag": f"&quot;{node.etag}&quot;",
            "d:getlastmodified": _moment(node.mtime),
            "d:resourcetype": "<d:collection/>" if node.is_folder else "",
            "d:displayname": escape(name),
            "oc:id": f"{node.fileid:08}{INSTANCE}",
            "oc:fileid": str(node.fileid),
            "oc:size": str(node.size),
            "oc:permissions": "RGDNVCK" if node.is_folder else "RGDNVW",
            "oc:owner-id": node.owner,
            "oc:owner-display-name": node.owner,
            "oc:favorite": "0",
            "oc:share-types": types,
            "nc:sharees": sharees,
            "nc:mount-type": "",
            "nc:creation_time": "0",
            "nc:system-tags": tags,
        }
        if node.content is not None:
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            found |= {
                "d:getcontenttype": kind,
                "d:getcontentlength": str(node.size),
                "nc:upload_time": str(EPOCH),
            }
        return found

    def _search(self, body: bytes) -> Response:
        """Answer `eq` on the file id, the one search the ExApp makes."""
        document = fromstring(body)
        condition = document.find(f".//{{{dav.DAV}}}where/{{{dav.DAV}}}eq")
        scope = document.findtext(f".//{{{dav.DAV}}}scope/{{{dav.DAV}}}href", "")
        if condition is None or condition.find(f".//{{{dav.OC}}}fileid") is None:
            return Response("requested search property is not searchable", 400)
        wanted = dav.asked(body)
        literal, user = condition.findtext(f"{{{dav.DAV}}}literal"), scope.rpartition("/")[2]
        found = [
            (f"files/{path}", self._properties(path, node))
            for path, node in self._below(user, self.homes[user])
            if str(node.fileid) == literal
        ]
        return dav.multistatus(found, wanted)

    async def _get(self, request: Request, path: str) -> Response:
        node = self.find(path)
        if node is None or node.content is None:
            return dav.not_found(path.partition("/")[2])
        if refused := _precondition(request, node):
            return refused
        headers = {"ETag": f'"{node.etag}"', "Last-Modified": _moment(node.mtime)}
        return Response(node.content, headers=headers, media_type="application/octet-stream")

    _head = _get

    async def _put(self, request: Request, path: str) -> Response:
        above, _, name = path.rpartition("/")
        node, parent = self.find(path), self.find(above)
        if refused := _precondition(request, node) or _bad_name(name):
            return refused
        if parent is None:
            missing = above.partition("/")[2]
            return dav.not_found(missing)
        if node is not None and node.is_folder:
            return dav.refusal(409, "Conflict", "PUT is not allowed on non-files.")
        body, user = await request.body(), path.partition("/")[0]
        if user in self.quota and self.homes[user].size + len(body) > self.quota[user]:
            return dav.refusal(507, "InsufficientStorage", "Insufficient space in /, no room left")
        is_new = node is None
        node = self.put(path, body)
        headers = {"ETag": f'"{node.etag}"', "OC-ETag": f'"{node.etag}"'}
        headers["OC-FileId"] = f"{node.fileid:08}{INSTANCE}"
        return Response(None, 201 if is_new else 204, headers)

    async def _mkcol(self, request: Request, path: str) -> Response:
        above, _, name = path.rpartition("/")
        if refused := _bad_name(name):
            return refused
        if self.find(path) is not None:
            message = "The resource you tried to create already exists"
            return dav.refusal(405, "MethodNotAllowed", message)
        if self.find(above) is None:
            return dav.refusal(409, "Conflict", "Parent node does not exist")
        node = self._add(path, None)
        return Response(None, 201, {"OC-FileId": f"{node.fileid:08}{INSTANCE}"})

    async def _delete(self, request: Request, path: str) -> Response:
        node = self.find(path)
        if node is None:
            return dav.not_found(path.partition("/")[2])
        if refused := _precondition(request, node):
            return refused
        self.remove(path)
        return Response(None, 204)

    async def _move(self, request: Request, path: str) -> Response:
        place = unquote(urlsplit(request.headers.get("destination", "")).path)
        target = place.removeprefix(ROOT + "files/")
        node, above = self.find(path), target.rpartition("/")[0]
        if node is None:
            return dav.not_found(path.partition("/")[2])
        if self.find(above) is None:
            return dav.refusal(409, "Conflict", "The destination node is not found")
        if (there := self.find(target)) is not None:
            if request.headers.get("overwrite") == "F":
                return dav.stale(there.etag, "Overwrite")
            self.remove(target)
        from_above, _, name = path.rpartition("/")
        self._there(above).children[target.rpartition("/")[2]] = self._there(
            from_above
        ).children.pop(name)
        etag = node.etag
        self._changed(from_above)
        self._changed(above)
        node.etag = etag
        return Response(
            None, 201, {"ETag": f'"{etag}"', "OC-FileId": f"{node.fileid:08}{INSTANCE}"}
        )

    # Tags and shares

    async def _systemtags(self, request: Request, path: str) -> Response:
        if request.method == "PROPFIND":
            shown: list[tuple[str, dict[str, str]]] = [("systemtags/", {})]
            shown += [
                (f"systemtags/{number}/", {"oc:id": str(number), "oc:display-name": escape(name)})
                for number, name in self.tags.items()
            ]
            return dav.multistatus(shown, dav.asked(await request.body()))
        name = (await request.json())["name"]
        if name in self.tags.values():
            return dav.refusal(409, "Conflict", "Tag already exists")
        number = self.tag(name)
        return Response(None, 201, {"Content-Location": f"{ROOT}systemtags/{number}"})

    async def _systemtags_relations(self, request: Request, path: str) -> Response:
        _, fileid, number = path.split("/")
        owned = (one for home in self.homes.items() for _, one in self._below(*home))
        node = next((one for one in owned if one.fileid == int(fileid)), None)
        if node is None:
            return dav.refusal(404, "NotFound", "Entity does not exist or is not available")
        if int(number) not in self.tags:
            message = f"Tag with id {number} does not exist, cannot assign"
            return dav.refusal(412, "PreconditionFailed", message)
        if int(number) in node.tags:
            return dav.refusal(409, "Conflict", "PUT is not allowed on non-files.")
        node.tags.add(int(number))
        return Response(None, 201)

    async def _shares(self, request: Request) -> Response:
        user, share = self._caller(request), await given(request)
        node = self.find(f"{user}/{str(share.get('path', '')).strip('/')}")
        if node is None:
            return failure(request, 404, "Wrong path, file/folder does not exist")
        mine = [one for one in self.shares if one["item_source"] == node.fileid]
        if request.method == "GET":
            return answer(request, mine)
        kind, with_whom = share.get("shareType"), share.get("shareWith")
        if kind == 0 and with_whom not in self.accounts:
            return failure(request, 404, "Please specify a valid account to share with")
        if any((one["share_type"], one["share_with"]) == (kind, with_whom) for one in mine):
            return failure(request, 403, UNIQUE)
        made = {
            "id": str(len(self.shares) + 4),
            "share_type": kind,
            "share_with": with_whom,
            "permissions": share.get("permissions", 17),
            "path": share["path"],
            "item_source": node.fileid,
            "uid_owner": user,
        }
        self.shares.append(made)
        return answer(request, made)

    async def _unshare(self, request: Request) -> Response:
        kept = [one for one in self.shares if one["id"] != request.path_params["id"]]
        if len(kept) == len(self.shares):
            return failure(request, 404, "Wrong share ID, share does not exist")
        self.shares[:] = kept
        return answer(request, [])


def _moment(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


def _precondition(request: Request, node: Node | None) -> Response | None:
    match, none_match = request.headers.get("if-match"), request.headers.get("if-none-match")
    etag = node.etag if node else ""
    if match and match != f'"{etag}"':
        return dav.stale(etag)
    if none_match == "*" and node is not None:
        return dav.stale(etag, "If-None-Match")
    return None


def _bad_name(name: str) -> Response | None:
    invalid = "OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath"
    if name == ".htaccess":
        return dav.refusal(400, invalid, "Filename is a reserved word")
    if bad := next((one for one in name if one in BAD_CHARACTERS), None):
        message = f"{quoteattr(bad)} is not allowed inside a file or folder name."
        return dav.refusal(400, invalid, message)
    return None


async def _called(hook: Callable[[], Any]) -> None:
    waiting = hook()
    if isawaitable(waiting):
        await waiting

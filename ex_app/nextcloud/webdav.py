"""Nextcloud's files over WebDAV: what is where, as one of its users sees it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Final, NoReturn, TypeVar
from urllib.parse import quote, unquote, urlsplit
from xml.parsers import expat
from xml.sax.saxutils import escape

import httpx
import orjson

from openconnector.errors import (
    AccessDenied,
    ConfigurationError,
    MalformedAnswer,
    OpenConnectorError,
    RecordError,
    Unavailable,
)
from openconnector.http import urls
from openconnector.messages import t
from openconnector.ports import Account, HostRequest, HttpLimits

T = TypeVar("T")

MIB: Final = 1024 * 1024
DAV_ROOT: Final = "/remote.php/dav"
SEPARATOR: Final = " "
PREFIXES: Final = {"DAV:": "d", "http://owncloud.org/ns": "oc", "http://nextcloud.org/ns": "nc"}
NAMESPACES: Final = (
    'xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns"'
)
XML: Final = {"Content-Type": "application/xml; charset=utf-8"}

BASIC: Final = ("d:getetag", "d:resourcetype", "d:getcontentlength", "oc:fileid")
FULL: Final = (
    *BASIC, "d:getlastmodified", "d:getcontenttype", "oc:size", "oc:permissions", "oc:owner-id",
    "oc:owner-display-name", "oc:favorite", "oc:share-types", "nc:sharees", "nc:system-tags", "nc:mount-type",
    "nc:creation_time", "nc:upload_time",
)  # fmt: skip

LISTING: Final = HttpLimits(timeout_seconds=300, max_bytes=512 * MIB)
"""A folder of 100,000 files takes some 100 MB and minutes; it is read as it comes."""

MAX_DEPTH: Final = 12
"""How deep an answer nests its elements; nobody's file names do that."""


@dataclass(slots=True)
class Element:
    """A property of a file, or a part of one."""

    name: str
    """With the prefix `d`, `oc` or `nc`."""
    text: str = ""
    children: tuple["Element", ...] = ()

    def each(self, name: str) -> Iterator["Element"]:
        """Yield the children of this name."""
        return (child for child in self.children if child.name == name)

    def first(self, name: str) -> "Element | None":
        """Return the first child of this name."""
        return next(self.each(name), None)

    def text_of(self, name: str) -> str:
        """Return the text of the first child of this name, empty where there is none."""
        found = self.first(name)
        return found.text if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file or folder."""

    path: str
    """Below the user's root, without a slash at its ends; empty for the root itself."""
    properties: Mapping[str, Element]

    def text(self, name: str) -> str:
        """Return a property's text, empty where the server has none."""
        found = self.properties.get(name)
        return found.text if found else ""

    def number(self, name: str) -> int:
        """Return a property that is a whole number, 0 where the server has none."""
        text = self.text(name)
        return int(text) if text.isascii() and text.lstrip("-").isdigit() else 0

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        kind = self.properties.get("d:resourcetype")
        return kind is not None and kind.first("d:collection") is not None

    @property
    def etag(self) -> str:
        """Its version, without quotes."""
        return self.text("d:getetag").strip('"')

    @property
    def fileid(self) -> int:
        """What identifies it, wherever it is moved."""
        return self.number("oc:fileid")


def address(account: Account, path: str) -> str:
    """Return where a file or folder stands on the server."""
    parts = [account.user_id, *filter(None, path.split("/"))]
    return f"{DAV_ROOT}/files/{'/'.join(urls.segment(part) for part in parts)}"


async def entries(
    account: Account, path: str, *, depth: int, properties: tuple[str, ...] = BASIC
) -> list[Entry] | None:
    """Return a file or folder, and with a ``depth`` of 1 what is in it after it; None when nothing is there."""
    found: list[Entry] = []
    is_there = await show(account, path, found.append, depth=depth, properties=properties)
    return found if is_there else None


async def show(
    account: Account,
    path: str,
    see: Callable[[Entry], None],
    *,
    depth: int,
    properties: tuple[str, ...] = BASIC,
) -> bool:
    """Show a file or folder, and with a ``depth`` of 1 what is in it after it, one by one as the answer comes.

    False when nothing is there.
    """
    wanted = "".join(f"<{name}/>" for name in properties)
    body = f'<?xml version="1.0"?><d:propfind {NAMESPACES}><d:prop>{wanted}</d:prop></d:propfind>'
    request = HostRequest(
        method="PROPFIND",
        path=address(account, path),
        headers={**XML, "Depth": str(depth)},
        content=body.encode(),
    )
    root = f"{DAV_ROOT}/files/{account.user_id}"

    def shown(response: Element) -> None:
        entry = _entry(response, root)
        if entry is not None:
            see(entry)

    return await _responses(account, request, f"the folder {path!r}", shown) is not None


async def by_id(account: Account, fileid: int) -> Entry | None:
    """Return the file with this id wherever it is; None when the user has none."""
    select = "".join(f"<{name}/>" for name in BASIC)
    body = (
        f'<?xml version="1.0"?><d:searchrequest {NAMESPACES}><d:basicsearch>'
        f"<d:select><d:prop>{select}</d:prop></d:select>"
        f"<d:from><d:scope><d:href>/files/{escape(quote(account.user_id))}</d:href>"
        "<d:depth>infinity</d:depth></d:scope></d:from>"
        f"<d:where><d:eq><d:prop><oc:fileid/></d:prop><d:literal>{fileid}</d:literal></d:eq></d:where>"
        "<d:orderby/></d:basicsearch></d:searchrequest>"
    )
    request = HostRequest(
        method="SEARCH",
        path=f"{DAV_ROOT}/",
        headers={"Content-Type": "text/xml"},
        content=body.encode(),
    )
    root = f"{DAV_ROOT}/files/{account.user_id}"
    what = f"the file {fileid}"
    found = await _responses(account, request, what, lambda one: _entry(one, root)) or []
    return next((entry for entry in found if entry.fileid == fileid), None)


async def tags(account: Account) -> dict[str, int]:
    """Return the ids of the tags the user sees, by their names."""
    wanted = "<oc:id/><oc:display-name/>"
    body = f'<?xml version="1.0"?><d:propfind {NAMESPACES}><d:prop>{wanted}</d:prop></d:propfind>'
    request = HostRequest(
        method="PROPFIND",
        path=f"{DAV_ROOT}/systemtags/",
        headers={**XML, "Depth": "1"},
        content=body.encode(),
    )
    found = await _responses(account, request, "the tags", properties_of) or []
    return {
        one["oc:display-name"].text: int(one["oc:id"].text)
        for one in found
        if {"oc:display-name", "oc:id"} <= one.keys() and one["oc:id"].text.isdecimal()
    }


async def make_tag(account: Account, name: str) -> int:
    """Make a tag that everybody sees and may use, and return its id. Raises `RecordError` when the user may not."""
    request = HostRequest(
        method="POST",
        path=f"{DAV_ROOT}/systemtags",
        headers={"Content-Type": "application/json"},
        content=orjson.dumps({"name": name, "userVisible": True, "userAssignable": True}),
        idempotent=True,  # a second one of the same name is refused
    )
    answer = await account.send(request)
    if answer.status_code == HTTPStatus.CONFLICT:
        return (await tags(account)).get(name) or _no_tag(name, answer)
    number = answer.headers.get("content-location", "").rpartition("/")[2]
    return int(number) if answer.is_success and number.isdecimal() else _no_tag(name, answer)


def _no_tag(name: str, answer: httpx.Response) -> NoReturn:
    told = told_in(answer) or f"Nextcloud answered {answer.status_code}"
    raise RecordError(f"The tag {name!r} cannot be made: {told}", stage="write")


async def elements(account: Account, request: HostRequest, what: str) -> list[Element] | None:
    """Return the responses of a multi-status answer; None when nothing is there."""
    return await _responses(account, request, what, lambda response: response)


async def _responses(
    account: Account, request: HostRequest, what: str, taken: Callable[[Element], T | None]
) -> list[T] | None:
    """Return what is taken of each response of a multi-status answer, as they come; None when nothing is there."""
    async with account.stream(request, LISTING) as answer:
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if answer.status_code != HTTPStatus.MULTI_STATUS:
            await answer.aread()
            raise problem_with(answer, what)
        parser, found = _Parser("d:response"), []
        try:
            async for chunk in answer.aiter_bytes():
                found += [one for each in parser.feed(chunk) if (one := taken(each)) is not None]
            parser.end()
        except MalformedAnswer as error:
            raise MalformedAnswer(
                t("The answer for {what} is no WebDAV: {error}", what=what, error=error)
            ) from None
        finally:
            parser.close()
        return found


def _entry(response: Element, root: str) -> Entry | None:
    """Return what a response tells of; None for what is none of the user's files."""
    path = unquote(urlsplit(response.text_of("d:href")).path)
    _, is_below, rest = path.partition(root)
    if not is_below or rest[:1] not in ("", "/"):
        return None
    return Entry(path=rest.strip("/"), properties=properties_of(response))


def properties_of(response: Element) -> dict[str, Element]:
    """Return the properties that are there, by name."""
    return {
        prop.name: prop
        for part in response.each("d:propstat")
        if " 200 " in f"{part.text_of('d:status')} "
        for props in part.each("d:prop")
        for prop in props.children
    }


def problem_with(answer: httpx.Response, what: str) -> OpenConnectorError:
    """Return what a refusal means when all depends on it; the answer has been read."""
    status, message = answer.status_code, told_in(answer)
    said = t("Nextcloud answered {status} for {what}", status=status, what=what)
    if message:
        said = t(
            "Nextcloud answered {status} for {what}: {message}",
            status=status,
            what=what,
            message=message,
        )
    if status == HTTPStatus.FORBIDDEN:
        return AccessDenied(said)
    if status == HTTPStatus.LOCKED or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(said)
    if answer.is_success or answer.is_redirect:
        return MalformedAnswer(
            t(
                "{said}; that is no WebDAV, so a login page or a proxy may stand in between",
                said=said,
            )
        )
    return ConfigurationError(said)


def told_in(answer: httpx.Response) -> str:
    """Return what a refusal says for people, shortened; empty where it says nothing."""
    try:
        found = _Parser("d:error").feed(answer.content)
    except MalformedAnswer:
        return ""
    return found[0].text_of("s:message").strip()[:200] if found else ""


class _Parser:
    """Takes an answer in pieces and gives the elements of one name, each with all it holds; the rest is not kept."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._depth = 0
        self._open: list[Element] = []
        self._whole: list[Element] = []
        self._expat = expat.ParserCreate(namespace_separator=SEPARATOR)
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = self._refuse
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._text

    def feed(self, chunk: bytes) -> list[Element]:
        """Return the elements that are whole now. Raises `MalformedAnswer`."""
        self._parse(chunk, is_last=False)
        whole, self._whole = self._whole, []
        return whole

    def end(self) -> None:
        """Say that nothing follows. Raises `MalformedAnswer` when something is missing."""
        self._parse(b"", is_last=True)

    def close(self) -> None:
        """Let go of expat, which holds us and some memory until the garbage collector comes by."""
        del self._expat

    def _parse(self, chunk: bytes, *, is_last: bool) -> None:
        try:
            self._expat.Parse(chunk, is_last)
        except expat.ExpatError as error:
            problem = expat.ErrorString(error.code)
        else:
            return
        raise MalformedAnswer(t("it breaks with {problem}", problem=repr(problem)))

    def _refuse(self, *_: object) -> None:
        raise MalformedAnswer(t("it has a document type"))

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise MalformedAnswer(
                t("it is nested deeper than {max_depth} levels", max_depth=MAX_DEPTH)
            )
        name = _prefixed(name)
        if self._open or name == self._name:
            self._open.append(Element(name))

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if self._open:
            element = self._open.pop()
            if self._open:
                self._open[-1].children += (element,)
            else:
                self._whole.append(element)

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text


@lru_cache(maxsize=256)
def _prefixed(name: str) -> str:
    namespace, _, local = name.rpartition(SEPARATOR)
    return f"{PREFIXES.get(namespace, 's')}:{local}"

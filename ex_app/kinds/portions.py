"""Address books and calendars: small documents in a collection, read in portions that are recognised (CardDAV, CalDAV).

One request tells whether anything changed at all. Where something did, one more lists the documents with their
versions; each falls into a portion by its name, and only portions with a changed document are asked for, each with one
request.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

import xxhash

from ex_app.nextcloud.webdav import DAV_ROOT, XML, elements, properties_of
from openconnector.errors import ConfigurationError, NotFound
from openconnector.http.urls import segment
from openconnector.messages import t
from openconnector.ports import Account, HostRequest, Memory
from openconnector.records import Cursor, Page, Part, Record

NAMESPACES: Final = (
    'xmlns:d="DAV:" xmlns:cs="http://calendarserver.org/ns/" '
    'xmlns:card="urn:ietf:params:xml:ns:carddav" xmlns:cal="urn:ietf:params:xml:ns:caldav"'
)
PER_PORTION: Final = 100
"""About how many documents one request asks for."""

Names = Mapping[str, str]
"""Name of a document in its collection -> its version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What tells CardDAV from CalDAV."""

    home: str
    """Where the collections of an account are, with `{user}`."""
    report: str
    """The name of the report that gives several documents."""
    data: str
    """The name of the property that holds a document."""
    parse: Callable[[str], Record]
    """Makes a record of a document. Raises `ValueError` for what is none."""


@dataclass(frozen=True, slots=True)
class Collection:
    """One address book or calendar of an account."""

    account: Account
    dialect: Dialect
    name: str

    @property
    def path(self) -> str:
        """Where it stands on the server, with a slash at its end."""
        home = self.dialect.home.format(user=segment(self.account.user_id))
        return f"{DAV_ROOT}/{home}/{segment(self.name)}/"

    async def version(self) -> str:
        """Return what changes with every change in it. Raises `NotFound`."""
        body = self._asking("<cs:getctag/><d:sync-token/>")
        found = await self._send("PROPFIND", body, "0")
        told = properties_of(found[0]) if found else {}
        version = next(
            (told[name].text for name in ("s:getctag", "d:sync-token") if name in told), ""
        )
        if not version:
            raise ConfigurationError(
                t("{name} is no address book or calendar: it has no version", name=repr(self.name))
            )
        return version

    async def names(self) -> Names:
        """Return every document in it with its version."""
        found = await self._send("PROPFIND", self._asking("<d:getetag/><d:resourcetype/>"), "1")
        names = {}
        for response in found:
            properties = properties_of(response)
            kind = properties.get("d:resourcetype")
            if "d:getetag" in properties and not (kind and kind.first("d:collection")):
                names[_name(response.text_of("d:href"))] = properties["d:getetag"].text
        return names

    async def records(self, names: Names) -> list[Record | str]:
        """Return the documents with these names; of one that cannot be read the name, which counts as a bad record."""
        wanted = "".join(f"<d:href>{escape(self.path + segment(name))}</d:href>" for name in names)
        dialect = self.dialect
        body = (
            f'<?xml version="1.0"?><{dialect.report} {NAMESPACES}>'
            f"<d:prop><d:getetag/><{dialect.data}/></d:prop>{wanted}</{dialect.report}>"
        )
        answered = {}
        for response in await self._send("REPORT", body, "1"):
            properties = properties_of(response)
            data = properties.get(f"s:{dialect.data.partition(':')[2]}")
            if data is not None:
                name = _name(response.text_of("d:href"))
                answered[name] = self._record(name, properties["d:getetag"].text, data.text)
        return [answered[name] for name in names if name in answered]

    def _record(self, name: str, etag: str, text: str) -> Record | str:
        try:
            record = self.dialect.parse(text)
        except ValueError:
            return f"{name} cannot be read"
        own = {"collection": self.name, "file": name, "etag": etag.strip('"')}
        return {"id": record.get("uid") or name, **record, **own}

    def _asking(self, properties: str) -> str:
        return f'<?xml version="1.0"?><d:propfind {NAMESPACES}><d:prop>{properties}</d:prop></d:propfind>'

    async def _send(self, method: str, body: str, depth: str) -> list[Any]:
        request = HostRequest(
            method=method, path=self.path, headers={**XML, "Depth": depth}, content=body.encode()
        )
        found = await elements(self.account, request, f"the collection {self.name!r}")
        if found is None:
            raise NotFound(f"collection of {self.account.user_id!r}", self.name)
        return found


async def pages(
    collection: Collection, memory: Memory, cursor: Cursor | None
) -> AsyncIterator[Page]:
    """Yield a collection portion by portion; what did not change is not asked for."""
    whole = Part(key=collection.path, version=await collection.version())
    if cursor is None and (known := await _untouched(whole, memory)):
        yield Page(records=[], unchanged=known, is_end=True)
        return
    names = await collection.names()
    count = (cursor or {}).get("count") or _portions(len(names))
    portions = _parted(collection.path, names, count)
    for number in range((cursor or {}).get("next", 0), count):
        part, own = portions[number]
        if not own:
            continue
        here = {"count": count, "next": number + 1}
        if await memory.recall([part]):
            yield Page(records=[], unchanged=(part,), cursor=here)
        else:
            yield Page(records=list(await collection.records(own)), part=part, cursor=here)
    parts = [[part.key, part.version] for part, own in portions if own]
    end = Part(key=whole.key, version=whole.version, note=parts)
    yield Page(records=[], part=end, is_end=True)


async def _untouched(whole: Part, memory: Memory) -> tuple[Part, ...]:
    """Return all parts of a collection when none of them changed, else none."""
    known = (await memory.recall([whole])).get(whole.key)
    if known is None:
        return ()
    parts = [Part(key=key, version=version) for key, version in known.note]
    recalled = await memory.recall(parts) if parts else {}
    return (whole, *parts) if len(recalled) == len(parts) else ()


def _portions(documents: int) -> int:
    """Return into how many portions so many are parted: a power of two, so that it seldom changes."""
    count = 1
    while count * PER_PORTION < documents:
        count *= 2
    return count


def _parted(path: str, names: Names, count: int) -> list[tuple[Part, Names]]:
    portions: list[dict[str, str]] = [{} for _ in range(count)]
    for name in sorted(names):
        portions[xxhash.xxh3_64_intdigest(name.encode()) % count][name] = names[name]
    return [
        (Part(key=f"{path}#{number}/{count}", version=_version(own)), own)
        for number, own in enumerate(portions)
    ]


def _version(names: Names) -> str:
    return xxhash.xxh3_128_hexdigest(repr(sorted(names.items())).encode())


def _name(href: str) -> str:
    return unquote(urlsplit(href).path.rstrip("/").rpartition("/")[2])

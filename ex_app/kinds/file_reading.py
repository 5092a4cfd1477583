"""Read a tree of files page by page, as records of the files or of what is in them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import chain
from typing import Any, ClassVar, Final, Literal, NamedTuple

from typing_extensions import override

from ex_app.kinds.file_contents import Contents, FileVersion, Unreadable, decoder_for
from ex_app.kinds.file_listing import Shelf
from ex_app.kinds.file_records import record_of
from ex_app.kinds.file_tree import Names, Visit, Walk
from ex_app.nextcloud import webdav
from ex_app.nextcloud.webdav import Entry
from openconnector.kinds.decoder import Decoder
from openconnector.ports import Account, Memory
from openconnector.records import Cursor, Page, Part, Record

UNCHANGED_AT_ONCE: Final = 500
"""Parts named as unchanged in one page."""

SHOWN_PROBLEMS: Final = 5

MOVED: Final = (
    "Files changed while they were read, so one may have moved past the reading and nothing was deleted; "
    "the next run reads only what changed"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to read."""

    folder: str
    is_recursive: bool
    pattern: str
    types: Literal["files", "folders", "both"] = "files"
    decoder: Decoder | None = None
    position: str = ""
    file_field: str = ""
    max_file_bytes: int
    page_size: int

    def is_below(self, path: str) -> bool:
        """Return whether something at a path is read, as far as folders go."""
        above = [*filter(None, self.folder.split("/"))]
        parts = path.split("/")
        is_deep_enough = (
            len(parts) > len(above) if self.is_recursive else len(parts) == len(above) + 1
        )
        return path != "" and is_deep_enough and parts[: len(above)] == above

    def takes(self, entry: Entry) -> bool:
        """Return whether an entry becomes a record."""
        if self.types == ("files" if entry.is_folder else "folders"):
            return False
        return self.has_name(entry.name)

    def has_name(self, name: str) -> bool:
        """Return whether a name fits the pattern."""
        return fnmatchcase(name.lower(), self.pattern.lower())


class _Position(NamedTuple):
    """How far a read has come."""

    folder: Names
    name: str | None
    """The file that was given last; None for all of the folder."""
    row: int | None = None
    """How many of its records were given; None for all."""
    etag: str = ""
    """The version these were of."""

    @classmethod
    def of(cls, cursor: Cursor) -> "_Position":
        return cls(tuple(cursor["folder"]), cursor["name"], cursor["row"], cursor["etag"])

    def is_past(self, name: str) -> bool:
        """Return whether a file of the same folder was given as a whole."""
        if self.name is None:
            return True
        return name < self.name or (name == self.name and self.row is None)


def _nothing(_name: str) -> bool:
    return False


class Reading:
    """One read of a tree; `pages` yields it."""

    properties: ClassVar[tuple[str, ...]] = webdav.BASIC
    """What is asked of each file."""

    def __init__(
        self, account: Account, memory: Memory, wanted: Wanted, cursor: Cursor | None
    ) -> None:
        self._account = account
        self._memory = memory
        self._wanted = wanted
        self._start = _Position.of(cursor) if cursor else None
        self._unchanged: list[Part] = []
        self._position = self._start
        self._problems: list[str] = []
        self._fetched = 0
        self._began_with: str | None = cursor["top"] if cursor else None

    async def pages(self) -> AsyncIterator[Page]:
        """Yield pages to the end, which the last one proves unless something could not be read or moved."""
        walk = Walk(
            account=self._account,
            memory=self._memory,
            top=self._wanted.folder,
            is_recursive=self._wanted.is_recursive,
            properties=self.properties,
            note=self._note,
            record=self._record,
            after=self._start.folder if self._start else None,
            began_with=self._began_with,
            problems=self._problems,
        )
        async for visit in walk.visits():
            self._began_with = walk.began_with
            async for page in self._visited(walk, visit):
                yield page
        if self._fetched or walk.listed:
            walk.listed = 1
            if await walk.has_changed():
                self._problems.append(MOVED)
        told = self._told()
        yield Page(
            records=[], unchanged=tuple(self._unchanged), is_end=told is None, incomplete=told
        )

    async def changed(self, fileid: str) -> AsyncIterator[Page]:
        """Yield the records of one file or folder, by its id; nothing when it is not among what is read."""
        entry = await self._found(int(fileid))
        if entry is None or not self._wanted.is_below(entry.path):
            return
        async for page in self._one(entry):
            yield page
        if entry.is_folder and self._wanted.is_recursive:  # it was copied with all that is in it
            wanted = replace(self._wanted, folder=entry.path)
            async for page in type(self)(self._account, self._memory, wanted, None).pages():
                yield page

    async def _found(self, fileid: int) -> Entry | None:
        found = await webdav.by_id(self._account, fileid)
        if found is None:
            return None
        listed = await webdav.entries(
            self._account, found.path, depth=0, properties=self.properties
        )
        return next(iter(listed or ()), None)

    def _one(self, entry: Entry) -> AsyncIterator[Page]:
        """Yield the records of one file or folder, without what is below it."""
        raise NotImplementedError

    async def _visited(self, walk: Walk, visit: Visit) -> AsyncIterator[Page]:
        try:
            if not visit.is_done:
                async for page in self._folder(walk, visit):
                    yield page
        finally:
            if visit.records is not None:
                visit.records.close()

    def _folder(self, walk: Walk, visit: Visit) -> AsyncIterator[Page]:
        raise NotImplementedError

    def _note(self, _entry: Entry) -> list[Any] | None:
        return None

    def _record(self, _entry: Entry) -> Record | None:
        return None

    def _cursor(self, position: _Position) -> Cursor:
        """Return where to read on: after this, and with the version the folders had when the read began."""
        return {
            "folder": list(position.folder),
            "name": position.name,
            "row": position.row,
            "etag": position.etag,
            "top": self._began_with,
        }

    def _resumed(self, visit: Visit) -> _Position | None:
        """Return how far an interrupted read came in this folder; None when it did not reach it."""
        start = self._start
        return start if start is not None and start.folder == visit.folder.names else None

    def _keep(self, part: Part, position: _Position) -> Iterator[Page]:
        """Take note of an unchanged part; a page is due when there are many."""
        self._unchanged.append(part)
        self._position = position
        if len(self._unchanged) >= UNCHANGED_AT_ONCE:
            yield from self._flushed()

    def _flushed(self) -> Iterator[Page]:
        if self._unchanged and self._position is not None:
            yield Page(
                records=[],
                unchanged=tuple(self._unchanged),
                cursor=self._cursor(self._position),
                incomplete=self._told(),
            )
            self._unchanged.clear()

    def _told(self) -> str | None:
        if not self._problems:
            return None
        shown = "; ".join(self._problems[:SHOWN_PROBLEMS])
        more = len(self._problems) - SHOWN_PROBLEMS
        return f"{shown}; and {more} more" if more > 0 else shown


class MetadataReading(Reading):
    """Files and folders as records."""

    properties: ClassVar[tuple[str, ...]] = webdav.FULL

    @override
    def _record(self, entry: Entry) -> Record | None:
        return record_of(entry) if self._wanted.takes(entry) else None

    @override
    async def _one(self, entry: Entry) -> AsyncIterator[Page]:
        record = self._record(entry)
        if record is not None:
            yield Page(records=[record])

    @override
    async def _folder(self, walk: Walk, visit: Visit) -> AsyncIterator[Page]:
        names, resumed = visit.folder.names, self._resumed(visit)
        whole = _Position(names, None)
        if resumed is not None and resumed.name is None:
            return
        if visit.is_known and resumed is None:
            for page in self._keep(visit.part, whole):
                yield page
            return
        for page in self._flushed():
            yield page
        shelf = await self._shelf(walk, visit)
        try:
            begins = resumed is None
            for batch in shelf.batches(
                self._wanted.page_size, resumed.is_past if resumed else _nothing
            ):
                yield Page(
                    records=batch.records,
                    part=visit.part,
                    begins_part=begins,
                    ends_part=batch.is_last,
                    cursor=self._cursor(whole if batch.is_last else _Position(names, batch.last)),
                    incomplete=self._told(),
                )
                begins = False
        finally:
            shelf.close()

    async def _shelf(self, walk: Walk, visit: Visit) -> Shelf:
        """Return what is in a folder; one in which a read was interrupted may be known and is listed all the same."""
        if visit.records is not None:
            return visit.records
        listed = await walk.list(visit.folder.names)
        return listed.records if listed else Shelf()


class ContentReading(Reading):
    """What is in the files as records."""

    @override
    def _note(self, entry: Entry) -> list[Any] | None:
        name, wanted = entry.name, self._wanted
        if not (wanted.has_name(name) and decoder_for(name, wanted.decoder)):
            return None
        return [name, entry.etag, entry.fileid, entry.number("d:getcontentlength")]

    @override
    async def _one(self, entry: Entry) -> AsyncIterator[Page]:
        note = None if entry.is_folder else self._note(entry)
        if note is not None:
            async for page in self._file(FileVersion(entry.path, *note[1:]), (), None):
                yield page

    @override
    async def _folder(self, walk: Walk, visit: Visit) -> AsyncIterator[Page]:
        names, resumed = visit.folder.names, self._resumed(visit)
        if resumed is not None and resumed.name is None:
            return
        async for page in self._files(visit, resumed):
            yield page
        whole = _Position(names, None)
        if visit.is_known:
            last = self._keep(visit.part, whole)
        else:
            empty = Page(
                records=[], part=visit.part, cursor=self._cursor(whole), incomplete=self._told()
            )
            last = chain(self._flushed(), [empty])
        for page in last:
            yield page

    async def _files(self, visit: Visit, resumed: _Position | None) -> AsyncIterator[Page]:
        names = visit.folder.names
        top = [*filter(None, self._wanted.folder.split("/")), *names]
        files = [
            FileVersion("/".join([*top, name]), *rest) for name, *rest in visit.part.note["files"]
        ]
        parts = [_part(file) for file in files if file.etag]
        known = await self._memory.recall(parts) if parts else {}
        for file in files:
            if resumed is not None and resumed.is_past(file.name):
                continue
            is_known = _part(file).key in known
            due = (
                self._keep(_part(file), _Position(names, file.name))
                if is_known
                else self._flushed()
            )
            for page in due:
                yield page
            if not is_known:
                is_here = resumed is not None and resumed.name == file.name
                async for page in self._file(file, names, resumed if is_here else None):
                    yield page

    async def _file(
        self, file: FileVersion, names: Names, resumed: _Position | None
    ) -> AsyncIterator[Page]:
        wanted, name = self._wanted, file.name
        decoder = decoder_for(name, wanted.decoder)
        if decoder is None:
            return  # the note names no such file
        contents = Contents(
            account=self._account,
            decoder=decoder,
            position=wanted.position,
            max_bytes=wanted.max_file_bytes,
            page_size=wanted.page_size,
            file=file,
        )
        try:
            async for page in self._pages_of(contents, names, resumed):
                yield page
        except Unreadable as error:
            self._problems.append(f"/{file.path} could not be read: {error}")
        finally:
            self._fetched += contents.fetched

    async def _pages_of(
        self, contents: Contents, names: Names, resumed: _Position | None
    ) -> AsyncIterator[Page]:
        row, given = 0, (resumed.row or 0) if resumed else 0
        async with aclosing(contents.batches()) as batches:
            async for batch, is_last in batches:
                file = contents.file
                if resumed is not None and file.etag != resumed.etag:
                    raise Unreadable("it changed while the run was interrupted")
                first, row = row, row + len(batch)
                if row <= given and not is_last:
                    continue
                fresh = batch[max(given - first, 0) :]
                at = _Position(names, file.name, None if is_last else row, file.etag)
                yield Page(
                    records=self._told_from(file, fresh, row - len(fresh)),
                    part=_part(file),
                    begins_part=first == 0 and given == 0,
                    ends_part=is_last,
                    cursor=self._cursor(at),
                    incomplete=self._told(),
                )

    def _told_from(self, file: FileVersion, records: list[Any], row: int) -> list[Any]:
        """Return records with the file they came from, where that is wanted."""
        field = self._wanted.file_field
        if not field:
            return records
        about = {"path": f"/{file.path}", "name": file.name, "id": file.fileid}
        return [
            record | {field: {**about, "row": number, "key": f"{file.fileid}-{number}"}}
            if isinstance(record, dict)
            else record
            for number, record in enumerate(records, row + 1)
        ]


def _part(file: FileVersion) -> Part:
    return Part(key=f"file {file.fileid}", version=f"{file.etag} {file.path}")

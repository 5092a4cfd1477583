"""Nextcloud's files: what they are, or what is in them."""

from collections.abc import AsyncIterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from ex_app.kinds.acting import Acting
from ex_app.kinds.file_reading import ContentReading, MetadataReading, Reading, Wanted
from ex_app.kinds.folders import Folder
from openconnector.decoders import DECODERS
from openconnector.expressions.positions import Position
from openconnector.kinds.base import Selection
from openconnector.kinds.decoder import Decoder
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.records import Cursor, Page


class NextcloudFilesSource(Acting, Source):
    """Nextcloud files.

    Reads a folder and those below it as the acting account sees them: either the files themselves as records (path,
    size, dates, owner, tags, shares), or the records in them: rows of CSV and Excel files, JSON, JSON Lines and XML.
    Folders and files whose version (ETag) is that of the run before are not asked for again; their records count as
    found and unchanged.

    Example:
    {"kind": "nextcloud_files", "folder": "/Reports", "pattern": "*.csv", "reads": "content"}
    """

    uses: ClassVar[frozenset[str]] = frozenset({"host", "memory"})

    kind: Literal["nextcloud_files"] = "nextcloud_files"
    folder: Annotated[Folder, Selection()] = Field(default="", max_length=4000)
    """The folder to read, such as `/Reports/2026`. Empty reads all files of the acting account."""
    is_recursive: Annotated[bool, Selection()] = True
    """Whether folders below it are read as well."""
    pattern: Annotated[str, Selection()] = Field(default="*", min_length=1, max_length=255)
    """Which names to read: `*` stands for any characters, `?` for one, such as `*.csv`. Capital letters count as small
    ones."""
    reads: Annotated[Literal["metadata", "content"], Selection()] = "metadata"
    """`metadata` gives a record for each file; `content` gives the records that are in the files."""
    types: Annotated[Literal["files", "folders", "both"], Selection()] = "files"
    """Whether files, folders or both become records. Only for `metadata`."""
    decoder: Annotated[Decoder, DECODERS] | None = None
    """Format of the files. Empty goes by the ending of each name: csv, tsv, xlsx, xlsm, json, geojson, jsonl, ndjson
    and xml; files with other endings are left out. Only for `content`."""
    results_position: Annotated[Position, Selection()] = ""
    """Where the records stand in a JSON or XML file: a dot path or JSONPath query, `_root` when the file is the list,
    `_object` when it is one record. Empty looks in the usual places. Only for `content`."""
    file_field: Annotated[str, Selection()] = Field(default="", max_length=100)
    """Adds, under this name, the file each record came from: `path`, `name`, `id`, the `row` from 1 on, and `key`,
    another one for each row of each file. Empty adds nothing. Only for `content`."""
    max_file_bytes: int = Field(default=256 * 1024 * 1024, ge=1)
    """How large a file may be, in bytes. A larger one is stated and left out, and then nothing is deleted."""
    page_size: int = Field(default=500, ge=1, le=10_000)
    """How many records are worked on at once."""

    @override
    async def read(self, reach: Reach, cursor: Cursor | None = None) -> AsyncIterator[Page]:
        account = reach.host.account(self.acting_user)
        async for page in self._reading()(account, reach.memory, self._wanted(), cursor).pages():
            yield page

    @override
    def reads_changed(self, *, deletes: bool) -> bool:
        # A file that was written again has lost rows, too, and which ones a whole read alone tells.
        return self.reads == "metadata" or not deletes

    @override
    async def read_changed(self, reach: Reach, thing: str) -> AsyncIterator[Page]:
        account = reach.host.account(self.acting_user)
        async for page in self._reading()(account, reach.memory, self._wanted(), None).changed(
            thing
        ):
            yield page

    def _reading(self) -> type[Reading]:
        return ContentReading if self.reads == "content" else MetadataReading

    def _wanted(self) -> Wanted:
        return Wanted(
            folder=self.folder,
            is_recursive=self.is_recursive,
            pattern=self.pattern,
            types=self.types,
            decoder=self.decoder,
            position=self.results_position,
            file_field=self.file_field,
            max_file_bytes=self.max_file_bytes,
            page_size=self.page_size,
        )

"""Read the records in a file: it is fetched to disk, so that it takes no memory, and decoded in a thread."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, Final, NamedTuple, cast

from ex_app.nextcloud import webdav
from openconnector.decoders.csv import CsvDecoder
from openconnector.decoders.json import JsonDecoder
from openconnector.decoders.jsonl import JsonLinesDecoder
from openconnector.decoders.xlsx import XlsxDecoder
from openconnector.decoders.xml import XmlDecoder
from openconnector.errors import LimitExceeded, MalformedAnswer, StorageFailed
from openconnector.expressions.results import records_in
from openconnector.kinds.decoder import Decoder, RowDecoder
from openconnector.ports import Account, HostRequest, HttpLimits

MIB: Final = 1024 * 1024
IN_MEMORY: Final = MIB
"""Smaller files never touch the disk."""
MAX_WHOLE: Final = 64 * MIB
"""How large a file may be whose format is read as a whole."""
TRIES: Final = 3
"""How often a file that changes while it is read is fetched."""

FORMATS: Final[dict[str, Decoder]] = {
    "csv": CsvDecoder(), "tsv": CsvDecoder(), "xlsx": XlsxDecoder(), "xlsm": XlsxDecoder(), "json": JsonDecoder(),
    "geojson": JsonDecoder(), "jsonl": JsonLinesDecoder(), "ndjson": JsonLinesDecoder(), "xml": XmlDecoder(),
}  # fmt: skip
"""Ending of a file's name -> what reads it."""


class Unreadable(Exception):
    """A file cannot be read now; the others can. The message says why."""


class FileVersion(NamedTuple):
    """A file in one of its versions."""

    path: str
    etag: str
    fileid: int
    size: int

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


def decoder_for(name: str, chosen: Decoder | None) -> Decoder | None:
    """Return what reads a file of this name; None when nothing does."""
    return chosen or FORMATS.get(name.rpartition(".")[2].lower())


@dataclass(slots=True, kw_only=True)
class Contents:
    """The records of one file."""

    account: Account
    decoder: Decoder
    position: str
    """Where they stand in a file that is no list of rows."""
    max_bytes: int
    page_size: int
    file: FileVersion
    """The version that is read; another one when the file changed meanwhile."""
    fetched: int = field(default=0, init=False)
    """How often it was asked for."""

    async def batches(self) -> AsyncGenerator[tuple[list[Any], bool], None]:
        """Yield the records, so many at a time, each time with whether they are the last ones.

        Nothing comes of a file that is gone. Raises `Unreadable`; what was yielded before stands.
        """
        with SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
            body = cast(BinaryIO, spool)
            try:
                if not await self._fetch(body):
                    return
            except OSError as error:
                told = error.strerror or type(error).__name__
                raise StorageFailed(
                    f"A file cannot be kept on this machine's disk: {told}"
                ) from None
            body.seek(0)
            try:
                async with aclosing(self._decoded(body)) as batches:
                    async for batch in batches:
                        yield batch
            except (MalformedAnswer, LimitExceeded) as error:
                raise Unreadable(str(error)) from error

    async def _decoded(self, body: BinaryIO) -> AsyncGenerator[tuple[list[Any], bool], None]:
        rows = await asyncio.to_thread(self._rows, body)
        batch = await asyncio.to_thread(_taken, rows, self.page_size)
        while True:
            following = await asyncio.to_thread(_taken, rows, self.page_size)
            yield batch, not following
            if not following:
                return
            batch = following

    def _rows(self, body: BinaryIO) -> Iterator[Any]:
        if isinstance(self.decoder, RowDecoder):
            return self.decoder.rows(body)
        whole = body.read(MAX_WHOLE + 1)
        if len(whole) > MAX_WHOLE:
            raise LimitExceeded(f"It is larger than the {MAX_WHOLE} bytes its format may have")
        decoded = self.decoder.decode(whole, "")
        return iter(records_in(decoded, self.position, has_lists=self.decoder.has_lists))

    async def _fetch(self, into: BinaryIO) -> bool:
        """Fetch one version as a whole; return False when the file is gone."""
        for _ in range(TRIES):
            self.fetched += 1
            status = await self._fetch_once(into)
            if status == HTTPStatus.OK:
                return True
            if status == HTTPStatus.NOT_FOUND:
                return False
            if status != HTTPStatus.PRECONDITION_FAILED:
                raise Unreadable(_refusal(status))
            found = await webdav.entries(self.account, self.file.path, depth=0)
            if not found or found[0].is_folder:
                return False
            now = found[0]
            size = now.number("d:getcontentlength")
            self.file = FileVersion(self.file.path, now.etag, now.fileid, size)
        raise Unreadable("it changes all the time")

    async def _fetch_once(self, into: BinaryIO) -> int:
        if self.file.size > self.max_bytes:
            raise Unreadable(f"it is larger than {self.max_bytes} bytes (`maxFileBytes`)")
        request = HostRequest(
            method="GET",
            path=webdav.address(self.account, self.file.path),
            headers={"If-Match": f'"{self.file.etag}"'} if self.file.etag else {},
        )
        into.seek(0)
        into.truncate()
        limits = HttpLimits(timeout_seconds=300, max_bytes=self.max_bytes)
        try:
            async with self.account.stream(request, limits) as answer:
                if answer.status_code == HTTPStatus.OK:
                    async for chunk in answer.aiter_bytes():
                        into.write(chunk)
                return answer.status_code
        except LimitExceeded as error:
            raise Unreadable(
                f"it is larger than {self.max_bytes} bytes (`maxFileBytes`)"
            ) from error


def _taken(rows: Iterator[Any], count: int) -> list[Any]:
    return list(islice(rows, count))


def _refusal(status: int) -> str:
    if status == HTTPStatus.LOCKED:
        return "somebody has locked it"
    if status == HTTPStatus.FORBIDDEN:
        return "the acting account may not download it"
    return f"Nextcloud answered {status}"

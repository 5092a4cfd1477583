"""What is in one folder, kept so that it takes little memory however many files there are."""

from collections.abc import Callable, Iterator
from tempfile import SpooledTemporaryFile
from typing import Any, Final, NamedTuple

import orjson

from ex_app.nextcloud.webdav import Entry
from openconnector.records import Record

IN_MEMORY: Final = 256 * 1024
"""Bytes of records that are kept in memory; more of one folder go to a file."""

See = Callable[[Entry], Any]
"""Gives what is to be kept of a file or folder, as JSON; None keeps nothing."""


class Batch(NamedTuple):
    """Some records of a folder."""

    records: list[Record]
    last: str
    """The name of the file the last one is of; empty when there is none."""
    is_last: bool
    """Nothing follows."""


class Shelf:
    """Records of what is in a folder, given back in the order of its names."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  closed by `close`
        self._places: list[tuple[str, int]] = []

    def add(self, name: str, record: Record) -> None:
        """Keep one; those of one folder have different names."""
        self._places.append((name, self._file.tell()))
        self._file.write(orjson.dumps(record) + b"\n")

    def batches(self, size: int, is_past: Callable[[str], bool]) -> Iterator[Batch]:
        """Yield those that are not past, so many at a time; an empty one where there are none."""
        self._places.sort()
        wanted = [place for place in self._places if not is_past(place[0])]
        for start in range(0, max(len(wanted), 1), size):
            some = wanted[start : start + size]
            last = some[-1][0] if some else ""
            yield Batch([self._at(at) for _, at in some], last, start + size >= len(wanted))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _at(self, place: int) -> Record:
        self._file.seek(place)
        record: Record = orjson.loads(self._file.readline())
        return record


class Listing:
    """Takes the entries of a folder as they come, itself first."""

    def __init__(self, note: See, record: See) -> None:
        self.is_there = False
        self.etag = ""
        """The version of the folder itself."""
        self.records = Shelf()
        self._note = note
        self._record = record
        self._folders: list[list[Any]] = []
        self._files: list[tuple[str, Any]] = []

    def see(self, entry: Entry) -> None:
        """Take the next one."""
        if not self.is_there:
            self.is_there, self.etag = True, entry.etag
            return
        record = self._record(entry)
        if record is not None:
            self.records.add(entry.name, record)
        if entry.is_folder:
            self._folders.append([entry.name, entry.etag, entry.fileid])
        elif (note := self._note(entry)) is not None:
            self._files.append((entry.name, note))

    def note(self) -> dict[str, list[Any]]:
        """Return what is to be remembered of the folder."""
        files = sorted(self._files, key=lambda one: one[0])
        return {"folders": sorted(self._folders), "files": [note for _, note in files]}

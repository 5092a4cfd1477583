"""The file of a backup: a ZIP of one JSON Lines file per table, a manifest with their sums, and maybe the keys.

Its form does not depend on the kind of database. A row is a JSON list in the order of the manifest's columns; moments
are microseconds since 1970, bytes are Base64.
"""

import hashlib
import os
import zipfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from openconnector.db.dumping import AT_ONCE, Row, Shape
from openconnector.db.types import EPOCH, MICROSECOND
from openconnector.errors import ConfigurationError, Conflict, StorageFailed

FORMAT = 1
MANIFEST = "manifest.json"
KEYS = "keys.json"
OWNER_ONLY = 0o600
SMALL = 4 * 1024 * 1024
"""Bytes the manifest and the key file may have: they are read as a whole, before anything else is known of the file."""
FAST = 3
"""How hard the file is compressed: rows are alike, so more effort gains little."""

DAMAGED = (
    OSError,
    EOFError,
    KeyError,
    ValueError,
    TypeError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a file may raise that is no backup, or was one."""


class Model(BaseModel):
    """A part of the manifest; camelCase as everywhere in JSON."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore"
    )


class SealedCount(Model):
    """How much one key has sealed."""

    secrets: int
    records: int


class TableEntry(Model):
    """One table of the backup."""

    name: str
    columns: dict[str, Literal["moment", "bytes", "json", "plain"]]
    rows: int
    sha256: str

    @property
    def shape(self) -> Shape:
        """The table as the database takes it."""
        return Shape(name=self.name, columns=dict(self.columns))


class Manifest(Model):
    """What a backup is and holds."""

    product: Literal["openconnector"] = "openconnector"
    format: int = FORMAT
    version: str
    """The version of OpenConnector that made it."""
    step: str
    """The newest migration of the database it was taken from."""
    taken_at: datetime
    sealed: dict[str, SealedCount]
    """How much each key has sealed, by the key's id in hexadecimal digits."""
    has_keys: bool
    tables: list[TableEntry]
    """In the order in which they can be put into a database."""

    @property
    def rows(self) -> int:
        """How many rows all tables have together."""
        return sum(entry.rows for entry in self.tables)


class Writer:
    """Writes a backup."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.entries: list[TableEntry] = []

    @contextmanager
    def table(self, shape: Shape) -> Iterator["TableWriter"]:
        """Give what takes the rows of a table."""
        with self._archive.open(_member(shape.name), "w", force_zip64=True) as member:
            writer = TableWriter(shape, member)
            yield writer
        self.entries.append(writer.entry())

    def add(self, name: str, content: bytes) -> None:
        """Add a small file."""
        self._archive.writestr(name, content)


class TableWriter:
    """Writes the rows of one table."""

    def __init__(self, shape: Shape, member: Any) -> None:
        self._shape = shape
        self._member = member
        self._sum = hashlib.sha256()
        self._rows = 0

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows."""
        forms = list(self._shape.columns.values())
        lines = b"".join(
            orjson.dumps([_told(value, form) for value, form in zip(row, forms, strict=True)])
            + b"\n"
            for row in rows
        )
        self._sum.update(lines)
        self._rows += len(rows)
        self._member.write(lines)

    def entry(self) -> TableEntry:
        """Return what the manifest says of the table."""
        return TableEntry(
            name=self._shape.name,
            columns=dict(self._shape.columns),
            rows=self._rows,
            sha256=self._sum.hexdigest(),
        )


@contextmanager
def writing(file: Path) -> Iterator[Writer]:
    """Give what writes a backup; the file appears, for its owner alone, when the block has ended well.

    Raises `Conflict` when there is one of this name, `ConfigurationError` or `StorageFailed` when it cannot be written.
    """
    aside = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        if file.exists():
            raise Conflict(
                f"{file} is there already, and no backup is written over; choose another name"
            )
        descriptor = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
        with os.fdopen(descriptor, "w+b") as opened:
            with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED, compresslevel=FAST) as archive:
                yield Writer(archive)
            opened.flush()
            os.fsync(opened.fileno())
        aside.replace(file)
    except OSError as error:
        raise StorageFailed(
            f"The backup {file} cannot be written: {error.strerror}. Name a folder this user may write to, with space"
        ) from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


class Reader:
    """Reads a backup. `with Reader.open(file) as reader`."""

    def __init__(self, file: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self.file = file
        self.manifest = manifest
        self._archive = archive

    @classmethod
    def open(cls, file: Path) -> Self:
        """Return a reader. Raises `ConfigurationError` for what is no backup, or one of a newer version."""
        with whole(file):
            if file.exists() and not file.is_file():
                raise ValueError("it is no regular file")  # a pipe or device may never end
            archive = zipfile.ZipFile(file)
            stored = orjson.loads(_small(archive, MANIFEST))
        if not isinstance(stored, dict) or stored.get("product") != "openconnector":
            raise ConfigurationError(f"{file} is no backup of OpenConnector")
        if stored.get("format") != FORMAT:
            raise ConfigurationError(
                f"{file} has the format {stored.get('format')!r}, this version reads {FORMAT}: a newer version wrote "
                f"it ({stored.get('version')}). Install that version"
            )
        try:
            return cls(file, archive, Manifest.model_validate(stored))
        except ValidationError as error:
            raise damaged(file, f"its manifest is wrong ({error.error_count()} flaws)") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._archive.close()

    def verify(self) -> None:
        """Read it to the end. Raises `ConfigurationError` when a table is not as it was written."""
        for entry in self.manifest.tables:
            digest, rows = hashlib.sha256(), 0
            with whole(self.file), self._archive.open(_member(entry.name)) as member:
                while chunk := member.read(1 << 20):
                    digest.update(chunk)
                    rows += chunk.count(b"\n")
            if (digest.hexdigest(), rows) != (entry.sha256, entry.rows):
                raise damaged(self.file, f"the table {entry.name!r} was changed")

    def rows(self, entry: TableEntry) -> Iterator[list[Row]]:
        """Give the rows of a table, some at a time. Raises `ConfigurationError`."""
        forms = list(entry.columns.values())
        with whole(self.file), self._archive.open(_member(entry.name)) as member:
            for lines in _batches(member):
                yield [
                    tuple(
                        _read(value, form)
                        for value, form in zip(orjson.loads(line), forms, strict=True)
                    )
                    for line in lines
                ]

    def keys(self) -> bytes | None:
        """Return the key file it holds, None when it holds none. Raises `ConfigurationError`."""
        if not self.manifest.has_keys:
            return None
        with whole(self.file):
            return _small(self._archive, KEYS)


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > SMALL:
        raise ValueError(f"{name} is larger than {SMALL} bytes")
    return archive.read(name)


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"


def _told(value: Any, form: str) -> Any:
    if value is None:
        return None
    if form == "moment":
        return (value - EPOCH) // MICROSECOND
    return b64encode(value).decode() if form == "bytes" else value


def _read(value: Any, form: str) -> Any:
    if value is None:
        return None
    if form == "moment":
        return EPOCH + value * MICROSECOND
    return b64decode(value, validate=True) if form == "bytes" else value


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for line in lines:
        batch.append(line)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def whole(file: Path) -> Iterator[None]:
    """Turn what reading a file may raise that is no backup into `ConfigurationError`."""
    try:
        yield
    except FileNotFoundError as error:
        raise ConfigurationError(f"There is no file {file}") from error
    except DAMAGED as error:
        raise damaged(file, str(error) or type(error).__name__) from error


def damaged(file: Path, why: str) -> ConfigurationError:
    """Return the error for a file that is not what a backup is."""
    return ConfigurationError(
        f"{file} is no whole backup of OpenConnector: {why}. Take another backup; nothing was changed"
    )

"""Spreadsheets of Excel and its relatives (ECMA-376)."""

import re
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any, BinaryIO, ClassVar, Final, Literal, NoReturn
from zipfile import BadZipFile, ZipFile

from pydantic import Field
from typing_extensions import override

from openconnector import tables
from openconnector.errors import LimitExceeded, MalformedAnswer, OpenConnectorError
from openconnector.kinds.base import load
from openconnector.kinds.decoder import RowDecoder

MIB: Final = 1024 * 1024
MAX_PARTS: Final = 10_000
MAX_ROWS: Final = 1_048_576
"""As many as a sheet can have."""
MAX_RATIO: Final = 200
"""How many times its size a part over 1 MiB may unpack to."""
MAX_HELD: Final = 64 * MIB
"""How much the parts of a workbook that are held in memory (its texts and styles) may unpack to, in bytes."""
UNHELD: Final = ("xl/worksheets/", "xl/drawings/", "xl/charts/", "xl/pivotCache/")
"""Parts below are read row by row or not at all."""

HEAD: Final = 64 * 1024
DOCUMENT_TYPE: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0"

CLOCK: Final = re.compile(r"[hs]", re.IGNORECASE)
"""What a number format has that shows a time of day."""
LITERAL: Final = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
"""What stands for itself in a number format, or is no part of the form: texts, colours, conditions."""


class XlsxDecoder(RowDecoder):
    """Excel (XLSX).

    Reads one sheet of a workbook as a list of records, one for each row, under the names in its header. Numbers are
    numbers and truth values are truth values; dates are texts such as `2026-01-31` or `2026-01-31T10:30:00`. A formula
    gives the value that was saved with it, null where the program that wrote the file saved none. Empty rows are left
    out.

    Example:
    {"kind": "xlsx", "sheet": "People"}
    """

    accept: ClassVar[str] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    kind: Literal["xlsx"] = "xlsx"
    sheet: str = ""
    """Name of the sheet. Empty reads the first one that is not hidden."""
    has_header: bool = True
    """Whether the first row holds the names of the columns."""
    columns: list[str] = Field(default_factory=list)
    """Names of the columns, in place of those in the header or where there is none."""
    skip_rows: int = Field(default=0, ge=0, le=10_000)
    """How many rows stand before the table."""
    max_unpacked: int = Field(default=512 * MIB, ge=MIB)
    """How large the workbook may be unpacked, in bytes."""

    @override
    def rows(self, file: BinaryIO) -> Iterator[Any]:
        openpyxl = load("openpyxl", extra="xlsx")
        try:
            _check(file, self.max_unpacked)
            yield from self._records(openpyxl, file)
        except OpenConnectorError:
            raise
        except Exception as error:  # noqa: BLE001  a broken workbook makes zipfile and openpyxl fail in any way
            problem = type(error).__name__
        else:
            return
        _refuse(f"it is broken ({problem})")

    def _records(self, openpyxl: Any, file: BinaryIO) -> Iterator[dict[str, Any]]:
        with warnings.catch_warnings():
            # It warns of what it leaves out: styles, charts, data validation.
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(
                file, read_only=True, data_only=True, keep_links=False
            )
        try:
            rows = _cells(self._chosen(workbook), self.skip_rows)
            yield from tables.records(rows, has_header=self.has_header, names=self.columns)
        finally:
            workbook.close()

    def _chosen(self, workbook: Any) -> Any:
        sheets = workbook.worksheets
        if not self.sheet:
            visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
            return (visible or sheets)[0]
        for sheet in sheets:
            if sheet.title == self.sheet:
                return sheet
        names = ", ".join(repr(sheet.title) for sheet in sheets[:20])
        raise MalformedAnswer(
            f"The workbook has no sheet {self.sheet!r} (`sheet`); its sheets are {names}"
        )


def _cells(sheet: Any, skipped: int) -> Iterator[list[Any]]:
    """Yield the values of each row, without the empty cells at its end."""
    # What the file says about its size may be wrong, and then cells would be lost.
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows()):
        if number >= MAX_ROWS:
            raise LimitExceeded(f"The sheet has more than {MAX_ROWS} rows")
        if number < skipped:
            continue
        cells = [_value(cell) for cell in row]
        while cells and cells[-1] in (None, ""):
            cells.pop()
        yield cells


def _value(cell: Any) -> Any:
    value = cell.value
    if isinstance(value, datetime):
        form = LITERAL.sub("", cell.number_format)
        has_time = CLOCK.search(form) or value.time() != time()
        return value.isoformat() if has_time else value.date().isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _clock(value)
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value


def _clock(duration: timedelta) -> str:
    """Return a duration as `36:05:00`, as a sheet shows it."""
    sign, seconds = ("-" if duration < timedelta() else ""), round(abs(duration).total_seconds())
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _check(file: BinaryIO, max_unpacked: int) -> None:
    """Raise what speaks against a file, before anything of it is unpacked."""
    place = file.tell()
    start = file.read(8)
    file.seek(place)
    if start.startswith(OLD_OFFICE):
        _refuse("it is encrypted or in the old format XLS")
    try:
        with ZipFile(file) as archive:
            _check_parts(archive, max_unpacked)
    except BadZipFile:
        found = "it is empty" if not start else "it is something else, or cut off"
    else:
        file.seek(place)
        return
    _refuse(found)


def _check_parts(archive: ZipFile, max_unpacked: int) -> None:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        raise LimitExceeded(f"The workbook has more than {MAX_PARTS} parts")
    if sum(part.file_size for part in parts) > max_unpacked:
        raise LimitExceeded(
            f"The workbook unpacks to more than {max_unpacked} bytes (`maxUnpacked`)"
        )
    for part in parts:
        if part.file_size > MIB and part.file_size > part.compress_size * MAX_RATIO:
            raise LimitExceeded(
                f"A part of the workbook unpacks to over {MAX_RATIO} times its size"
            )
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as opened:
                head = opened.read(HEAD)
            if DOCUMENT_TYPE.search(head.replace(b"\0", b"")):
                _refuse("it has a document type, which a workbook never has")
    held = sum(part.file_size for part in parts if _is_held(part.filename))
    if held > MAX_HELD:
        raise LimitExceeded(
            f"The texts and styles of the workbook unpack to more than {MAX_HELD} bytes"
        )


def _is_held(name: str) -> bool:
    return name.endswith(".xml") and not name.startswith(UNHELD)


def _refuse(found: str) -> NoReturn:
    raise MalformedAnswer(f"The file should be a workbook (XLSX), but {found}")

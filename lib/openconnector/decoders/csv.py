"""Comma-separated values (RFC 4180) and their relatives with semicolons, tabs or bars."""

import codecs
import csv
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import StringIO, TextIOWrapper
from itertools import islice
from typing import Any, BinaryIO, ClassVar, Final, Literal, Self, TextIO

from pydantic import Field, field_validator, model_validator
from typing_extensions import override

from openconnector import tables
from openconnector.errors import LimitExceeded, MalformedAnswer
from openconnector.kinds.decoder import RowDecoder
from openconnector.messages import t

MAX_LINE: Final = 8 * 1024 * 1024
"""How long a line, and one value over several lines, may be, in characters."""

SAMPLE_ROWS: Final = 50
SAMPLE_CHARACTERS: Final = 64 * 1024
"""How much is looked at to find the delimiter."""

CHUNK: Final = 64 * 1024
DELIMITERS: Final = "\t;|,"
"""The comma comes last: it also stands in numbers and addresses."""

MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; the one for UTF-32 begins like that for UTF-16."""

PAGES: Final = ("<!doctype html", "<html")

# The module's own bound is 128 KiB and, like this one, holds for the whole process.
csv.field_size_limit(MAX_LINE)


class CsvDecoder(RowDecoder):
    """CSV.

    Reads a table as a list of records, one for each row, under the names in the first row. Values are texts, as they
    are written; a mapping makes numbers and dates of them. A row with fewer values than there are columns has nulls
    for the rest, one with more has them under `column5`, `column6` and so on. Empty rows are left out.

    Example:
    {"kind": "csv", "delimiter": ";"}
    """

    accept: ClassVar[str] = "text/csv, text/tab-separated-values;q=0.9, text/plain;q=0.5"

    kind: Literal["csv"] = "csv"
    delimiter: str = Field(default="", max_length=1)
    """What stands between values. Empty finds out: comma, semicolon, tab or bar."""
    quote: str = Field(default='"', max_length=1)
    """What stands around values that hold the delimiter or line breaks; written twice it stands for itself.
    Empty when values are never quoted."""
    encoding: str = "auto"
    """How letters are written as bytes: `auto`, or a name such as `utf-8`, `windows-1252` or `iso-8859-15`. `auto` goes
    by the byte order mark, then takes what is valid UTF-8 for that, and everything else for Windows-1252."""
    has_header: bool = True
    """Whether the first row holds the names of the columns."""
    columns: list[str] = Field(default_factory=list)
    """Names of the columns, in place of those in the header or where there is none."""
    skip_lines: int = Field(default=0, ge=0, le=1_000)
    """How many lines stand before the table."""
    is_trimmed: bool = False
    """Whether blanks around values are taken off."""

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name == "auto":
            return name
        try:
            is_text = "a".encode(name).decode(name) == "a"
        except (LookupError, ValueError):
            is_text = False
        if not is_text:
            raise ValueError(t("is no encoding of text, such as `utf-8` or `windows-1252`"))
        return name

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> Self:
        if {self.delimiter, self.quote} & {"\r", "\n"} or (
            self.quote and self.delimiter == self.quote
        ):
            raise ValueError(
                t("`delimiter` and `quote` are two different characters, no line breaks")
            )
        return self

    @override
    def rows(self, file: BinaryIO) -> Iterator[Any]:
        encoding = _encoding(file) if self.encoding == "auto" else self.encoding
        text = TextIOWrapper(file, encoding, newline="")
        try:
            yield from self._records(text)
        except UnicodeDecodeError as error:
            problem = f"byte {error.start} of a block is not {encoding}"
        else:
            return
        finally:
            if not file.closed:
                text.detach()
        raise MalformedAnswer(f"The table cannot be read: {problem}; see `encoding`")

    def _records(self, text: TextIO) -> Iterator[dict[str, Any]]:
        for _ in range(self.skip_lines):
            text.readline(MAX_LINE)
        delimiter = self.delimiter or self._found_delimiter(text)
        reader = self._reader(_lines(text), delimiter)
        yield from tables.records(
            self._cells(reader), has_header=self.has_header, names=self.columns
        )

    def _cells(self, reader: Any) -> Iterator[list[str]]:
        try:
            for cells in reader:
                yield [cell.strip() for cell in cells] if self.is_trimmed else cells
        except csv.Error as error:
            problem = str(error)
        else:
            return
        line = reader.line_num + self.skip_lines
        raise MalformedAnswer(
            f"The table breaks at line {line}: {problem}; see `delimiter` and `quote`"
        )

    def _reader(self, lines: Iterable[str], delimiter: str) -> Any:
        return csv.reader(
            lines,
            delimiter=delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            strict=True,
        )

    def _found_delimiter(self, text: TextIO) -> str:
        """Return the delimiter that gives the most rows as many columns as the first; the text stays where it is."""
        place = text.tell()
        sample = text.read(SAMPLE_CHARACTERS)
        text.seek(place)
        candidates = [delimiter for delimiter in DELIMITERS if delimiter != self.quote]
        fits = {delimiter: self._fit(sample, delimiter) for delimiter in candidates}
        best = max(fits, key=lambda delimiter: fits[delimiter])
        return best if fits[best] else candidates[-1]

    def _fit(self, sample: str, delimiter: str) -> int:
        """Return how many rows have as many columns as the first one, none where it has a single column."""
        widths: list[int] = []
        # The sample may end in the middle of a row.
        with suppress(csv.Error):
            rows = self._reader(StringIO(sample, newline=""), delimiter)
            widths.extend(len(cells) for cells in islice(rows, SAMPLE_ROWS))
        return widths.count(widths[0]) if widths and widths[0] > 1 else 0


def _lines(text: TextIO) -> Iterator[str]:
    """Yield lines with their ends. Raises what a line says that is none of a table."""
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) >= MAX_LINE:
            raise LimitExceeded(f"Line {number} of the table is longer than {MAX_LINE} characters")
        if number == 1 and line.lstrip().lower().startswith(PAGES):
            raise MalformedAnswer("The answer should be a table (CSV), but it is a web page")
        if "\0" in line:
            raise MalformedAnswer(
                f"Line {number} of the table holds a null byte: it is binary, or see `encoding`"
            )
        yield line


def _encoding(file: BinaryIO) -> str:
    """Return how a file's letters are written; its place stays what it was."""
    start = file.tell()
    try:
        return _sniffed(file)
    finally:
        file.seek(start)


def _sniffed(file: BinaryIO) -> str:
    chunk = file.read(CHUNK)
    for mark, name in MARKS:
        if chunk.startswith(mark):
            return name
    if wide := _without_mark(chunk[:1024]):
        return wide
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk:
            decoder.decode(chunk)
            chunk = file.read(CHUNK)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _without_mark(start: bytes) -> str | None:
    """Return UTF-16 when every other byte of western text is zero, as spreadsheets sometimes write it."""
    half = len(start) // 2
    if not half:
        return None
    if start[1::2].count(0) * 10 > half * 7:
        return "utf-16-le"
    return "utf-16-be" if start[::2].count(0) * 10 > half * 7 else None

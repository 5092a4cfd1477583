"""JSON Lines (https://jsonlines.org): one JSON value in each line; also JSON text sequences (RFC 7464)."""

from collections.abc import Iterator
from typing import Any, BinaryIO, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from openconnector import jsontexts
from openconnector.errors import LimitExceeded, MalformedAnswer
from openconnector.kinds.decoder import RowDecoder

AROUND = b"\x1e \t\r\n"
"""What may stand around a value; RFC 7464 begins each with a record separator."""


class JsonLinesDecoder(RowDecoder):
    """JSON Lines.

    Reads a file of JSON values, one in each line, as a list of records. Each line is read as strictly as JSON; empty
    lines are left out.

    Example:
    {"kind": "jsonl"}
    """

    accept: ClassVar[str] = (
        "application/jsonl, application/x-ndjson, application/json-seq;q=0.9, */*;q=0.5"
    )

    kind: Literal["jsonl"] = "jsonl"
    max_line: int = Field(default=8 * 1024 * 1024, ge=1_000, le=64 * 1024 * 1024)
    """How long one line may be, in bytes."""

    @override
    def rows(self, file: BinaryIO) -> Iterator[Any]:
        number = 0
        while line := file.readline(self.max_line + 1):
            number += 1
            if len(line) > self.max_line:
                raise LimitExceeded(
                    f"Line {number} is longer than {self.max_line} bytes (`maxLine`)"
                )
            text = (line.removeprefix(jsontexts.UTF8_MARK) if number == 1 else line).strip(AROUND)
            if text:
                yield _value(text, number)


def _value(text: bytes, number: int) -> Any:
    try:
        return jsontexts.read(text)
    except jsontexts.NotJson as error:
        found = str(error)
    raise MalformedAnswer(f"Line {number} should be JSON, but {found}")

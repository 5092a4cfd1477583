"""How the bytes of an answer become JSON values."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO, ClassVar

from typing_extensions import override

from openconnector.kinds.base import Kind


class Decoder(Kind):
    """Turns a body into JSON values."""

    accept: ClassVar[str] = "application/json"
    """What requests ask for, as an `Accept` header."""
    has_lists: ClassVar[bool] = True
    """Whether the format tells a list of one from a single value."""

    kind: str

    def decode(self, body: bytes, content_type: str) -> Any:
        """Return the decoded body. Raises `MalformedAnswer` that says what came instead."""
        raise NotImplementedError


class RowDecoder(Decoder):
    """Reads a list of records one after the other, so that a file of any size takes little memory."""

    def rows(self, file: BinaryIO) -> Iterator[Any]:
        """Yield the records of an open, seekable file.

        Raises `MalformedAnswer` that says what is wrong and in which line, when it comes to it, and `LimitExceeded`
        beyond a bound; what was yielded before stands.
        """
        raise NotImplementedError

    @override
    def decode(self, body: bytes, content_type: str) -> Any:
        return list(self.rows(BytesIO(body)))

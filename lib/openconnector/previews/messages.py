"""Messages between the application and its children: four bytes with the length, then JSON."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, BinaryIO, Final

from openconnector.errors import FieldProblem, InvalidInput

LENGTH_BYTES: Final = 4

MAX_BYTES: Final = 16 * 1024 * 1024
"""The longest message; a request to the API is shorter."""


MEMORY_USED_UP: Final = 75
"""The exit code of a child that has no memory left."""


class NoMessage(Exception):
    """A value is too much for a message, or no JSON."""


def packed(value: Any) -> bytes:
    """Return a value as a message. Raises `NoMessage`."""
    try:
        text = json.dumps(value).encode()
    except RecursionError:
        raise NoMessage("the result nests too deep") from None
    except (TypeError, ValueError) as error:
        raise NoMessage(f"the result is no JSON: {error}") from None
    if len(text) > MAX_BYTES:
        raise NoMessage(f"the result is larger than {MAX_BYTES // 1024 // 1024} MiB")
    return len(text).to_bytes(LENGTH_BYTES) + text


def length(head: bytes) -> int:
    """Return the length of the message these bytes announce. Raises `NoMessage`."""
    size = int.from_bytes(head)
    if size > MAX_BYTES:
        raise NoMessage(f"a message of {size} bytes")
    return size


def unpacked(text: bytes) -> Any:
    """Return the value of a message without its length."""
    return json.loads(text)


def write(stream: BinaryIO, value: Any) -> None:
    """Send a value."""
    stream.write(packed(value))
    stream.flush()


def read(stream: BinaryIO) -> Any:
    """Return the next value; None when there is none any more."""
    head = stream.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    size = length(head)
    text = stream.read(size)
    return unpacked(text) if len(text) == size else None


def problems(error: InvalidInput) -> list[dict[str, Any]]:
    """Return what is wrong as a message holds it."""
    return [asdict(wrong) for wrong in error.problems]


def invalid(told: Iterable[dict[str, Any]], subject: str) -> InvalidInput:
    """Return the error that a message tells of."""
    return InvalidInput([FieldProblem(**wrong) for wrong in told], subject=subject)

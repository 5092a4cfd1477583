"""How the bytes of an answer become JSON values."""

from typing import Any, ClassVar

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

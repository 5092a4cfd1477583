"""How the bytes of an answer become JSON values."""

from typing import Any

from openconnector.kinds.base import Kind


class Decoder(Kind):
    """Turns a body into JSON values."""

    kind: str

    def decode(self, body: bytes, content_type: str) -> Any:
        """Return the decoded body. Raises `MalformedAnswer` that says what came instead."""
        raise NotImplementedError

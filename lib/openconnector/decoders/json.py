"""JSON (RFC 8259), read strictly."""

from typing import Any, Literal

from typing_extensions import override

from openconnector import jsontexts
from openconnector.errors import MalformedAnswer
from openconnector.kinds.decoder import Decoder

SHOWN_TYPE = 60
"""How much of a content type an error repeats."""


class JsonDecoder(Decoder):
    """JSON.

    Reads JSON in UTF-8 strictly: no NaN, no infinity, no trailing commas, at most 100 levels deep. Whole numbers of
    up to 308 digits are kept exactly. The bytes decide, whatever the `Content-Type` header calls them.

    Example:
    {"kind": "json"}
    """

    kind: Literal["json"] = "json"

    @override
    def decode(self, body: bytes, content_type: str) -> Any:
        try:
            return jsontexts.read(body)
        except jsontexts.NotJson as error:
            found = str(error)
        raise MalformedAnswer(
            f"The answer should be JSON, but {found} "
            f"(content type {content_type[:SHOWN_TYPE] or 'not given'}, {len(body)} bytes)"
        )

"""Example data: records that come with the program."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, ClassVar, Literal

import orjson
import xxhash
from pydantic import Field
from typing_extensions import override

from openconnector.example_data import earthquakes
from openconnector.kinds.base import Selection
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.records import Cursor, Page


class ExampleSource(Source):
    """Example data.

    One week of earthquakes that comes with OpenConnector: for trying things out without a network and without signing
    in anywhere.

    Example:
    {"kind": "example"}
    """

    uses: ClassVar[frozenset[str]] = frozenset()

    kind: Literal["example"] = "example"
    page_size: Annotated[int, Selection()] = Field(default=100, ge=1, le=1000)
    """How many records make a page."""

    @override
    async def read(self, _reach: Reach, cursor: Cursor | None = None) -> AsyncIterator[Page]:
        features = await asyncio.to_thread(earthquakes)
        for first in range((cursor or {}).get("first", 0), len(features), self.page_size):
            after = first + self.page_size
            records = features[first:after]
            yield Page(
                records=records,
                cursor={"first": after} if after < len(features) else None,
                is_end=after >= len(features),
                digest=xxhash.xxh3_128_digest(orjson.dumps(records)),
            )

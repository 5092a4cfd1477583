"""The product with a kind and a collection that only this file knows: `python -m tests.fakes.extended FOLDER TOKEN`.

It runs in a process of its own, since what there is to be configured is settled while modules are imported. The folder
holds a migrated database already. Prints the port of its server, and ends when its input does.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, SecretStr
from starlette.applications import Starlette
from starlette.routing import Mount
from typing_extensions import override

from openconnector.db.rows import Base, DefinitionColumns
from openconnector.definitions import store
from openconnector.definitions.models import Definition
from openconnector.kinds.reach import Reach
from openconnector.kinds.source import Source
from openconnector.records import Cursor, Page
from openconnector.sources import SOURCES


class TowerSource(Source):
    """A tower.

    Known to the tests alone.

    Example:
        {"kind": "tower", "key": "iron", "floors": 2}
    """

    uses: ClassVar[frozenset[str]] = frozenset()

    kind: Literal["tower"] = "tower"
    key: SecretStr
    """What opens its door."""
    floors: int = Field(default=1, ge=1, le=9)
    """How high it is."""

    @override
    async def read(self, _reach: Reach, cursor: Cursor | None = None) -> AsyncIterator[Page]:
        yield Page(records=[{"floor": floor} for floor in range(self.floors)], is_end=True)


class BellDefinition(Definition):
    """What rings.

    Known to the tests alone.
    """

    tone: Literal["low", "high"] = "low"
    """How it sounds."""
    is_loud: bool = False
    """Whether the neighbours hear it."""
    weight: int = Field(ge=1)
    """In kilograms."""
    source_id: Annotated[str | None, Field(json_schema_extra={"x-refers": "sources"})] = None
    """The source that it rings for."""
    rope: SecretStr = SecretStr("")
    """Who holds it."""


class BellRow(DefinitionColumns, Base):
    """What rings."""

    __tablename__ = "bell"


BELLS = store.Collection(
    name="bells",
    table=BellRow,
    model=BellDefinition,
    filters={"tone": ("tone", str), "isLoud": ("isLoud", bool)},
)


async def main(folder: Path, token: str) -> None:
    """Serve page and interface until the input ends."""
    # Only now: these take the collections as they are.
    from openconnector.api.app import create_api  # noqa: PLC0415
    from openconnector.api.callers import by_token  # noqa: PLC0415
    from openconnector.api.pages import pages  # noqa: PLC0415
    from openconnector.cli.serving import listening  # noqa: PLC0415
    from openconnector.engine import Engine, Settings  # noqa: PLC0415

    async with Engine(Settings(storage=folder)) as engine:
        async with engine.database.writing() as session:
            connection = await session.connection()
            await connection.run_sync(Base.metadata.create_all)
        api = create_api(engine, authenticate=by_token(token))
        async with listening(Starlette(routes=[*pages(), Mount("/", api)])) as port:
            sys.stdout.write(f"{port}\n")
            sys.stdout.flush()
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    SOURCES.add(TowerSource)
    store.COLLECTIONS = (*store.COLLECTIONS, BELLS)
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))

"""One request is one transaction, committed before it is answered."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from openconnector.db.session import Session
from openconnector.engine import Engine


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


Parts = Annotated[Engine, Depends(_engine)]
"""A handler's argument: the engine."""


async def _reading(engine: Parts) -> AsyncIterator[Session]:
    async with engine.database.reading() as session:
        yield session


async def _writing(engine: Parts) -> AsyncIterator[Session]:
    async with engine.database.writing() as session:
        yield session


Reading = Annotated[Session, Depends(_reading, scope="function")]
"""A handler's argument: a view of the data that cannot be written through."""

Writing = Annotated[Session, Depends(_writing, scope="function")]
"""A handler's argument: the transaction, committed when the handler returns and before the answer is sent."""

"""One request is one transaction, committed before it is answered."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response

from openconnector.api.callers import Who
from openconnector.api.rights import Role
from openconnector.db.ownership import restrict
from openconnector.db.session import Session
from openconnector.engine import Engine


async def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


Parts = Annotated[Engine, Depends(_engine)]
"""A handler's argument: the engine."""


async def _reading(engine: Parts, who: Who) -> AsyncIterator[Session]:
    async with engine.database.reading() as session:
        if who.sees_only is not None:
            restrict(session, who.sees_only)
        yield session


async def _writing(engine: Parts) -> AsyncIterator[Session]:
    async with engine.database.writing() as session:
        yield session


Reading = Annotated[Session, Depends(_reading, scope="function")]
"""A handler's argument: a view of what the caller may see, which cannot be written through."""

Writing = Annotated[Session, Depends(_writing, scope="function")]
"""A handler's argument: the transaction, committed when the handler returns and before the answer is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who makes a change, and where."""

    engine: Engine
    who: str
    """The account that makes the change."""
    role: Role
    response: Response
    """Takes the headers of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk(Author):
    """What a change is made with."""

    session: Session


async def _author(engine: Parts, who: Who, response: Response) -> Author:
    return Author(engine=engine, who=who.user_id, role=who.role, response=response)


async def _desk(session: Writing, engine: Parts, who: Who, response: Response) -> Desk:
    return Desk(session=session, engine=engine, who=who.user_id, role=who.role, response=response)


Preparing = Annotated[Author, Depends(_author)]
"""A handler's argument: what a change needs that has to be judged before its transaction is opened."""

Changing = Annotated[Desk, Depends(_desk)]
"""A handler's argument: everything a change needs."""

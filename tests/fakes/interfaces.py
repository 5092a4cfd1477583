"""Interfaces to engines that tests take turns with: building one takes longer than most tests."""

from fastapi import FastAPI
from starlette.types import Scope

from openconnector.api.app import create_api
from openconnector.api.callers import Authenticate, Caller
from openconnector.api.tries import Tries
from openconnector.engine import Engine


class Interfaces:
    """Applications that are built once. A test may take several; they are free again once it has ended."""

    def __init__(self) -> None:
        self._built: list[FastAPI] = []
        self._taken = 0

    def __call__(self, engine: Engine, authenticate: Authenticate) -> FastAPI:
        """Return what `create_api` does; nothing may be added to it, the next test would find that."""
        if self._taken == len(self._built):
            self._built.append(create_api(engine, authenticate=_as_the_test_says))
        app = self._built[self._taken]
        self._taken += 1
        app.state.engine = engine
        app.state.tries = Tries(engine.clock)
        app.state.authenticate = authenticate
        return app

    def free(self) -> None:
        """Have the next test begin with the first one again."""
        self._taken = 0


async def _as_the_test_says(scope: Scope) -> Caller | None:
    authenticate: Authenticate = scope["app"].state.authenticate
    return await authenticate(scope)

"""One request is one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from openconnector.api import errors
from openconnector.api.sessions import Writing
from openconnector.errors import Conflict, StorageFailed


class Ledger:
    """A database that notes how each transaction ends, and may refuse to commit."""

    def __init__(self, *, is_full: bool = False) -> None:
        self.is_full = is_full
        self.ended: list[str] = []

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        try:
            yield None
        except Exception:
            self.ended.append("rolled back")
            raise
        if self.is_full:
            raise StorageFailed("The disk is full")
        self.ended.append("committed")


async def asked(ledger: Ledger, path: str) -> httpx.Response:
    app = FastAPI()
    app.state.engine = SimpleNamespace(database=ledger)
    errors.install(app)

    @app.post("/good")
    async def good(session: Writing) -> str:
        return "saved"

    @app.post("/refused")
    async def refused(session: Writing) -> str:
        raise Conflict("It is taken")

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://api.test"
    ) as client:
        return await client.post(path)


@pytest.mark.parametrize(
    ("path", "status", "end"), [("/good", 200, "committed"), ("/refused", 409, "rolled back")]
)
async def test_a_request_ends_its_transaction_once(path: str, status: int, end: str):
    ledger = Ledger()

    answer = await asked(ledger, path)

    assert (answer.status_code, ledger.ended) == (status, [end])


async def test_a_commit_that_fails_is_never_answered_as_a_success():
    answer = await asked(Ledger(is_full=True), "/good")

    assert answer.status_code == 507
    assert answer.json()["type"] == "urn:openconnector:problem:storage-failed"

"""A whole synchronization into Open Register over HTTP: written once, and not again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr

from openconnector.db import runs
from openconnector.db.rows import RunRow
from openconnector.definitions.store import SOURCES, SYNCHRONIZATIONS
from openconnector.engine import Engine, OpenRegisterAccess, Settings
from openconnector.synchronization.requests import request_run
from tests.fakes.loopback import Loopback
from tests.fakes.open_register import V0_2_14, V1_0_0, FakeOpenRegister, Profile

PEOPLE = [{"id": number, "name": f"Name {number}"} for number in range(1, 31)]


@asynccontextmanager
async def nextcloud(profile: Profile) -> AsyncIterator[tuple[FakeOpenRegister, str]]:
    """An Open Register on loopback, and its address."""
    double = FakeOpenRegister(profile)
    schema = double.add_schema(
        "Person", "person", properties={"name": {"type": "string"}}, hardValidation=True
    )
    double.add_register("People", "people", schemas=[schema["id"]])
    server = uvicorn.Server(
        uvicorn.Config(double, host="127.0.0.1", port=0, lifespan="off", log_config=None)
    )
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  the server tells it no other way
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield double, f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


async def run(engine: Engine) -> RunRow:
    async with engine.database.writing() as session:
        row = await request_run(
            session, engine.definitions, "people", now=engine.clock.now(), who="t"
        )
    await engine.worker().finish(row.id)
    async with engine.database.reading() as session:
        return await runs.get(session, row.id)


@pytest.mark.parametrize("profile", [V1_0_0, V0_2_14])
async def test_objects_are_written_once_and_not_again(profile: Profile, migrated_storage: Path):
    remote = Loopback()
    remote.answer = lambda _path: (200, PEOPLE)
    async with nextcloud(profile) as (double, url):
        access = OpenRegisterAccess(url=url, user="alice", password=SecretStr("secret"))
        settings = Settings(storage=migrated_storage, open_register=access)
        with remote.serving():
            async with Engine(settings) as engine:
                async with engine.database.writing() as session:
                    source = {
                        "name": "people",
                        "allowedNetworks": ["127.0.0.0/8"],
                        "configuration": {
                            "kind": "rest",
                            "location": remote.url,
                            "paginator": {"kind": "single_page"},
                        },
                    }
                    await engine.definitions.create(session, SOURCES, source, "t")
                    synchronization = {
                        "name": "people",
                        "sourceId": "people",
                        "target": {
                            "kind": "object_store",
                            "register": "people",
                            "schema": "person",
                        },
                    }
                    await engine.definitions.create(session, SYNCHRONIZATIONS, synchronization, "t")

                first = await run(engine)
                writes = double.count("POST")
                second = await run(engine)

    assert (first.state, first.created) == ("succeeded", 30), first.error_message
    assert (second.state, second.unchanged, second.writes) == ("succeeded", 30, 0)
    assert double.count("POST") == writes

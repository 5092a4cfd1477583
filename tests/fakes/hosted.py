"""The ExApp as a process of its own beside the fake Nextcloud, started and ended as a daemon does."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import uvicorn
from starlette.types import ASGIApp

from tests.fakes.commands import Program, running
from tests.fakes.nextcloud import FakeNextcloud


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def reachable(
    nextcloud: FakeNextcloud, front: Callable[[FakeNextcloud], ASGIApp] = lambda it: it
) -> AsyncIterator[FakeNextcloud]:
    """Have a Nextcloud answer on loopback while the block runs, perhaps behind something else."""
    port = free_port()
    config = uvicorn.Config(
        front(nextcloud), host="127.0.0.1", port=port, lifespan="off", log_config=None
    )
    async with serving(uvicorn.Server(config)):
        nextcloud.url = f"http://127.0.0.1:{port}"
        yield nextcloud


@asynccontextmanager
async def serving(web: uvicorn.Server) -> AsyncIterator[None]:
    """Have a server answer while the block runs."""
    task = asyncio.create_task(web.serve())
    yield
    web.should_exit = True
    await task


def environment_for(nextcloud: FakeNextcloud, storage: Path, **daemon: str) -> dict[str, str]:
    """Return what a daemon tells the process."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(storage),
        "TMPDIR": str(storage),
        "APP_ID": nextcloud.app_id,
        "APP_SECRET": nextcloud.secret,
        "APP_VERSION": nextcloud.version,
        "APP_HOST": "127.0.0.1",
        "APP_PORT": str(free_port()),
        "APP_PERSISTENT_STORAGE": str(storage),
        "NEXTCLOUD_URL": nextcloud.url,
        **daemon,
    }


@asynccontextmanager
async def exapp_process(
    nextcloud: FakeNextcloud, environment: Mapping[str, str], output: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """Start the ExApp, its output added to a file, and give Nextcloud's way to it once it answers."""
    Path(environment["APP_PERSISTENT_STORAGE"]).mkdir(exist_ok=True)
    folder = Path(environment["HOME"])
    program = Program("ex_app", environment=environment, folder=folder, out=output, errors=output)
    async with (
        running(program),
        reached(nextcloud, environment, lambda: program.is_alive) as client,
    ):
        yield client


@asynccontextmanager
async def reached(
    nextcloud: FakeNextcloud, environment: Mapping[str, str], is_alive: Callable[[], bool]
) -> AsyncIterator[httpx.AsyncClient]:
    """Give Nextcloud's way to an ExApp that is about to start, once it answers."""
    uds = environment["HP_EXAPP_SOCK"] if "HP_SHARED_KEY" in environment else None
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{environment['APP_PORT']}",
        transport=httpx.AsyncHTTPTransport(uds=uds),
        timeout=60,
    ) as client:
        nextcloud.exapp = client
        async with asyncio.timeout(120):
            while is_alive() and not await _answers(client):  # noqa: ASYNC110  another process
                await asyncio.sleep(0.05)
        yield client


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/heartbeat")).is_success
    except httpx.TransportError:
        return False

"""The commands that stay: the API with a worker beside it. Also the migration they begin with."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount

from openconnector.api.app import create_api
from openconnector.api.callers import by_token
from openconnector.api.pages import pages
from openconnector.cli.carrying import migrate, opened
from openconnector.cli.outcome import Exit, note, print_json
from openconnector.cli.serving import listening
from openconnector.cli.settings import Settings
from openconnector.engine import Engine
from openconnector.jobs.supervisor import Supervisor

WORKER = (sys.executable, "-m", "openconnector.cli", "worker", "--supervised")


async def serve_api(host: str, port: int, *, is_single: bool) -> Exit:
    """Migrate, then serve the API with a worker beside it until interrupted."""
    settings = Settings.read()
    async with opened(settings) as engine:
        await answer(engine, settings, host=host, port=port, is_single=is_single)
    return Exit.SUCCESS


async def migrate_database(*, as_json: bool) -> Exit:
    """Bring the database to this version and print the steps that were applied."""
    async with opened(Settings.read(), migrated=False) as engine:
        applied = await migrate(engine.database)
    if as_json:
        print_json({"applied": applied})
    else:
        print("\n".join(applied) if applied else "The database is up to date")
    return Exit.SUCCESS


async def answer(
    engine: Engine, settings: Settings, *, host: str, port: int, is_single: bool = False
) -> None:
    """Serve the API of an engine, with a worker, until SIGINT or SIGTERM comes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    api = create_api(engine, authenticate=by_token(settings.token()))
    site = Starlette(routes=[*pages(), Mount("/", api)])
    async with (
        listening(site, host=host, port=port) as found,
        _working(engine, is_single=is_single),
    ):
        note(f"Open http://{host}:{found} and sign in with the token {settings.token_place}")
        note(f"The API answers on http://{host}:{found}/api/v1; Ctrl-C ends both")
        await stop.wait()


@asynccontextmanager
async def _working(engine: Engine, *, is_single: bool) -> AsyncIterator[None]:
    """Have runs worked on while the block runs: by a process of their own, or in this one."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(engine.calls.serve(stop))]
    supervisor = Supervisor(WORKER, clock=engine.clock)
    if is_single:
        tasks.append(asyncio.create_task(engine.work(stop)))
    else:
        await supervisor.start()
    try:
        yield
    finally:
        await supervisor.stop()
        stop.set()
        await asyncio.gather(*tasks)

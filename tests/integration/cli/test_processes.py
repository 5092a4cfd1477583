"""`serve` and `worker` as real processes."""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.commands import Command, Program, pipe, running
from tests.fakes.loopback import Loopback
from tests.integration.cli.test_sync import configuration, people

UNWANTED = (
    "fastapi",
    "starlette",
    "uvicorn",
    "alembic",
    "nc_py_api",
    "ex_app",
    "openconnector.api",
    "rapidfuzz",
    "sqlalchemy.dialects.postgresql",
    "yaml",
)


class Serving:
    """`openconnector serve` under way."""

    def __init__(self, program: Program, log: asyncio.StreamReader, url: str, token: str) -> None:
        self.program = program
        self._log = log
        self.client = httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False
        )

    async def logged(self, event: str) -> dict[str, Any]:
        """Return the next log line with this event."""
        async with asyncio.timeout(30):
            while line := json.loads(await self._log.readline()):
                if line["event"] == event:
                    return dict(line)
        raise AssertionError(event)


@asynccontextmanager
async def serving(environment: dict[str, str], *options: str) -> AsyncIterator[Serving]:
    async with pipe() as (log, out), pipe() as (told, errors):
        program = Program(
            *("openconnector.cli", "serve", "--port", "0", *options),
            environment=os.environ | environment,
            out=out,
            errors=errors,
        )
        async with running(program):
            async with asyncio.timeout(30):
                said = (await told.readline()).decode()
            found = re.search(r"http://\S+:\d+", said)
            assert found, said
            token = (Path(environment["APP_PERSISTENT_STORAGE"]) / "admin-token").read_text()
            served = Serving(program, log, found[0], token)
            async with served.client:
                yield served


async def until(is_so: Callable[[], object]) -> None:
    """Return when something outside this process has come true; it tells nobody, so it is looked at."""
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110  see above
            await asyncio.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def ended_run(client: httpx.AsyncClient, run_id: str) -> dict[str, Any]:
    """Return a run once it has ended."""
    async with asyncio.timeout(30):
        while True:
            run = (await client.get(f"/api/v1/runs/{run_id}")).json()
            if run.get("state") not in ("queued", "running"):
                return dict(run)
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("options", [(), ("--single",)])
async def test_a_run_asked_for_over_the_api_is_worked_on(
    environment: dict[str, str], options: tuple[str, ...], tmp_path: Path, remote: Loopback
):
    remote.answer = lambda _path: (200, people(3))
    file = tmp_path / "configuration.json"
    file.write_text(json.dumps(configuration(remote.url)))
    storage = Path(environment["APP_PERSISTENT_STORAGE"])

    async with serving(environment, *options) as served:
        await Command(["import", str(file)], storage).wait()
        queued = await served.client.post("/api/v1/synchronizations/people/run")
        run = await ended_run(served.client, queued.json()["id"])

    assert queued.status_code == 202
    assert (run["state"], run["balance"]["created"]) == ("succeeded", 3)


async def test_the_api_wants_the_token(environment: dict[str, str]):
    async with serving(environment, "--single") as served:
        known = await served.client.get("/api/v1/runs")
        unknown = await served.client.get("/api/v1/runs", headers={"Authorization": "Bearer x"})
        heartbeat = await served.client.get("/heartbeat", headers={"Authorization": ""})

    assert (known.status_code, unknown.status_code, heartbeat.status_code) == (200, 401, 200)


async def test_a_worker_that_is_killed_is_replaced_while_the_api_answers(
    environment: dict[str, str],
):
    async with serving(environment) as served:
        first = (await served.logged("worker process started"))["pid"]
        await served.logged("worker started")

        os.kill(first, signal.SIGKILL)

        assert (await served.client.get("/heartbeat")).status_code == 200
        assert (await served.logged("worker process started"))["pid"] != first
        await served.logged("worker started")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_the_worker_ends_with_the_server_however_that_ends(
    environment: dict[str, str], number: signal.Signals
):
    async with serving(environment) as served:
        worker = (await served.logged("worker process started"))["pid"]

        served.program.send(number)
        code = await served.program.ended()

        try:
            await until(lambda: not is_running(worker))
        finally:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
    assert code == (-number if number is signal.SIGKILL else 0)


async def test_a_port_that_is_taken_is_a_failure_with_a_remedy(
    environment: dict[str, str], remote: Loopback
):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "openconnector.cli", "serve", "--port", str(remote.port)),
        env=os.environ | environment,
        stdout=PIPE,
        stderr=PIPE,
    )
    _, errors = await process.communicate()

    assert process.returncode == 1
    assert "--port" in errors.decode()


async def test_the_worker_loads_nothing_that_only_others_need(environment: dict[str, str]):
    program = (
        "import sys\n"
        "from openconnector.cli import main\n"
        "sys.argv = ['openconnector', *sys.argv[1:]]\n"
        "try: main()\n"
        "except SystemExit as end: print(end.code, file=sys.stderr)\n"
        f"print([name for name in {UNWANTED!r} if name in sys.modules], file=sys.stderr)\n"
    )
    await Command(["migrate"], Path(environment["APP_PERSISTENT_STORAGE"])).wait()

    # Standard input closes at once, so a supervised worker begins, looks round and ends.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, "worker", "--supervised"),
        env=os.environ | environment,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    assert process.stdin is not None
    process.stdin.close()
    out, errors = await process.communicate()

    assert errors.decode().splitlines() == ["0", "[]"]
    assert "worker started" in out.decode()


async def test_a_worker_says_that_nobody_has_migrated(environment: dict[str, str]):
    worker = Command(["worker"], Path(environment["APP_PERSISTENT_STORAGE"]))
    code, _ = await worker.wait()

    assert code == 1
    assert "openconnector migrate" in worker.told()

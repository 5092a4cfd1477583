"""The real process inside Nextcloud: installed, asked for definitions, working while enabled."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.hosted import environment_for, exapp_process, reachable, reached
from tests.fakes.nextcloud import FakeNextcloud

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 120
"""How long real processes may take before a test is given up."""


@pytest.fixture
async def nextcloud() -> AsyncIterator[FakeNextcloud]:
    async with reachable(FakeNextcloud()) as double:
        yield double


@pytest.fixture
async def exapp(nextcloud: FakeNextcloud, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The process, as AppAPI's container has it."""
    environment = environment_for(nextcloud, tmp_path / "storage")
    async with exapp_process(nextcloud, environment, tmp_path / "log") as client:
        yield client


@pytest.fixture
async def cold(nextcloud: FakeNextcloud, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The same, started as AppAPI's container starts it: `python -m ex_app`."""
    (tmp_path / "storage").mkdir()
    environment = environment_for(nextcloud, tmp_path / "storage")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ex_app", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with reached(nextcloud, environment, lambda: process.returncode is None) as client:
            yield client
    finally:
        process.terminate()
        await process.wait()


async def test_an_installed_app_serves_its_api_and_works_on_runs(
    nextcloud: FakeNextcloud, cold: httpx.AsyncClient, tmp_path: Path
):
    assert await nextcloud.install()
    headers = nextcloud.signed("admin") | {"OCS-APIRequest": "true"}

    kinds = await cold.get("/api/v1/kinds", headers=headers)
    run = await failed_run(cold, headers)
    made = await cold.get("/api/v1/synchronizations/s", headers=headers)

    assert kinds.status_code == 200
    assert made.json()["owner"] == "admin"
    assert (run["state"], run["error"]["code"]) == ("failed", "address-forbidden")
    assert (tmp_path / "storage" / "keys.json").exists()


async def test_administrators_are_told_about_a_failed_run_and_decide_on_nextclouds_form(
    nextcloud: FakeNextcloud, exapp: httpx.AsyncClient
):
    nextcloud.languages["admin"] = "nl"
    nextcloud.configuration.values["exapp_viewer_groups"] = "editors"
    assert await nextcloud.install()
    headers = nextcloud.signed("admin") | {"OCS-APIRequest": "true"}

    async with asyncio.timeout(PATIENCE_SECONDS):
        run = await failed_run(exapp, headers)
        while "admin" not in nextcloud.bell.told:  # noqa: ASYNC110  the worker is another process
            await asyncio.sleep(0.1)
        decided: list[str] = []
        while not decided:
            await asyncio.sleep(0.1)
            settings = await exapp.get("/api/v1/settings", headers=headers)
            decided = settings.json()["viewerGroups"]
    seen = await exapp.get("/api/v1/runs", headers=nextcloud.signed("bob"))

    assert "openconnector_settings" in nextcloud.configuration.forms
    [told] = nextcloud.bell.told["admin"]
    assert told["subject_params"]["rich_subject"].endswith("is mislukt")
    assert told["subject_params"]["link"].endswith(run["id"])
    assert seen.json()["total"] == 1


async def failed_run(exapp: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, Any]:
    """Configure a synchronization that cannot work, run it, and return how that ended."""
    source = {
        "name": "Nowhere",
        "configuration": {"kind": "rest", "location": "http://127.0.0.1:9/"},
    }
    made = await exapp.post("/api/v1/sources", json=source, headers=headers)
    synchronization = {
        "name": "S",
        "sourceId": made.json()["id"],
        "target": {"kind": "rest", "source": made.json()["id"], "endpoint": "x"},
    }
    await exapp.post("/api/v1/synchronizations", json=synchronization, headers=headers)
    asked = await exapp.post("/api/v1/synchronizations/s/run", json={}, headers=headers)
    run: dict[str, Any] = asked.json()
    while run["state"] in {"queued", "running"}:
        run = (await exapp.get(f"/api/v1/runs/{run['id']}", headers=headers)).json()
        await asyncio.sleep(0.2)
    return run


async def test_nobody_comes_in_without_nextcloud(exapp: httpx.AsyncClient):
    answers = [
        await exapp.get(path) for path in ("/api/v1/sources", "/init", "/openapi.json", "/x")
    ]

    assert {answer.status_code for answer in answers} == {401}


async def test_what_a_synchronization_waits_for_is_registered_while_the_app_is_enabled(
    nextcloud: FakeNextcloud, exapp: httpx.AsyncClient
):
    """That a run follows is a step of the acceptance script."""
    assert await nextcloud.install()
    headers = nextcloud.signed("admin") | {"OCS-APIRequest": "true"}
    source = {
        "slug": "x",
        "name": "X",
        "configuration": {"kind": "rest", "location": "http://127.0.0.1:9/"},
    }
    synchronization = {
        "slug": "s",
        "name": "S",
        "sourceId": "x",
        "target": {"kind": "rest", "source": "x", "endpoint": "x"},
        "wakeOn": [{"event": "files", "path": "/Inbox"}],
    }
    await exapp.post("/api/v1/sources", json=source, headers=headers)
    saved = await exapp.post("/api/v1/synchronizations", json=synchronization, headers=headers)
    assert saved.status_code == 201, saved.text

    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(nextcloud.webhooks.hooks) != 4:  # noqa: ASYNC110  another process registers them
            await asyncio.sleep(0.1)
    code, told = await nextcloud.occ("openconnector:status")
    await nextcloud.disable()

    assert code == 0
    assert "Webhooks: 4 registered" in told
    assert (nextcloud.webhooks.hooks, nextcloud.console.commands) == ({}, {})

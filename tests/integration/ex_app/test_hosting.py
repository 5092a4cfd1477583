"""The real process inside Nextcloud: installed, asked for definitions, working while enabled."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from tests.fakes.nextcloud import FakeNextcloud
from tests.fakes.workers import until
from tests.integration.ex_app.test_install import free_port, serving

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 120
"""How long real processes may take before a test is given up."""


@pytest.fixture
async def nextcloud() -> AsyncIterator[FakeNextcloud]:
    double, port = FakeNextcloud(), free_port()
    config = uvicorn.Config(double, host="127.0.0.1", port=port, lifespan="off", log_config=None)
    async with serving(uvicorn.Server(config)):
        double.url = f"http://127.0.0.1:{port}"
        yield double


@pytest.fixture
async def exapp(nextcloud: FakeNextcloud, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """`python -m ex_app`, started as AppAPI's container starts it."""
    port = free_port()
    environment = {
        **os.environ,
        "APP_ID": nextcloud.app_id,
        "APP_SECRET": nextcloud.secret,
        "APP_VERSION": nextcloud.version,
        "APP_HOST": "127.0.0.1",
        "APP_PORT": str(port),
        "APP_PERSISTENT_STORAGE": str(tmp_path),
        "NEXTCLOUD_URL": nextcloud.url,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ex_app", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        nextcloud.exapp = client
        while process.returncode is None and not await _answers(client):  # noqa: ASYNC110  another process
            await asyncio.sleep(0.1)
        yield client
    process.send_signal(signal.SIGTERM)
    await process.wait()


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/heartbeat")).is_success
    except httpx.TransportError:
        return False


async def test_an_installed_app_serves_its_api_and_works_on_runs(
    nextcloud: FakeNextcloud, exapp: httpx.AsyncClient, tmp_path: Path
):
    assert await nextcloud.install()
    headers = nextcloud.signed("admin") | {"OCS-APIRequest": "true"}

    kinds = await exapp.get("/api/v1/kinds", headers=headers)
    run = await failed_run(exapp, headers)
    made = await exapp.get("/api/v1/synchronizations/s", headers=headers)

    assert kinds.status_code == 200
    assert made.json()["owner"] == "admin"
    assert (run["state"], run["error"]["code"]) == ("failed", "address-forbidden")
    assert (tmp_path / "keys.json").exists()


async def test_administrators_are_told_about_a_failed_run_and_decide_on_nextclouds_form(
    nextcloud: FakeNextcloud, exapp: httpx.AsyncClient
):
    assert await nextcloud.install()
    headers = nextcloud.signed("admin") | {"OCS-APIRequest": "true"}
    nextcloud.languages["admin"] = "nl"

    async with asyncio.timeout(PATIENCE_SECONDS):
        nextcloud.configuration.values["exapp_viewer_groups"] = "editors"
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
        await asyncio.sleep(0.05)
    return run


async def test_nobody_comes_in_without_nextcloud(exapp: httpx.AsyncClient):
    answers = [
        await exapp.get(path) for path in ("/api/v1/sources", "/init", "/openapi.json", "/x")
    ]

    assert {answer.status_code for answer in answers} == {401}


async def test_what_happens_in_nextcloud_becomes_a_run_of_the_installed_app(
    nextcloud: FakeNextcloud, exapp: httpx.AsyncClient
):
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

    async def are_registered() -> bool:
        return len(nextcloud.webhooks.hooks) == 4

    async def post(uri: str, user: str, body: dict[str, Any]) -> httpx.Response:
        return await exapp.post(uri, headers=nextcloud.signed(user), json=body)

    async def has_run() -> bool:
        runs = await exapp.get("/api/v1/runs?trigger=webhook&state=failed", headers=headers)
        return bool(runs.json()["total"] == 1)  # it was carried out, and its source is forbidden

    await until(are_registered)
    payload = {"node": {"id": 7, "path": "/alice/files/Inbox/new.csv"}}
    written = "OCP\\Files\\Events\\Node\\NodeWrittenEvent"
    answers = await nextcloud.webhooks.happen(written, payload, post)
    await until(has_run)
    code, told = await nextcloud.occ("openconnector:status")
    await nextcloud.disable()

    assert answers == [200]
    assert code == 0
    assert "Webhooks: 4 registered" in told
    assert (nextcloud.webhooks.hooks, nextcloud.console.commands) == ({}, {})

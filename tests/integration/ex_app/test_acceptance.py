"""The acceptance script passes against the real process in the fake Nextcloud, with nothing but its variables."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from lxml import etree  # type: ignore[import-untyped]  # it ships no types

from tests.fakes.front_desk import FrontDesk
from tests.fakes.nextcloud import FakeNextcloud
from tests.integration.ex_app.test_install import free_port, serving

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
PASSWORD = "admin-app-password"


@pytest.fixture
async def nextcloud() -> AsyncIterator[FakeNextcloud]:
    double, port = FakeNextcloud(), free_port()
    config = uvicorn.Config(
        FrontDesk(double), host="127.0.0.1", port=port, lifespan="off", log_config=None
    )
    async with serving(uvicorn.Server(config)):
        double.url = f"http://127.0.0.1:{port}"
        yield double


@pytest.fixture
async def log(nextcloud: FakeNextcloud, tmp_path: Path) -> AsyncIterator[Path]:
    """Start the app as AppAPI's container does, not yet registered; give what it prints."""
    port, printed = free_port(), tmp_path / "log"
    environment = {
        **os.environ,
        "APP_ID": nextcloud.app_id,
        "APP_SECRET": nextcloud.secret,
        "APP_VERSION": nextcloud.version,
        "APP_HOST": "127.0.0.1",
        "APP_PORT": str(port),
        "APP_PERSISTENT_STORAGE": str(tmp_path / "storage"),
        "NEXTCLOUD_URL": nextcloud.url,
    }
    (tmp_path / "storage").mkdir()
    with printed.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ex_app", env=environment, stdout=output, stderr=output
        )
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            nextcloud.exapp = client
            yield printed
            process.terminate()
            await process.wait()


async def accepted(nextcloud: FakeNextcloud, report: Path) -> dict[str, str]:
    """Run the script as docs/acceptance.md says; return what became of each step."""
    occ = f"{sys.executable} {ROOT / 'tests/fakes/occ.py'} {nextcloud.url}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
        "NEXTCLOUD_URL": nextcloud.url,
        "NEXTCLOUD_USER": "admin",
        "NEXTCLOUD_PASSWORD": PASSWORD,
        "NEXTCLOUD_OCC": occ,
        "NEXTCLOUD_REGISTER": f"{occ} app_api:app:register openconnector",
    }
    words = ("-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:schemathesis", "tests/acceptance")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, f"--junitxml={report}", cwd=ROOT, env=environment
    )
    await process.wait()
    return {
        str(step.get("name")): step[0].tag if len(step) else "passed"
        for step in etree.parse(report).iter("testcase")
    }


async def test_every_step_of_the_acceptance_script_passes_and_nothing_secret_is_logged(
    nextcloud: FakeNextcloud, log: Path, tmp_path: Path
):
    steps = await accepted(nextcloud, tmp_path / "report.xml")

    assert len(steps) > 10
    failed = {name: result for name, result in steps.items() if result != "passed"}
    assert failed == {}
    printed = log.read_text()
    assert not [
        word for word in (nextcloud.secret, PASSWORD, "Basic ", "cookie") if word in printed
    ]

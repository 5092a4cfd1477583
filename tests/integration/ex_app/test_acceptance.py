"""The acceptance script passes against the real process in the fake Nextcloud, with nothing but its variables."""

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from lxml import etree  # type: ignore[import-untyped]  # it ships no types

from tests.fakes.commands import Program
from tests.fakes.front_desk import FrontDesk
from tests.fakes.hosted import environment_for, exapp_process, reachable
from tests.fakes.nextcloud import FakeNextcloud

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
PASSWORD = "admin-app-password"


@pytest.fixture
async def nextcloud() -> AsyncIterator[FakeNextcloud]:
    async with reachable(FakeNextcloud(), FrontDesk) as double:
        yield double


@pytest.fixture
async def log(
    nextcloud: FakeNextcloud, migrated_storage: Path, tmp_path: Path
) -> AsyncIterator[Path]:
    """Start the app as AppAPI's container does, not yet registered; give what it prints."""
    environment = environment_for(nextcloud, migrated_storage)
    async with exapp_process(nextcloud, environment, tmp_path / "log"):
        yield tmp_path / "log"


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
        "NEXTCLOUD_SECONDS": "120",  # other tests run at the same time
    }
    words = ("-q", "-p", "no:randomly", "-p", "no:schemathesis", f"--junitxml={report}")
    # Plugins that are loaded already cannot be rewritten.
    loaded = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
    script = Program(
        *("pytest", *words, *loaded, "tests/acceptance"),
        environment=environment,
        folder=ROOT,
        out=report.with_suffix(".txt"),
    )
    await script.ended()
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

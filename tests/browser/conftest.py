"""A real browser on the real server; skipped, loudly, where either the browser or the built page is missing."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright
from starlette.applications import Starlette
from starlette.routing import Mount

from openconnector.api.app import create_api
from openconnector.api.callers import by_token
from openconnector.api.pages import pages
from openconnector.cli.serving import listening
from openconnector.db.migrate import migrate
from openconnector.engine import Engine, Settings

ROOT = Path(__file__).parents[2]
AXE = ROOT / "ex_app/ui/node_modules/axe-core/axe.min.js"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
TOKEN = "only-for-this-test"

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""A browser that asks nobody but the server of the test."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [
        what
        for what, is_there in {
            "Chromium (install it, or set CHROMIUM to its path)": CHROMIUM,
            "the built page (make ui)": (ROOT / "ex_app/js/openconnector-main.js").is_file(),
        }.items()
        if not is_there
    ]
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
            if missing:
                item.add_marker(
                    pytest.mark.skip(reason=f"no browser test: {' and '.join(missing)} is missing")
                )


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    settings = Settings(storage=tmp_path / "storage", allowed_networks=("127.0.0.0/8",))
    async with Engine(settings) as opened:
        await migrate(opened.database)
        yield opened


@pytest.fixture
async def address(engine: Engine) -> AsyncIterator[str]:
    """The server as `openconnector serve` has it, page and API."""
    api = create_api(engine, authenticate=by_token(TOKEN))
    async with listening(Starlette(routes=[*pages(), Mount("/", api)])) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        await opened.close()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def locale() -> str:
    """The reader's language."""
    return "en-US"


@pytest.fixture
async def page(browser: Browser, address: str, locale: str) -> AsyncIterator[Page]:
    """A page that nobody has signed in to; what it complains about in its console fails the test."""
    context = await browser.new_context(base_url=address, locale=locale)
    opened = await context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "request", lambda sent: complaints.append(sent.url) if address not in sent.url else None
    )
    yield opened
    await context.close()
    assert complaints == []


@pytest.fixture
async def signed_in(page: Page) -> Page:
    """The page of the administrator, at its first address."""
    await page.add_init_script(f"sessionStorage.setItem('openconnector-token', '{TOKEN}')")
    await page.goto("/")
    return page


async def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with a page: the rule and the first place where it is broken."""
    await page.evaluate(AXE.read_text())
    found: dict[str, Any] = await page.evaluate("axe.run()")
    return [f"{flaw['id']}: {flaw['nodes'][0]['html'][:200]}" for flaw in found["violations"]]

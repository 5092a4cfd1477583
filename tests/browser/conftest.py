"""A real browser on the real server; skipped, loudly, where either the browser or the built page is missing.

There are two places for the page: a server that stands alone, and Nextcloud's own page, with its policy and behind its
proxy. `/app/...` leads to the page in both, `/api/v1` to the interface as programs reach it. The places differ in one
layer (addresses below a prefix, who signs in how, the policy, what the proxy lets through), so a test runs in one:

- by default inside Nextcloud, which is stricter;
- marked `alone` where it is about what a server of its own has, or where what it asks of the server is asked inside
  Nextcloud by another test;
- marked `in_both_places` where that layer is what it is about: addresses, navigation, languages, and the way of the
  wizard from nothing to a finished run.

Every page is opened in both by some test: `test_pages.py` opens all inside Nextcloud, filled, and those that there are
without any data alone, empty and refused.
"""

import asyncio
import inspect
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Page,
    ViewportSize,
    async_playwright,
    expect,
)
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ex_app.building import built
from openconnector.api.callers import by_host, by_token
from openconnector.api.pages import pages
from openconnector.api.rights import Role
from openconnector.cli.serving import listening
from openconnector.engine import Engine, Settings
from openconnector.previews.pool import PreviewLimits
from tests.fakes.embedded_page import EmbeddedPages
from tests.fakes.exapp import client_for, hosting, settings_for
from tests.fakes.interfaces import Interfaces
from tests.fakes.nextcloud import FakeNextcloud

ROOT = Path(__file__).parents[2]
AXE = FileResponse(
    ROOT / "ex_app/ui/node_modules/axe-core/axe.min.js",
    headers={"Cache-Control": "max-age=86400, immutable"},
)
AXE_PATH = "/axe.js"
"""Where axe is for the browser, which then keeps it as compiled as our own scripts."""
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None
)
"""The first of these draws no window around the page, which takes a tenth less time."""
TOKEN = "only-for-this-test"

ALONE, EMBEDDED = "alone", "embedded"
"""Where the page stands: on a server of its own, or inside Nextcloud."""

alone = pytest.mark.parametrize("place", [ALONE], indirect=True)
in_both_places = pytest.mark.parametrize("place", [ALONE, EMBEDDED], indirect=True)

STILL = """{
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('*, *::before, *::after { transition: none !important }')
    document.adoptedStyleSheets = [sheet]
}"""
"""Nothing fades: what is looked at is not on its way to something else."""

NAVIGATION = "#app-navigation-vue"

LOOKED_AT = """async ([around, options]) => {
    const exclude = around.filter((one) => document.querySelector(one)).map((one) => [one])
    const found = await axe.run({ exclude }, { resultTypes: ['violations'], ...options })
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`)
}"""
"""Only what is found comes back: all that axe tells takes as long to read as to find."""

FORGOTTEN = """
    if (location.protocol !== 'about:') {
        localStorage.clear()
        sessionStorage.clear()
    }
"""
"""What a page keeps goes; one that nobody has gone to keeps nothing."""

FOLLOWED = """path => {
    history.pushState(null, '', path)
    dispatchEvent(new PopStateEvent('popstate'))
}"""

SIZE: ViewportSize = {"width": 1100, "height": 640}
"""As small as shows everything beside each other: what is drawn costs time."""

Settled = Callable[[], Awaitable[None]]
Flaws = Callable[[], Awaitable[list[str]]]

MENU_ENTRY = "/index.php/apps/app_api/embedded/openconnector/main"

PATIENCE_SECONDS = 60
"""How long anything may take before it counts as what never comes; how fast the machine is does not matter."""

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

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
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            if missing:
                item.add_marker(
                    pytest.mark.skip(reason=f"no browser test: {' and '.join(missing)} is missing")
                )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any],
) -> Generator[None, object, object]:
    """Run every fixture of a test in the loop of the session, where the one browser lives."""
    function: Any = fixturedef.func
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        function._loop_scope = "session"
    return (yield)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> str:
    return getattr(request, "param", EMBEDDED)


@pytest.fixture
async def engine(
    place: str, tmp_path: Path, migrated_sqlite_url: str, nextcloud: FakeNextcloud
) -> AsyncIterator[Engine]:
    """The engine; inside Nextcloud, with Nextcloud's accounts and files. Of previews it has one process to start."""
    networks = ("127.0.0.0/8",)
    if place == ALONE:
        settings = Settings(
            storage=tmp_path,
            database_url=migrated_sqlite_url,
            allowed_networks=networks,
            previews=PreviewLimits(processes=1),
        )
        async with Engine(settings) as opened:
            yield opened
        return
    hosted, connections = built(
        settings_for(
            nextcloud,
            app_persistent_storage=tmp_path,
            database_url=SecretStr(migrated_sqlite_url),
            allowed_networks=networks,
            preview_processes=1,
        ),
        transport=httpx.ASGITransport(nextcloud),
    )
    async with aclosing(connections), hosted as opened:
        yield opened


@pytest.fixture
def program_api(interfaces: Interfaces, engine: Engine) -> FastAPI:
    """The interface of a server of its own."""
    return interfaces(engine, by_token(TOKEN))


@pytest.fixture
def hosted_api(interfaces: Interfaces, engine: Engine) -> FastAPI:
    """The interface inside Nextcloud."""
    return interfaces(engine, by_host(_only_administrators))


async def _only_administrators(_groups: frozenset[str]) -> Role:
    return Role.NONE


@pytest.fixture
def nextcloud() -> FakeNextcloud:
    """The Nextcloud around the page, where there is one."""
    return FakeNextcloud(is_registered=True)


class Door:
    """The one address of all tests of a session: what a browser keeps of our page, it keeps by address."""

    address: str
    behind: ASGIApp

    def __init__(self) -> None:
        self.asked = 0
        self._open = 0
        self._is_at_rest = asyncio.Event()
        self._is_at_rest.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to whom this test put here."""
        if scope["path"] == AXE_PATH:
            await AXE(scope, receive, send)
            return
        self.asked += 1
        self._open += 1
        self._is_at_rest.clear()
        try:
            await self.behind(scope, receive, send)
        finally:
            self._open -= 1
            if not self._open:
                self._is_at_rest.set()

    async def rest(self) -> None:
        """Wait until everything asked is answered."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._is_at_rest.wait()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def door() -> AsyncIterator[Door]:
    opened = Door()
    async with listening(Starlette(routes=[Mount("/", opened)])) as port:
        opened.address = f"http://127.0.0.1:{port}"
        yield opened


@pytest.fixture
async def address(
    place: str, program_api: FastAPI, door: Door, request: pytest.FixtureRequest
) -> AsyncIterator[str]:
    """Where the server answers: `openconnector serve` with page and API, or Nextcloud with the ExApp in it."""
    async with AsyncExitStack() as opened:
        served: ASGIApp = Starlette(routes=[*pages(), Mount("/", program_api)])
        if place == EMBEDDED:
            nextcloud: FakeNextcloud = request.getfixturevalue("nextcloud")
            exapp = hosting(request.getfixturevalue("hosted_api"), nextcloud)
            nextcloud.exapp = await opened.enter_async_context(client_for(exapp))
            assert await nextcloud.enable()
            served = _with_short_ways(EmbeddedPages(nextcloud), program_api)
        door.behind = served
        yield door.address
        await door.rest()


def _with_short_ways(nextcloud: EmbeddedPages, api: FastAPI) -> Starlette:
    """Return Nextcloud with the addresses that a server of its own has, so that a test need not know where it is."""

    async def to_page(request: Request) -> RedirectResponse:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{MENU_ENTRY}/{request.path_params.get('path', '')}{query}")

    async def to_api(scope: Any, receive: Any, send: Any) -> None:
        await api({**scope, "root_path": "", "app_root_path": ""}, receive, send)

    return Starlette(
        routes=[
            Route("/", to_page),
            Route("/app/{path:path}", to_page),
            Mount("/api", to_api),
            Mount("/", nextcloud),
        ]
    )


async def follow(page: Page, path: str) -> None:
    """Go on to `/app/...` as a link of the page does: nothing is loaded that is there already."""
    base = MENU_ENTRY if MENU_ENTRY in page.url else "/app"
    await page.evaluate(FOLLOWED, f"{base}{path.removeprefix('/app')}")


def asking(address: str) -> httpx.AsyncClient:
    """Return a client of the API beside the page; the browser may keep the machine busy meanwhile."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.AsyncClient(base_url=f"{address}/api/v1", headers=headers, timeout=60)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        await opened.close()


@pytest.fixture
def locale() -> str:
    """The reader's language."""
    return "en-US"


@pytest.fixture(scope="session")
def complaints() -> list[str]:
    """What the console of the browser complains about; a test that wants to see that takes it from here."""
    return []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def rested() -> dict[str, Page]:
    """Pages whose test has ended, by the reader's language.

    Reading our scripts anew takes longer than most tests, and so does the process that a new page gets.
    """
    return {}


@pytest.fixture
async def page(
    browser: Browser, rested: dict[str, Page], address: str, locale: str, complaints: list[str]
) -> AsyncIterator[Page]:
    """A page of a browser that knows nobody; any complaint in its console fails the test."""
    opened = rested.pop(locale, None) or await _open(browser, address, locale, complaints)
    complaints.clear()
    yield opened
    await opened.unroute_all()
    await opened.evaluate(FORGOTTEN)
    await opened.goto("about:blank")
    await opened.context.clear_cookies()
    await opened.emulate_media(color_scheme="light", forced_colors="null")
    await opened.set_viewport_size(SIZE)
    assert complaints == []
    rested[locale] = opened


async def _open(browser: Browser, address: str, locale: str, complaints: list[str]) -> Page:
    context = await browser.new_context(
        base_url=address,
        locale=locale,
        viewport=SIZE,
        color_scheme="light",
        reduced_motion="reduce",
    )
    await context.add_init_script(STILL)
    opened = await context.new_page()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.extend(_complaint(message)))
    opened.on(
        "request", lambda sent: complaints.append(sent.url) if address not in sent.url else None
    )
    return opened


def _complaint(message: ConsoleMessage) -> list[str]:
    """Return an error, such as a breach of the policy; a status that a page tells its reader about is none."""
    is_one = message.type == "error" and not message.text.startswith("Failed to load resource")
    return [message.text] if is_one else []


@pytest.fixture
async def signed_in(
    page: Page, place: str, address: str, locale: str, request: pytest.FixtureRequest
) -> AsyncIterator[Page]:
    """The page of the administrator, who has not gone anywhere yet."""
    if place == EMBEDDED:
        request.getfixturevalue("nextcloud").languages["admin"] = locale.partition("-")[0]
        cookies = {"nc_session_id": "admin-session", "nc_username": "admin"}
        await page.context.add_cookies(
            [{"name": name, "value": value, "url": address} for name, value in cookies.items()]
        )
        yield page
        return
    known = f"sessionStorage.setItem('openconnector-token', '{TOKEN}')"
    async with await page.add_init_script(known):
        yield page


@pytest.fixture
def settled(page: Page, door: Door) -> Settled:
    """Wait until the page has all it asked for, and shows it."""
    frames = "new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)))"

    async def wait() -> None:
        asked = -1
        while asked != door.asked:
            asked = door.asked
            await door.rest()
            async with asyncio.timeout(PATIENCE_SECONDS):
                await page.evaluate(frames)

    return wait


@pytest.fixture
def flaws(page: Page, settled: Settled) -> Flaws:
    """What axe finds wrong with the page in light, and with its colours in dark.

    Each is the rule and the first place where it is broken. Left out are the rows of a table after its first six, which
    are like them, and the navigation, which is the same beside every page, after the first look of a test.
    """
    # What Nextcloud puts around the page is its own.
    around = ["#header", "#skip-actions", "#content > h1", "tbody tr:nth-child(n + 7)"]

    async def broken(*rules: str) -> list[str]:
        """Return what is wrong by all rules or by these."""
        limits = {"runOnly": rules} if rules else {}
        found: list[str] = await page.evaluate(LOOKED_AT, [around, limits])
        return found

    async def find() -> list[str]:
        await settled()
        if await page.evaluate("typeof axe === 'undefined'"):
            await page.add_script_tag(url=AXE_PATH)
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await broken()
            await page.emulate_media(color_scheme="dark")
            found += await broken("color-contrast")
            await page.emulate_media(color_scheme="light")
        if NAVIGATION not in around:
            around.append(NAVIGATION)
        return found

    return find

"""`python -m bench.lists`: how long each list of 10,000 rows takes in a browser, on SQLite or on `DATABASE_URL`.

Every figure is what people wait for: from going to the list until its rows are painted, in the built page, which asks
the server over HTTP. Needs that page (`make ui`) and Chromium, on the path or at `CHROMIUM`.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import httpx
from playwright.async_api import Page, async_playwright
from starlette.applications import Starlette
from starlette.routing import Mount

from openconnector.api.app import create_api
from openconnector.api.callers import by_token
from openconnector.api.pages import pages
from openconnector.cli.serving import listening
from openconnector.db.migrate import migrate
from openconnector.definitions import examples, files
from openconnector.engine import Engine, Settings
from tests.fakes.crowded import crowd

ROWS, ON_A_PAGE, ROUNDS = 10_000, 20, 10
MOST_MILLISECONDS = 300
TOKEN = "bench"  # noqa: S105  of a server nobody else reaches
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
HOURLY = {"kind": "cron", "expression": "30 * * * *"}

LISTS = {
    "sources": "/sources",
    "mappings": "/mappings",
    "synchronizations": "/synchronizations",
    "runs": "/runs",
    "contracts": "/contracts",
    "schedules": "/schedules",
    "moments of schedules": "/schedules/{synchronization}",
    "registers": "/registers",
    "objects": "/registers/{register}/{schema}",
    "audit trail": "/settings/audit",
}
"""What a list holds -> its address on the page."""

GO = """
async ({ path, page }) => {
  const shown = document.querySelector('.data-table')
  const started = performance.now()
  performance.clearResourceTimings()
  history.pushState(history.state, '', path)
  dispatchEvent(new PopStateEvent('popstate', { state: history.state }))
  const isThere = () => {
    const table = document.querySelector('.data-table')
    const pages = document.querySelector('.data-table__pages')?.textContent ?? ''
    const isNew = page > 1 || table !== shown
    return isNew && pages.includes(`Page ${page} of `) && table?.querySelector('tbody td')
  }
  await new Promise((seen) => {
    const look = () => (isThere() ? requestAnimationFrame(() => setTimeout(seen)) : setTimeout(look, 1))
    look()
  })
  const ended = performance.now()
  const asked = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/v1/'))
  return { page: ended - started, server: Math.max(0, ...asked.map((one) => one.responseEnd - one.requestStart)) }
}
"""
"""Goes to an address as the router of the page does, and waits until the rows of one of its pages are painted."""


class Taken(NamedTuple):
    """Milliseconds of one look at a list."""

    page: float
    """From going there until the rows are painted."""
    server: float
    """The longest answer meanwhile."""


async def main() -> None:
    """Fill a database and print how long each of its lists takes."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(storage=Path(folder), database_url=os.environ.get("DATABASE_URL"))
        async with Engine(settings) as engine:
            await migrate(engine.database)
            api = create_api(engine, authenticate=by_token(TOKEN))
            places = await fill(engine, api)
            print(f"{engine.database.dialect}: {ROWS:,} rows in each list, {ROUNDS} looks at each;")
            print(
                f"milliseconds from going there until the rows are painted, at most {MOST_MILLISECONDS}"
            )
            print(
                f"{'':22}{'first page':>26}{'last page':>26}\n{'list':22}"
                + "    median  worst  server" * 2
            )
            async with opened_page(api) as page:
                for name, path in LISTS.items():
                    await show(page, name, "/app" + path.format_map(places))


async def show(page: Page, name: str, path: str) -> None:
    """Print how long one list takes: its first page from another page, and its last one from there."""
    first, last = [], []
    final = ROWS // ON_A_PAGE
    for _ in range(ROUNDS + 1):
        first.append(Taken(**await page.evaluate(GO, {"path": path, "page": 1})))
        last.append(
            Taken(**await page.evaluate(GO, {"path": f"{path}?page={final}", "page": final}))
        )
        await leave(page)
    # The first look fetches the script of the page, and compiles the statements.
    print(f"{name:22}{told(first[1:])}{told(last[1:])}", flush=True)


def told(taken: list[Taken]) -> str:
    """Return figures as a row shows them."""
    shown = [one.page for one in taken]
    server = median(one.server for one in taken)
    mark = " !" if max(shown) > MOST_MILLISECONDS else "  "
    return f"  {median(shown):8.0f}{max(shown):7.0f}{mark}{server:6.0f}"


async def leave(page: Page) -> None:
    """Go to a page without a list."""
    await page.locator("#app-navigation-vue a", has_text="Your account").click()
    await page.locator(".data-table").wait_for(state="detached")


@asynccontextmanager
async def opened_page(api: Any) -> AsyncIterator[Page]:
    """Give the built page, signed in to a server of its own, in a browser."""
    chromium = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    async with (
        listening(Starlette(routes=[*pages(), Mount("/", api)])) as port,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = await browser.new_page(base_url=f"http://127.0.0.1:{port}", locale="en-US")
        await page.add_init_script(f"sessionStorage.setItem('openconnector-token', '{TOKEN}')")
        await page.goto("/app/")
        await page.get_by_role("heading", name="Needs attention").wait_for()
        yield page
        await browser.close()


async def fill(engine: Engine, api: Any) -> dict[str, str]:
    """Run the example once and multiply what it left; return what addresses name."""
    document = examples.earthquakes()
    [synchronization] = document.value["synchronizations"]
    synchronization["schedules"] = [HOURLY]
    await files.import_documents([document], engine.destination, variables={}, who="bench")
    transport = httpx.ASGITransport(api)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://bench", headers=headers
    ) as client:
        run = await client.post("/api/v1/synchronizations/earthquakes/run")
        [schedule] = (await client.get("/api/v1/schedules")).json()["results"]
    await engine.worker().finish(run.json()["id"])
    await crowd(engine.database, ROWS, schedule)
    target = synchronization["target"]
    return {
        "synchronization": schedule["synchronizationId"],
        "register": target["register"],
        "schema": target["schema"],
    }


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

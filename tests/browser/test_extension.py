"""What a later version brings needs no code of the page: a kind and a collection that the tests alone know."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.browser.conftest import ALONE, ROOT, TOKEN, Flaws, asking
from tests.browser.test_definitions import SOURCE

pytestmark = pytest.mark.parametrize("place", [ALONE], indirect=True)


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """A server that has both."""
    command = (sys.executable, "-m", "tests.fakes.extended", str(tmp_path), TOKEN)
    pipe = asyncio.subprocess.PIPE
    server = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe)
    assert server.stdin is not None
    assert server.stdout is not None
    port = b""
    while not port.strip().isdigit():  # what it logs comes the same way
        port = await server.stdout.readline()
        assert port, "it ended before it served"
    yield f"http://127.0.0.1:{int(port)}"
    server.stdin.close()
    await server.wait()


@pytest.fixture
async def contexts() -> AsyncIterator[dict[str, BrowserContext]]:
    """A browser of its own: that of the other tests goes to their server."""
    opened: dict[str, BrowserContext] = {}
    yield opened
    for one in opened.values():
        await one.close()


async def test_a_collection_has_navigation_list_form_page_and_deletion(
    signed_in: Page, address: str, flaws: Flaws
):
    async with asking(address) as api:
        (await api.post("/sources", json=SOURCE)).raise_for_status()
    await signed_in.goto("/app/")
    await signed_in.get_by_role("link", name="Bells", exact=True).click()
    await expect(signed_in.get_by_text("What rings")).to_be_visible()
    await signed_in.get_by_role("link", name="New bell").first.click()
    await fill(signed_in)
    await signed_in.get_by_role("button", name="Save").click()
    await expect(signed_in.get_by_role("heading", name="Big Ben")).to_be_visible()
    assert await flaws() == []

    await signed_in.get_by_label("Weight").fill("13700")
    async with signed_in.expect_response(lambda answer: answer.request.method == "PUT"):
        await signed_in.get_by_role("button", name="Save").click()
    async with asking(address) as api:
        saved = (await api.get("/bells/big-ben")).json()
    told = {name: saved[name] for name in ("tone", "isLoud", "weight", "sourceId")}
    assert told == {"tone": "high", "isLoud": True, "weight": 13_700, "sourceId": "bakery"}
    assert "Quasimodo" not in str(saved)

    await signed_in.get_by_role("link", name="Bells", exact=True).click()
    row = signed_in.get_by_role("row").filter(has_text="Big Ben")
    await expect(row).to_contain_text("high")
    await row.get_by_role("button", name="Actions for Big Ben").click()
    await signed_in.get_by_role("menuitem", name="Delete").click()
    await signed_in.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(signed_in.get_by_text("Nothing here yet")).to_be_visible()


async def fill(page: Page) -> None:
    """Type a bell, at first one that weighs nothing: the server's words stand at the field."""
    await page.get_by_label("Name", exact=True).fill("Big Ben")
    await page.get_by_label("Weight").fill("0")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator('[data-field="weight"]').get_by_role("alert")).to_be_visible()
    await page.get_by_label("Weight").fill("1")
    await page.get_by_text("More options").click()
    for field, option in {"tone": "high", "sourceId": "Bakery"}.items():
        await page.locator(f'[data-field="{field}"] input').click()
        await page.get_by_role("option", name=option).click()
    await page.locator(
        '[data-field="isLoud"] label, [data-field="isLoud"] .checkbox-content'
    ).first.click()
    await page.locator('[data-field="rope"] input').fill("Quasimodo")


async def test_a_kind_is_chosen_filled_in_and_saved(signed_in: Page, address: str):
    await signed_in.goto("/app/sources/new")
    await signed_in.get_by_label("Name", exact=True).fill("Belfry")
    await signed_in.locator('[data-field="configuration"] .v-select input').first.click()
    await signed_in.get_by_role("option", name="A tower").click()
    await expect(signed_in.get_by_text("Known to the tests alone.")).to_be_visible()
    await signed_in.locator('[data-field="configuration.key"] input').fill("iron")
    await signed_in.get_by_label("Floors").fill("3")
    await signed_in.get_by_role("button", name="Save").click()
    await expect(signed_in.get_by_role("heading", name="Belfry")).to_be_visible()

    async with asking(address) as api:
        saved = (await api.get("/sources/belfry")).json()["configuration"]
    assert (saved["kind"], saved["floors"]) == ("tower", 3)
    assert saved["key"] != "iron"

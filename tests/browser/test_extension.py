"""What a later version brings needs no code of the page: a kind and a collection that the tests alone know."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.browser.conftest import PATIENCE_SECONDS, ROOT, TOKEN, Door, Flaws, alone, asking
from tests.browser.test_definitions import SOURCE

pytestmark = alone


@pytest.fixture(scope="module")
async def extended(
    tmp_path_factory: pytest.TempPathFactory, migrated_file: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """A server that has both, in a process of its own."""
    folder = tmp_path_factory.mktemp("extended")
    shutil.copy(migrated_file, folder)
    command = (sys.executable, "-m", "tests.fakes.extended", str(folder), TOKEN)
    pipe = asyncio.subprocess.PIPE
    server = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe)
    assert server.stdin is not None
    assert server.stdout is not None
    port = b""
    while not port.strip().isdigit():  # what it logs comes the same way
        port = await server.stdout.readline()
        assert port, "it ended before it served"
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{int(port)}") as client:
        yield client
    server.stdin.close()
    await server.wait()


@pytest.fixture
async def address(door: Door, extended: httpx.AsyncClient) -> AsyncIterator[str]:
    """Where that server answers: behind the door of all tests."""

    async def pass_on(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await extended.request(
            request.method,
            f"{request.url.path}?{request.url.query}",
            headers=request.headers,
            content=await request.body(),
            timeout=PATIENCE_SECONDS,
        )
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name not in {"content-encoding", "content-length"}
        }
        await Response(answer.content, answer.status_code, headers)(scope, receive, send)

    door.behind = pass_on
    yield door.address
    await door.rest()


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

"""A synchronization made in four steps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from openconnector.cli.serving import listening
from openconnector.engine import Engine
from tests.browser.conftest import Flaws, alone, asking, follow, in_both_places

RECORDS = [
    {"id": f"ci{number}", "properties": {"place": f"{number}km W of Castaic, CA", "mag": 2.0}}
    for number in range(1, 6)
]
PAGE_SIZE = 3


@pytest.fixture
async def example() -> AsyncIterator[str]:
    """The address of a source with a few earthquakes on two pages."""

    async def answer(request: Request) -> Response:
        page = int(request.query_params.get("page", "1"))
        first, last = (page - 1) * PAGE_SIZE, page * PAGE_SIZE
        following = f"/earthquakes?page={page + 1}" if last < len(RECORDS) else None
        return JSONResponse({"features": RECORDS[first:last], "next": following})

    async with listening(Starlette(routes=[Route("/earthquakes", answer)])) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def worker(engine: Engine) -> AsyncIterator[None]:
    """What carries out runs."""
    stop = asyncio.Event()
    working = asyncio.create_task(engine.work(stop))
    yield
    stop.set()
    with suppress(TimeoutError):
        await asyncio.wait_for(working, 30)


@pytest.fixture
async def filled(address: str, example: str) -> None:
    """A draft that lacks nothing any more."""
    draft: dict[str, Any] = {
        "step": 4,
        "source": {
            "name": "Earthquakes",
            "configuration": {"kind": "rest", "location": example, "endpoint": "earthquakes"},
        },
        "register": {"title": "Earth"},
        "schema": {"title": "Earthquake", "properties": {"place": {}}},
        "mapping": {"name": "Earthquake", "mapping": {"place": "{{ properties.place }}"}},
        "synchronization": {"name": "Earthquakes", "sourceConfig": {"idPosition": "id"}},
    }
    async with asking(address) as api:
        (await api.put("/draft", json=draft)).raise_for_status()


async def tab_to(wanted: Locator) -> None:
    """Press Tab, or Shift and Tab, until this has the focus, as somebody does who has a keyboard alone."""
    await expect(wanted).to_be_visible()
    element = await wanted.element_handle()
    is_before = "one => one.compareDocumentPosition(document.activeElement) & 4"
    key = "Shift+Tab" if await element.evaluate(is_before) else "Tab"
    for _ in range(250):
        await wanted.page.keyboard.press(key)
        if await element.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached by keyboard")


async def paste_into(field: Locator, text: str) -> None:
    await tab_to(field)
    await field.page.keyboard.press("Control+A")
    await field.page.keyboard.insert_text(text)


async def press(button: Locator) -> None:
    await tab_to(button)
    await button.page.keyboard.press("Enter")


def heading(page: Page, text: str) -> Locator:
    return page.get_by_role("heading", level=3, name=text)


@in_both_places
async def test_a_keyboard_alone_leads_from_nothing_to_a_finished_run(
    signed_in: Page, example: str, worker: None
):
    await signed_in.goto("/app/synchronizations")
    await press(signed_in.get_by_role("link", name="New synchronization").last)
    await expect(heading(signed_in, "Where does the data come from?")).to_be_focused()
    await describe_the_source(signed_in, example)
    await press(signed_in.get_by_role("button", name="Next"))
    await expect(heading(signed_in, "Which records?")).to_be_focused()
    await walk_the_answer(signed_in)
    await press(signed_in.get_by_role("button", name="Next"))
    await expect(heading(signed_in, "Where does it go")).to_be_focused()
    await map_two_fields(signed_in)
    await press(signed_in.get_by_role("button", name="Next"))
    await expect(heading(signed_in, "When?")).to_be_focused()
    name = signed_in.get_by_label("Name of the synchronization")
    await expect(name).to_have_value("Earthquakes")
    await press(signed_in.get_by_role("button", name="Dry run"))
    would = signed_in.get_by_text("A run would create 5 objects, update 0, delete 0, fail 0")
    await expect(would).to_be_visible()
    await press(signed_in.get_by_role("button", name="Save and run"))

    await expect(signed_in.get_by_role("heading", name="Run of Earthquakes")).to_be_visible()
    await expect(signed_in.get_by_text("Succeeded", exact=True)).to_be_visible()
    assert await signed_in.get_by_text("5", exact=True).count() == 2


async def describe_the_source(page: Page, example: str) -> None:
    """An address that is none, then one at which nothing is, then the right one."""
    location = page.locator('[data-field="configuration.location"]')
    await paste_into(page.get_by_label("Name", exact=True), "Earthquakes")
    await paste_into(location.get_by_role("textbox"), "nonsense")
    await page.keyboard.press("Enter")
    await expect(location.get_by_role("alert")).to_be_visible()
    await paste_into(location.get_by_role("textbox"), example)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("answered 404")).to_be_visible()
    await paste_into(page.locator('[data-field="configuration.endpoint"] input'), "earthquakes")
    await press(page.get_by_role("button", name="Test the connection"))
    await expect(page.get_by_text("3 records on the first page")).to_be_visible()


async def walk_the_answer(page: Page) -> None:
    """Fold and unfold the list that is chosen already, and go into it."""
    features = page.get_by_role("treeitem", name="features")
    await expect(features).to_have_attribute("aria-selected", "true")
    await tab_to(features)
    await page.keyboard.press("ArrowLeft")
    await expect(features).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("treeitem", name="[0]")).to_be_focused()
    await expect(page.get_by_text("Every record of the first page")).to_be_visible()


async def map_two_fields(page: Page) -> None:
    """Begin a template wrongly, and see the error at its field go when it is mended."""
    place = page.get_by_label("Where place comes from")
    await expect(place).to_have_value("properties.place")
    await paste_into(place, "{{ nonsense(")
    rows = page.get_by_role("table", name="Fields")
    await expect(rows.get_by_text("line 1")).to_be_visible()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("{{ properties.place | upper }}")
    await expect(rows.get_by_text("line 1")).to_have_count(0)
    await expect(page.get_by_label("Record 1")).to_contain_text("1KM W OF CASTAIC, CA")


async def test_what_is_begun_is_there_when_one_comes_back_and_no_secret_is_kept_in_the_browser(
    signed_in: Page, address: str
):
    await signed_in.goto("/app/")
    page = signed_in
    await page.get_by_role("button", name="New synchronization").click()
    await page.get_by_label("Name", exact=True).fill("Half a source")
    auth = page.locator('[data-field="configuration.auth"]')
    await auth.get_by_role("combobox").click()
    await page.get_by_role("option", name="A fixed token").click()
    async with page.expect_response(lambda got: "s3cret" in (got.request.post_data or "")):
        await auth.get_by_label("Token").fill("s3cret")
    await expect(page.get_by_role("button", name="Next")).to_be_disabled()

    await page.get_by_role("link", name="Sources").click()
    await expect(page.get_by_text("Nothing here yet")).to_be_visible()
    await page.reload()
    await page.get_by_role("button", name="New synchronization").click()

    await expect(page.get_by_label("Name", exact=True)).to_have_value("Half a source")
    await expect(auth.get_by_label("Token")).to_have_attribute(
        "placeholder", "Saved; leave it empty to keep it"
    )
    kept = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "s3cret" not in kept
    await page.get_by_role("button", name="Throw away").click()
    await page.get_by_role("dialog").get_by_role("button", name="Throw away").click()
    async with asking(address) as api:
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert (await api.get("/draft")).json()["draft"] is None


@alone
async def test_going_back_is_one_step_and_what_is_missing_keeps_later_steps_closed(
    signed_in: Page, filled: None
):
    page = signed_in
    await page.goto("/app/wizard")
    await expect(heading(page, "When?")).to_be_visible()
    await page.get_by_role("link", name="Which records?").click()
    await expect(page.get_by_role("tree")).to_be_visible()
    await page.go_back()
    await expect(heading(page, "When?")).to_be_visible()

    await page.get_by_label("Name of the synchronization").fill("")
    await page.get_by_role("button", name="Dry run").click()
    await expect(page.get_by_text("at least 1 character")).to_be_visible()
    await page.get_by_role("link", name="Where does the data come from?").click()
    await page.locator('[data-field="configuration.endpoint"] input').fill("elsewhere")
    await page.goto("/app/wizard/4")

    await expect(heading(page, "When?")).to_be_visible()


@alone
async def test_a_step_without_a_first_page_says_what_is_in_the_way(
    signed_in: Page, filled: None, address: str
):
    async with asking(address) as api:
        draft = (await api.get("/draft")).json()["draft"]
        draft["synchronization"]["sourceConfig"]["nonsense"] = True
        (await api.put("/draft", json=draft)).raise_for_status()

    await signed_in.goto("/app/wizard/2")

    await expect(signed_in.get_by_text("The first page could not be read")).to_be_visible()
    await expect(signed_in.get_by_text("sourceConfig.nonsense")).to_be_visible()


async def test_no_step_has_a_flaw_that_axe_finds(signed_in: Page, filled: None, flaws: Flaws):
    shown = {
        1: signed_in.get_by_role("button", name="Test the connection"),
        2: signed_in.get_by_role("tree"),
        3: signed_in.get_by_text("What the first 3 records become"),
        4: signed_in.get_by_role("button", name="Save and run"),
    }
    await signed_in.goto("/app/")
    for step, sign in shown.items():
        await follow(signed_in, f"/app/wizard/{step}")
        await expect(sign).to_be_visible()
        assert await flaws() == [], step

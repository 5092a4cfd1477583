"""What flows where, and how one object came to be."""

from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Page, expect

from openconnector.engine import Engine
from tests.browser.conftest import Flaws, alone, asking
from tests.fakes.town import Remote, configure, standing

GOOD = [{"id": number, "name": f"Case {number}", "amount": number} for number in range(1, 4)]


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    async with standing() as found:
        found.records = [*GOOD]
        yield found


@pytest.fixture
async def api(address: str, remote: Remote, engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    """The interface beside the page; the synchronization `cases` has run twice, the second time with a failure."""
    async with asking(address) as client:
        await configure(client, remote)
        for records in (GOOD, [{**GOOD[0], "amount": "many"}, *GOOD[1:]]):
            remote.records = records
            run = (await client.post("synchronizations/cases/run")).json()
            await engine.worker().finish(run["id"])
        yield client


async def test_a_contract_is_found_by_its_record_and_tells_how_its_object_came_to_be(
    signed_in: Page, api: httpx.AsyncClient, flaws: Flaws
):
    await signed_in.goto("/app/")
    await signed_in.get_by_role("link", name="Contracts").click()
    await expect(signed_in.get_by_text("3 entries")).to_be_visible()
    await signed_in.get_by_label("Search by the id").fill("1")
    await signed_in.get_by_role("link", name="1", exact=True).click()

    await expect(signed_in.get_by_role("heading", name="Case 1")).to_be_visible()
    await expect(signed_in.get_by_role("row", name="title Case 1 name")).to_be_visible()
    await expect(signed_in.get_by_role("link", name="Remote")).to_be_visible()
    await expect(signed_in.get_by_role("button", name="Try again")).to_be_visible()
    assert await flaws() == []
    await signed_in.get_by_role("link", name="amount").click()
    await expect(signed_in.get_by_role("heading", name="The record 1")).to_be_visible()


@alone
async def test_a_synchronization_and_a_register_lead_to_objects_and_those_to_their_contracts(
    signed_in: Page, api: httpx.AsyncClient, flaws: Flaws
):
    await signed_in.goto("/app/synchronizations/cases?tab=contracts")
    await signed_in.get_by_role("link", name="1", exact=True).click()
    await expect(signed_in.get_by_role("heading", name="Case 1")).to_be_visible()
    await signed_in.go_back()
    await signed_in.get_by_role("link", name="Town / Case").click()
    await expect(signed_in.get_by_text("Objects of the register Town")).to_be_visible()
    await expect(signed_in.get_by_text("3 entries")).to_be_visible()

    await signed_in.get_by_role("link", name="Registers", exact=True).click()
    await signed_in.get_by_role("link", name="Case", exact=True).click()
    await expect(signed_in.get_by_text("Objects of the register Town")).to_be_visible()
    await signed_in.get_by_label("Search", exact=True).fill("case 3")
    await expect(signed_in.get_by_text("1 entry")).to_be_visible()
    await signed_in.get_by_role("link", name="Case 3").click()
    await expect(signed_in.get_by_role("link", name="How it came to be")).to_be_visible()
    assert await flaws() == []
    await signed_in.get_by_role("link", name="How it came to be").click()
    await expect(signed_in.get_by_text("In step")).to_be_visible()
    await signed_in.go_back()

    await signed_in.get_by_role("button", name="Delete").click()
    await signed_in.get_by_role("dialog").get_by_role("button", name="Delete").click()

    await expect(signed_in.get_by_text("2 entries")).to_be_visible()


async def test_the_flow_is_there_as_a_drawing_and_as_a_table_and_both_lead_on(
    signed_in: Page, api: httpx.AsyncClient
):
    await signed_in.goto("/app/")
    await signed_in.get_by_role("link", name="Data flow").click()
    drawing = signed_in.get_by_role("group", name="Drawing of the flow")
    table = signed_in.get_by_role("table", name="Data flow")
    for part in (drawing, table):
        for name in ("Cases", "Remote", "Partly succeeded"):
            await expect(part.get_by_role("link", name=name, exact=name == "Cases")).to_be_visible()
        await expect(part.get_by_text("town / case")).to_be_visible()
    moved = drawing.locator(".vue-flow__transformationpane")
    await expect(drawing.locator(".vue-flow__edge.animated")).to_have_count(0)
    before = await moved.get_attribute("style")

    await drawing.press("ArrowLeft")
    await expect(moved).not_to_have_attribute("style", before or "")

    await drawing.get_by_role("link", name="Remote").press("Enter")
    await expect(signed_in.get_by_role("heading", name="Remote")).to_be_visible()


@alone
async def test_nothing_flows_yet_and_the_page_says_what_to_do(signed_in: Page):
    await signed_in.goto("/app/flow")
    await expect(signed_in.get_by_text("Nothing flows yet")).to_be_visible()

    await signed_in.get_by_role("link", name="New synchronization").click()

    await expect(signed_in.get_by_role("heading", name="New synchronization")).to_be_visible()

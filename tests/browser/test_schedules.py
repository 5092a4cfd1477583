"""A schedule as people use it: set in the form, looked forward to in the list, and seen to fire."""

from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from openconnector.engine import Engine, Ports
from tests.browser.conftest import alone, asking
from tests.fakes.clocks import ShiftedClock


@pytest.fixture
async def earthquakes(address: str) -> str:
    """The example, which nothing starts; its address on the page."""
    async with asking(address) as api:
        (await api.post("/examples/earthquakes")).raise_for_status()
    return "/app/synchronizations/earthquakes"


async def pass_an_hour(engine: Engine) -> None:
    """Look for what is due now, and an hour later."""
    await engine.scheduler().tick()
    clock = ShiftedClock(timedelta(hours=1).total_seconds())
    async with Engine(engine.settings, Ports(clock=clock)) as later:
        await later.scheduler().tick()


@alone
async def test_a_schedule_is_set_in_the_form_and_seen_to_fire(
    signed_in: Page, earthquakes: str, engine: Engine
):
    await signed_in.goto(earthquakes)
    await signed_in.get_by_role("tab", name="Settings").click()
    schedules = signed_in.locator('[data-field="schedules"]')
    await schedules.get_by_role("button", name="Add to Schedules").click()
    expression = signed_in.locator('[data-field="schedules.0.expression"] input')
    await expression.fill("0 30 * *")
    await signed_in.get_by_role("button", name="Save", exact=True).click()
    await expect(schedules.get_by_role("alert")).to_be_visible()
    await expression.fill("30 * * * *")
    await signed_in.get_by_role("button", name="Save", exact=True).click()
    await expect(signed_in.get_by_text("not saved")).to_have_count(0)

    await signed_in.get_by_role("link", name="Schedules").click()
    row = signed_in.get_by_role("row").filter(has_text="30 * * * *")
    await expect(row).to_contain_text(":30")
    await expect(row.get_by_role("link", name="Started")).to_have_count(0)
    await pass_an_hour(engine)
    await signed_in.reload()

    await row.get_by_role("link", name="Earlier moments").click()
    await expect(signed_in.get_by_role("heading", name="Moments of earthquakes")).to_be_visible()
    await signed_in.get_by_role("link", name="Started").click()
    await expect(signed_in.get_by_role("heading", name="Run of Earthquakes")).to_be_visible()
    await expect(signed_in.get_by_text("By its schedule")).to_be_visible()
    await engine.worker().finish(signed_in.url.rpartition("/")[2])
    await expect(signed_in.get_by_text("Succeeded").first).to_be_visible()

"""What all pages stand in: found by keyboard, on a small screen, and by their titles."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import ALONE

SMALL = {"width": 320, "height": 640}


async def test_a_page_is_gone_to_by_keyboard_and_tells_where_one_is(signed_in: Page):
    await signed_in.goto("/app/")
    await expect(signed_in).to_have_title(re.compile("^Overview . OpenConnector$"))
    link = signed_in.get_by_role("link", name="Sources", exact=True)
    await link.focus()

    await signed_in.keyboard.press("Enter")

    await expect(signed_in.get_by_role("heading", name="Sources")).to_be_focused()
    await expect(signed_in).to_have_title(re.compile("^Sources . OpenConnector$"))
    await expect(link).to_have_attribute("aria-current", "page")


async def test_the_navigation_can_be_skipped(signed_in: Page):
    await signed_in.goto("/app/")
    await expect(signed_in.get_by_role("button", name="Start from an example")).to_be_visible()
    skip = signed_in.get_by_role("link", name="Skip to main content")
    await skip.focus()

    await expect(skip).to_be_in_viewport()
    await signed_in.keyboard.press("Enter")
    await signed_in.keyboard.press("Tab")

    inside = "document.querySelector('#app-content-vue').contains(document.activeElement)"
    assert await signed_in.evaluate(inside)


@pytest.mark.parametrize(
    "path", ["/app/sources", "/app/settings", "/app/transfer", "/app/sources/new"]
)
async def test_a_small_screen_shows_everything_without_scrolling_sideways(
    signed_in: Page, path: str
):
    await signed_in.set_viewport_size(SMALL)  # type: ignore[arg-type]  # a size
    await signed_in.goto(path)
    await expect(signed_in.get_by_role("heading", level=2).first).to_be_visible()

    wide = "document.querySelector('#app-content-vue').scrollWidth - window.innerWidth"
    assert await signed_in.evaluate(wide) <= 0


async def test_on_a_small_screen_the_navigation_makes_way_for_the_page(signed_in: Page):
    await signed_in.goto("/app/")
    await signed_in.set_viewport_size(SMALL)  # type: ignore[arg-type]  # a size
    await signed_in.get_by_role("button", name="Open navigation").click()
    await signed_in.get_by_role("link", name="Sources", exact=True).click()

    await expect(signed_in.get_by_role("heading", name="Sources")).to_be_in_viewport()
    await expect(signed_in.get_by_role("button", name="Open navigation")).to_be_visible()


@pytest.mark.parametrize(
    "place", [ALONE], indirect=True
)  # no style sheet of Nextcloud's is needed for it
async def test_where_colours_are_forced_fields_and_what_is_chosen_can_be_seen(signed_in: Page):
    await signed_in.emulate_media(forced_colors="active")
    await signed_in.goto("/app/mappings")
    here = signed_in.locator("#app-navigation-vue .active")
    await expect(here).to_have_css("outline-style", "solid")
    await signed_in.goto("/app/mappings/new")
    name = signed_in.get_by_label("Name", exact=True)
    await expect(name).to_have_css("border-block-start-style", "solid")
    lines = [
        await tab.evaluate("(tab) => getComputedStyle(tab).borderBlockEndColor")
        for tab in await signed_in.get_by_role("tab").all()
    ]

    assert lines[0] not in lines[1:]

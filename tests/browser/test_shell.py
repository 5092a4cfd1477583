"""What all pages stand in: found by keyboard, on a small screen, and by their titles."""

import re

from playwright.async_api import Page, ViewportSize, expect

from tests.browser.conftest import alone, follow, in_both_places

SMALL: ViewportSize = {"width": 320, "height": 640}


@in_both_places
async def test_by_keyboard_one_goes_to_a_page_that_tells_where_one_is_and_skips_the_navigation(
    signed_in: Page,
):
    await signed_in.goto("/app/")
    await expect(signed_in).to_have_title(re.compile("^Overview . OpenConnector$"))
    link = signed_in.get_by_role("link", name="Sources", exact=True)
    await link.focus()

    await signed_in.keyboard.press("Enter")

    await expect(signed_in.get_by_role("heading", name="Sources")).to_be_focused()
    await expect(signed_in).to_have_title(re.compile("^Sources . OpenConnector$"))
    await expect(link).to_have_attribute("aria-current", "page")

    await expect(signed_in.get_by_text("Nothing here yet")).to_be_visible()
    skip = signed_in.get_by_role("link", name="Skip to main content")
    await skip.focus()
    await expect(skip).to_be_in_viewport()
    await signed_in.keyboard.press("Enter")
    await signed_in.keyboard.press("Tab")

    inside = "document.querySelector('#app-content-vue').contains(document.activeElement)"
    assert await signed_in.evaluate(inside)


@in_both_places
async def test_on_a_small_screen_the_navigation_makes_way_and_nothing_scrolls_sideways(
    signed_in: Page,
):
    await signed_in.goto("/app/")
    await signed_in.set_viewport_size(SMALL)
    await signed_in.get_by_role("button", name="Open navigation").click()
    await signed_in.get_by_role("link", name="Sources", exact=True).click()
    await expect(signed_in.get_by_role("heading", name="Sources")).to_be_in_viewport()
    await expect(signed_in.get_by_role("button", name="Open navigation")).to_be_visible()

    wide = "document.querySelector('#app-content-vue').scrollWidth - window.innerWidth"
    for path, name in {
        "/app/sources": "Sources",
        "/app/settings": "Settings",
        "/app/transfer": "Import and export",
        "/app/sources/new": "New source",
    }.items():
        await follow(signed_in, path)
        await expect(signed_in.get_by_role("heading", level=2, name=name)).to_be_visible()
        assert await signed_in.evaluate(wide) <= 0, path


@alone  # no style sheet of Nextcloud's is needed for it
async def test_where_colours_are_forced_fields_and_what_is_chosen_can_be_seen(signed_in: Page):
    await signed_in.emulate_media(forced_colors="active")
    await signed_in.goto("/app/mappings")
    here = signed_in.locator("#app-navigation-vue .active")
    await expect(here).to_have_css("outline-style", "solid")
    await follow(signed_in, "/app/mappings/new")
    name = signed_in.get_by_label("Name", exact=True)
    await expect(name).to_have_css("border-block-start-style", "solid")
    lines = [
        await tab.evaluate("(tab) => getComputedStyle(tab).borderBlockEndColor")
        for tab in await signed_in.get_by_role("tab").all()
    ]

    assert lines[0] not in lines[1:]

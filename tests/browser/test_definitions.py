"""Lists and forms as people use them."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import TOKEN, alone, asking, in_both_places

SOURCE = {
    "name": "Bakery",
    "configuration": {"kind": "rest", "location": "https://bread.example.org"},
}


@pytest.fixture
async def bakery(address: str) -> str:
    """A source that is there already; its address on the page."""
    async with asking(address) as api:
        (await api.post("/sources", json=SOURCE)).raise_for_status()
    return "/app/sources/bakery"


@alone
async def test_who_does_not_know_the_token_is_told_so_and_who_does_is_let_in_until_signing_out(
    page: Page,
):
    await page.goto("/app/sources")
    await page.get_by_label("Token", exact=True).fill("wrong")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text("This is not the token of this server.")).to_be_visible()

    await page.get_by_label("Token", exact=True).fill(TOKEN)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Sources")).to_be_visible()

    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Token", exact=True)).to_be_visible()
    assert await page.evaluate("sessionStorage.getItem('openconnector-token')") is None


async def test_a_first_source_is_made_from_the_empty_list_with_the_servers_words_at_the_field(
    signed_in: Page,
):
    await signed_in.goto("/app/")
    await signed_in.get_by_role("link", name="Sources").click()
    await expect(signed_in.get_by_text("Nothing here yet")).to_be_visible()
    await signed_in.get_by_role("link", name="New source").first.click()
    await signed_in.get_by_label("Name", exact=True).fill("Bakery")
    await signed_in.get_by_role("button", name="Save").click()
    location = signed_in.locator('[data-field="configuration.location"]')
    await expect(location.get_by_role("alert")).to_be_visible()

    await location.get_by_role("textbox").fill("https://bread.example.org")
    await signed_in.get_by_role("button", name="Save").click()

    await expect(signed_in.get_by_role("heading", name="Bakery")).to_be_visible()
    await signed_in.get_by_role("link", name="Sources").click()
    await expect(signed_in.get_by_role("link", name="Bakery")).to_be_visible()


@in_both_places
async def test_an_address_can_be_opened_reloaded_and_gone_back_to(signed_in: Page, bakery: str):
    await signed_in.goto("/app/sources")
    await signed_in.get_by_role("link", name="Bakery").click()
    await expect(signed_in.get_by_role("heading", name="Bakery")).to_be_visible()
    await signed_in.reload()
    await expect(signed_in.get_by_role("heading", name="Bakery")).to_be_visible()
    assert signed_in.url.endswith("/sources/bakery")

    await signed_in.go_back()

    await expect(signed_in.get_by_role("heading", name="Sources")).to_be_visible()


@alone
async def test_a_search_without_hits_says_so_and_can_be_cleared(signed_in: Page, bakery: str):
    await signed_in.goto("/app/sources?search=butcher")
    await expect(signed_in.get_by_text("Nothing found for “butcher”")).to_be_visible()

    await signed_in.get_by_role("button", name="Clear search").last.click()

    await expect(signed_in.get_by_role("link", name="Bakery")).to_be_visible()


@alone
async def test_an_address_that_does_not_exist_says_so(signed_in: Page):
    await signed_in.goto("/app/nonsense")

    await expect(signed_in.get_by_text("This page does not exist")).to_be_visible()

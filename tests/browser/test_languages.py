"""The page and the server speak the reader's language, whoever of them says a sentence."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import in_both_places


@pytest.fixture
def locale() -> str:
    return "nl-NL"


@in_both_places
async def test_a_dutch_reader_meets_no_english(signed_in: Page):
    await signed_in.goto("/app/")
    await signed_in.get_by_role("link", name="Bronnen").click()
    await expect(signed_in.get_by_text("Hier staat nog niets")).to_be_visible()
    await signed_in.get_by_role("link", name="Nieuwe bron").first.click()
    await expect(signed_in.get_by_text("Hoe mensen het noemen.")).to_be_visible()

    await signed_in.get_by_role("button", name="Opslaan").click()

    await expect(signed_in.get_by_text("velden moeten nog worden verbeterd")).to_be_visible()
    location = signed_in.locator('[data-field="configuration.location"]')
    await expect(location.get_by_role("alert")).to_contain_text("Het adres is niet geldig")

"""What people do from a list, with one row or several, and with what somebody else changed meanwhile."""

from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import ALONE, EMBEDDED, Flaws, alone, asking

CONFIGURATION = {
    "kind": "rest",
    "location": "https://bread.example.org",
    "auth": {"kind": "bearer", "token": "crumbs"},
}
TARGET = {"kind": "object_store", "register": "town", "schema": "loaf"}


@pytest.fixture
async def api(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """The interface beside the page, with sources of which one is used."""
    async with asking(address) as client:
        for name in ("Bakery", "Butcher", "Brewery"):
            sent = {"name": name, "configuration": CONFIGURATION}
            (await client.post("/sources", json=sent)).raise_for_status()
        mapping = {"name": "Loaf", "mapping": {"title": "name"}}
        (await client.post("/mappings", json=mapping)).raise_for_status()
        synchronization = {"name": "Loaves", "sourceId": "bakery", "target": TARGET}
        (await client.post("/synchronizations", json=synchronization)).raise_for_status()
        yield client


async def choose(page: Page, name: str, action: str) -> None:
    """Open the menu of a row and choose an entry of it."""
    await page.get_by_role("button", name=f"Actions for {name}").click()
    await page.get_by_role("menuitem", name=action).click()


@alone
async def test_a_copy_has_a_free_slug_and_no_secrets(signed_in: Page, api: httpx.AsyncClient):
    await signed_in.goto("/app/sources")
    await choose(signed_in, "Bakery", "Duplicate")
    await expect(signed_in.get_by_text("This is a copy of Bakery")).to_be_visible()
    await expect(signed_in.get_by_text("Secrets are not copied")).to_be_visible()
    token = signed_in.locator('[data-field="configuration.auth.token"] input')
    await expect(token).to_have_value("")

    await token.fill("new crumbs")
    await signed_in.get_by_role("button", name="Save").click()

    await expect(signed_in.get_by_role("heading", name="Bakery (copy)")).to_be_visible()
    copy = (await api.get("/sources/bakery-copy")).json()
    assert copy["configuration"]["location"] == CONFIGURATION["location"]


@alone
async def test_what_is_used_names_its_users_and_a_synchronization_its_chain_and_can_be_paused(
    signed_in: Page, api: httpx.AsyncClient, flaws: Flaws
):
    await signed_in.goto("/app/sources")
    await choose(signed_in, "Bakery", "Delete")

    dialog = signed_in.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Delete")).to_be_disabled()
    await dialog.get_by_role("link", name="Loaves").click()
    await expect(signed_in.get_by_role("heading", name="Loaves")).to_be_visible()

    chain = signed_in.get_by_role("list", name="From the source to the target")
    await expect(chain.get_by_role("link", name="Bakery")).to_be_visible()
    await expect(chain).to_contain_text("town / loaf")

    await signed_in.get_by_role("button", name="Pause").click()
    await expect(signed_in.get_by_role("button", name="Resume")).to_be_visible()
    assert (await api.get("/synchronizations/loaves")).json()["isEnabled"] is False
    assert await flaws() == []

    await signed_in.get_by_role("tab", name="Contracts").click()
    await expect(signed_in.get_by_text("Nothing is kept in step yet")).to_be_visible()
    await signed_in.get_by_role("tab", name="Settings").click()
    await expect(signed_in.get_by_label("Name", exact=True)).to_have_value("Loaves")


async def test_of_several_what_can_go_goes_and_the_rest_says_why_not(
    signed_in: Page, api: httpx.AsyncClient, flaws: Flaws
):
    await signed_in.goto("/app/sources")
    await signed_in.locator("thead .checkbox-radio-switch").click()
    await expect(signed_in.get_by_text("3 selected")).to_be_visible()
    assert await flaws() == []
    async with signed_in.expect_download() as saved:
        await signed_in.get_by_role("button", name="Export").click()
    assert (await saved.value).suggested_filename == "sources.yaml"

    await signed_in.get_by_role("button", name="Delete").click()
    dialog = signed_in.get_by_role("dialog")
    await expect(dialog.get_by_role("link", name="Loaves")).to_be_visible()
    await dialog.get_by_role("button", name="Delete").click()

    await expect(signed_in.get_by_text("2 deleted")).to_be_visible()
    await expect(signed_in.get_by_role("listitem").filter(has_text="'loaves'")).to_be_visible()
    left = (await api.get("/sources")).json()["results"]
    assert [source["slug"] for source in left] == ["bakery"]


@pytest.mark.parametrize(
    ("place", "path", "body"),
    [
        (ALONE, "sources/bakery", {"configuration": CONFIGURATION}),
        (EMBEDDED, "mappings/loaf", {"mapping": {"title": "name"}}),
    ],
    indirect=["place"],
)
async def test_of_two_changes_what_is_chosen_is_saved_on_top_of_the_newest(
    signed_in: Page, api: httpx.AsyncClient, path: str, body: dict[str, object], flaws: Flaws
):
    await signed_in.goto(f"/app/{path}?tab=settings")
    await signed_in.get_by_label("Name", exact=True).fill("Mine")
    theirs = {"name": "Theirs", "description": "Their words", **body}
    (await api.put(f"/{path}", json=theirs)).raise_for_status()
    save = signed_in.get_by_role("button", name="Save", exact=True)
    await save.click()
    await expect(signed_in.get_by_text("Somebody else has saved this meanwhile")).to_be_visible()
    await expect(signed_in.get_by_role("group", name="description")).to_contain_text("Their words")
    await expect(save).to_have_count(0)
    await expect(signed_in.get_by_label("Name", exact=True)).to_be_hidden()
    assert await flaws() == []

    await signed_in.get_by_role("button", name="Save what is chosen").click()

    await expect(signed_in.get_by_role("heading", name="Mine")).to_be_visible()
    saved = (await api.get(f"/{path}")).json()
    assert (saved["name"], saved["description"], saved["revision"]) == ("Mine", "Their words", 3)

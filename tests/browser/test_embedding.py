"""What Nextcloud demands of the page inside its own, and what the page costs it."""

import gzip

import httpx
from playwright.async_api import Page, expect

from tests.browser.conftest import MENU_ENTRY, Settled
from tests.fakes.nextcloud import FakeNextcloud

MOST_FILES = 6
MOST_BYTES = 200_000
"""Each file costs Nextcloud a PHP process, and each byte somebody's patience."""


async def test_the_first_page_loads_few_files_and_little(
    signed_in: Page, address: str, settled: Settled
):
    files: list[str] = []
    signed_in.on("request", lambda sent: files.append(sent.url))
    await signed_in.goto("/app/synchronizations")
    await settled()
    ours = [url for url in files if "/proxy/openconnector/" in url and "/api/" not in url]

    async with httpx.AsyncClient(headers={"Cookie": "nc_session_id=admin-session"}) as client:
        bodies = [(await client.get(url)).content for url in ours]

    assert 0 < len(ours) <= MOST_FILES, ours
    assert sum(len(gzip.compress(body)) for body in bodies) <= MOST_BYTES


async def test_the_page_speaks_the_language_of_the_account_not_of_the_browser(
    signed_in: Page, nextcloud: FakeNextcloud
):
    nextcloud.languages["admin"] = "nl"

    await signed_in.goto("/app/sources/nothing-like-this")
    await expect(signed_in.get_by_text("Deze pagina bestaat niet")).to_be_visible()

    await signed_in.goto("/app/sources")
    await expect(signed_in.get_by_role("heading", name="Bronnen")).to_be_visible()


async def test_who_is_not_logged_in_is_sent_to_nextclouds_login(page: Page, address: str):
    answer = await page.request.get(
        f"{address}{MENU_ENTRY}/sources", max_redirects=0, headers={"Accept": "text/html"}
    )

    assert answer.status == 303
    assert answer.headers["location"] == f"/login?redirect_url={MENU_ENTRY}/sources"


async def test_the_policy_around_the_page_is_enforced(signed_in: Page, complaints: list[str]):
    """So that the other tests prove something: what breaks the policy does not work, and would be noticed."""
    await signed_in.goto("/app/")
    ran = await signed_in.evaluate("""async () => {
        const inline = document.createElement('div')
        inline.setAttribute('onclick', 'window.ran = true')
        document.body.append(inline)
        inline.click()
        const reached = await fetch('data:text/plain,elsewhere').then(() => true, () => false)
        return { inline: Boolean(window.ran), reached }
    }""")

    assert ran == {"inline": False, "reached": False}
    assert all("Content Security Policy" in complaint for complaint in complaints)
    assert len(complaints) >= 2
    complaints.clear()

"""What administrators see of the installation, and everybody of the own account."""

import json

from playwright.async_api import Page, expect

from openconnector.engine import Engine
from tests.browser.conftest import alone, follow
from tests.fakes.nextcloud import FakeNextcloud


async def test_a_setting_is_saved_and_the_change_stands_in_the_trail_that_is_verified_and_exported(
    signed_in: Page, engine: Engine
):
    await signed_in.goto("/app/")
    await signed_in.get_by_role("link", name="Settings").click()
    days = signed_in.get_by_label("Keep runs days")
    await days.fill("0")
    await signed_in.get_by_role("button", name="Save").click()
    field = signed_in.locator('[data-field="keepRunsDays"]')
    await expect(field.get_by_role("alert")).to_contain_text("greater than or equal to 1")

    await days.fill("7")
    await signed_in.get_by_role("button", name="Save").click()
    await expect(signed_in.get_by_text("Saved", exact=True)).to_be_visible()
    await signed_in.get_by_role("link", name="Audit trail").click()
    row = signed_in.get_by_role("row", name="Settings")
    await expect(row).to_contain_text("keepRunsDays: 90 → 7")
    await signed_in.get_by_role("button", name="Verify").click()

    await expect(signed_in.get_by_text("1 entry, as it was written")).to_be_visible()
    async with engine.database.reading() as session:
        assert (await engine.installation.refresh(session)).keep_runs_days == 7
    async with signed_in.expect_download() as started:
        await signed_in.get_by_role("button", name="Export").click()
    saved = await (await started.value).path()
    assert "keepRunsDays" in str(json.loads(saved.read_text())["details"])


async def test_who_is_no_administrator_has_no_way_to_the_settings(
    signed_in: Page, nextcloud: FakeNextcloud
):
    nextcloud.groups["admin"] = []

    await signed_in.goto("/app/settings")

    await expect(signed_in.get_by_text("Only administrators may do this")).to_be_visible()
    await expect(signed_in.get_by_role("link", name="Your account")).to_be_visible()
    navigation = signed_in.locator("#app-navigation-vue")
    await expect(navigation.get_by_role("link", name="Settings")).to_have_count(0)


async def test_the_own_account_is_changed_at_nextcloud(signed_in: Page, nextcloud: FakeNextcloud):
    await signed_in.goto("/app/")
    await signed_in.get_by_role("link", name="Your account").click()
    await signed_in.get_by_label("Phone").fill("+31 20 555 0100")
    await signed_in.get_by_role("button", name="Save").click()

    await expect(signed_in.get_by_text("Saved", exact=True)).to_be_visible()
    assert nextcloud.accounts.shown("admin")["phone"] == "+31 20 555 0100"


@alone
async def test_a_server_of_its_own_tells_its_health_in_words_and_that_it_has_no_accounts(
    signed_in: Page,
):
    await signed_in.goto("/app/")
    await signed_in.get_by_role("link", name="Your account").click()

    await expect(signed_in.get_by_text("There are no accounts here")).to_be_visible()

    await follow(signed_in, "/app/settings/about")

    await expect(signed_in.get_by_role("heading", name="Key file")).to_be_visible()
    await expect(signed_in.get_by_text("In order").first).to_be_visible()

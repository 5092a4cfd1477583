"""What is configured is moved as a file."""

from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser.conftest import alone

FILE = """
sources:
  - slug: bakery
    name: Bakery
    configuration:
      kind: rest
      location: https://bread.example.org
      auth: {kind: bearer, token: "${BAKERY_TOKEN}"}
"""


async def test_a_file_is_looked_at_given_its_secret_saved_and_exported_again(
    signed_in: Page, tmp_path: Path
):
    await signed_in.goto("/app/")
    file = tmp_path / "bakery.yaml"
    file.write_text(FILE)
    await signed_in.get_by_role("link", name="Import and export").click()

    await signed_in.get_by_label("Files").set_input_files(file)
    await expect(signed_in.get_by_text("needs the variable BAKERY_TOKEN")).to_be_visible()
    await signed_in.get_by_label("BAKERY_TOKEN (needed)").fill("crumbs")
    await signed_in.get_by_role("button", name="Look again").click()
    await expect(signed_in.get_by_role("row", name="bakery")).to_contain_text("Created")
    await signed_in.get_by_role("button", name="Save it").click()

    await expect(signed_in.get_by_text("Everything is saved")).to_be_visible()
    async with signed_in.expect_download() as started:
        await signed_in.get_by_role("button", name="Save as a file").click()
    saved = (await (await started.value).path()).read_text()
    assert "slug: bakery" in saved
    assert "crumbs" not in saved


@alone
async def test_what_is_wrong_in_a_file_is_named_with_its_line(signed_in: Page, tmp_path: Path):
    file = tmp_path / "bakery.yaml"
    file.write_text(FILE.replace("kind: rest", "kind: oven"))
    await signed_in.goto("/app/transfer")

    await signed_in.get_by_label("Files").set_input_files(file)

    await expect(signed_in.get_by_text("bakery.yaml: sources.0.configuration")).to_be_visible()
    await expect(signed_in.get_by_role("button", name="Save it")).to_have_count(0)

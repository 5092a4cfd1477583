"""The editor of mappings as people use it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from playwright.async_api import Locator, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from openconnector.cli.serving import listening
from tests.browser.conftest import Flaws, alone, asking

PERSON = {
    "name": "Person",
    "mapping": {"name": "{{ first }}"},
    "tests": [{"name": "Ada", "input": {"first": "Ada"}, "expected": {"name": "Ada"}}],
}


@pytest.fixture
async def api(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """The API beside the page, with one mapping; the browser may keep the machine busy meanwhile."""
    async with asking(address) as client:
        (await client.post("mappings", json=PERSON)).raise_for_status()
        yield client


@pytest.fixture
async def editor(signed_in: Page, api: httpx.AsyncClient) -> Page:
    """The page of the mapping; its first test is the example."""
    await signed_in.goto("/app/mappings/person")
    await expect(result(signed_in)).to_contain_text("Ada")
    return signed_in


def result(page: Page) -> Locator:
    return page.get_by_role("region", name="Result as JSON")


async def rewrite(page: Page, field: str, text: str) -> None:
    await page.get_by_label(field).click()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(text)


async def choose(page: Page, name: str) -> None:
    """Take a suggestion by keyboard; for a moment after it appears keys still belong to the text."""
    await expect(page.get_by_role("option", name=name)).to_be_visible()
    appeared = await page.evaluate("performance.now()")
    await page.wait_for_function("appeared => performance.now() > appeared + 80", arg=appeared)
    await page.keyboard.press("Enter")


async def test_an_error_is_told_by_field_while_the_last_result_stays_and_mending_it_shows_the_new_one(
    editor: Page, api: httpx.AsyncClient, flaws: Flaws
):
    await rewrite(editor, "Expression of name", "{{ first | loud }}")

    await expect(editor.get_by_role("link", name="name", exact=True)).to_be_visible()
    await expect(editor.get_by_text("no filter 'loud'").first).to_be_visible()
    await expect(editor.get_by_text("Below is the last result there was")).to_be_visible()
    await expect(result(editor)).to_contain_text("Ada")
    await expect(editor.locator(".cm-lintRange-error")).to_have_text("loud")
    assert await flaws() == []

    await rewrite(editor, "Expression of name", "{{ first | upper }}")
    await expect(result(editor)).to_contain_text("ADA")
    await editor.keyboard.press("Control+S")

    # Its own test says otherwise, and whoever knows better saves it all the same.
    await expect(editor.get_by_text("The mapping breaks its own tests")).to_be_visible()
    async with editor.expect_response(lambda answer: answer.request.method == "PUT"):
        await editor.get_by_role("button", name="Save it all the same").click()
    assert (await api.get("mappings/person")).json()["mapping"] == {"name": "{{ first | upper }}"}


@alone
async def test_paths_and_filters_are_completed_by_keyboard_and_tab_leaves_the_editor(
    editor: Page, flaws: Flaws
):
    await editor.get_by_text("Template", exact=True).click()
    text = editor.get_by_label("Rules as text")
    await text.focus()
    await editor.keyboard.press("Control+End")
    await editor.keyboard.insert_text('  again: "{{ fir')
    await editor.keyboard.press("Control+Space")
    await choose(editor, "first")
    await editor.keyboard.type(" | upp")
    await choose(editor, "upper")
    await editor.keyboard.insert_text(' }}"')

    await expect(result(editor)).to_contain_text('"again": "ADA"')
    await editor.keyboard.press("Tab")
    await expect(text).not_to_be_focused()
    assert await flaws() == []


@alone
async def test_fields_are_added_and_moved_by_keyboard(editor: Page):
    await editor.get_by_role("button", name="Add a field").press("Enter")
    await editor.keyboard.type("first")
    await editor.keyboard.press("Tab")
    await editor.keyboard.type("address.x")
    await expect(result(editor)).to_contain_text('"first": "address.x"')
    await expect(editor.get_by_text("a text: the example has no such path")).to_be_visible()

    await editor.keyboard.press("Alt+ArrowUp")

    await expect(editor.locator("[data-target]").first).to_have_attribute("data-target", "first")
    await expect(editor.get_by_label("Expression of first")).to_be_focused()


@alone
async def test_an_old_revision_is_restored(editor: Page, api: httpx.AsyncClient, flaws: Flaws):
    changed = PERSON | {"mapping": {"name": "{{ first }}", "age": "{{ 3 }}"}, "tests": []}
    (await api.put("mappings/person", json=changed)).raise_for_status()
    await editor.goto("/app/mappings/person?tab=history")
    await expect(editor.get_by_role("button", name="Restore")).to_be_visible()
    assert await flaws() == []
    await editor.get_by_role("button", name="Restore").click()
    await expect(editor.get_by_text("Revision 3")).to_be_visible()

    await editor.get_by_role("tab", name="Settings").click()
    await expect(editor.get_by_role("tabpanel", name="Settings")).to_be_visible()
    assert await flaws() == []
    await editor.get_by_role("tab", name="Rules").click()

    await expect(editor.get_by_label("Expression of name")).to_be_visible()
    await expect(editor.get_by_label("Expression of age")).to_have_count(0)


@pytest.fixture
async def registry() -> AsyncIterator[str]:
    """A remote system with one person; its address."""

    async def people(_request: Request) -> Response:
        return JSONResponse([{"id": 1, "first": "Grace"}])

    async with listening(Starlette(routes=[Route("/people", people)])) as port:
        yield f"http://127.0.0.1:{port}"


async def test_a_real_record_is_loaded_held_against_the_target_and_kept_as_a_test(
    editor: Page, api: httpx.AsyncClient, registry: str, flaws: Flaws
):
    saved: dict[str, dict[str, Any]] = {
        "schemas": {
            "slug": "person",
            "title": "Person",
            "properties": {"name": {"type": "string"}, "born": {"type": "string"}},
            "required": ["born"],
        },
        "registers": {"slug": "people", "title": "People", "schemas": ["person"]},
        "sources": {
            "name": "Registry",
            "configuration": {"kind": "rest", "location": registry, "endpoint": "people"},
        },
        "synchronizations": {
            "name": "People",
            "sourceId": "registry",
            "sourceTargetMapping": "person",
            "target": {"kind": "object_store", "register": "people", "schema": "person"},
        },
    }
    for name, body in saved.items():
        (await api.post(name, json=body)).raise_for_status()
    await editor.reload()
    await editor.get_by_role("button", name="Load example").click()

    await expect(result(editor)).to_contain_text("Grace")
    await expect(editor.get_by_text("born missing, and required")).to_be_visible()

    await editor.get_by_role("button", name="Make a test of this").click()
    await editor.get_by_role("tab", name="Tests").click()
    await expect(editor.get_by_text("All tests pass")).to_be_visible()
    assert await flaws() == []
    async with editor.expect_response(lambda answer: answer.request.method == "PUT"):
        await editor.keyboard.press("Control+S")
    tests = (await api.get("mappings/person")).json()["tests"]
    assert tests[1]["input"] == {"id": 1, "first": "Grace"}


@alone
async def test_a_new_mapping_says_at_its_name_that_it_needs_one(signed_in: Page):
    await signed_in.goto("/app/mappings/new")
    await signed_in.get_by_role("button", name="Save").click()
    await expect(signed_in.get_by_role("alert")).to_be_visible()

    await signed_in.get_by_label("Name", exact=True).fill("Animal")
    await signed_in.get_by_role("button", name="Save").click()

    await expect(signed_in.get_by_role("heading", name="Animal")).to_be_visible()

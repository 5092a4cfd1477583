"""Runs as people watch them, and what they do when one does not end well."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Page, expect

from openconnector.engine import Engine
from tests.browser.conftest import Flaws, alone, asking
from tests.fakes.town import Remote, configure, standing

GOOD = [{"id": number, "name": f"Case {number}", "amount": number} for number in range(1, 6)]
BAD = {"id": 9, "name": "Broken", "amount": "many"}


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    async with standing() as found:
        found.records = [*GOOD]
        yield found


@pytest.fixture
async def api(address: str, remote: Remote) -> AsyncIterator[httpx.AsyncClient]:
    """The interface beside the page, with the synchronization `cases`."""
    async with asking(address) as client:
        await configure(client, remote)
        yield client


@pytest.fixture
async def worker(engine: Engine) -> AsyncIterator[None]:
    """What carries out runs that the page starts."""
    stop = asyncio.Event()
    working = asyncio.create_task(engine.worker().serve(stop))
    yield
    stop.set()
    await working


async def ended(api: httpx.AsyncClient, engine: Engine, how: str = "run") -> str:
    """Return the address on the page of a run that has ended."""
    started = (await api.post(f"synchronizations/cases/{how}")).json()
    await engine.worker().finish(started["id"])
    return f"/app/runs/{started['id']}"


@alone
async def test_deletions_are_listed_with_the_reason_and_done_once_they_are_approved(
    signed_in: Page, api: httpx.AsyncClient, engine: Engine, remote: Remote, flaws: Flaws
):
    await ended(api, engine)
    remote.records = GOOD[:1]
    run = await ended(api, engine)
    await signed_in.goto(run)
    await expect(signed_in.get_by_text("4 objects would be deleted")).to_be_visible()
    await expect(signed_in.get_by_text("Of 5 objects, at most 2 may be deleted")).to_be_visible()
    await expect(signed_in.get_by_role("cell", name="Case 5")).to_be_visible()
    assert await flaws() == []

    await signed_in.get_by_role("button", name="Delete them").click()
    await expect(signed_in.get_by_text("Queued")).to_be_visible()
    await engine.worker().finish(run.rpartition("/")[2])

    await expect(signed_in.get_by_text("0 new, 0 changed, 4 deleted")).to_be_visible()
    await expect(signed_in.get_by_role("heading", name="What was deleted")).to_be_visible()


async def test_a_failed_record_shows_why_and_is_tried_again_once_its_mapping_is_mended(
    signed_in: Page,
    api: httpx.AsyncClient,
    engine: Engine,
    remote: Remote,
    worker: None,
    flaws: Flaws,
):
    remote.records = [*GOOD, BAD]
    run = await ended(api, engine)
    await signed_in.goto(run)
    await expect(signed_in.get_by_text("1 of 6 records could not be handled.")).to_be_visible()
    await signed_in.get_by_role("link", name="Show the record").click()
    answer = signed_in.locator("section", has=signed_in.get_by_role("heading", name="Answer"))
    await expect(signed_in.get_by_label("Input")).to_contain_text('"many"')
    await expect(answer.get_by_text("As things are now")).to_be_visible()
    assert await flaws() == []

    mended = {"name": "Case", "mapping": {"title": "name", "amount": "{{ amount | length }}"}}
    (await api.put("mappings/case", json=mended)).raise_for_status()
    await signed_in.reload()
    await expect(signed_in.get_by_text("The mapping now makes something of it")).to_be_visible()
    await signed_in.get_by_role("button", name="Try this one again").click()

    await expect(signed_in.get_by_text("1 object was written: 1 new")).to_be_visible()
    await expect(signed_in.get_by_text("revision 2")).to_be_visible()


async def test_a_dry_run_shows_field_by_field_what_it_would_do(
    signed_in: Page, api: httpx.AsyncClient, engine: Engine, remote: Remote, flaws: Flaws
):
    await ended(api, engine)
    remote.records = [{**GOOD[0], "amount": 100}, *GOOD[1:4]]
    await signed_in.goto(await ended(api, engine, "dry-run"))

    await signed_in.get_by_text("Change: 1").click()

    await expect(signed_in.get_by_role("row", name="amount 1 100")).to_be_visible()
    await expect(signed_in.get_by_text("Delete: 5")).to_be_visible()
    assert await flaws() == []


@alone
async def test_runs_are_narrowed_by_the_server_and_the_address_keeps_it(
    signed_in: Page, api: httpx.AsyncClient, engine: Engine
):
    await ended(api, engine)
    await ended(api, engine, "dry-run")
    await signed_in.goto("/app/runs")
    await expect(signed_in.get_by_text("2 entries")).to_be_visible()

    await signed_in.get_by_role("combobox", name="Mode").click()
    await signed_in.get_by_role("option", name="Dry run").click()
    await expect(signed_in.get_by_text("1 entry")).to_be_visible()
    await signed_in.reload()

    await expect(signed_in.get_by_text("1 entry")).to_be_visible()
    await signed_in.goto("/app/runs?state=cancelled")
    await expect(signed_in.get_by_text("No run is like that")).to_be_visible()

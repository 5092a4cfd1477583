"""The first page as people use it: empty, with everything in order, and with something that needs attention."""

import gzip
import json
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, Response, expect

from openconnector.engine import Engine
from tests.browser.conftest import Flaws, Settled, alone, asking
from tests.fakes.hostile_server import answer, hostile_server

PERSON = {"code": "1", "name": "Anna"}


@pytest.fixture
async def staff(address: str, engine: Engine) -> AsyncIterator[int]:
    """A synchronization whose source refuses it; where that source is."""
    served = json.dumps([PERSON]).encode()
    async with hostile_server() as remote, asking(address) as api:
        remote.play("/people", answer(401), answer(body=served, content_type="application/json"))
        location = f"http://127.0.0.1:{remote.port}"
        source = {"kind": "rest", "location": location, "endpoint": "people"}
        schema = {"title": "Person", "properties": {"name": {"type": "string"}}}
        await api.post("/schemas", json=schema)
        await api.post("/registers", json={"title": "People", "schemas": ["person"]})
        await api.post("/sources", json={"name": "Staff", "configuration": source})
        synchronization = {
            "name": "Colleagues",
            "sourceId": "staff",
            "sourceConfig": {"idPosition": "code"},
            "target": {"kind": "object_store", "register": "people", "schema": "person"},
        }
        created = await api.post("/synchronizations", json=synchronization)
        assert created.status_code == 201, created.text
        run = await api.post("/synchronizations/colleagues/run")
        await engine.worker().finish(run.json()["id"])
        await engine.calls.flush()
        yield remote.port


@alone
async def test_who_has_nothing_yet_starts_from_the_example_and_sees_it_run(
    signed_in: Page, engine: Engine
):
    await signed_in.goto("/app/")
    await expect(signed_in.get_by_text("Connect your first system")).to_be_visible()
    await expect(
        signed_in.get_by_role("link", name="Create your first synchronization")
    ).to_be_visible()
    await signed_in.get_by_role("button", name="Start from an example").click()
    await expect(signed_in.get_by_role("heading", name="Run of Earthquakes")).to_be_visible()
    run_id = signed_in.url.rpartition("/")[2]
    await engine.worker().finish(run_id)

    await signed_in.goto("/app/")

    await expect(signed_in.get_by_text("Everything works.")).to_be_visible()
    await expect(signed_in.get_by_role("link", name="1,707 written")).to_be_visible()
    await expect(signed_in.get_by_role("img", name="Objects written")).to_be_visible()


async def test_a_failing_source_is_shown_leads_to_it_and_is_gone_once_it_answers(
    signed_in: Page, staff: int, engine: Engine, address: str, flaws: Flaws
):
    await signed_in.goto("/app/")
    await expect(signed_in.get_by_text("Needs attention")).to_be_visible()
    assert await flaws() == []
    refused = "The source “Staff” refuses the credentials (status 401)"
    await signed_in.get_by_role("link", name=refused).click()
    await expect(signed_in.get_by_role("heading", name="Staff", exact=True)).to_be_visible()
    await signed_in.go_back()

    await signed_in.get_by_role("button", name="Run now: Colleagues").click()
    await expect(signed_in.get_by_text("Queued")).to_be_visible()
    async with asking(address) as api:
        [run, _] = (await api.get("/runs")).json()["results"]
    await engine.worker().finish(run["id"])
    await engine.calls.flush()

    await expect(signed_in.get_by_text("Everything works.")).to_be_visible()
    await expect(signed_in.get_by_role("link", name="1 written")).to_be_visible()


MOST_BYTES = 200_000
MOST_REQUESTS = 6


async def test_the_first_page_is_small_takes_few_requests_and_asks_nobody_again_while_nothing_runs(
    signed_in: Page, staff: int, settled: Settled
):
    """What Nextcloud fetches from the app, each in a PHP process; scripts and styles as a server compresses them.

    Another language than English adds its words.
    """
    answers: list[Response] = []
    signed_in.on("response", lambda one: answers.append(one) if "/proxy/" in one.url else None)

    await signed_in.goto("/app/")
    await expect(signed_in.get_by_text("Needs attention")).to_be_visible()
    await settled()
    assert len(answers) <= MOST_REQUESTS, [one.url for one in answers]
    files = [await one.body() for one in answers if "/api/" not in one.url and one.ok]
    assert len(files) > 1  # the styles and the page; the loader is known by now
    assert sum(len(gzip.compress(file, 6)) for file in files) <= MOST_BYTES

    answers.clear()
    await signed_in.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await settled()
    # Who comes back to the page sees it as it is now.
    assert [one.url.rpartition("/")[2] for one in answers] == ["overview"]

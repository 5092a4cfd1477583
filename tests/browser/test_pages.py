"""Every page of the navigation, and what lies behind it: nothing that axe finds wrong, whatever there is to show."""

import json

import pytest
from playwright.async_api import Page, Route, expect

from openconnector.engine import Engine
from tests.browser.conftest import ALONE, EMBEDDED, MENU_ENTRY, Flaws, asking, follow
from tests.fakes.crowded import crowd
from tests.fakes.town import configure, standing

MANY = 1_000

SOURCE = {
    "name": "Bakery",
    "configuration": {"kind": "rest", "location": "https://bread.example.org"},
}
MAPPING = {"name": "Loaf", "mapping": {"name": "title"}}
SYNCHRONIZATION = {
    "name": "Bread",
    "sourceId": "bakery",
    "sourceConfig": {"idPosition": "id"},
    "sourceTargetMapping": "loaf",
    "target": {"kind": "rest", "source": "bakery", "endpoint": "/loaves"},
    "schedules": [{"kind": "cron", "expression": "0 6 * * *"}],
}

BEHIND = ("/app/settings/audit", "/app/settings/about")
FORMS = ("/app/sources/new", "/app/synchronizations/new", "/app/nonsense/of/it")
"""What they show does not depend on what there is; the last is the page of an address that is none."""


@pytest.fixture
def state(request: pytest.FixtureRequest) -> str:
    """What there is to show: nothing, a thousand of everything, or an answer that says why not."""
    found: str = request.param
    return found


@pytest.fixture
async def behind(state: str, engine: Engine, address: str) -> list[str]:
    """Pages that the navigation does not name; those of one of each where there is one."""
    if state == "broken":
        return [*BEHIND]
    if state == "empty":
        return [*BEHIND, *FORMS]
    async with asking(address) as client:
        for name, body in (
            ("sources", SOURCE),
            ("mappings", MAPPING),
            ("synchronizations", SYNCHRONIZATION),
        ):
            (await client.post(f"/{name}", json=body)).raise_for_status()
        run = await client.post("/synchronizations/bread/run")
        await client.post(f"/runs/{run.json()['id']}/cancel")
        async with standing() as remote:
            remote.records = [{"id": 1, "name": "Case 1", "amount": 1}]
            await configure(client, remote)
            done = await client.post("/synchronizations/cases/run")
            await engine.worker().finish(done.json()["id"])
        [contract] = (await client.get("/contracts")).json()["results"]
        [schedule] = (await client.get("/schedules")).json()["results"]
    await crowd(engine.database, MANY, schedule)
    return [
        *BEHIND,
        *FORMS,
        "/app/sources/bakery",
        "/app/mappings/loaf",
        "/app/synchronizations/bread",
        "/app/schedules/bread",
        "/app/registers/town/case",
        f"/app/registers/town/case/{contract['targetId']}",
        f"/app/runs/{run.json()['id']}",
    ]


@pytest.mark.parametrize(
    ("place", "state"),
    [(ALONE, "empty"), (EMBEDDED, "full"), (ALONE, "broken")],
    indirect=True,
)
async def test_no_page_has_a_flaw_that_axe_finds(
    signed_in: Page, state: str, behind: list[str], flaws: Flaws
):
    await signed_in.goto("/app/")
    await expect(signed_in.get_by_role("link", name="Settings")).to_be_visible()
    links = signed_in.locator("#app-navigation-vue a[href]")
    paths = [_short(str(await link.get_attribute("href"))) for link in await links.all()]
    paths += behind
    if state == "broken":
        await signed_in.route("**/api/v1/**", refused)

    wrong = {path: found for path in paths if (found := await flaws_at(signed_in, path, flaws))}

    assert len(paths) > len(behind)
    assert wrong == {}


async def flaws_at(page: Page, path: str, flaws: Flaws) -> list[str]:
    """Return what is wrong with a page once it shows all it has; it is gone to as a link does."""
    await follow(page, path)
    await expect(page.locator("#app-content-vue h2, .problem-note").first).to_be_visible()
    loading = page.locator("#app-content-vue .loading-icon")
    await expect(loading, f"{path} is loaded").to_have_count(0)
    assert page.url.endswith(path.removeprefix("/app"))
    return await flaws()


def _short(path: str) -> str:
    return f"/app{path.removeprefix(MENU_ENTRY).removeprefix('/app')}"


async def refused(route: Route) -> None:
    """Let the page know what there is, and nothing else."""
    if "/collections" in route.request.url:
        await route.continue_()
        return
    problem = {
        "title": "Not possible at the moment",
        "detail": "The storage is full",
        "status": 507,
    }
    await route.fulfill(
        status=507, content_type="application/problem+json", body=json.dumps(problem)
    )

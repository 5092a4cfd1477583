"""The page for a server that stands alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from openconnector.api.pages import Assets, pages


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    (tmp_path / "main-abc123.chunk.mjs").write_text("export {}")
    (tmp_path / "openconnector-main.js").write_text("import('./main-abc123.chunk.mjs')")
    app = Starlette(routes=[Mount("/files", Assets(directory=tmp_path)), *pages()])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://page.test"
    ) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/app", "/app/sources/bakery", "/app/a/b/c"])
async def test_every_address_of_the_page_answers_with_the_page(site: httpx.AsyncClient, path: str):
    answer = await site.get(path)

    assert answer.status_code == 200
    assert "OpenConnector" in answer.text
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_the_page_runs_no_script_but_those_of_its_own_server(site: httpx.AsyncClient):
    policy = (await site.get("/")).headers["Content-Security-Policy"]

    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("nl-NL,nl;q=0.9,en;q=0.8", "nl"), ("en-GB", "en"), ("fr,de", "en"), ("", "en")],
)
async def test_the_page_speaks_the_first_language_asked_for_that_it_knows(
    site: httpx.AsyncClient, accepted: str, language: str
):
    answer = await site.get("/", headers={"Accept-Language": accepted})

    assert f'<html lang="{language}"' in answer.text


async def test_a_file_named_for_its_content_is_kept_for_good_and_any_other_asked_for_again(
    site: httpx.AsyncClient,
):
    chunk = await site.get("/files/main-abc123.chunk.mjs")
    loader = await site.get("/files/openconnector-main.js")

    assert chunk.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert loader.headers["Cache-Control"] == "no-cache"

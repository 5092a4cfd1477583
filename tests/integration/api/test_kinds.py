"""The kinds there are, over HTTP."""

import httpx
import pytest

from openconnector.sources import SOURCES
from tests.fakes.ways import ON_SQLITE, Way


@pytest.fixture(params=ON_SQLITE)
def way(request: pytest.FixtureRequest) -> Way:
    """No database is asked."""
    found: Way = request.param
    return found


async def test_every_family_is_described(api: httpx.AsyncClient):
    families = (await api.get("kinds")).json()

    assert list(families) == ["source", "target", "auth", "paginator", "decoder", "schedule"]
    assert [kind["kind"] for kind in families["source"]] == list(SOURCES)
    assert all(kind["title"] and kind["schema"] for kinds in families.values() for kind in kinds)


async def test_one_kind_is_described_with_its_json_schema(api: httpx.AsyncClient):
    rest = (await api.get("kinds/source/rest")).json()

    assert rest["title"] == "REST API"
    assert rest["schema"]["properties"]["endpoint"]["description"]


@pytest.mark.parametrize("path", ["kinds/source/none", "kinds/none/rest"])
async def test_an_unknown_kind_is_not_found(api: httpx.AsyncClient, path: str):
    assert (await api.get(path)).status_code == 404

"""How the installation is, and what the caller may do in it, over HTTP."""

import httpx
import pytest

from openconnector.engine import Engine
from tests.fakes.ways import DIRECTLY_ON_SQLITE, Way


@pytest.fixture(params=DIRECTLY_ON_SQLITE)
def way(request: pytest.FixtureRequest) -> Way:
    """One way is enough: none of this depends on it."""
    found: Way = request.param
    return found


async def test_every_check_says_what_it_found(api: httpx.AsyncClient):
    found = (await api.get("health")).json()["results"]

    assert [one["check"] for one in found] == ["storage", "keys", "secrets", "clock", "worker"]
    assert {one["state"] for one in found} <= {"ok", "warn"}


async def test_what_is_wrong_is_told_with_its_remedy_in_the_readers_language(
    api: httpx.AsyncClient, engine: Engine
):
    engine.settings.key_file.chmod(0o644)

    answer = await api.get("health", headers={"Accept-Language": "nl"})

    keys = next(one for one in answer.json()["results"] if one["check"] == "keys")
    assert keys["state"] == "warn"
    assert "kan door anderen worden gelezen" in keys["message"]
    assert keys["remedy"] == f"chmod 600 {engine.settings.key_file}"


async def test_a_caller_can_find_out_what_it_may_do(api: httpx.AsyncClient):
    own = (await api.get("capabilities")).json()["capabilities"]["openconnector"]

    assert own["rights"] == ["read", "change", "own", "administer"]

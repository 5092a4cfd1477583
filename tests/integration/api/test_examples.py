"""The example over HTTP."""

import httpx
import pytest

from openconnector.engine import Engine
from tests.fakes.ways import DIRECT, Way


@pytest.fixture
def way() -> Way:
    """What is saved is saved as every import is: neither the database nor the door makes a difference."""
    return "migrated_sqlite_url", DIRECT


async def test_the_example_runs_without_a_network_and_writes_nothing_the_second_time(
    api: httpx.AsyncClient, engine: Engine
):
    loaded = await api.post("examples/earthquakes", json={})
    assert loaded.status_code == 201, loaded.text
    assert {one["action"] for one in loaded.json()["results"]} == {"created"}
    assert loaded.headers["Location"].endswith("/synchronizations/earthquakes")

    balances = []
    for _ in range(2):
        run = (await api.post("synchronizations/earthquakes/run")).json()
        await engine.worker().finish(run["id"])
        ended = (await api.get(f"runs/{run['id']}")).json()
        assert ended["state"] == "succeeded", ended["error"]
        balances.append(ended["balance"])

    first, second = balances
    assert first["created"] == first["found"] == second["unchanged"] > 1000


async def test_the_example_changes_nothing_that_is_there_already(api: httpx.AsyncClient):
    mine = {"name": "Earthquake", "mapping": {"mine": "id"}}
    await api.post("mappings", json=mine)

    refused = await api.post("examples/earthquakes", json={})

    assert refused.status_code == 409
    assert "'earthquake'" in refused.json()["detail"]
    assert (await api.get("mappings/earthquake")).json()["mapping"] == mine["mapping"]
    assert (await api.get("sources")).json()["total"] == 0

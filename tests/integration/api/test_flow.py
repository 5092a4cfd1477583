"""The flow of data over HTTP."""

import httpx
import pytest

from openconnector.engine import Engine
from tests.fakes.town import Remote
from tests.fakes.ways import ON_SQLITE, Way


@pytest.fixture(params=ON_SQLITE)
def way(request: pytest.FixtureRequest) -> Way:
    """It asks nothing of a database that the lists do not."""
    found: Way = request.param
    return found


async def test_every_synchronization_is_there_with_what_it_connects_and_how_it_stands(
    configured: httpx.AsyncClient, engine: Engine, remote: Remote
):
    source = (await configured.get("sources/remote")).json()
    second = {
        "name": "Away",
        "isEnabled": False,
        "sourceId": source["id"],
        "target": {"kind": "rest", "source": "remote", "endpoint": "copies"},
    }
    (await configured.post("synchronizations", json=second)).raise_for_status()
    third = {
        "name": "Both",
        "sourceId": "remote",
        "target": {"kind": "object_store", "register": "town", "schema": "case"},
    }
    (await configured.post("synchronizations", json=third)).raise_for_status()
    remote.records = [{"id": 1, "name": "Broken", "amount": "many"}]
    run = (await configured.post("synchronizations/cases/run")).json()
    await engine.worker().finish(run["id"])

    answer = (await configured.get("flow")).json()

    away, both, cases = answer["results"]
    assert [one["name"] for one in answer["results"]] == ["Away", "Both", "Cases"]
    assert {one["source"]["id"] for one in answer["results"]} == {source["id"]}
    assert (away["isEnabled"], away["mapping"], away["run"]) == (False, None, None)
    assert away["target"]["place"] == "remote / copies"
    assert both["target"]["key"] == cases["target"]["key"] != away["target"]["key"]
    assert cases["mapping"]["name"] == "Case"
    assert (cases["run"]["id"], cases["run"]["state"], cases["run"]["failed"]) == (
        run["id"],
        "failed",
        1,
    )

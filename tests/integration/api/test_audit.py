"""The audit trail over HTTP."""

import httpx
import orjson
from sqlalchemy import text

from openconnector.engine import Engine


async def _change_something(api: httpx.AsyncClient) -> None:
    mapping = {"name": "M", "mapping": {"a": "b"}}
    await api.post("mappings", json=mapping)
    await api.put("mappings/m", json=mapping | {"mapping": {"a": "c"}})
    await api.post("schemas", json={"title": "S"})
    await api.delete("mappings/m")


async def test_the_trail_is_read_newest_first_and_filtered(api: httpx.AsyncClient):
    await _change_something(api)

    every = (await api.get("audit")).json()
    deleted = (await api.get("audit", params={"action": "delete"})).json()
    mappings = (await api.get("audit", params={"subject": "mapping", "_limit": 2})).json()
    foreign = (await api.get("audit", params={"who": "nobody"})).json()
    future = (await api.get("audit", params={"since": "2999-01-01T00:00:00Z"})).json()

    assert [one["number"] for one in every["results"]] == [4, 3, 2, 1]
    assert every["results"][2]["details"] == {"changed": ["version", "mapping"]}
    assert every["results"][2]["who"] == "admin"
    assert [one["name"] for one in deleted["results"]] == ["m"]
    assert (mappings["total"], len(mappings["results"])) == (3, 2)
    assert foreign["total"] == future["total"] == 0


async def test_the_export_is_the_chain_oldest_first(api: httpx.AsyncClient):
    await _change_something(api)

    answer = await api.get("audit/export")
    later = await api.get("audit/export", params={"after": 3})

    lines = [orjson.loads(line) for line in answer.content.splitlines()]
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [line["number"] for line in lines] == [1, 2, 3, 4]
    assert orjson.loads(later.content) == lines[3]


async def test_a_whole_trail_is_verified_and_a_changed_one_is_found(
    api: httpx.AsyncClient, engine: Engine
):
    await _change_something(api)
    whole = (await api.post("audit/verify")).json()

    again = (await api.post("audit/verify", json=whole["end"])).json()
    async with engine.database.writing() as session:
        await session.execute(text("UPDATE audit SET who = 'eve' WHERE number = 2"))
    broken = (await api.post("audit/verify")).json()

    assert (whole["isIntact"], whole["entries"], whole["findings"]) == (True, 4, [])
    assert again["isIntact"]
    assert not broken["isIntact"]
    assert broken["findings"][0]["number"] == 2


async def test_an_end_that_was_never_one_is_refused(api: httpx.AsyncClient):
    answer = await api.post("audit/verify", json={"number": 1, "digest": "short"})

    assert answer.status_code == 400


async def test_a_moment_at_the_edge_of_time_is_refused_in_words(api: httpx.AsyncClient):
    edge = await api.get("audit", params={"since": "0001-01-01T00:00:00+14:00"})
    early = await api.get("audit", params={"since": "0001-01-02T00:00:00Z"})

    assert (edge.status_code, early.status_code) == (400, 200)
    assert "beyond the moments" in edge.json()["detail"]

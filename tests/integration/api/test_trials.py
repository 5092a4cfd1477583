"""Trying out sources and mappings over HTTP."""

from typing import Any

import httpx
import pytest

from tests.fakes.town import Remote
from tests.fakes.ways import DIRECTLY_ON_SQLITE, ON_SQLITE, Way


@pytest.fixture(params=DIRECTLY_ON_SQLITE)
def way(request: pytest.FixtureRequest) -> Way:
    """The fewest that do for what is decided outside; each address is tried once through every door too."""
    found: Way = request.param
    return found


THROUGH_EVERY_DOOR = pytest.mark.parametrize("way", ON_SQLITE, indirect=True)


MAPPING = {"mapping": {"title": "{{ name|upper }}", "year": "born"}, "cast": {"year": "integer"}}


@THROUGH_EVERY_DOOR
async def test_a_source_is_tried_with_one_request(configured: httpx.AsyncClient, remote: Remote):
    remote.records = [{"id": 1}, {"id": 2}, {"id": 3}]

    trial = (await configured.post("sources/remote/test")).json()

    assert trial["isSuccessful"]
    assert (trial["status"], trial["requests"]) == (200, 1)
    assert (trial["found"], trial["firstRecord"], trial["hasMore"]) == (2, {"id": 1}, True)
    assert trial["paginator"] == "page_number"
    assert trial["headers"]["x-shelf"] == "7"
    assert trial["durationMs"] > 0


async def test_a_trial_shows_no_secrets(configured: httpx.AsyncClient):
    trial = await configured.post("sources/remote/test")

    assert "s3cret" not in trial.text
    assert "x-api-key" not in trial.json()["headers"]


async def test_a_trial_reads_what_a_synchronization_would(
    configured: httpx.AsyncClient, remote: Remote
):
    remote.records = [{"id": 1}, {"id": 2}, {"id": 3}]
    choice = {"sourceConfig": {"query": {"page": "2"}, "paginator": {"kind": "single_page"}}}

    trial = (await configured.post("sources/remote/test", json=choice)).json()

    assert trial["firstRecord"] == {"id": 3}
    assert trial["paginator"] == "single_page"


@THROUGH_EVERY_DOOR
async def test_a_trial_that_fails_tells_why(configured: httpx.AsyncClient, remote: Remote):
    choice = {"sourceConfig": {"endpoint": "nowhere"}}

    trial = await configured.post("sources/remote/test", json=choice)

    assert trial.status_code == 200
    assert not trial.json()["isSuccessful"]
    assert trial.json()["status"] == 404
    assert trial.json()["found"] is None
    assert "nothing is there" in trial.json()["problem"]["detail"]


async def test_a_wrong_choice_is_named(configured: httpx.AsyncClient):
    choice = {"sourceConfig": {"location": "https://elsewhere.test"}}

    answer = await configured.post("sources/remote/test", json=choice)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "sourceConfig.location"


async def test_a_source_that_is_switched_off_is_not_tried(
    configured: httpx.AsyncClient, remote: Remote
):
    shown = (await configured.get("sources/remote")).json()
    body = {"name": "Remote", "configuration": shown["configuration"], "isEnabled": False}
    await configured.put("sources/remote", json=body)

    assert (await configured.post("sources/remote/test")).status_code == 409


@THROUGH_EVERY_DOOR
async def test_a_mapping_is_tried_on_one_record(api: httpx.AsyncClient):
    record = {"name": "Ada", "born": "1815"}

    mapped = (
        await api.post("mappings/test", json={"inputObject": record, "mapping": MAPPING})
    ).json()

    assert mapped["resultObject"] == {"title": "ADA", "year": 1815}
    assert (mapped["isValid"], mapped["validationErrors"]) == (True, [])
    year = next(field for field in mapped["trace"] if field["target"] == "year")
    assert year["inputs"] == {"born": "1815"}
    assert [cast["after"] for cast in year["casts"]] == [1815]


@pytest.mark.parametrize("schema", ["person", {"properties": {"year": {"maximum": 1800}}}])
async def test_the_result_is_held_against_a_schema(api: httpx.AsyncClient, schema: Any):
    person = {"title": "Person", "properties": {"year": {"maximum": 1800}}}
    await api.post("schemas", json=person)
    body = {"inputObject": {"name": "Ada", "born": 1815}, "mapping": MAPPING, "schema": schema}

    mapped = (await api.post("mappings/test", json=body)).json()

    assert not mapped["isValid"]
    assert mapped["validationErrors"][0].startswith("year: ")
    assert mapped["resultObject"]["year"] == 1815


async def test_a_saved_mapping_is_tried_by_name(api: httpx.AsyncClient):
    await api.post("mappings", json={"name": "Person", **MAPPING})

    mapped = await api.post(
        "mappings/test", json={"inputObject": {"name": "x"}, "mapping": "person"}
    )

    assert mapped.json()["resultObject"]["title"] == "X"


async def test_a_field_that_fails_is_named_beside_the_others(api: httpx.AsyncClient):
    mapping = {"mapping": {"good": "{{ 1 + 1 }}", "bad": "{{ 1 / zero }}"}}

    mapped = await api.post("mappings/test", json={"inputObject": {"zero": 0}, "mapping": mapping})

    assert mapped.status_code == 200
    assert (mapped.json()["isValid"], mapped.json()["resultObject"]) == (False, None)
    assert mapped.json()["validationErrors"][0].startswith("bad: ")
    good, bad = mapped.json()["trace"]
    assert (good["value"], good["error"], good["line"]) == (2, None, None)
    assert (bad["error"], bad["line"], bad["column"]) == ("a division by zero", 1, 4)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"inputObject": {}, "mapping": {"mapping": {"a": "{{ broken"}}}, "mapping.mapping.a"),
        ({"inputObject": {}, "mapping": {"mapping": 7}}, "mapping.mapping"),
        ({"inputObject": {}, "mapping": {}, "schema": {"type": "what"}}, "schema"),
        ({"inputObject": "text", "mapping": {}}, "inputObject"),
        ({"mapping": {}}, "inputObject"),
    ],
)
async def test_what_is_wrong_with_a_trial_is_named(
    api: httpx.AsyncClient, body: dict[str, Any], field: str
):
    answer = await api.post("mappings/test", json=body)

    assert answer.status_code == 400
    assert any(error["field"].startswith(field) for error in answer.json()["errors"])


@THROUGH_EVERY_DOOR
async def test_a_template_that_cannot_be_read_is_named_with_line_and_column(
    api: httpx.AsyncClient,
):
    mapping = {"mapping": {"good": "a", "bad": "b\n {{ c | nonsense }}"}}

    answer = await api.post("mappings/test", json={"inputObject": {}, "mapping": mapping})

    [error] = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (400, "mapping.mapping.bad")
    assert (error["line"], error["column"]) == (2, 9)


async def test_a_mapping_that_does_too_much_is_a_problem_of_its_own(api: httpx.AsyncClient):
    template = "{% for i in range(9000) %}" + "x" * 110 + "{% endfor %}"
    mapping = {"mapping": {f"field{number}": template for number in range(20)}}

    answer = await api.post("mappings/test", json={"inputObject": {}, "mapping": mapping})

    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:openconnector:problem:template_limit"


async def test_a_trial_with_an_unknown_mapping_or_schema_is_not_found(api: httpx.AsyncClient):
    for body in ({"mapping": "none"}, {"mapping": {}, "schema": "none"}):
        answer = await api.post("mappings/test", json={"inputObject": {}, **body})

        assert answer.status_code == 404


async def test_a_target_tells_what_it_expects_where_it_does(configured: httpx.AsyncClient):
    target = {"kind": "rest", "source": "remote", "endpoint": "cases"}
    sent = {"name": "Back", "sourceId": "remote", "target": target}
    await configured.post("synchronizations", json=sent)

    kept = (await configured.get("synchronizations/cases/target-schema")).json()["jsonSchema"]
    silent = (await configured.get("synchronizations/back/target-schema")).json()

    saved = (await configured.get("schemas/case")).json()
    assert kept["properties"] == saved["properties"]
    assert silent == {"jsonSchema": None}

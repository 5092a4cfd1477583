"""What authors of mappings ask over HTTP."""

from typing import Any

import httpx
import pytest

from openconnector.engine import Engine
from openconnector.previews.pool import PreviewLimits, Previews
from tests.fakes.previews import WatchingPreviews, calculate_with
from tests.fakes.ways import DIRECTLY_ON_SQLITE, ON_SQLITE, Way


@pytest.fixture(params=DIRECTLY_ON_SQLITE)
def way(request: pytest.FixtureRequest) -> Way:
    """The fewest that do for what is decided outside; each address is tried once through every door too."""
    found: Way = request.param
    return found


THROUGH_EVERY_DOOR = pytest.mark.parametrize("way", ON_SQLITE, indirect=True)


@THROUGH_EVERY_DOOR
async def test_lineage_names_the_paths_of_called_mappings_too(api: httpx.AsyncClient):
    await api.post("mappings", json={"name": "Address", "mapping": {"street": "straat"}})
    body = {
        "name": "Person",
        "mapping": {"home": "{{ mapping('address', adres) }}", "age": "leeftijd"},
        "cast": {"age": "integer"},
        "passThrough": True,
        "unset": ["adres"],
    }
    await api.post("mappings", json=body)

    origins = (await api.get("mappings/person/lineage")).json()

    home, age = origins["fields"]
    assert (origins["passThrough"], origins["unset"]) == (True, ["adres"])
    assert home["reads"] == ["adres", "adres.straat"]
    assert home["calls"][0]["fields"][0]["target"] == "street"
    assert (age["reads"], age["casts"]) == (["leeftijd"], ["integer"])


async def test_the_lineage_of_no_mapping_is_not_found(api: httpx.AsyncClient):
    assert (await api.get("mappings/none/lineage")).status_code == 404


PERSON = {
    "name": "Person",
    "mapping": {"name": "{{ first }}", "age": "{{ 7 / zero }}"},
    "outputSchema": {"properties": {"name": {"minLength": 2}}},
}
RIGHT = {
    "name": "right",
    "input": {"first": "Ada", "zero": 7},
    "expected": {"name": "Ada", "age": 1},
}
WRONG = {"name": "wrong", "input": {"first": "A", "zero": 7}, "expected": {"name": "B", "age": 1}}
FAILING = {"input": {"first": "Ada", "zero": 0}, "expected": {}}


@THROUGH_EVERY_DOOR
async def test_a_mapping_that_breaks_its_own_tests_is_refused_with_each_test_and_field(
    api: httpx.AsyncClient,
):
    created = await api.post("mappings", json={**PERSON, "tests": [RIGHT, WRONG, FAILING]})

    told = {error["field"]: error["message"] for error in created.json()["errors"]}
    assert created.status_code == 400
    assert told == {
        "tests.1.expected.name": """in 'wrong' name is "A"; expected "B\"""",
        "tests.1": "in 'wrong' the result breaks the output schema: "
        "name: the value is shorter than 2 characters",
        "tests.2.expected.age": "in 'test 3' age failed: a division by zero",
    }
    assert (await api.get("mappings")).json()["total"] == 0


@THROUGH_EVERY_DOOR
async def test_an_update_that_breaks_the_tests_is_refused_unless_forced_and_that_is_seen(
    api: httpx.AsyncClient,
):
    await api.post("mappings", json={**PERSON, "tests": [RIGHT]})
    broken = {**PERSON, "mapping": {"name": "first"}, "tests": [RIGHT]}

    refused = await api.put("mappings/person", json=broken)
    forced = await api.put("mappings/person?force=true", json=broken)
    again = await api.put("mappings/person", json=broken)
    mended = await api.put("mappings/person?force=true", json={**PERSON, "tests": [RIGHT]})
    revisions = (await api.get("mappings/person/revisions")).json()["results"]

    assert refused.status_code == 400
    assert (forced.status_code, forced.json()["isForced"]) == (200, True)
    assert (again.status_code, again.json()["revision"], again.json()["isForced"]) == (200, 2, True)
    assert (mended.status_code, mended.json()["isForced"]) == (200, False)
    assert [(one["number"], one["isForced"]) for one in revisions] == [
        (3, False),
        (2, True),
        (1, False),
    ]


@THROUGH_EVERY_DOOR
async def test_restoring_a_forced_revision_has_to_be_forced_again(api: httpx.AsyncClient):
    await api.post("mappings?force=true", json={**PERSON, "tests": [WRONG]})
    await api.put("mappings/person", json={**PERSON, "tests": []})

    refused = await api.post("mappings/person/revisions/1/restore")
    forced = await api.post("mappings/person/revisions/1/restore?force=true")

    assert (refused.status_code, forced.status_code) == (400, 200)
    assert forced.json()["isForced"]


async def test_no_writing_transaction_is_open_while_the_tests_of_a_save_run(
    api: httpx.AsyncClient, engine: Engine
):
    watching = WatchingPreviews(engine.database)
    calculate_with(engine, watching)

    await api.post("mappings", json={**PERSON, "tests": [RIGHT]})
    await api.put("mappings/person", json={**PERSON, "tests": [RIGHT, RIGHT]})
    restored = await api.post("mappings/person/revisions/1/restore")

    assert restored.status_code == 200
    assert watching.was_free == [True, True, True]


@pytest.mark.parametrize("key", ["own", "urn:own", "the id"])
async def test_a_mapping_that_begins_to_call_itself_is_refused(api: httpx.AsyncClient, key: str):
    body = {"name": "Own", "reference": "urn:own"}
    created = (await api.post("mappings", json={**body, "mapping": {"a": "b"}})).json()
    called = created["id"] if key == "the id" else key

    saved = await api.put(
        "mappings/own", json={**body, "mapping": {"a": f"{{{{ mapping('{called}', {{}}) }}}}"}}
    )

    assert saved.status_code == 400
    assert "calls itself" in saved.json()["errors"][0]["message"]


async def test_a_mapping_is_tested_with_those_it_calls_as_they_are_saved(api: httpx.AsyncClient):
    outer = {
        "name": "Outer",
        "mapping": {"name": "{{ mapping('inner', _context).name }}"},
        "tests": [{"input": {"first": "Ada", "last": "Byron"}, "expected": {"name": "Byron"}}],
    }
    await api.post("mappings", json={"name": "Inner", "mapping": {"name": "first"}})

    refused = await api.post("mappings", json=outer)
    await api.put("mappings/inner", json={"name": "Inner", "mapping": {"name": "last"}})
    saved = await api.post("mappings", json=outer)

    assert (refused.status_code, saved.status_code) == (400, 201)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tests": [RIGHT] * 101}, "tests"),
        ({"tests": [{**RIGHT, "input": {"first": "x" * 1_000_001}}]}, "tests"),
        ({"tests": [{"input": {}}]}, "tests.0.expected"),
        ({"tests": [{**RIGHT, "input": 7}]}, "tests.0.input"),
        ({"tests": [{**RIGHT, "now": "tomorrow"}]}, "tests.0.now"),
        ({"tests": [{**RIGHT, "now": 7}]}, "tests.0.now"),
        ({"outputSchema": {"type": "what"}}, "outputSchema"),
        ({"outputSchema": []}, "outputSchema"),
    ],
)
async def test_tests_and_schemas_that_are_none_are_refused_even_when_forced(
    api: httpx.AsyncClient, change: dict[str, Any], field: str
):
    answer = await api.post("mappings?force=true", json={**PERSON, **change})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].startswith(field)


async def test_force_is_for_mappings_alone(api: httpx.AsyncClient):
    answer = await api.post("sources?force=true", json={})

    assert answer.json()["errors"][0]["field"] == "force"


async def test_tests_that_take_too_long_are_refused(api: httpx.AsyncClient, engine: Engine):
    loop = "{% for i in range(10000) %}{% for j in range(19) %}{% endfor %}{% endfor %}"
    mapping = {f"field{number}": loop for number in range(200)}
    calculate_with(engine, Previews(PreviewLimits(seconds=0.5)))
    test: dict[str, Any] = {"input": {}, "expected": {}}

    answer = await api.post("mappings", json={"name": "B", "mapping": mapping, "tests": [test]})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "tests"


async def test_a_test_carries_the_moment_at_which_it_is_run(api: httpx.AsyncClient):
    mapping = {"name": "Dated", "mapping": {"on": "{{ 'now' | date('Y-m-d') }}"}}
    test = {"now": "1815-12-10T12:00:00+01:00", "input": {}, "expected": {"on": "1815-12-10"}}

    created = await api.post("mappings", json={**mapping, "tests": [test]})
    verified = await api.post("mappings/dated/verify")

    assert (created.status_code, created.json()["tests"][0]["now"]) == (201, test["now"])
    assert verified.json()["isPassed"]


@THROUGH_EVERY_DOOR
async def test_verifying_tells_of_every_test(api: httpx.AsyncClient):
    await api.post("mappings?force=true", json={**PERSON, "tests": [RIGHT, WRONG, FAILING]})

    told = (await api.post("mappings/person/verify")).json()

    right, wrong, failing = told["tests"]
    assert not told["isPassed"]
    assert (right["name"], right["isPassed"]) == ("right", True)
    assert [(one["path"], one["expected"], one["found"]) for one in wrong["findings"]] == [
        ("name", "B", "A")
    ]
    assert wrong["schemaProblems"]
    [finding] = failing["findings"]
    assert (finding["path"], finding["line"], finding["column"]) == ("age", 1, 4)


async def test_trying_a_mapping_holds_the_result_to_its_own_output_schema(api: httpx.AsyncClient):
    await api.post("mappings", json=PERSON)
    body = {"inputObject": {"first": "A", "zero": 1}}

    for mapping in ("person", PERSON):
        tried = (await api.post("mappings/test", json={**body, "mapping": mapping})).json()
        assert not tried["isValid"]
        assert tried["validationErrors"][0].startswith("name: ")


STAFF = {"voornaam": "Ada", "geboortedatum": "10-12-1815"}
WANTED = {
    "properties": {
        "firstName": {"type": "string"},
        "birthDate": {"type": "string", "format": "date"},
        "weight": {"type": "number"},
    }
}


@THROUGH_EVERY_DOOR
async def test_a_mapping_is_suggested_that_gives_what_the_schema_asks_for(api: httpx.AsyncClient):
    body = {"inputObject": STAFF, "schema": WANTED}

    told = (await api.post("mappings/suggest", json=body)).json()
    mapping = {"mapping": told["mapping"], "cast": told["cast"]}
    tried = await api.post("mappings/test", json={"inputObject": STAFF, "mapping": mapping})

    assert [(one["target"], one["source"]) for one in told["suggestions"]] == [
        ("firstName", "voornaam"),
        ("birthDate", "geboortedatum"),
    ]
    assert all(0 < one["score"] <= 1 and one["reason"] for one in told["suggestions"])
    assert (told["unmatchedTargets"], told["unmatchedSources"]) == (["weight"], [])
    assert tried.json()["resultObject"] == {"firstName": "Ada", "birthDate": "1815-12-10"}


async def test_a_mapping_is_suggested_for_a_saved_schema_from_several_records(
    api: httpx.AsyncClient,
):
    await api.post("schemas", json={"title": "Person", **WANTED})
    body = {"inputObject": [STAFF, {"gewicht": "61", "weight": 61}], "schema": "person"}

    told = (await api.post("mappings/suggest", json=body)).json()

    assert {one["target"] for one in told["suggestions"]} == set(WANTED["properties"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"inputObject": {}, "schema": {}}, 400),
        ({"inputObject": [], "schema": WANTED}, 400),
        ({"inputObject": [7], "schema": WANTED}, 400),
        ({"inputObject": {}}, 400),
        ({"inputObject": {}, "schema": 7}, 400),
        ({"inputObject": {}, "schema": "none"}, 404),
        ({"inputObject": {}, "schema": {"properties": {str(n): {} for n in range(201)}}}, 400),
    ],
)
async def test_a_suggestion_that_cannot_be_made_is_refused(
    api: httpx.AsyncClient, body: dict[str, Any], status: int
):
    answer = await api.post("mappings/suggest", json=body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@THROUGH_EVERY_DOOR
async def test_tests_are_run_with_a_mapping_that_is_not_saved(api: httpx.AsyncClient):
    draft = {"mapping": {"name": "{{ first | upper }}"}}
    tests = [
        {"name": "right", "input": {"first": "Ada"}, "expected": {"name": "ADA"}},
        {"name": "wrong", "input": {"first": "Ada"}, "expected": {"name": "Ada"}},
    ]

    answer = await api.post("mappings/verify", json={"mapping": draft, "tests": tests})

    right, wrong = answer.json()["tests"]
    assert (answer.status_code, answer.json()["isPassed"]) == (200, False)
    assert right["isPassed"]
    assert wrong["findings"][0] | {"message": ""} == {
        "path": "name",
        "message": "",
        "expected": "Ada",
        "found": "ADA",
        "line": None,
        "column": None,
    }


@THROUGH_EVERY_DOOR
async def test_the_reference_says_what_a_mapping_can_name_in_which_dialect(api: httpx.AsyncClient):
    found = (await api.get("mapping-reference")).json()

    batch = next(one for one in found if (one["kind"], one["name"]) == ("filter", "batch"))
    assert (batch["arguments"], batch["dialects"]) == ("(size, fill=...)", ["jinja"])
    assert batch["summary"].startswith("Part a list")
    assert batch["examples"][0]["expression"] == "{{ [1, 2, 3] | batch(2) }}"
    assert {one["kind"] for one in found} == {"filter", "function", "test", "method", "cast"}

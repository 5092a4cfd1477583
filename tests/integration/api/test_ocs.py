"""The same resources in the envelope of OCS, as Nextcloud speaks it."""

import httpx
import pytest
from fastapi import FastAPI
from lxml import etree  # type: ignore[import-untyped]  # it ships no types

from openconnector.api.app import create_api
from openconnector.api.callers import by_token
from openconnector.engine import Engine
from tests.fakes.ways import DIRECTLY_ON_SQLITE, ON_SQLITE, THROUGH_DOORS, Way
from tests.integration.api.conftest import TOKEN

NOT_THROUGH_PHP = [*DIRECTLY_ON_SQLITE, THROUGH_DOORS[1]]

V1, V2 = "/ocs/v1.php", "/ocs/v2.php"
APP = "/apps/openconnector/api/v1"
OK = {
    V1: {
        "status": "ok",
        "statuscode": 100,
        "message": "OK",
        "totalitems": "",
        "itemsperpage": "",
    },
    V2: {"status": "ok", "statuscode": 200, "message": "OK"},
}


@pytest.fixture(params=ON_SQLITE)
def way(request: pytest.FixtureRequest) -> Way:
    """No database sees an envelope."""
    found: Way = request.param
    return found


@pytest.fixture
async def ocs(administrator: httpx.AsyncClient) -> httpx.AsyncClient:
    """The administrator's client, which asks for JSON and whose paths are whole."""
    administrator.headers["Accept"] = "application/json"
    return administrator


def meta_of(answer: httpx.Response) -> dict:
    found: dict = answer.json()["ocs"]["meta"]
    return found


@pytest.mark.parametrize("version", [V1, V2])
async def test_a_resource_is_the_data_of_its_envelope(ocs: httpx.AsyncClient, version: str):
    plain = await ocs.get("/api/v1/kinds")

    answer = await ocs.get(f"{version}{APP}/kinds")

    assert answer.status_code == 200
    assert answer.json() == {"ocs": {"meta": OK[version], "data": plain.json()}}
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("version", "status", "code"), [(V1, 200, 100), (V2, 201, 201)])
async def test_what_is_created_is_answered_as_the_version_has_it(
    ocs: httpx.AsyncClient, version: str, status: int, code: int
):
    body = {"title": "Case", "properties": {}}

    answer = await ocs.post(f"{version}{APP}/schemas", json=body)

    assert (answer.status_code, meta_of(answer)["statuscode"]) == (status, code)
    location = answer.url.join(answer.headers["location"])
    assert f"{version}{APP}/schemas/" in location.path
    assert (await ocs.get(location)).json()["ocs"]["data"] == answer.json()["ocs"]["data"]


@pytest.mark.parametrize(("version", "code"), [(V1, 100), (V2, 200)])
async def test_an_answer_without_a_body_has_an_envelope_too(
    ocs: httpx.AsyncClient, version: str, code: int
):
    await ocs.post("/api/v1/schemas", json={"title": "Case", "properties": {}})

    answer = await ocs.delete(f"{version}{APP}/schemas/case")

    assert (answer.status_code, answer.json()["ocs"]["data"]) == (200, [])
    assert meta_of(answer)["statuscode"] == code


ERRORS: list[tuple[str, str, int, int]] = [
    ("GET", f"{APP}/sources/none", 404, 404),
    ("GET", f"{APP}/nowhere", 404, 998),
    ("GET", f"{APP}", 404, 998),
    ("GET", "/cloud/user", 404, 998),
    ("GET", "/apps/openconnector/heartbeat", 404, 998),
    ("GET", "/apps/openconnector/init", 404, 998),
    ("GET", "/apps/openconnector/api/v1/../../heartbeat", 404, 998),
    ("GET", "/ocs/v2.php/apps/openconnector/api/v1/kinds", 404, 998),
    ("GET", f"{APP}/sources?_page=0", 400, 400),
    ("GET", f"{APP}/sources?format=yaml", 400, 400),
]


async def test_an_error_is_worded_in_the_meta_block(
    ocs: httpx.AsyncClient, subtests: pytest.Subtests
):
    for method, path, status, code in ERRORS:
        with subtests.test(path=path):
            v1 = await ocs.request(method, V1 + path)
            v2 = await ocs.request(method, V2 + path)

            is_ours = "format=" in path
            assert (v1.status_code, v2.status_code) == (400 if is_ours else 200, status)
            for answer in (v1, v2) if not is_ours else ():
                meta = meta_of(answer)
                assert (meta["status"], meta["statuscode"]) == ("failure", code)
                assert meta["message"] == answer.json()["ocs"]["data"]["detail"]


@pytest.mark.parametrize("way", NOT_THROUGH_PHP, indirect=True)
async def test_a_method_that_is_not_known_is_worded_too(ocs: httpx.AsyncClient):
    v1 = await ocs.patch(f"{V1}{APP}/sources/none")
    v2 = await ocs.patch(f"{V2}{APP}/sources/none")

    assert (v1.status_code, meta_of(v1)["statuscode"]) == (200, 405)
    assert (v2.status_code, meta_of(v2)["statuscode"]) == (405, 405)


@pytest.mark.parametrize("way", DIRECTLY_ON_SQLITE, indirect=True)
@pytest.mark.parametrize("version", [V1, V2])
async def test_who_is_not_known_gets_401_in_both_versions(anyone: httpx.AsyncClient, version: str):
    answer = await anyone.get(f"{version}{APP}/kinds?format=json")

    assert (answer.status_code, meta_of(answer)["statuscode"]) == (401, 997)


async def test_a_list_tells_how_many_there_are(ocs: httpx.AsyncClient):
    for title in ("One", "Two"):
        await ocs.post("/api/v1/schemas", json={"title": title, "properties": {}})

    answers = {
        version: await ocs.get(f"{version}{APP}/schemas", params={"_limit": 1})
        for version in (V1, V2)
    }

    counts = {
        version: (meta_of(answer)["totalitems"], meta_of(answer)["itemsperpage"])
        for version, answer in answers.items()
    }
    assert counts == {V1: ("2", "1"), V2: (2, 1)}


FORMATS: list[tuple[str, str, str]] = [
    ("*/*", "", "xml"),
    ("text/html,application/xml;q=0.9", "", "xml"),
    ("application/json", "?format=xml", "xml"),
    ("*/*", "?format=json", "json"),
    ("text/plain, Application/JSON;q=0.5, */*", "", "json"),
    ("*/*", "?_limit=1&format=json&_page=1", "json"),
]


async def test_the_query_decides_the_format_and_else_the_header(
    ocs: httpx.AsyncClient, subtests: pytest.Subtests
):
    for accept, query, kind in FORMATS:
        with subtests.test(accept=accept):
            answer = await ocs.get(f"{V2}{APP}/sources{query}", headers={"Accept": accept})

            assert answer.status_code == 200
            assert answer.headers["content-type"] == f"application/{kind}; charset=utf-8"


async def test_xml_holds_what_json_holds(ocs: httpx.AsyncClient):
    properties = {"a<b&c": {"type": "string"}, "dct:title": {}, "0": {"enum": [True, False, 1.5]}}
    schema = {"title": "Zaak <é>\x01", "properties": properties}
    await ocs.post("/api/v1/schemas", json=schema)

    answer = await ocs.get(f"{V1}{APP}/schemas?format=xml")

    root = etree.fromstring(answer.content)
    first = root.find("data/results/element")
    names = [(one.tag, one.get("name")) for one in first.find("properties")]
    assert [child.text for child in root.find("meta")] == ["ok", "100", "OK", "1", "20"]
    assert first.findtext("title") == "Zaak <é>\ufffd"
    assert names == [("element", "a<b&c"), ("element", "dct:title"), ("element", None)]
    assert [one.text for one in first.find("properties")[2].find("enum")] == ["1", None, "1.5"]


@pytest.mark.parametrize("version", [V1, V2])
async def test_a_session_has_to_say_that_it_speaks_ocs(ocs: httpx.AsyncClient, version: str):
    ocs.headers["Cookie"] = "nc_session_id=x"

    refused = await ocs.get(f"{version}{APP}/kinds")
    passed = await ocs.get(f"{version}{APP}/kinds", headers={"OCS-APIRequest": "true"})

    assert (refused.status_code, meta_of(refused)["statuscode"]) == (412, 412)
    assert passed.status_code == 200


@pytest.mark.parametrize("way", DIRECTLY_ON_SQLITE, indirect=True)
async def test_the_description_of_the_interface_is_no_secret_here_either(anyone: httpx.AsyncClient):
    answer = await anyone.get(f"{V2}{APP}/openapi.json?format=json")

    server = answer.json()["ocs"]["data"]["servers"][0]
    assert answer.url.join(server["url"]).path == f"{V2}{APP}"


@pytest.mark.parametrize("version", [V1, V2])
async def test_the_capabilities_stand_where_nextcloud_has_its_own(
    ocs: httpx.AsyncClient, version: str
):
    plain = await ocs.get("/api/v1/capabilities")

    answer = await ocs.get(f"{version}/cloud/capabilities")

    own = plain.json()["capabilities"]["openconnector"]
    assert answer.json()["ocs"]["data"] == plain.json()
    assert "rest" in own["kinds"]["source"]
    assert own["limits"] == {"bodyBytes": 4194304, "bodyDepth": 100, "pageEntries": 100}


@pytest.mark.parametrize("way", DIRECTLY_ON_SQLITE, indirect=True)
async def test_a_fault_of_the_application_has_an_envelope_too(
    engine: Engine, ocs: httpx.AsyncClient
):
    app: FastAPI = create_api(engine, authenticate=by_token(TOKEN))

    async def boom():
        raise RuntimeError("boom")

    app.add_api_route("/api/v1/boom", boom)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://api.test", headers=ocs.headers
    ) as client:
        answer = await client.get(f"{V2}{APP}/boom")

    assert (answer.status_code, meta_of(answer)["statuscode"]) == (500, 996)


@pytest.mark.parametrize("way", NOT_THROUGH_PHP, indirect=True)
async def test_a_reference_with_slashes_keeps_them(ocs: httpx.AsyncClient):
    answer = await ocs.get(f"{V2}{APP}/sources/https%3A%2F%2Fexample.org%2F1")

    assert "https://example.org/1" in meta_of(answer)["message"]

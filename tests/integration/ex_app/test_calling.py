"""Other apps call as docs/calling.md shows them: the ExApp with its engine, asked by a PHP app and by a browser."""

import itertools
import re
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest

from ex_app.app import create_app
from ex_app.hosting import hosted
from tests.fakes.exapp import client_for, settings_for
from tests.fakes.nextcloud import FakeNextcloud
from tests.fakes.php_app import PublicFunctions

PAGE = (Path(__file__).parents[3] / "docs" / "calling.md").read_text()
OCS = "/ocs/v2.php/apps/openconnector/api/v1"


@pytest.fixture
def nextcloud() -> FakeNextcloud:
    return FakeNextcloud(is_registered=True, is_enabled=True)


@pytest.fixture
async def exapp(
    nextcloud: FakeNextcloud, migrated_storage: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """The ExApp; no worker takes up what is queued."""
    settings = settings_for(nextcloud, app_persistent_storage=migrated_storage)
    engine = hosted(settings)
    app = create_app(settings, engine, transport=httpx.ASGITransport(nextcloud))
    async with engine.api.router.lifespan_context(engine.api):
        yield client_for(app)


@pytest.fixture
async def openconnector(nextcloud: FakeNextcloud, exapp: httpx.AsyncClient) -> PublicFunctions:
    """The way of a PHP app; a synchronization `cases` is there."""
    functions = PublicFunctions(nextcloud, exapp)
    source = {
        "name": "Remote",
        "configuration": {"kind": "rest", "location": "https://remote.test"},
    }
    synchronization = {
        "name": "Cases",
        "sourceId": "remote",
        "target": {"kind": "rest", "source": "remote", "endpoint": "x"},
    }
    for place, body in {"sources": source, "synchronizations": synchronization}.items():
        made = await functions.request(
            "openconnector", f"{OCS}/{place}?format=json", "admin", "POST", body
        )
        assert isinstance(made, httpx.Response)
        assert made.status_code == 201, made.text
    return functions


async def test_the_snippet_for_php_apps_queues_a_run(openconnector: PublicFunctions):
    shown = re.search(
        r"exAppRequest\(\s*'(\w+)',\s*'([^']+)',.*?'(\w+)',\s*\['force' => true\]", PAGE, re.DOTALL
    )
    assert shown is not None
    app_id, route, method = shown.groups()

    answer = await openconnector.request(app_id, route, "admin", method, {"force": True})

    assert isinstance(answer, httpx.Response)
    ocs = answer.json()["ocs"]
    assert (answer.status_code, ocs["meta"]["status"]) == (202, "ok")
    assert ocs["data"]["state"] == "queued"
    watched = await openconnector.request(
        app_id, f"{OCS}/runs/{ocs['data']['id']}", "admin", "GET", {"after": 0, "format": "json"}
    )
    assert isinstance(watched, httpx.Response)
    assert watched.json()["ocs"]["data"]["id"] == ocs["data"]["id"]


async def test_a_php_app_that_asks_for_nothing_reads_xml(openconnector: PublicFunctions):
    answer = await openconnector.request("openconnector", f"{OCS}/sources", "admin", "GET")

    assert isinstance(answer, httpx.Response)
    root = ET.fromstring(answer.content)  # noqa: S314  our own
    assert root.findtext("meta/statuscode") == "200"
    assert root.findtext("data/results/element/slug") == "remote"


async def test_a_php_app_acts_for_an_account_that_exists(openconnector: PublicFunctions):
    for user in (None, "ghost"):
        answer = await openconnector.request(
            "openconnector", f"{OCS}/sources?format=json", user, "GET"
        )

        assert isinstance(answer, httpx.Response)
        assert (answer.status_code, answer.json()["ocs"]["meta"]["statuscode"]) == (401, 997)


async def test_a_browser_reads_with_its_session_and_the_header_of_ocs(
    nextcloud: FakeNextcloud, exapp: httpx.AsyncClient
):
    session = nextcloud.signed("admin") | {
        "Cookie": "nc_session_id=x",
        "Accept": "application/json, text/plain, */*",
        "X-Origin-IP": "192.0.2.7",
    }

    without = await exapp.get(f"{OCS}/sources", headers=session)
    with_it = await exapp.get(f"{OCS}/sources", headers=session | {"OCS-APIRequest": "true"})

    assert (without.status_code, with_it.status_code) == (412, 200)
    assert with_it.json()["ocs"]["data"]["results"] == []


async def test_what_another_site_makes_a_browser_send_is_refused_in_an_envelope(
    nextcloud: FakeNextcloud, exapp: httpx.AsyncClient
):
    session = nextcloud.signed("admin") | {
        "Cookie": "nc_session_id=x",
        "OCS-APIRequest": "true",
        "Sec-Fetch-Site": "cross-site",
        "Accept": "application/json",
    }

    answer = await exapp.post(f"{OCS}/sources", headers=session, json={})

    assert (answer.status_code, answer.json()["ocs"]["meta"]["statuscode"]) == (403, 403)


async def test_no_path_of_appapi_is_reached_below_ocs(
    nextcloud: FakeNextcloud, exapp: httpx.AsyncClient
):
    headers = nextcloud.signed("admin") | {"Accept": "application/json"}
    versions = ("/ocs/v1.php", "/ocs/v2.php")
    places = ("/apps/openconnector", "/apps/openconnector/api/v1/../..", "")
    paths = ("/init", "/enabled?enabled=0", "/heartbeat", "/_internal/x")

    for parts in itertools.product(versions, places, paths):
        answer = await exapp.put("".join(parts), headers=headers)
        assert answer.json()["ocs"]["meta"]["statuscode"] == 998


async def test_what_nextcloud_did_not_sign_gets_401_in_an_envelope(exapp: httpx.AsyncClient):
    for version in ("/ocs/v1.php", "/ocs/v2.php"):
        answer = await exapp.get(f"{version}/cloud/capabilities?format=json")

        assert (answer.status_code, answer.json()["ocs"]["meta"]["statuscode"]) == (401, 997)

"""Everything that is configured as one file, over HTTP."""

from typing import Any

import httpx
import pytest

from openconnector.definitions.notation import read
from tests.fakes.ways import DIRECTLY, THROUGH_DOORS, Way

FILE = """
sources:
  - slug: bakery
    name: Bakery
    configuration:
      kind: rest
      location: ${ADDRESS:-https://bread.example.org}
      auth: {kind: bearer, token: "${BAKERY_TOKEN}"}
"""


@pytest.fixture(params=[*DIRECTLY, THROUGH_DOORS[0]])
def way(request: pytest.FixtureRequest) -> Way:
    """The door through PHP is tried for the files it hands on."""
    found: Way = request.param
    return found


def sent(text: str, **more: Any) -> dict[str, Any]:
    return {"documents": [{"name": "bakery.yaml", "text": text}], **more}


TOKEN = {"BAKERY_TOKEN": "crumbs"}


async def test_a_file_is_tried_before_it_is_saved(api: httpx.AsyncClient):
    tried = (await api.post("configuration/preview", json=sent(FILE))).json()
    preview = await api.post("configuration/preview", json=sent(FILE, variables=TOKEN))
    before = (await api.get("sources")).json()["total"]

    saved = await api.post("configuration/import", json=sent(FILE, variables=TOKEN))

    assert tried["problems"] == [
        {
            "field": "bakery.yaml: sources.0.configuration.auth.token",
            "message": "needs the variable BAKERY_TOKEN, which is not set (line 8)",
        }
    ]
    assert tried["variables"] == [
        {"name": "ADDRESS", "isNeeded": False},
        {"name": "BAKERY_TOKEN", "isNeeded": True},
    ]
    assert preview.json()["results"] == saved.json()["results"]
    assert [one["action"] for one in saved.json()["results"]] == ["created"]
    assert before == 0
    assert (await api.get("sources/bakery")).json()["configuration"]["location"] == (
        "https://bread.example.org"
    )


async def test_what_was_exported_changes_nothing_and_a_change_in_it_is_named(
    api: httpx.AsyncClient,
):
    await api.post("configuration/import", json=sent(FILE, variables=TOKEN))
    exported = (await api.get("configuration")).text
    changed = exported.replace("name: Bakery", "name: Baker").replace(
        "https://bread.example.org", "https://bread.example.org/v2"
    )

    same = (await api.post("configuration/preview", json=sent(exported))).json()
    again = {"BAKERY_AUTH_TOKEN": "crumbs"}
    refused = (await api.post("configuration/preview", json=sent(changed))).json()
    other = (await api.post("configuration/preview", json=sent(changed, variables=again))).json()

    assert "crumbs" not in exported
    assert [one["action"] for one in same["results"]] == ["unchanged"]
    assert "has to be entered again" in refused["problems"][0]["message"]
    assert same["variables"] == [{"name": "BAKERY_AUTH_TOKEN", "isNeeded": False}]
    (result,) = other["results"]
    assert (result["action"], result["changed"]) == ("updated", ["name", "configuration"])
    assert (await api.get("sources/bakery")).json()["revision"] == 1


async def test_a_part_is_exported_in_either_form(api: httpx.AsyncClient):
    await api.post("configuration/import", json=sent(FILE, variables=TOKEN))

    none = await api.get("configuration?sections=mappings,synchronizations")
    sources = await api.get("configuration?sections=sources&format=json")
    unknown = await api.get("configuration?sections=bakers")
    one = await api.get("configuration?slugs=bakery,nobody")

    assert read(none.text).value == {}
    assert sources.json()["sources"][0]["slug"] == "bakery"
    assert sources.headers["content-disposition"] == 'attachment; filename="openconnector.json"'
    assert unknown.status_code == 400
    assert {name: len(part) for name, part in read(one.text).value.items()} == {"sources": 1}


async def test_everything_that_is_wrong_is_named_with_its_place_and_nothing_is_saved(
    api: httpx.AsyncClient,
):
    wrong = sent(FILE.replace("kind: rest", "kind: rest\n      pages: 3"), variables=TOKEN)

    refused = await api.post("configuration/import", json=wrong)
    unread = await api.post(
        "configuration/preview", json=sent("sources: ["), headers={"Accept-Language": "nl"}
    )

    assert refused.status_code == 400
    assert [one["field"] for one in refused.json()["errors"]] == [
        "bakery.yaml: sources.0.configuration.pages"
    ]
    assert unread.json()["problems"][0]["message"].startswith("is geen YAML en geen JSON")
    assert (await api.get("sources")).json()["total"] == 0


async def test_the_environment_of_the_server_is_nobodys_business(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BAKERY_TOKEN", "of the server")

    tried = (await api.post("configuration/preview", json=sent(FILE))).json()

    assert tried["problems"]

"""Errors are told in the language the caller prefers."""

import httpx
import pytest

from tests.fakes.ways import DIRECTLY_ON_SQLITE, Way

DUTCH = {"Accept-Language": "nl-NL,nl;q=0.9,en;q=0.8"}


@pytest.fixture(params=DIRECTLY_ON_SQLITE)
def way(request: pytest.FixtureRequest) -> Way:
    """One way is enough: none of this depends on it."""
    found: Way = request.param
    return found


async def test_a_problem_is_told_in_dutch_to_who_prefers_it(api: httpx.AsyncClient):
    answer = await api.get("sources/none", headers=DUTCH)

    problem = answer.json()
    assert answer.headers["content-language"] == "nl"
    assert problem["type"] == "urn:openconnector:problem:not-found"
    assert problem["title"] == "Niet gevonden"
    assert problem["detail"] == "Er is geen bron met het id, de slug of de referentie 'none'"


async def test_who_prefers_nothing_of_ours_reads_english(api: httpx.AsyncClient):
    answer = await api.get("sources/none", headers={"Accept-Language": "fr"})

    assert answer.headers["content-language"] == "en"
    assert answer.json()["title"] == "Not found"


async def test_every_wrong_field_is_told_in_dutch(api: httpx.AsyncClient):
    queried = await api.get("sources?_page=0&offset=1", headers=DUTCH)
    sent = await api.post(
        "synchronizations", json={"name": "", "target": {"kind": "rest"}}, headers=DUTCH
    )

    told = {
        one["field"]: one["message"]
        for answer in (queried, sent)
        for one in answer.json()["errors"]
    }
    assert told["offset"].startswith("is hier niet bekend; bekend zijn: _limit")
    assert told["name"] == "Moet minstens 1 teken lang zijn"
    assert told["sourceId"] == "Verplicht veld"
    assert sent.json()["detail"].startswith("Niet geldig (synchronisatie): ")


@pytest.mark.parametrize(
    ("method", "path", "sentence"),
    [
        ("GET", "/api/v1/sources", "Zeg wie je bent: Authorization: Bearer <token>"),
        ("GET", "/ocs/v2.php/cloud/capabilities?format=yaml", None),
    ],
)
async def test_who_is_not_known_is_told_so_in_dutch(
    anyone: httpx.AsyncClient, method: str, path: str, sentence: str | None
):
    answer = await anyone.request(method, path, headers=DUTCH)

    told = answer.json()["detail"] if sentence else answer.text
    assert (sentence or "De vorm 'yaml' is niet bekend; zeg `json` of `xml`") in told


async def test_the_message_of_an_envelope_is_dutch_too(api: httpx.AsyncClient):
    answer = await api.get(
        "http://api.test/ocs/v2.php/apps/openconnector/api/v1/nowhere?format=json", headers=DUTCH
    )

    message = answer.json()["ocs"]["meta"]["message"]
    assert message == "Op dit adres is niets; /openapi.json noemt wat er is"


async def test_what_worked_says_nothing_about_languages(api: httpx.AsyncClient):
    assert "content-language" not in (await api.get("sources", headers=DUTCH)).headers


@pytest.mark.parametrize(
    ("method", "path", "title"),
    [
        ("GET", "nothing", "Hier is niets"),
        ("POST", "sources", "Soort inhoud niet bekend"),
    ],
)
async def test_problems_that_only_a_status_names_have_a_title_in_dutch_too(
    api: httpx.AsyncClient, method: str, path: str, title: str
):
    headers = {**DUTCH, "Content-Type": "text/plain"}
    content = "no JSON" if method == "POST" else None

    answer = await api.request(method, path, headers=headers, content=content)

    assert answer.json()["title"] == title


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("kinds/source/none", "Er is geen soort bron met "),
        ("objects/none/none", "Er is geen register met "),
    ],
)
async def test_what_a_problem_is_about_is_told_in_dutch(
    api: httpx.AsyncClient, path: str, sentence: str
):
    answer = await api.get(path, headers=DUTCH)

    assert answer.json()["detail"].startswith(sentence)


async def test_wrong_settings_are_told_in_dutch(api: httpx.AsyncClient):
    answer = await api.put("settings", json={"keepRunsDays": 0}, headers=DUTCH)

    assert answer.json()["detail"].startswith("Niet geldig (instellingen): ")


@pytest.mark.parametrize(
    "query",
    ["since=x", "since=2026-01-31T12:00:00", "since=2026-13-01T00:00:00Z", f"_page={'9' * 5_000}"],
)
async def test_moments_and_numbers_that_are_none_are_told_in_dutch(
    api: httpx.AsyncClient, query: str
):
    answer = await api.get(f"audit?{query}", headers=DUTCH)

    [wrong] = answer.json()["errors"]
    assert wrong["message"].split()[0] in {"Moet", "Heeft", "Is", "Ongeldige"}

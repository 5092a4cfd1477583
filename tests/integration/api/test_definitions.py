"""Definitions over HTTP: what is saved, shown, listed, refused and restored."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.fakes.ways import NOT_THROUGH_PHP

SOURCE = {
    "name": "Zaken (oud)",
    "configuration": {
        "kind": "rest",
        "location": "https://api.test/v1",
        "auth": {"kind": "bearer", "token": "s3cret"},
    },
}


def source(**changes: Any) -> dict[str, Any]:
    return {**SOURCE, **changes}


async def test_a_created_source_answers_at_the_location_it_names(api: httpx.AsyncClient):
    created = await api.post("sources", json=SOURCE)

    found = await api.get(created.url.join(created.headers["location"]))

    assert created.status_code == 201
    assert found.json() == created.json()
    assert found.headers["etag"] == created.headers["etag"] == '"1"'
    assert created.json()["createdBy"] == "admin"


async def test_a_source_is_found_by_id_slug_and_reference(
    api: httpx.AsyncClient, subtests: pytest.Subtests
):
    created = (await api.post("sources", json=source(reference="urn:zaken:1"))).json()

    for key in ("id", "slug", "reference"):
        with subtests.test(key=key):
            found = await api.get(f"sources/{created[key]}")

            assert found.json()["id"] == created["id"]


ADDRESSES = [
    "https://api.test/sources/1?v=1#a",
    "https://api.test/a%2Fb",
    "/",
    "a/revisions",
    "ä/ö",
]


@pytest.mark.parametrize("way", NOT_THROUGH_PHP, indirect=True)
async def test_a_reference_that_is_an_address_is_found_percent_encoded_and_by_the_filter(
    api: httpx.AsyncClient, subtests: pytest.Subtests
):
    for reference in ADDRESSES:
        with subtests.test(reference):
            created = (await api.post("sources", json=source(reference=reference))).json()
            place = f"sources/{quote(reference, safe='')}"

            found = await api.get(place)
            filtered = await api.get("sources", params={"reference": reference})
            revisions = await api.get(f"{place}/revisions")
            changed = await api.put(place, json=source(reference=reference, name="New"))

            assert found.json()["id"] == created["id"]
            assert [one["id"] for one in filtered.json()["results"]] == [created["id"]]
            assert revisions.json()["total"] == 1
            assert changed.json()["name"] == "New"
            assert (await api.delete(place)).status_code == 204


@pytest.mark.parametrize("way", NOT_THROUGH_PHP, indirect=True)
async def test_a_slash_that_is_not_encoded_still_parts_a_path(api: httpx.AsyncClient):
    await api.post("sources", json=source(reference="a/b"))

    assert (await api.get("sources/a/b")).status_code == 404
    assert (await api.get("sources/none%2Fat%2Fall")).status_code == 404
    assert "none/at/all" in (await api.get("sources/none%2Fat%2Fall")).json()["detail"]
    assert (await api.get("nothing%2Fhere")).status_code == 404


async def test_the_filter_takes_a_reference_of_any_length_there_is(api: httpx.AsyncClient):
    reference = f"https://api.test/{'a' * 1_900}"
    created = (await api.post("sources", json=source(reference=reference))).json()

    filtered = await api.get("sources", params={"reference": reference})

    assert [one["id"] for one in filtered.json()["results"]] == [created["id"]]


async def test_secrets_are_never_shown(api: httpx.AsyncClient):
    created = await api.post("sources", json=SOURCE)

    answers = [
        created,
        await api.get("sources/zaken-oud"),
        await api.get("sources"),
        await api.get("sources/zaken-oud/revisions"),
        await api.get("sources/zaken-oud/revisions/1"),
    ]

    assert all("s3cret" not in answer.text for answer in answers)
    assert created.json()["configuration"]["auth"]["token"] == "**********"


async def test_every_wrong_field_is_named_at_once(api: httpx.AsyncClient):
    wrong = {"slug": "Not A Slug", "configuration": {"kind": "rest", "location": "", "x": 1}}

    answer = await api.post("sources", json=wrong)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert {error["field"] for error in answer.json()["errors"]} == {
        "name",
        "slug",
        "configuration.location",
        "configuration.x",
    }


async def test_a_refused_save_leaves_nothing_behind(api: httpx.AsyncClient):
    await api.post("sources", json=SOURCE)

    again = await api.post("sources", json=SOURCE)

    assert again.status_code == 409
    assert again.json()["type"] == "urn:openconnector:problem:conflict"
    assert (await api.get("sources")).json()["total"] == 1


async def test_a_change_keeps_masked_secrets_and_counts_the_revision(api: httpx.AsyncClient):
    shown = (await api.post("sources", json=SOURCE)).json()
    body = {name: shown[name] for name in ("name", "configuration")} | {"description": "new"}

    changed = await api.put("sources/zaken-oud", json=body)

    assert changed.status_code == 200
    assert changed.headers["etag"] == '"2"'
    assert changed.json()["version"] == "0.0.2"
    assert changed.json()["configuration"]["auth"]["token"] == "**********"


OTHER_REVISIONS: list[str] = ['"2"', 'W/"2"', '"unknown"', "2"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_change_based_on_another_revision_is_refused(
    api: httpx.AsyncClient, method: str, subtests: pytest.Subtests
):
    await api.post("sources", json=SOURCE)

    for tag in OTHER_REVISIONS:
        with subtests.test(tag=tag):
            answer = await api.request(
                method, "sources/zaken-oud", json=SOURCE, headers={"If-Match": tag}
            )

            assert answer.status_code == 412
            assert answer.json()["type"] == "urn:openconnector:problem:stale-version"


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', "*"])
async def test_a_change_based_on_the_present_revision_is_made(api: httpx.AsyncClient, tag: str):
    await api.post("sources", json=SOURCE)

    answer = await api.put("sources/zaken-oud", json=SOURCE, headers={"If-Match": tag})

    assert answer.status_code == 200


async def test_a_deleted_source_is_gone(api: httpx.AsyncClient):
    await api.post("sources", json=SOURCE)

    deleted = await api.delete("sources/zaken-oud")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await api.get("sources/zaken-oud")).status_code == 404
    assert (await api.delete("sources/zaken-oud")).status_code == 404


async def test_an_old_revision_can_be_restored(api: httpx.AsyncClient):
    await api.post("sources", json=source(description="first"))
    await api.put("sources/zaken-oud", json=source(description="second"))

    restored = await api.post("sources/zaken-oud/revisions/1/restore")

    assert restored.json()["description"] == "first"
    numbers = [
        revision["number"]
        for revision in (await api.get("sources/zaken-oud/revisions")).json()["results"]
    ]
    assert numbers == [3, 2, 1]


async def test_a_restoring_based_on_another_revision_is_refused(api: httpx.AsyncClient):
    await api.post("sources", json=source(description="first"))
    await api.put("sources/zaken-oud", json=source(description="second"))

    answer = await api.post("sources/zaken-oud/revisions/1/restore", headers={"If-Match": '"1"'})

    assert answer.status_code == 412
    assert (await api.get("sources/zaken-oud")).json()["description"] == "second"


async def test_a_revision_that_never_was_is_not_found(api: httpx.AsyncClient):
    await api.post("sources", json=SOURCE)

    assert (await api.get("sources/zaken-oud/revisions/9")).status_code == 404
    assert (await api.post("sources/zaken-oud/revisions/9/restore")).status_code == 404


async def test_a_list_is_paged_and_says_how_many_there_are(api: httpx.AsyncClient):
    for name in ("c", "a", "b"):
        await api.post("sources", json=source(name=name))

    last = (await api.get("sources?_limit=2&_page=2&_sort=-name")).json()
    beyond = (await api.get("sources?_limit=2&_page=9")).json()

    assert [found["name"] for found in last.pop("results")] == ["a"]
    assert last == {"total": 3, "page": 2, "pages": 2, "limit": 2}
    assert (beyond["results"], beyond["total"]) == ([], 3)


SEARCHES: list[tuple[str, list[str]]] = [
    ("_search=ZAAK", ["Zaak"]),
    ("_search=%25", []),
    ("isEnabled=false", ["Off"]),
    ("isEnabled=true&_sort=name", ["Zaak"]),
    ("kind=rest&_sort=name", ["Off", "Zaak"]),
    ("slug=off", ["Off"]),
    ("owner=nobody", []),
]


async def test_a_list_is_searched_and_filtered(api: httpx.AsyncClient, subtests: pytest.Subtests):
    await api.post("sources", json=source(name="Zaak"))
    await api.post("sources", json=source(name="Off", isEnabled=False))

    for query, names in SEARCHES:
        with subtests.test(query=query):
            found = await api.get(f"sources?{query}")

            assert [shown["name"] for shown in found.json()["results"]] == names

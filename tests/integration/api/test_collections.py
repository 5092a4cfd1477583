"""What is configured here, as pages list it and forms write it, over HTTP."""

from typing import Any

import httpx
import pytest

from openconnector.definitions.store import COLLECTIONS


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """No database is asked."""
    return migrated_sqlite_url


@pytest.fixture
async def described(api: httpx.AsyncClient) -> dict[str, Any]:
    return {found["name"]: found for found in (await api.get("collections")).json()}


async def test_every_collection_is_described_with_what_a_list_and_a_form_need(
    described: dict[str, Any],
):
    assert list(described) == [collection.name for collection in COLLECTIONS]
    assert all(found["summary"] and found["schema"]["properties"] for found in described.values())
    assert described["sources"]["singular"] == "source"
    assert {"name": "kind", "path": "configuration.kind", "title": "Kind", "type": "string"} in (
        described["sources"]["columns"]
    )


async def test_a_form_knows_from_which_collection_a_field_chooses(described: dict[str, Any]):
    fields = described["synchronizations"]["schema"]["properties"]

    chosen = {name: field["x-refers"] for name, field in fields.items() if "x-refers" in field}

    assert chosen["sourceId"] == "sources"
    assert chosen["sourceTargetMapping"] == "mappings"
    assert set(chosen.values()) <= set(described)


async def test_fields_and_kinds_have_titles_for_people(described: dict[str, Any]):
    schema = described["sources"]["schema"]

    assert schema["properties"]["isEnabled"]["title"] == "Enabled"
    assert schema["$defs"]["ApiKeyAuth"]["title"] == "An API key"
    assert schema["$defs"]["ApiKeyAuth"]["properties"]["sentIn"]["title"] == "Sent in"
    assert "Example" not in schema["$defs"]["ApiKeyAuth"]["description"]


async def test_collections_and_kinds_are_told_in_the_readers_language(api: httpx.AsyncClient):
    dutch = {"Accept-Language": "nl"}
    answer = await api.get("collections", headers=dutch)
    mappings = next(found for found in answer.json() if found["name"] == "mappings")
    offset = (await api.get("kinds/paginator/offset", headers=dutch)).json()

    assert answer.headers["content-language"] == "nl"
    assert (mappings["title"], mappings["adding"]) == ("Mappings", "Nieuwe mapping")
    assert mappings["schema"]["properties"]["name"]["description"] == "Hoe mensen het noemen."
    assert offset["title"] == "Offset en limiet"
    assert offset["schema"]["properties"]["stop"]["enum"] == ["empty_page", "short_page"]
    assert offset["schema"]["properties"]["stop"]["x-labels"] == ["Lege pagina", "Korte pagina"]
    assert offset["schema"]["properties"]["stop"]["default"] == "empty_page"

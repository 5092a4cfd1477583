"""What authors of mappings ask over HTTP."""

import httpx
import pytest


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """One kind of database is enough for what is decided outside it."""
    return migrated_sqlite_url


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

"""The settings of the installation over HTTP."""

from types import SimpleNamespace
from typing import Any

import httpx

from openconnector.api.callers import by_host
from openconnector.api.rights import role_in
from openconnector.engine import Engine
from tests.fakes.interfaces import Interfaces


async def test_settings_are_read_changed_and_read_again(api: httpx.AsyncClient, engine: Engine):
    usual = await api.get("settings")
    wanted = usual.json() | {"editorGroups": ["staff"], "keepRunsDays": 7}

    saved = await api.put("settings", json=wanted, headers={"If-Match": usual.headers["etag"]})
    again = await api.get("settings")
    stale = await api.put("settings", json={}, headers={"If-Match": usual.headers["etag"]})

    assert (usual.headers["etag"], saved.headers["etag"]) == ('"0"', '"1"')
    assert saved.json() == again.json() == wanted
    assert stale.status_code == 412
    assert engine.installation.settings.editor_groups == ["staff"]


async def test_a_field_that_is_left_out_gets_its_usual_value(api: httpx.AsyncClient):
    await api.put("settings", json={"keepRunsDays": 7})

    back = await api.put("settings", json={})

    assert back.json()["keepRunsDays"] == 90


async def test_the_schema_explains_every_field_for_a_form(api: httpx.AsyncClient):
    schema = (await api.get("settings/schema")).json()
    shown = (await api.get("settings")).json()

    assert set(schema["properties"]) == set(shown)
    for name, field in schema["properties"].items():
        assert field["title"], name
        assert field["description"], name
        assert "default" in field or field["type"] == "array", name
    grouped = [name for group in schema["x-groups"] for name in group["fields"]]
    assert sorted(grouped) == sorted(schema["properties"])


async def test_groups_decide_about_roles_at_the_next_request(
    engine: Engine, interfaces: Interfaces
):
    async def role_of(groups):
        return role_in(groups, engine.installation.settings)

    hosted = interfaces(engine, by_host(role_of))
    caller: dict[str, Any] = {"user_id": "", "is_admin": False, "groups": frozenset()}

    async def host(scope, receive, send):
        scope["state"] = {"caller": SimpleNamespace(**caller)}
        await hosted(scope, receive, send)

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(host), base_url="http://api.test/api/v1/"
    ) as client:
        caller |= {"user_id": "eve", "groups": frozenset({"staff", "readers"})}
        before = await client.post("schemas", json={"title": "S"})
        caller |= {"is_admin": True}
        await client.put("settings", json={"editorGroups": ["staff"], "viewerGroups": ["readers"]})
        caller |= {"is_admin": False}
        after = await client.post("schemas", json={"title": "S"})
        refused = await client.put("settings", json={"editorGroups": ["others"]})
        caller |= {"user_id": "vic", "groups": frozenset({"readers"})}
        read = await client.get("schemas")
        written = await client.post("schemas", json={"title": "T"})

    assert (before.status_code, after.status_code, refused.status_code) == (403, 201, 403)
    assert (read.json()["total"], written.status_code) == (1, 403)

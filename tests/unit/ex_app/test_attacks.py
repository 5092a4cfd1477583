"""Requests that try to get somewhere they should not, straight at the app and through both front doors."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from ex_app.app import create_app
from tests.fakes.doors import Visitors, appapi_32_0_0, later_appapi
from tests.fakes.exapp import FakeEngine, client_for, settings_for
from tests.fakes.harp import Harp
from tests.fakes.nextcloud import FakeNextcloud
from tests.fakes.php_proxy import PhpProxy
from tests.fakes.raw import send_raw

CORPUS = Path(__file__).parents[2] / "corpora/exapp_requests.json"
REQUESTS: list[dict[str, Any]] = json.loads(CORPUS.read_text())["requests"]

ATTACKS = [
    pytest.param(one, matcher, id=f"{one['name']}, {matcher.__name__}" if matcher else one["name"])
    for one in REQUESTS
    for matcher in ((appapi_32_0_0, later_appapi) if one["door"] == "php" else (None,))
]


@pytest.fixture
def app(nextcloud: FakeNextcloud, engine: FakeEngine) -> ASGIApp:
    return create_app(
        settings_for(nextcloud), engine.hosted, transport=httpx.ASGITransport(nextcloud)
    )


def door_to(app: ASGIApp, nextcloud: FakeNextcloud, name: str, matcher: Any) -> ASGIApp:
    """Return where the request is sent to."""
    nextcloud.exapp = client_for(app)
    if name == "php":
        return PhpProxy(nextcloud, matcher=matcher)
    return Harp(nextcloud) if name == "harp" else app


def head(attack: dict[str, Any], nextcloud: FakeNextcloud) -> list[tuple[str, str]]:
    """Return the request's headers; what the attack names comes after what it is signed with."""
    found = {"Host": "nextcloud.test"}
    if "signedAs" in attack:
        found |= nextcloud.signed(attack["signedAs"])
    if "session" in attack:
        found |= Visitors(nextcloud).session(attack["session"])
    given = [(name, value) for name, value in attack.get("headers", ())]
    return [*found.items(), *given]


def is_from(answer: httpx.Response, door: str) -> bool:
    """Return whether a door answered by itself, or the web server before it."""
    return "nosniff" not in answer.headers.get("X-Content-Type-Options", "") and door != "exapp"


@pytest.mark.parametrize(("attack", "matcher"), ATTACKS)
async def test_no_attack_gets_further_than_it_may(
    app: ASGIApp, nextcloud: FakeNextcloud, engine: FakeEngine, attack: dict[str, Any], matcher: Any
):
    door = door_to(app, nextcloud, attack["door"], matcher)

    answer = await send_raw(door, attack["method"], attack["target"], head(attack, nextcloud))

    assert answer.status_code in attack["answers"]
    assert (engine.migrations, engine.switched) == (0, [])
    assert "s3cret" not in answer.text
    assert "no-" in answer.headers.get("Cache-Control", "") or is_from(answer, attack["door"])
    is_told = answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
    caller = answer.json() if is_told else {}
    assert caller.get("kind") == attack.get("caller", caller.get("kind"))
    assert caller.get("kind") != "system"
    assert caller.get("userId", "") in {"", "alice"}


def test_the_attacks_have_names_of_their_own_and_come_through_every_door():
    names = [one["name"] for one in REQUESTS]

    assert len(set(names)) == len(names)
    assert {one["door"] for one in REQUESTS} == {"exapp", "php", "harp"}

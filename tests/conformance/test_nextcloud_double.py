"""The double of Nextcloud answers every recorded call as the real server did."""

import json
from pathlib import Path
from typing import Any

import httpx

from tests.fakes.nextcloud import FakeNextcloud

FIXTURES = Path(__file__).parents[1] / "fixtures"

ALICE = {
    "firstLoginTimestamp": 1795452496,
    "lastLoginTimestamp": 1795458726,
    "lastLogin": 1795458726000,
    "used": 63,
}


async def test_every_recorded_call_gets_the_recorded_answer():
    double = FakeNextcloud(app_id="myapp", is_registered=True, is_enabled=True)

    assert await differing(double, "nextcloud_calls.json") == {}


async def test_every_recorded_call_about_accounts_gets_the_recorded_answer():
    double = FakeNextcloud(app_id="myapp", is_registered=True, is_enabled=True)
    double.groups.clear()
    double.groups |= {"admin": ["admin"], "alice": []}
    double.accounts.names["othergroup"] = "othergroup"
    double.accounts.profiles["alice"] = dict(ALICE)

    assert await differing(double, "nextcloud_user_calls.json") == {}


async def differing(double: FakeNextcloud, recorded: str) -> dict[str, tuple[int, Any]]:
    """Return what the double answers to the recorded calls where the real server answered something else."""
    calls = json.loads((FIXTURES / recorded).read_text())["calls"]
    transport = httpx.ASGITransport(double)
    differences: dict[str, tuple[int, Any]] = {}

    async with httpx.AsyncClient(transport=transport, base_url="http://nextcloud.test") as http:
        for call in calls:
            double.is_enabled = call.get("state") != "disabled"
            headers = double.signed(call["user"]) | {"OCS-APIRequest": "true"}
            headers |= call.get("headers", {})
            for name in call.get("without", ()):
                del headers[name]
            answer = await http.request(
                call["method"], call["path"], headers=headers, json=call.get("request")
            )
            if (answer.status_code, answer.json()) != (call["status"], call["answer"]):
                differences[call["name"]] = (answer.status_code, answer.json())

    return differences

"""The double of Nextcloud answers every recorded call as the real server did."""

import json
from pathlib import Path

import httpx

from tests.fakes.nextcloud import FakeNextcloud

RECORDED = json.loads((Path(__file__).parents[1] / "fixtures" / "nextcloud_calls.json").read_text())


async def test_every_recorded_call_gets_the_recorded_answer():
    double = FakeNextcloud(app_id="myapp", is_registered=True, is_enabled=True)
    transport = httpx.ASGITransport(double)
    differences = {}

    async with httpx.AsyncClient(transport=transport, base_url="http://nextcloud.test") as http:
        for call in RECORDED["calls"]:
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

    assert differences == {}

"""The double of Nextcloud's WebDAV answers every recorded call as the real server did."""

import json
from pathlib import Path
from typing import Any

import httpx
from lxml import etree  # type: ignore[import-untyped]  # it ships no types

from tests.fakes.dav_answers import prefixed
from tests.fakes.nextcloud import FakeNextcloud

FIXTURES = Path(__file__).parents[1] / "fixtures"
RECORDED = json.loads((FIXTURES / "nextcloud_dav_calls.json").read_text())
ID_BEFORE = 409
"""The file id the recording went on from."""
SAID = {
    "exception": "{http://sabredav.org/ns}exception",
    "message": "{http://sabredav.org/ns}message",
}


async def test_every_recorded_call_gets_the_recorded_answer():
    double = FakeNextcloud(app_id="myapp", is_registered=True, is_enabled=True)
    for user in double.groups:
        double.files.put(user, None)
    double.files.count = ID_BEFORE
    transport = httpx.ASGITransport(double)
    differences = {}

    async with httpx.AsyncClient(transport=transport, base_url="http://nextcloud.test") as http:
        for call in RECORDED["calls"]:
            headers = double.signed(call["user"]) | call.get("headers", {})
            if call["path"].startswith("/ocs/"):
                headers["OCS-APIRequest"] = "true"
            body = call.get("request")
            sent: dict[str, Any] = {"json": body} if isinstance(body, dict) else {"content": body}
            answer = await http.request(call["method"], call["path"], headers=headers, **sent)
            found = {name: shown(name, answer) for name in call if name in SHOWN}
            expected = {name: call[name] for name in found}
            if (answer.status_code, found) != (call["status"], expected):
                differences[call["name"]] = (answer.status_code, found)

    assert differences == {}


def shown(name: str, answer: httpx.Response) -> Any:
    """Return a part of an answer as the recording keeps it."""
    if name == "answer":
        return answer.text
    tree = etree.fromstring(answer.content)
    if name in SAID:
        return tree.findtext(SAID[name])
    if name == "hrefs":
        return [one.text for one in tree.iter("{DAV:}href")]
    found = tree.xpath(
        "//*[*[local-name()='status' and contains(., ' 200 ')]]/*[local-name()='prop']/*"
    )
    return {
        prefixed(one.tag): "".join(one.itertext())
        for one in found
        if prefixed(one.tag) != "d:resourcetype" or len(one) == 0
    }


SHOWN = {"answer", "hrefs", "properties", *SAID}

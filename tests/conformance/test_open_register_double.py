"""The double of Open Register answers every recorded call as the real servers did."""

import base64
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest

from tests.fakes.open_register import API, V0_2_14, V1_0_0, FakeOpenRegister

RECORDED = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "open_register_calls.json").read_text()
)
PROFILES = {"1.0.0": V1_0_0, "0.2.14": V0_2_14}


@pytest.mark.parametrize("version", PROFILES)
async def test_the_double_answers_every_recorded_call_with_the_recorded_status_and_shape(version):
    double = FakeOpenRegister(PROFILES[version])
    transport = httpx.ASGITransport(double)
    ours: dict[str, str] = {}
    differences: dict[str, str] = {}

    async with httpx.AsyncClient(
        transport=transport, base_url=f"http://nextcloud.test{API}"
    ) as http:
        for call in RECORDED[version]:
            response = await http.request(
                call["method"], _known(call["path"], ours), json=_body(call), headers=_login(call)
            )
            if "id" in call:
                ours[call["id"]] = response.json().get("uuid") or response.json()["id"]
            if "status" in call and (difference := _difference(call, response)):
                differences[call["name"]] = difference

    assert differences == {}
    assert (
        sum("status" in call for call in RECORDED[version]) == {"1.0.0": 76, "0.2.14": 18}[version]
    )


def _known(path: str, ours: dict[str, str]) -> str:
    for theirs, own in ours.items():
        path = path.replace(theirs, own)
    return path


def _body(call: dict[str, Any]) -> Any:
    rows = call.get("bulk")
    return (
        {"objects": [_row(rows, at) for at in range(rows["count"])]}
        if rows
        else call.get("request")
    )


def _row(rows: dict[str, Any], at: int) -> dict[str, Any]:
    row = {"name": f"{rows['name']} {at}", "age": at, "extId": f"{rows['extId']}{at}"}
    if at < rows["changed"]:
        row["age"] = 77
    if rows["hasIds"]:
        row["@self"] = {"id": str(uuid5(UUID(int=0), f"{rows['extId']}{at}"))}
    return row


def _login(call: dict[str, Any]) -> dict[str, str]:
    user = call["user"]
    if user is None:
        return {}
    if user.startswith("app:"):
        name = user.removeprefix("app:")
        return {"AUTHORIZATION-APP-API": base64.b64encode(f"{name}:secret".encode()).decode()}
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:secret".encode()).decode()}


def _difference(call: dict[str, Any], response: httpx.Response) -> str:
    if response.status_code != call["status"]:
        return f"status {response.status_code}, recorded {call['status']}: {response.text[:300]}"
    expected_type = call.get("contentType", "application/json")
    if expected_type != "none" and not response.headers["content-type"].startswith(expected_type):
        return f"content type {response.headers['content-type']}"
    if "shape" not in call:
        return ""
    answer = response.json()
    values = call.get("values", {})
    if isinstance(values, str):
        return "" if answer == values else f"{answer!r}, recorded {values!r}"
    wrong = {name: answer[name] for name, value in values.items() if answer[name] != value}
    if wrong:
        return f"figures {wrong}, recorded {values}"
    return "; ".join(_unlike("", call["shape"], _shape(answer), is_cut=call.get("isCut", False)))


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        shapes: list[Any] = []
        for shape in map(_shape, value):
            if shape not in shapes:
                shapes.append(shape)
        return shapes
    names = {type(None): "null", bool: "boolean", int: "number", float: "number", str: "string"}
    return names[type(value)]


def _unlike(path: str, recorded: Any, own: Any, *, is_cut: bool) -> list[str]:
    if isinstance(recorded, dict) and isinstance(own, dict):
        missing = recorded.keys() - own.keys()
        extra = set() if is_cut else own.keys() - recorded.keys()
        found = [f"{path} lacks {sorted(missing)} and adds {sorted(extra)}"] * bool(missing | extra)
        for name in recorded.keys() & own.keys():
            found += _unlike(f"{path}.{name}", recorded[name], own[name], is_cut=is_cut)
        return found
    if isinstance(recorded, list) and isinstance(own, list):
        return _unlike_entries(path, recorded, own, is_cut=is_cut)
    return [] if recorded == own else [f"{path} is {own}, recorded {recorded}"]


def _unlike_entries(path: str, recorded: list[Any], own: list[Any], *, is_cut: bool) -> list[str]:
    if bool(recorded) != bool(own):
        return [f"{path} has entries {own}, recorded {recorded}"]
    found = []
    for shape in recorded:
        closest = min((_unlike(f"{path}[]", shape, one, is_cut=is_cut) for one in own), key=len)
        found += closest
    return found

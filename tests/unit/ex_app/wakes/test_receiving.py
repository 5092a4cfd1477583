"""Which file an event is about, as far as its payload can be believed."""

import json
from typing import Any

import pytest

from ex_app.wakes.receiving import changed_by

ODD_NODES: list[Any] = [
    None,
    [],
    "177",
    {"id": "177"},
    {"id": True},
    {"id": 0},
    {"id": -1},
    {"id": 1.5},
    {"id": [1]},
]

NODE = "OCP\\Files\\Events\\Node\\Node"


def event(name: str, node: Any) -> bytes:
    return json.dumps({"event": {"class": name, "node": node}, "user": None}).encode()


@pytest.mark.parametrize("what", ["Written", "Created"])
def test_an_event_about_one_file_names_it(what: str):
    node = {"id": 177, "path": "/alice/files/a"}

    assert changed_by(event(f"{NODE}{what}Event", node)) == "177"


@pytest.mark.parametrize("what", ["Deleted", "Renamed", "Touched", "Copied"])
def test_an_event_after_which_something_may_be_elsewhere_or_gone_names_none(what: str):
    assert changed_by(event(f"{NODE}{what}Event", {"id": 177, "path": "/alice/files/a"})) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 10_000,
        b'{"event": null}',
        b'{"event": {"class": "NodeWrittenEvent"}}',
        *(event(f"{NODE}WrittenEvent", node) for node in ODD_NODES),
    ],
)
def test_a_payload_that_is_none_of_nextclouds_names_none(body: bytes):
    assert changed_by(body) is None

"""The forms in which the predecessor gave its entities away."""

from typing import Any

import pytest

from openconnector.definitions.notation import Document
from openconnector.definitions.predecessor.exports import exports_in, is_export
from tests.fakes.predecessor import (
    a_mapping,
    a_source,
    a_synchronization,
    bundled,
    exported,
    without_numbers,
)

PLAIN = without_numbers(a_mapping())


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (exported("mapping", a_mapping()), [("mapping", "")]),
        ({"@type": "Mapping", "name": "x"}, [("mapping", "")]),
        (a_source(), [("source", "")]),
        (a_mapping(), [("mapping", "")]),
        (a_synchronization(), [("synchronization", "")]),
        ([a_source(), exported("mapping", a_mapping())], [("source", "0"), ("mapping", "1")]),
        ({"results": [a_source(1), a_source(2)]}, [("source", "results.0"), ("source", "results.1")]),
        (bundled(mappings={"x": PLAIN}), [("mapping", "components.mappings.x")]),
        (bundled(mappings=[PLAIN]), [("mapping", "components.mappings.0")]),
        ({"sources": [a_source()], "rules": [{"uuid": "r", "name": "r"}]},
         [("source", "sources.0"), ("rule", "rules.0")]),
        ({"schemas": [{"title": "x"}], "mappings": [a_mapping()], "info": {}},
         [("schemas", "schemas.0"), ("mapping", "mappings.0")]),
        ({"version": 1, "mappings": {"x": PLAIN}}, [("mapping", "mappings.x")]),
    ],
)  # fmt: skip
def test_a_form_is_recognised_and_every_entity_found(value: Any, found: list[tuple[str, str]]):
    assert is_export(value)
    assert [(one.kind, one.place) for one in exports_in(Document(value=value, lines={}))] == found


@pytest.mark.parametrize(
    "value",
    [
        None, "x", 7, [], {}, [1], {"sources": []}, {"results": []},
        {"sources": [{"slug": "a", "name": "A", "configuration": {"kind": "rest", "location": "https://a.example"}}]},
        {"sources": [{"slug": "a", "name": "A", "location": "https://a.example"}], "registers": []},
        {"mappings": [{"slug": "m", "name": "M", "mapping": {"a": "b"}, "passThrough": True}]},
    ],
)  # fmt: skip
def test_our_own_form_is_not_taken_for_one(value: Any):
    assert not is_export(value)

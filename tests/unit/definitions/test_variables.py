from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.definitions.variables import escaped, filled_in

TEXTS = st.text("${}AB:-_ x", max_size=20)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${HOST}", "db.example"),
        ("http://${HOST}:${PORT:-8080}/x", "http://db.example:8080/x"),
        ("${EMPTY:-otherwise}", "otherwise"),
        ("${HOST:-otherwise}", "db.example"),
        ("${MISSING:-}", ""),
        ("$${HOST}", "${HOST}"),
        ("$HOST costs $5 {x}", "$HOST costs $5 {x}"),
    ],
)
def test_references_are_replaced(text: str, value: str):
    found, problems = filled_in({"a": [text]}, {"HOST": "db.example", "EMPTY": ""})

    assert (found, problems) == ({"a": [value]}, [])


def test_everything_that_cannot_be_replaced_is_named_with_its_place():
    document = {"sources": [{"location": "${MISSING}"}], "x": "${not closed", "y": "${1}"}

    _, problems = filled_in(document, {})

    assert [problem.field for problem in problems] == ["sources.0.location", "x", "y"]
    assert "the variable MISSING" in problems[0].message


def test_names_are_left_alone():
    assert filled_in({"${A}": 1}, {}) == ({"${A}": 1}, [])


@given(st.recursive(TEXTS | st.integers(), lambda inner: st.lists(inner, max_size=3)))
def test_what_is_escaped_comes_back_as_it_was(value: Any):
    assert filled_in(escaped(value), {"A": "never"}) == (value, [])

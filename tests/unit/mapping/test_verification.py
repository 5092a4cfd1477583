"""Differences between what a test expects and what a mapping gives."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.mapping.mapper import compile_mapping
from openconnector.mapping.spec import MappingSpec
from openconnector.mapping.verification import differences, verify

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("expected", "found", "told"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1.0}, []),
        ({"a": 1}, {"a": "1"}, ['a is "1"; expected 1']),
        ({"a": 1}, {"a": True}, ["a is true; expected 1"]),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 3}]}}, ["a.b.1.c is 3; expected 2"]),
        ({"a": 1}, {}, ["a is missing; expected 1"]),
        ({}, {"a": None}, ["a is null; expected nothing there"]),
        ([1], [1, 2], ["1 is 2; expected nothing there"]),
        ({}, [], ["(result) is []; expected {}"]),
        ({"a.b": 1}, {"a.b": 2}, ["a&#46;b is 2; expected 1"]),
    ],
)
def test_the_innermost_fields_that_differ_are_named(expected: Any, found: Any, told: list[str]):
    assert [f"{one.path} {one.message}" for one in differences(expected, found)] == told


@given(JSON)
def test_a_value_does_not_differ_from_itself(value: Any):
    assert list(differences(value, value)) == []


@given(JSON, JSON)
def test_a_difference_is_found_from_both_sides(one: Any, other: Any):
    assert bool(list(differences(one, other))) == bool(list(differences(other, one)))


def test_a_test_with_very_many_differences_tells_of_some():
    mapper = compile_mapping(MappingSpec(mapping={}, pass_through=True))
    test = {"input": {str(number): 1 for number in range(1, 500)}, "expected": {}}

    [outcome] = verify(mapper, [test], None)

    assert (outcome.is_passed, len(outcome.findings)) == (False, 50)

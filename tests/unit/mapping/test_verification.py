"""Differences between what a test expects and what a mapping gives."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.mapping.mapper import compile_mapping
from openconnector.mapping.spec import MappingSpec
from openconnector.mapping.verification import differences, moment, verify

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
    spec = MappingSpec(mapping={}, pass_through=True)
    test = {"input": {str(number): 1 for number in range(1, 500)}, "expected": {}}

    [outcome] = verify(lambda now: compile_mapping(spec, now=now), [test], None)

    assert (outcome.is_passed, len(outcome.findings)) == (False, 50)


def test_a_test_is_run_at_its_own_moment_in_called_mappings_and_casts_too():
    inner = MappingSpec(mapping={"at": "{{ 'now' | date('Y-m-d H:i') }}"})
    outer = MappingSpec(
        mapping={"day": "{{ 'now' | date('d-m-Y') }}", "inner": "{{ mapping('inner', {}) }}", "year": "Y"},
        cast={"year": "date"},
    )  # fmt: skip
    tests = [
        {"now": "2026-01-31T23:30:00Z", "input": {}, "expected": _at("31-01-2026", "2026-01-31 23:30")},
        {"now": "2024-03-01T00:30:00+01:00", "input": {}, "expected": _at("29-02-2024", "2024-02-29 23:30")},
        {"now": "2023-05-06", "input": {}, "expected": _at("06-05-2023", "2023-05-06 00:00")},
    ]  # fmt: skip

    outcomes = verify(
        lambda now: compile_mapping(outer, resolve=lambda _: inner, now=now), tests, None
    )

    assert [outcome.findings for outcome in outcomes] == [[], [], []]


def _at(day: str, minute: str) -> dict[str, Any]:
    return {"day": day, "inner": {"at": minute}, "year": minute[:4]}


def test_a_test_without_a_moment_is_run_at_the_present_one_after_one_that_had_one():
    spec = MappingSpec(mapping={"year": "{{ 'now' | date('Y') }}"})
    held = {"now": "1815-12-10", "input": {}, "expected": {"year": "1815"}}
    free = {"input": {}, "expected": {"year": "1815"}}

    outcomes = verify(lambda now: compile_mapping(spec, now=now), [held, free], None)

    assert [outcome.is_passed for outcome in outcomes] == [True, False]


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "0001-01-01T00:00:00+14:00", "12:00"])
def test_what_names_no_moment_is_refused_with_an_example(text: str):
    with pytest.raises(ValueError, match="such as 2026-01-31T12:00:00Z"):
        moment(text)

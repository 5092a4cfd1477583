"""Dot paths."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.expressions.paths import (
    MISSING,
    compile_dot_path,
    compile_path,
    set_path,
    split_path,
    unset_path,
)

RECORD = {
    "naam": "Jan",
    "niets": None,
    "address": {"geo": {"lat": 52.1}, "a.b": 1},
    "tags": ["rood", "groen"],
    "items": [{"id": 1}, {"id": 2, "delen": ["x"]}],
    "0": "nul",
    "x.y": "punt",
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("naam", "Jan"),
        ("niets", None),
        ("address.geo", {"lat": 52.1}),
        ("address.geo.lat", 52.1),
        ("tags.1", "groen"),
        ("items.1.id", 2),
        ("items.1.delen.0", "x"),
        ("0", "nul"),
        ("address.a&#46;b", 1),
        ("x&#46;y", "punt"),
    ],
)
def test_a_dot_path_gives_what_stands_there(path: str, expected: object):
    assert compile_path(path)(RECORD) == expected


@pytest.mark.parametrize(
    "path",
    [
        "weg",
        "naam.lengte",
        "niets.x",
        "tags.2",
        "tags.-1",
        "tags.01",
        "tags.+1",
        "tags.²",
        "tags." + "9" * 40,
        "items.*.id",
        "address.geo.lat.x",
        "x.y",
        "",
        "address.",
    ],
)
def test_a_path_that_leads_nowhere_is_missing(path: str):
    assert compile_path(path)(RECORD) is MISSING


@pytest.mark.parametrize("value", [None, 5, "words", True, []])
def test_a_path_into_no_object_is_missing(value: object):
    assert compile_path("a")(value) is MISSING
    assert compile_path("a.b")(value) is MISSING
    assert compile_path("a.b.c")(value) is MISSING


def test_a_target_that_begins_with_a_dollar_sign_is_no_query():
    target = set_path({}, "$ref", "x")

    assert target == {"$ref": "x"}
    assert compile_dot_path("$ref")(target) == "x"
    assert unset_path(target, "$ref") == {}


@pytest.mark.parametrize(
    ("target", "path", "expected"),
    [
        ({}, "a", {"a": 1}),
        ({}, "a.b.c", {"a": {"b": {"c": 1}}}),
        ({"a": "words"}, "a.b", {"a": {"b": 1}}),
        ({}, "l.0", {"l": [1]}),
        ({"l": [5]}, "l.1", {"l": [5, 1]}),
        ({"l": [5]}, "l.0", {"l": [1]}),
        ({"l": [5]}, "l.2", {"l": {"0": 5, "2": 1}}),
        ({}, "l.1", {"l": {"1": 1}}),
        ({}, "#.0.a", {"#": [{"a": 1}]}),
        ({}, "a&#46;b", {"a.b": 1}),
        ({}, "a.", {"a": {"": 1}}),
        ([7], "1", [7, 1]),
        ([7], "x", {"0": 7, "x": 1}),
        ("words", "x", {"x": 1}),
    ],
)
def test_setting_a_path_builds_what_is_missing(target: object, path: str, expected: object):
    assert set_path(target, path, 1) == expected


@pytest.mark.parametrize(
    ("target", "path", "expected"),
    [
        ({"a": 1, "b": 2}, "a", {"b": 2}),
        ({"a": {"b": 1}}, "a.b", {"a": {}}),
        ({"a": {"b": {"c": 1, "d": 2}}}, "a.b.c", {"a": {"b": {"d": 2}}}),
        ({"a": 1}, "x.y", {"a": 1}),
        ({"l": [1, 2, 3]}, "l.2", {"l": [1, 2]}),
        ({"l": [1, 2, 3]}, "l.1", {"l": {"0": 1, "2": 3}}),
        ([1, 2, 3], "1", {"0": 1, "2": 3}),
        ({"a.b": 1, "c": 2}, "a&#46;b", {"c": 2}),
        ({"a&#46;b": 1, "c": 2}, "a&#46;b", {"c": 2}),
    ],
)
def test_unsetting_a_path_takes_only_that_away(target: object, path: str, expected: object):
    assert unset_path(target, path) == expected


def test_setting_and_unsetting_never_change_a_shared_value():
    shared = {"straat": "Dorpsstraat", "geo": {"lat": 1, "lon": 2}}
    before = copy.deepcopy(shared)

    changed = unset_path(set_path({"address": shared}, "address.geo.lat", 9), "address.geo.lon")

    assert changed == {"address": {"straat": "Dorpsstraat", "geo": {"lat": 9}}}
    assert shared == before


KEYS = st.text(max_size=4).map(lambda text: text.replace(".", "&#46;"))
PATHS = st.lists(KEYS | st.sampled_from(["0", "1", "a", "b"]), min_size=1, max_size=4).map(".".join)
VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "0"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES, PATHS.filter(lambda path: not path.startswith("$")), VALUES)
def test_what_was_set_is_there_and_what_was_unset_is_gone(target: object, path: str, value: object):
    get = compile_path(path)

    after_set = set_path(copy.deepcopy(target), path, value)

    assert get(after_set) == value
    assert get(unset_path(after_set, path)) is MISSING


@given(PATHS)
def test_splitting_loses_no_segment(path: str):
    assert ".".join(key.replace(".", "&#46;") for key in split_path(path)) == path

"""JSONPath (RFC 9535), held to its compliance suite."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.errors import ConfigurationError, MalformedAnswer, TemplateLimit
from openconnector.expressions.jsonpath import MAX_LENGTH, compile_query
from openconnector.expressions.paths import MISSING, compile_path
from openconnector.expressions.results import records_in

SUITE = Path(__file__).parents[4] / "shared/data/suites/jsonpath-cts/cts.json"
CASES = json.loads(SUITE.read_text())["tests"] if SUITE.exists() else []

RECORD = {"items": [{"id": 1, "tags": ["a"]}, {"id": 2, "tags": []}], "$ref": "x", "none": None}


def same(left: Any, right: Any) -> bool:
    """JSON equality: true is not 1, 1 is 1.0."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def is_as_the_suite_says(case: dict[str, Any]) -> bool:
    try:
        query = compile_query(case["selector"])
    except ConfigurationError:
        return bool(case.get("invalid_selector"))
    if case.get("invalid_selector"):
        return False
    found = query.find(case["document"])
    return any(same(found, result) for result in case.get("results") or [case["result"]])


@pytest.mark.skipif(not CASES, reason="the JSONPath compliance suite is not on this machine")
def test_passes_the_compliance_suite():
    wrong = [case["name"] for case in CASES if not is_as_the_suite_says(case)]

    assert wrong == []
    assert len(CASES) > 700


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.items[0].id", 1),
        ("$.items[*].id", [1, 2]),
        ("$.items[?@.id > 1].id", 2),
        ("$.items[?@.id > 5].id", MISSING),
        ("$['$ref']", "x"),
        ("$.none", None),
        ("$..tags", [["a"], []]),
        ("$", RECORD),
    ],
)
def test_one_match_gives_the_value_and_several_a_list(path: str, expected: Any):
    assert compile_path(path)(RECORD) == expected


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("$.items", RECORD["items"]),
        ("$.items[*]", RECORD["items"]),
        ("$.items[?@.id == 2]", [{"id": 2, "tags": []}]),
        ("$.items[*].tags", ["a"]),
        ("$.items[?@.id == 9]", []),
        ("$.none", []),
    ],
)
def test_a_query_for_records_gives_a_list(position: str, expected: list[Any]):
    assert records_in(RECORD, position) == expected


@pytest.mark.parametrize("position", ["$.weg[*]", "$.weg", "$.items[5].tags[*]", "$['$ref']"])
def test_an_answer_without_the_place_of_the_list_is_not_empty_but_wrong(position: str):
    with pytest.raises(MalformedAnswer, match="holds no list"):
        records_in(RECORD, position)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("$ref", r"no JSONPath query.*\$\['\$ref'\]"),
        ("$.items[", "no JSONPath query"),
        ("$[?length(@.*) > 1]", "no JSONPath query"),
        ("$" + ".a" * MAX_LENGTH, "at most 2,000 characters"),
        ("$[?" + "(" * 900 + "@.a" + ")" * 900 + "]", "nests too deep"),
    ],
)
def test_a_wrong_query_is_refused_with_what_is_wrong(path: str, says: str):
    with pytest.raises(ConfigurationError, match=says):
        compile_path(path)


CUBE = [[[[number] * 40] * 40] * 40 for number in range(10)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("$..*..*..*", CUBE),
        ("$..[?$..[?@.x == $]]", CUBE),
        ("$[?count($..*) > 1]", [*CUBE, *CUBE]),
        ("$[?$[?$[?1 == 2]]]", [0] * 200),
        ("$[?@ == $[0]]", [[0] * 2_000] * 1_000),
        ("$[?@ == $[0]]", [{"a": [0] * 2_000}] * 1_000),
        ("$[*" + ",*" * 900 + "]", [0] * 2_000),
        ("$[?search($[0], 'a+b')]", ["a" * 100_000] * 2_000),
    ],
)
def test_a_query_that_looks_at_too_much_ends_in_a_limit(query: str, value: Any):
    with pytest.raises(TemplateLimit, match="looks at more than"):
        compile_query(query).find(value)


def test_a_regular_expression_cannot_run_away():
    record = ["a" * 50_000 + "b"]

    assert compile_query("$[?match(@, '(a+)+')]").find(record) == []
    assert compile_query("$[?search(@, '(a+)+b')]").find(record) == record
    assert compile_query(r"$[?match(@, '\\p{Cn}(')]").find(record) == []
    assert compile_query("$[?match(@, 'x')]").find(["\ud800", "x"]) == ["x"]


def test_a_value_that_nests_too_deep_ends_in_a_limit():
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]

    with pytest.raises(TemplateLimit, match="nests too deep"):
        compile_query("$[?@ == $[0]]").find([deep, deep])


PIECES = st.sampled_from(
    ["$", "@", ".", "..", "[", "]", "?", "*", "a", "'a'", "0", "-1", ":", ",", "(", ")", "==", "<=", "!", "&&", "||",
     "count", "value", "length", "match", " ", "\n", "'\\u12", "1e9", "true", "null", "\U0001f600"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=8,
)  # fmt: skip


@given(st.lists(PIECES, max_size=12), VALUES)
def test_any_text_is_a_query_or_refused(pieces: list[str], value: Any):
    with suppress(ConfigurationError):
        assert isinstance(compile_query("$" + "".join(pieces)).find(value), list)

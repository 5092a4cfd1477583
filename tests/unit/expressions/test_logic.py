"""JsonLogic in both modes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from openconnector.errors import ConfigurationError, RecordError, TemplateLimit
from openconnector.expressions import logic_php
from openconnector.expressions.logic import MAX_DEPTH, MAX_SIZE, compile_logic, is_truthy

TESTS = Path(__file__).parents[2]
GOLDEN = json.loads((TESTS / "golden/jsonlogic.json").read_text())["cases"]
DIFFERENT = yaml.safe_load((TESTS / "golden_differences.yaml").read_text())
"""Recorded answers we differ from, with the reason."""

SUITES = Path(__file__).parents[4] / "shared/data/suites"


def same(left: Any, right: Any) -> bool:
    """JSON equality, except that an empty object is an empty list, as in PHP."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (list, dict)) and isinstance(right, (list, dict)) and not (left or right):
        return True
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def as_recorded(case: dict[str, Any]) -> bool:
    """Whether mode `php` gives the recorded result and both of its truths, or fails as recorded."""
    try:
        result = compile_logic(case["rule"], "php")(case["data"])
    except (ConfigurationError, RecordError):
        return "error" in case
    return "result" in case and (
        same(result, case["result"])
        and logic_php.is_truthy(result) == case["truthy"]
        and is_truthy(result, "php") == case["loose_true"]
    )


def test_mode_php_gives_what_the_predecessor_gave_but_for_what_is_listed(subtests: pytest.Subtests):
    for case in GOLDEN:
        with subtests.test(case["id"]):
            assert as_recorded(case) == (case["id"] not in DIFFERENT)


def official(name: str) -> list[Any]:
    path = SUITES / "jsonlogic" / name
    return json.loads(path.read_text()) if path.exists() else []


CLASSIC = [case for case in official("classic-tests.json") if isinstance(case, list)] + [
    [case["rule"], case.get("data"), case["result"]]
    for case in official("suites/compatible.json")
    if isinstance(case, dict)
]


@pytest.mark.skipif(not CLASSIC, reason="the JsonLogic suites are not on this machine")
def test_mode_standard_passes_the_official_suites():
    wrong = [case for case in CLASSIC if not same(compile_logic(case[0])(case[1]), case[2])]

    assert wrong == []


LISTED = yaml.safe_load((TESTS / "jsonlogic_differences.yaml").read_text())


def is_as_the_suite_says(case: dict[str, Any]) -> bool:
    try:
        result = compile_logic(case["rule"])(case.get("data"))
    except RecordError:
        return "error" in case
    except ConfigurationError as error:
        unknown = re.findall("No operator '(.*?)'", str(error))
        return "error" in case or not set(unknown).isdisjoint(LISTED["operators_we_do_not_have"])
    if case.get("decimal"):
        return bool(abs(result - case["result"]) < 1e-9)
    return "result" in case and same(result, case["result"])


@pytest.mark.skipif(not CLASSIC, reason="the JsonLogic suites are not on this machine")
def test_mode_standard_differs_from_the_newer_suites_only_where_it_is_listed():
    different = {
        (name, position)
        for name in official("suites/index.json")
        for position, case in enumerate(official(f"suites/{name}"))
        if isinstance(case, dict) and not is_as_the_suite_says(case)
    }

    listed = {(name, position) for name, cases in LISTED["cases"].items() for position in cases}
    assert different == listed


def test_every_difference_has_a_reason():
    reasons = [
        *DIFFERENT.values(),
        *LISTED["operators_we_do_not_have"].values(),
        *(entry["why"] for cases in LISTED["cases"].values() for entry in cases.values()),
    ]

    assert all(len(reason) > 20 for reason in reasons)


DATA = {"a": 1, "b": {"c": [1, 2, 3]}, "n": None, "s": "", "x.y": "dot"}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"var": "b.c.1"}, 2),
        ({"var": ["weg", "anders"]}, "anders"),
        ({"var": ["n", "anders"]}, None),
        ({"var": ""}, DATA),
        ({"var": {"cat": ["b", ".c.0"]}}, 1),
        ({"var": "x&#46;y"}, "dot"),
        ({"var": "$.b.c[*]"}, [1, 2, 3]),
        ({"var": ["$.b.c[?@ > 5]", "none"]}, "none"),
        ({"in": [2, {"var": "$.b.c"}]}, True),
        ({"var": {"cat": ["$", ".a"]}}, None),
        ({"==": [1, "1"]}, True),
        ({"===": [1, "1"]}, False),
        ({"!=": [None, 0]}, True),
        ({"<": [1, 2, 3]}, True),
        ({"<=": [1, 1, 0]}, False),
        ({">": ["b", "a"]}, True),
        ({"and": [1, "", 3]}, ""),
        ({"or": [0, "", 3]}, 3),
        ({"if": [False, 1, True, 2, 3]}, 2),
        ({"if": []}, None),
        ({"!": [[]]}, True),
        ({"!!": ["0"]}, True),
        ({"in": ["el", "hello"]}, True),
        ({"in": [1, [True, "1"]]}, False),
        ({"cat": ["a", 1, None, 1.0]}, "a11"),
        ({"substr": ["jsonlogic", -5, -2]}, "log"),
        ({"merge": [1, [2, 3]]}, [1, 2, 3]),
        ({"+": ["1", 2]}, 3),
        ({"-": 5}, -5),
        ({"%": [-7, 3]}, -1),
        ({"/": [4, 2]}, 2),
        ({"/": [16, 2, 2]}, 4),
        ({"/": [4]}, 0.25),
        ({"-": [9, 2, 3]}, 4),
        ({"*": []}, 1),
        ({"+": ["", None, True, 1]}, 2),
        ({"max": [1, "5", 3]}, 5),
        ({"map": [{"var": "b.c"}, {"*": [{"var": ""}, 2]}]}, [2, 4, 6]),
        ({"filter": [{"var": "b.c"}, {">": [{"var": ""}, 1]}]}, [2, 3]),
        ({"reduce": [{"var": "b.c"}, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]}, 6),
        ({"all": [[], True]}, False),
        ({"none": [{"var": "b.c"}, {">": [{"var": ""}, 5]}]}, True),
        ({"some": [{"var": "b.c"}, {">": [{"var": ""}, 2]}]}, True),
        ({"missing": ["a", "s", "weg"]}, ["s", "weg"]),
        ({"missing_some": [1, ["a", "weg"]]}, []),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}),
        ([1, {"var": "a"}], [1, 1]),
        ("words", "words"),
    ],
)
def test_mode_standard(rule: Any, expected: Any):
    result = compile_logic(rule)(DATA)

    assert same(result, expected)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"a": {"var": "a"}, "b": [{"var": "s"}]}, {"a": 1, "b": [""]}),
        ({"0": {"var": "a"}, "1": 2}, [1, 2]),
        ({"merge": [{"var": "b"}, 7]}, {"c": [1, 2, 3], "0": 7}),
        ({"merge": [[1], {"0": 2, "1": 3}]}, [1, 2, 3]),
        ({"%": [-7, 3]}, -1),
        ({"%": ["7abc", 3.9]}, 1),
        ({"*": ["12abc", 2]}, 24),
        ({"*": []}, 1),
        ({"+": [1, "abc", [5]]}, 1),
        ({"var": "$.b.c[1:]"}, [2, 3]),
        ({"var": ["$.n", 5]}, 5),
    ],
)
def test_mode_php(rule: Any, expected: Any):
    result = compile_logic(rule, "php")(DATA)

    assert same(result, expected)


@pytest.mark.parametrize(
    "rule",
    [{"*": ["abc", 2]}, {"*": [[1], 2]}, {"%": ["abc", 2]}, {"%": [1, 0]}, {"%": [[], 2]}, {"substr": ["abc", "x"]}],
)  # fmt: skip
def test_what_is_a_type_error_in_php_fails_for_its_record(rule: Any):
    with pytest.raises(RecordError):
        compile_logic(rule, "php")({})


@pytest.mark.parametrize("mode", ["standard", "php"])
def test_an_unknown_operator_is_refused_naming_the_known_ones(mode: Any):
    with pytest.raises(ConfigurationError, match=r"No operator 'raar'.*known: .*missing_some"):
        compile_logic({"or": [True, {"raar": 1}]}, mode)


@pytest.mark.parametrize(
    "rule", [{"/": [1, 0]}, {"+": ["abc"]}, {"%": [1, 0]}, {"-": [{"a": 1, "b": 2}]}]
)
def test_a_result_that_is_no_number_fails_for_its_record(rule: Any):
    with pytest.raises(RecordError) as raised:
        compile_logic(rule)({})

    assert raised.value.stage == "condition"


def test_size_and_depth_are_limited():
    deep: Any = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]

    assert compile_logic(deep)({}) == deep
    with pytest.raises(ConfigurationError, match="nests at most"):
        compile_logic([deep])
    with pytest.raises(ConfigurationError, match="at most"):
        compile_logic([1] * MAX_SIZE)


@pytest.mark.parametrize(
    "rule",
    [
        {"reduce": [{"var": "l"}, {"cat": [{"var": "accumulator"}, {"var": "accumulator"}]}, "aa"]},
        {
            "reduce": [
                {"var": "l"},
                {"merge": [{"var": "accumulator"}, {"var": "accumulator"}]},
                [1],
            ]
        },
        {"reduce": [{"var": "l"}, [{"var": "accumulator"}, {"var": "accumulator"}], [1]]},
        {"map": [{"var": "l"}, {"map": [{"var": "l"}, 1]}]},
        {"map": [{"var": "l"}, {"var": ""}]},
    ],
)
def test_a_rule_that_grows_without_end_ends_in_a_limit(rule: Any):
    big: dict[str, Any] = {"l": [{"l": [{}] * 1000}] * 1000}

    with pytest.raises(TemplateLimit) as raised:
        compile_logic(rule)(big)

    assert raised.value.code == "template_limit"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(
        ["", "0", "1", "a", "1.5", " 1", "1e999", "\ud800", 1e308, -0.0, 2**63, 10**400, "$..*", "$[", "9" * 400]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)  # fmt: skip
OPERATORS = st.sampled_from(
    ["var", "missing", "missing_some", "if", "and", "or", "map", "filter", "reduce", "all", "some", "none", "==",
     "===", "!=", "!==", "<", "<=", ">", ">=", "!", "!!", "in", "cat", "substr", "merge", "max", "min", "+", "*", "-",
     "/", "%", "log"]
)  # fmt: skip
RULES = st.recursive(
    VALUES,
    lambda inner: st.builds(
        lambda name, arguments: {name: arguments}, OPERATORS, st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)


@given(RULES, VALUES, st.sampled_from(["standard", "php"]))
def test_any_rule_is_refused_answered_or_fails_for_its_record(rule: Any, data: Any, mode: Any):
    try:
        evaluate = compile_logic(rule, mode)
    except ConfigurationError:
        return
    try:
        result = evaluate(data)
    except RecordError:
        return

    json.dumps(result, allow_nan=False)
    assert same(result, evaluate(data))

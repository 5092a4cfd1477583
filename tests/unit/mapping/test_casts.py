"""Casts: names and results are those of the predecessor."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.expressions.documentation import MOMENT, NOTHING, examples_of, summary_of
from openconnector.mapping.casts import CAST_NAMES, CASTS, GONE, CastContext, find_cast


def cast(name: str, value: Any, *, path: str = "x", result: Any = None) -> Any:
    found = find_cast(name)
    assert found is not None
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return found.apply(value, CastContext(path=path, result=result or {}, now=now))


def test_there_are_the_29_names_of_the_predecessor():
    assert len(set(CAST_NAMES)) == 29


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("string", 1.0, "1"),
        ("string", 0.1 + 0.2, "0.3"),
        ("string", 1e25, "1.0E+25"),
        ("string", 1e14, "1.0E+14"),
        ("string", 123456789012.5, "123456789012.5"),
        ("string", 0.00001, "1.0E-5"),
        ("string", -0.0, "-0"),
        ("string", True, "1"),
        ("string", False, ""),
        ("string", None, ""),
        ("bool", "YES", True),
        ("bool", "1abc", True),
        ("bool", "ja", False),
        ("bool", None, False),
        ("?bool", None, None),
        ("int", "12abc", 12),
        ("int", "1e3", 1000),
        ("int", " 7 ", 7),
        ("int", "9223372036854775808", 2**63 - 1),
        ("int", 1e20, 7766279631452241920),
        ("int", -3.9, -3),
        ("int", [0], 1),
        ("float", "1.5kg", 1.5),
        ("array", None, []),
        ("array", 0, [0]),
        ("array", {"a": 1}, {"a": 1}),
        ("url", "a b&é~", "a+b%26%C3%A9%7E"),
        ("urlDecode", "a+b%26", "a b&"),
        ("rawurl", "a b~", "a%20b~"),
        ("rawurlDecode", "a+b%20", "a+b "),
        ("html", "<é'&>", "&lt;&eacute;&#039;&amp;&gt;"),
        ("htmlDecode", "&lt;&eacute;&#39;&apos;&nope;&#xe9;", "<é'&apos;&nope;é"),
        ("base64", "é", "w6k="),
        ("base64Decode", "YW Jj!", "abc"),
        ("json", {"a": [1.0, "é/", 1e20, 1e-5]}, '{"a":[1,"\\u00e9\\/",1.0e+20,1.0e-5]}'),
        ("jsonToArray", '{"a":12345678901234567890}', {"a": 12345678901234567890.0}),
        ("jsonToArray", "&quot;x&quot;", "x"),
        ("jsonToArray", '{"a":"&quot;"}', {"a": "&quot;"}),
        ("jsonToArray", "NaN", None),
        ("jsonToArray", "[" * 100_000, None),
        ("utf8", "Ünïcødé € ß 漢", "Unicode EUR ss ?"),
        ("nullStringToNull", "null", None),
        ("coordinateStringToArray", "1 2 3 4", [["1", "2"], ["3", "4"]]),
        ("coordinateStringToArray", "1 2", ["1", "2"]),
        ("moneyStringToInt", "1.234,56", 123456),
        ("intToMoneyString", 123456, "1.234,56"),
        ("intToMoneyString", -5, "-0,05"),
        ("keyCantBeValue", "x", GONE),
        ("keyCantBeValue", "y", "y"),
        ("unsetIfValue==", [None, ["", {}]], GONE),
        ("unsetIfValue==", "0", GONE),
        ("unsetIfValue==", "00", "00"),
        ("unsetIfValue==x", True, GONE),
        ("unsetIfValue==10", "1e1", GONE),
        ("unsetIfValue==x", ["x"], ["x"]),
        ("setNullIfValue==a", "a", None),
        ("setNullIfValue==a", 0, 0),
        ("date", "d/m/y H\\h", "02/01/26 03h"),
    ],
)
def test_casts(name: str, value: Any, expected: Any):
    result = cast(name, value)

    assert (type(result), result) == (type(expected), expected)


@pytest.mark.parametrize("name", CAST_NAMES)
def test_every_cast_is_explained_with_an_example_that_runs(name: str):
    examples = examples_of(CASTS[name])

    assert summary_of(CASTS[name]).endswith(".")
    assert examples != ()
    for example in examples:
        written, _, spelled = example.expression.rpartition(" | ")
        value = json.loads(written)
        found = find_cast(spelled)
        assert found is not None
        context = CastContext(path="field", result={"field": value}, now=MOMENT)
        given = found.apply(value, context)
        assert (
            NOTHING if given is GONE else json.dumps(given, ensure_ascii=False)
        ) == example.result


def test_count_value_counts_what_stands_elsewhere():
    assert cast("countValue:a.b", 0, result={"a": {"b": [1, 2]}}) == 2
    assert cast("countValue:a", 0, result={"a": "words"}) == 0


@pytest.mark.parametrize(
    "name", ["", "Int", " int", "unsetIfValue", "setNullIfValue=x", "countValue", "nope==1"]
)
def test_other_names_are_no_casts(name: str):
    assert find_cast(name) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("string", []), ("bool", []), ("url", ["x"]), ("base64Decode", "/w=="), ("float", "1e400"),
        ("intToMoneyString", ""), ("coordinateStringToArray", None), ("html", {"a": 1}),
    ],
)  # fmt: skip
def test_a_value_a_cast_cannot_take_is_an_error(name: str, value: Any):
    with pytest.raises((TypeError, ValueError)):
        cast(name, value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(
    st.sampled_from([*CAST_NAMES[:-3], "unsetIfValue==x", "setNullIfValue==1", "countValue:a"]),
    JSON,
)
def test_any_cast_takes_any_value_or_fails_for_its_record(name: str, value: Any):
    with contextlib.suppress(TypeError, ValueError):
        cast(name, value)


@given(JSON)
def test_json_written_and_read_again_is_the_same(value: Any):
    def there_and_back(value: Any) -> Any:
        return cast("jsonToArray", cast("json", value).replace("&", "\\u0026"))

    read = there_and_back([value])

    assert there_and_back(read) == read

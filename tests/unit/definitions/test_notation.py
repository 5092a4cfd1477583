from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.definitions.notation import read, write
from openconnector.errors import InvalidInput

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
TRAPS = st.sampled_from(
    [
        "no", "on", "y", "NULL", "~", "", "=", "<<", "1e3", "0x1f", "0o7", "1_000", "12:30", ".5", "+1", ".nan",
        "2024-01-31", "a: b", "#", "- x", " x ", "\t", "a\nb", "a\r\nb", "\n", "\x85", "\u2028", "\ufeff", "\x1b",
        "${A}", "'", '"', "*x", "&x", "!x", "%", "@", "`",
    ]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | TRAPS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | TRAPS, inner, max_size=3),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_reads_as_the_same(value: Any):
    assert read(write(value)).value == value


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str):
    with suppress(InvalidInput):
        read(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("country: NO", "NO"),
        ("country: no", "no"),
        ("country: 2024-01-31", "2024-01-31"),
        ("country: 12:30", "12:30"),
        ("country: 0o17", "0o17"),
        ("country: 1e3", 1000.0),
        ("country: -7", -7),
        ("country: true", True),
        ("country: null", None),
        ("country:", None),
        ("country: .inf", ".inf"),
        ('{"country": "\\ud83d\\ude00"}', "\U0001f600"),
        ('{\n\t"country": 1.0}', 1.0),
        ("{country: flow}", "flow"),
        ('{"country": "\\\\u0000"}', "\\u0000"),
        ("country: 9223372036854775807", 2**63 - 1),
        ("country: -9223372036854775808", -(2**63)),
    ],
)
def test_plain_words_mean_what_json_or_yaml_1_2_says(text: str, value: object):
    assert read(text).value == {"country": value}


def test_names_are_always_text():
    assert read("200: ok\ntrue: yes").value == {"200": "ok", "true": "yes"}


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("a: 1\nb: 2\na: 3", "line 3", "a second time"),
        ('{"a": 1, "a": 2}', "(whole)", "a second time"),
        ("a: &x [1]\nb: *x", "line 2, column 4", "not allowed"),
        ("a: [1\nb: 2", "line 2, column 2", "neither YAML nor JSON"),
        ("a: !!python/name:os.system", "line 1", "tag"),
        ("? [1]\n: 2", "line 1", "names are text"),
        ("a: 1\n---\nb: 2", "line 2, column 1", "another document"),
        ('{"a": NaN}', "(whole)", "no finite number"),
        ('{"a": Infinity}', "(whole)", "no finite number"),
        ('{"a": 1e999}', "(whole)", "no finite number"),
        ("a: 1e999", "line 1", "no finite number"),
        ('{"a": "\\ud800"}', "(whole)", "surrogate"),
        ('a: "\\ud800"', "line 1", "surrogate"),
        ('{"a": "\\u0000"}', "(whole)", "NUL"),
        ('a: "\\0"', "line 1", "NUL"),
        ('{"a": 9223372036854775808}', "(whole)", "64 bits"),
        ("b: 1\na: -9223372036854775809", "line 2", "64 bits"),
        ("[" * 100_000, "(whole)", "deeper"),
        ("[" * 101 + "]" * 101, "(whole)", "deeper"),
        ("a: " + "9" * 5_000, "line 1", "64 bits"),
        ("x" * 10_000_001, "(whole)", "longer"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(text: str, where: str, said: str):
    with pytest.raises(InvalidInput) as refused:
        read(text)

    problem = refused.value.problems[0]
    assert problem.field == where
    assert said in problem.message


def test_a_part_is_found_by_its_path_whatever_stands_between():
    document = read("sources:\n- slug: a\n  configuration:\n    kind: rest\n    location: x\n")

    lines = [
        document.line(path.split("."))
        for path in (
            "sources.0.configuration.rest.location",
            "sources.0.configuration.missing",
            "sources.1",
            "",
        )
    ]

    assert lines == [5, 4, 2, 1]

"""`map`, `logic` and `decode xml` with `--cases`: one JSON list, whatever the cases hold."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, settings
from hypothesis import given as for_any
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from openconnector.cli.commands import app
from openconnector.cli.outcome import Exit

TESTS = Path(__file__).parents[2]
DIFFERENT = yaml.safe_load((TESTS / "golden_differences.yaml").read_text())

Answer = Callable[..., list[Any]]


def invoked(command: str, file: Path | str, *options: str, text: str | None = None) -> Result:
    return CliRunner().invoke(app, [*command.split(), "--cases", str(file), *options], input=text)


@pytest.fixture
def answer(tmp_path: Path) -> Answer:
    """Run a command on cases and return the list it prints."""

    def answer(command: str, cases: Any, *options: str) -> list[Any]:
        file = tmp_path / "cases.json"
        file.write_text(json.dumps(cases))
        result = invoked(command, file, *options)
        assert (result.exit_code, result.stderr) == (Exit.SUCCESS, "")
        return list(json.loads(result.stdout))

    return answer


def golden(name: str, command: str, *options: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return each recorded case with what the command answers to it."""
    file = TESTS / "golden" / f"{name}.json"
    cases = json.loads(file.read_text())["cases"]
    answers = json.loads(invoked(command, file, *options).stdout)
    assert [answer["id"] for answer in answers] == [case["id"] for case in cases]
    return list(zip(cases, answers, strict=True))


def holds(recorded: Any, given: Any) -> bool:
    """Whether everything recorded is there in the same place; an empty array of PHP says nothing."""
    if isinstance(recorded, (list, dict)) and not recorded:
        return True
    if isinstance(recorded, dict):
        return isinstance(given, dict) and all(
            key in given and holds(value, given[key]) for key, value in recorded.items()
        )
    if isinstance(recorded, list):
        return (
            isinstance(given, list)
            and len(given) == len(recorded)
            and all(map(holds, recorded, given))
        )
    return type(recorded) is type(given) and bool(recorded == given)


@pytest.mark.parametrize(
    ("shape", "field"), [("source", "source_result"), ("endpoint", "endpoint_body")]
)
def test_recorded_xml_gives_what_the_predecessor_gave(shape: str, field: str):
    wrong = [
        case["id"]
        for case, given in golden("xml", "decode xml", "--shape", shape)
        if not (
            holds(case[field], given.get("result", given)) if field in case else "error" in given
        )
        and case["id"] not in DIFFERENT
    ]

    assert wrong == []


def test_what_is_listed_as_different_is_refused():
    refused = {case["id"] for case, given in golden("xml", "decode xml") if "error" in given}

    assert refused - {"xml.json_first.005"} == {name for name in DIFFERENT if name[:4] == "xml."}


def test_nothing_is_kept_but_what_the_predecessor_lost():
    """Where the record holds all there is, the answer is the record."""
    kept = ("cdata", "mixed", "namespaces", "realistic", "invalid", "entities", "json_first")
    for case, given in golden("xml", "decode xml"):
        if case["feature"] not in kept:
            assert given == {"id": case["id"], "result": case["source_result"]}


def test_recorded_conditions_are_answered_in_mode_php():
    answers = golden("jsonlogic", "logic")

    assert all(
        ("error" in given) == ("error" in case)
        for case, given in answers
        if case["id"] not in DIFFERENT
    )
    assert dict(answers[0][1]) == {"id": "jl.var.001", "result": 1}


def test_recorded_mappings_load_their_helpers_first(answer: Answer):
    recorded = json.loads((TESTS / "golden" / "mapping.json").read_text())
    cases = [case for case in recorded["cases"] if case["feature"] == "nested_mapping"]

    answers = answer("map", {**recorded, "cases": cases})

    called = [
        holds(case["result"], given["result"])
        for case, given in zip(cases, answers, strict=True)
        if case["status"] == 200 and "result" in given
    ]
    assert sum(called) > 5


def test_one_bad_case_never_stops_the_rest(answer: Answer):
    good = {"id": "good", "input": {"a": 1}, "mapping": {"mapping": {"b": "a"}}}
    deep: Any = 1
    for _ in range(600):
        deep = [deep]
    bad = [
        {"id": "syntax", "input": {}, "mapping": {"mapping": {"b": "{{ 1 + }}"}}},
        {"id": "shape", "input": {}, "mapping": {"mapping": 7}},
        {"id": "no object", "input": {}, "mapping": [1]},
        {"id": "no record", "input": 5, "mapping": {"mapping": {"b": "a"}}},
        {"id": "no helper", "input": {}, "mapping": {"mapping": {"b": "{{ executeMapping('x', {}) }}"}}},
        {"id": "no mapping", "input": {}},
        {"id": "bomb", "input": {}, "mapping": {"mapping": {
            "b": "{% for i in range(1, 9999) %}{% for j in range(1, 9999) %}x{% endfor %}{% endfor %}"}}},
        {"id": "query", "input": [[[[0] * 40] * 40] * 40] * 9, "mapping": {"mapping": {"b": "$..*..*..*"}}},
        "no case",
        None,
    ]  # fmt: skip

    answers = answer(
        "map",
        [good, *bad, {"id": "deep", "input": {"a": deep}, "mapping": {"passThrough": True}}, good],
    )

    assert answers[0] == answers[-1] == {"id": "good", "result": {"b": 1}}
    assert [set(one) for one in answers[1:-2]] == [{"id", "error"}] * len(bad)
    assert [one["id"] for one in answers[1:9]] == [one["id"] for one in bad[:8]]  # type: ignore[index]  # those are cases
    assert "looks at more than" in answers[8]["error"]
    assert "lacks `mapping`" in answers[6]["error"]
    assert answers[-2]["id"] == "deep"


def test_mappings_whose_values_are_awkward_in_json_are_answered(answer: Answer):
    fixed = [2**70, {"half": "\ud800"}]
    awkward = {"fixed": fixed, "half": "\ud800", "\udfff": "{{ v }}\ud800"}

    answers = answer(
        "map",
        [
            {"id": 1, "input": {"v": "\ud800"}, "mapping": {"mapping": awkward}},
            {"id": 2, "input": {"v": "\ud800"}, "mapping": {"mapping": {"x": "v"}, "cast": {"x": "url"}}},
            {"id": 3, "input": {}, "mapping": {"mapping": {"x": "{{ 'gA=='|b64dec }}"}}},
        ],
    )  # fmt: skip

    assert answers[0]["result"] == awkward | {"\udfff": "\ud800\ud800"}
    assert all("is no text" in one["error"] for one in answers[1:])


def test_results_that_are_awkward_in_json_are_answered(answer: Answer):
    answers = answer(
        "logic",
        [
            {"id": 1, "rule": 2**70},
            {"id": None, "rule": "\ud800"},
            {"id": [2], "rule": {"raar": 1}},
            {"id": "m", "rule": {"==": [[1], 1]}, "mode": "standard"},
            {"id": "p", "rule": {"==": [[1], 1]}},
            {"id": "q", "rule": 1, "mode": "perl"},
        ],
    )

    assert answers[0] == {"id": 1, "result": 2**70}
    assert answers[1]["result"] == "\ud800"
    assert (answers[2]["id"], "known:" in answers[2]["error"]) == ([2], True)
    assert (answers[3]["result"], answers[4]["result"]) == (True, False)
    assert "one of standard, php" in answers[5]["error"]


def test_the_mode_is_php_unless_an_option_says_otherwise(answer: Answer):
    case = [{"id": 1, "rule": {"==": [[1], 1]}}]

    assert answer("logic", case) == [{"id": 1, "result": False}]
    assert answer("logic", case, "--mode", "standard") == [{"id": 1, "result": True}]


def test_hostile_xml_is_an_error_of_its_case(answer: Answer):
    hostile = [
        "<a>",
        "<!DOCTYPE a><a/>",
        "<a>" * 5_000,
        7,
        None,
        "<a " + 'x="1"' * 300_000,
        "\ud800",
    ]

    answers = answer("decode xml", [{"id": n, "xml": xml} for n, xml in enumerate(hostile)])

    assert [set(one) for one in answers] == [{"id", "error"}] * len(hostile)


def test_the_clock_and_the_time_zone_are_those_of_the_options(answer: Answer):
    case = {
        "id": 1,
        "input": {"a": "Y-m-d H:i"},
        "mapping": {"mapping": {"a": "a"}, "cast": {"a": "date"}},
    }

    assert answer(
        "map", [case], "--now", "2026-01-31T12:00:00Z", "--timezone", "Europe/Amsterdam"
    ) == [{"id": 1, "result": {"a": "2026-01-31 13:00"}}]
    assert answer("map", [case], "--now", "2026-01-31T12:00:00") == [
        {"id": 1, "result": {"a": "2026-01-31 12:00"}}
    ]


def test_no_cases_are_an_empty_list(answer: Answer):
    assert answer("map", []) == []
    assert answer("decode xml", {"cases": []}) == []


def test_cases_come_from_standard_input_too():
    result = invoked("logic", "-", text='[{"id": 1, "rule": {"+": [1, 2]}}]')

    assert json.loads(result.stdout) == [{"id": 1, "result": 3}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is no JSON"),
        ("[NaN]", "is no number in JSON"),
        ("[" * 100_000, "is no JSON"),
        ("{}", 'a list [{"id": ..., "input": ..., "mapping": ...}]'),
        ('{"cases": {}}', 'such a list as "cases"'),
        ("7", "holds no cases"),
    ],
)
def test_a_wrong_file_ends_with_two_and_says_what_is_right(tmp_path: Path, text: str, says: str):
    file = tmp_path / "cases.json"
    file.write_text(text)

    result = invoked("map", file)

    assert (result.exit_code, result.stdout) == (Exit.WRONG_USE, "")
    assert says in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["map"],
        ["map", "--mapping", "{}"],
        ["map", "--cases", "x.json", "--input", "{}"],
        ["map", "--cases", "/nowhere.json"],
        ["map", "--cases", "-", "--timezone", "Mars/Olympus"],
        ["map", "--cases", "-", "--now", "tomorrow"],
        ["logic", "--cases", "-", "--mode", "perl"],
        ["decode", "json", "--cases", "-"],
        ["decode", "xml", "--cases", "-", "--shape", "round"],
        ["decode", "xml"],
        ["encode", "json", "{}"],
        ["encode", "xml", "{}", "--shape", "endpoint"],
    ],
)
def test_wrong_options_end_with_two_and_say_why(arguments: list[str]):
    result = CliRunner().invoke(app, arguments, input="[]")

    assert (result.exit_code, result.stdout) == (Exit.WRONG_USE, "")
    assert result.stderr.strip()


@pytest.mark.parametrize("command", ["map", "logic", "decode"])
def test_help_teaches_with_an_example(command: str):
    result = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})

    assert '[{"id": "1", ' in result.stdout
    assert '"result": ' in result.stdout


@pytest.mark.parametrize("shape", ["source", "lossless"])
def test_what_was_decoded_is_encoded_again(tmp_path: Path, shape: str):
    file = tmp_path / "a.xml"
    file.write_text("<a><b c='1'>x &amp; y</b><b/></a>")

    decoded = CliRunner().invoke(app, ["decode", "xml", str(file), "--shape", shape])
    encoded = CliRunner().invoke(
        app, ["encode", "xml", "-", "--shape", shape, "--root", "a"], input=decoded.stdout
    )

    assert encoded.stdout.splitlines()[1] == '<a><b c="1">x &amp; y</b><b/></a>'


CASES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(["{{ a }}", "$..*", "<a/>"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "input", "mapping", "cast", "unset", "rule", "data", "var", "map", "xml", "a"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@for_any(st.lists(CASES, max_size=3), st.sampled_from(["map", "logic", "decode xml"]))
def test_whatever_the_cases_are_each_is_answered_in_its_place(
    answer: Answer, cases: list[Any], command: str
):
    answers = answer(command, cases)

    assert [set(one) <= {"id", "result", "error"} for one in answers] == [True] * len(cases)

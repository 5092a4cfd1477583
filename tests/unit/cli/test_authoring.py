"""Tests of mappings, run from the command line without a database."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from openconnector.cli.commands import app
from openconnector.cli.outcome import Exit
from tests.fakes.predecessor import a_mapping, a_synchronization, exported

run = CliRunner().invoke

DOCUMENT = """
mappings:
  - slug: outer
    name: Outer
    mapping: {person: "{{ mapping('inner', _context) }}"}
    tests:
      - {name: Ada, input: {first: Ada}, expected: {person: {name: Ada}}}
  - slug: inner
    name: Inner
    mapping: {name: first}
    outputSchema: {required: [name]}
    tests:
      - {name: known, input: {first: Ada}, expected: {name: Ada}}
"""


def verified(folder: Path, document: str, *options: str) -> Any:
    file = folder / "mappings.yaml"
    file.write_text(document)
    return run(app, ["verify", str(file), *options])


def test_every_mapping_of_a_file_is_verified(tmp_path: Path):
    result = verified(tmp_path, DOCUMENT)

    assert result.exit_code == Exit.SUCCESS
    assert "outer: 1 of 1 tests passed" in result.stdout
    assert "inner: 1 of 1 tests passed" in result.stdout


def test_what_is_not_as_expected_is_told_field_by_field(tmp_path: Path):
    result = verified(tmp_path, DOCUMENT.replace("{name: first}", "{nom: first}"))

    assert result.exit_code == Exit.FAILURE
    assert 'Ada: person.name is missing; expected "Ada"' in result.stdout
    assert 'Ada: person.nom is "Ada"; expected nothing there' in result.stdout
    assert "known: the output schema: (record): " in result.stdout


def test_a_test_of_a_file_is_run_at_the_moment_it_names(tmp_path: Path):
    document = """
    mapping: {on: "{{ 'now' | date('Y-m-d') }}"}
    tests: [{now: 2026-01-31T12:00:00Z, input: {}, expected: {on: "2026-01-31"}}]
    """

    assert verified(tmp_path, document).exit_code == Exit.SUCCESS
    assert verified(tmp_path, document.replace("-31T", "-30T")).exit_code == Exit.FAILURE


def test_a_file_may_be_one_mapping_and_the_result_json(tmp_path: Path):
    mapping = {
        "mapping": {"a": "{{ 1 / n }}"},
        "tests": [{"input": {"n": 0}, "expected": {"a": 1}}],
    }

    result = verified(tmp_path, json.dumps(mapping), "--json")

    [told] = json.loads(result.stdout)
    [finding] = told["tests"][0]["findings"]
    assert result.exit_code == Exit.FAILURE
    assert (told["mapping"], told["isPassed"]) == ("mapping", False)
    assert (finding["path"], finding["line"], finding["column"]) == ("a", 1, 4)


@pytest.mark.parametrize(
    "document", ["[]", "sources: []", "mappings: {}", "mappings: [{}]", "a: b"]
)
def test_a_file_without_mappings_is_wrong_use(tmp_path: Path, document: str):
    assert verified(tmp_path, document).exit_code == Exit.WRONG_USE


def test_a_mapping_that_cannot_be_compiled_fails_alone(tmp_path: Path):
    result = verified(tmp_path, DOCUMENT.replace("mapping('inner'", "mapping('none'"), "--json")

    outer, inner = json.loads(result.stdout)
    assert result.exit_code == Exit.FAILURE
    assert "'none'" in outer["error"]
    assert inner["isPassed"]


def test_a_mapping_is_suggested():
    record, schema = '{"voornaam": "Ada"}', '{"properties": {"firstName": {}, "weight": {}}}'

    shown = run(app, ["suggest", "--input", record, "--schema", schema])
    told = json.loads(run(app, ["suggest", "--input", record, "--schema", schema, "--json"]).stdout)

    assert shown.exit_code == Exit.SUCCESS
    assert "nothing fits: weight" in shown.stdout
    assert told["mapping"] == {"firstName": "voornaam"}
    assert told["unmatchedTargets"] == ["weight"]


@pytest.mark.parametrize(
    ("record", "schema"), [("7", "{}"), ("{}", "[]"), ("[]", "{}"), ("{}", "{}")]
)
def test_a_suggestion_needs_records_and_a_schema(record: str, schema: str):
    result = run(app, ["suggest", "--input", record, "--schema", schema])

    assert result.exit_code == Exit.WRONG_USE


def test_mappings_the_php_app_exported_are_verified_in_the_dialect_they_were_written_for(
    tmp_path: Path,
):
    outer = a_mapping(1, slug="outer", mapping={"a": "{{ executeMapping(7, b)|json_encode }}"})
    inner = a_mapping(7, slug="inner", mapping={"a": "{{ b ?? 'x' }}"})

    good = verified(tmp_path, json.dumps([outer, inner, a_synchronization(actions=[1])]), "--json")
    lonely = verified(tmp_path, json.dumps(exported("mapping", outer)), "--json")

    assert [one["error"] for one in json.loads(good.stdout)] == [None, None]
    # The other one is looked for by its address, where it may have come in before.
    [told] = json.loads(lonely.stdout)
    assert "/mappings/7" in told["error"]


def test_a_mapping_the_php_app_exported_is_applied_in_the_dialect_it_was_written_for(
    tmp_path: Path,
):
    file = tmp_path / "mapping.json"
    file.write_text(
        json.dumps(exported("mapping", a_mapping(mapping={"a": "{{ a ? 'yes' : 'no' }}"}, cast=[])))
    )
    several = tmp_path / "several.json"
    several.write_text(json.dumps([a_mapping(1), a_mapping(2)]))

    applied = run(app, ["map", "--mapping", str(file), "--input", '{"a": "0"}'])
    refused = run(app, ["map", "--mapping", str(several), "--input", "{}"])

    assert json.loads(applied.stdout) == {"a": "no"}
    assert refused.exit_code == Exit.WRONG_USE
    assert "holds 2 mappings" in refused.stderr

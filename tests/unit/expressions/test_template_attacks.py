"""Templates written to break out, or to cost too much (tests/corpora/template_attacks.json).

`refused` is found before anything runs, `limit` ends in `template_limit`, `failed` is an error of the record, and
`value` is harmless and gives just that.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from openconnector.errors import RecordError, TemplateLimit
from openconnector.expressions.templates import check_template
from openconnector.mapping.mapper import check_mapping, compile_mapping
from openconnector.mapping.spec import MappingSpec

ATTACKS = json.loads(
    (Path(__file__).parents[2] / "corpora" / "template_attacks.json").read_text(encoding="utf-8")
)
RECORD = {
    "naam": "Jan",
    "address": {"straat": "Dorpsstraat"},
    "nummers": [3, 1, 2],
    "lang": "a" * 100_000,
}


def spec(attack: dict[str, Any]) -> MappingSpec:
    return MappingSpec(mapping={"x": attack["template"]})


def attacks(outcome: str) -> Any:
    chosen = [attack for attack in ATTACKS if attack["outcome"] == outcome]
    return pytest.mark.parametrize("attack", chosen, ids=[attack["reason"] for attack in chosen])


@attacks("refused")
def test_a_template_that_reaches_out_is_refused_before_it_runs(attack: dict[str, Any]):
    problems = check_mapping(spec(attack))

    assert [problem.field for problem in problems] == ["mapping.x"]
    assert "line " in problems[0].message
    assert check_template(attack["template"]) is not None


@attacks("limit")
def test_a_template_that_costs_too_much_ends_in_a_limit(attack: dict[str, Any]):
    mapper = compile_mapping(spec(attack))

    with pytest.raises(TemplateLimit) as raised:
        mapper.apply(RECORD)

    assert raised.value.code == "template_limit"
    assert raised.value.field == "x"


@attacks("failed")
def test_a_template_that_makes_no_sense_fails_for_its_record_alone(attack: dict[str, Any]):
    mapper = compile_mapping(spec(attack))

    with pytest.raises(RecordError) as raised:
        mapper.apply(RECORD)

    assert (raised.value.stage, raised.value.field) == ("map", "x")


@attacks("value")
def test_a_template_that_looks_dangerous_but_is_not_gives_plain_data(attack: dict[str, Any]):
    mapper = compile_mapping(spec(attack))

    assert mapper.apply(RECORD) == {"x": attack["value"]}


def test_no_attack_changes_the_record():
    before = json.dumps(RECORD)

    for attack in ATTACKS:
        if not check_mapping(spec(attack)) and attack["outcome"] == "value":
            compile_mapping(spec(attack)).apply(RECORD)

    assert json.dumps(RECORD) == before

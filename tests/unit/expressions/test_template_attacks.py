"""Templates written to break out, or to cost too much (tests/corpora/template_attacks.json).

`refused` is found before anything runs, `limit` ends in `template_limit`, `failed` is an error of the record, and
`value` is harmless and gives just that. An attack is made in both dialects unless it names one; where it ends
otherwise in `twig`, it says how.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from openconnector.errors import RecordError, TemplateLimit
from openconnector.expressions.templates import check_template
from openconnector.mapping.mapper import check_mapping, compile_mapping
from openconnector.mapping.spec import Dialect, MappingSpec

ATTACKS = json.loads(
    (Path(__file__).parents[2] / "corpora" / "template_attacks.json").read_text(encoding="utf-8")
)
RECORD = {
    "naam": "Jan",
    "address": {"straat": "Dorpsstraat"},
    "nummers": [3, 1, 2],
    "lang": "a" * 100_000,
}

DIALECTS: tuple[Dialect, ...] = ("jinja", "twig")


def spec(attack: dict[str, Any], dialect: Dialect) -> MappingSpec:
    return MappingSpec(mapping={"x": attack["template"]}, dialect=dialect)


def expected(attack: dict[str, Any], dialect: Dialect) -> str | None:
    """What an attack comes to in a dialect; None where it is not meant for it."""
    if attack.get("dialect", dialect) != dialect:
        return None
    return str(attack.get(dialect, attack["outcome"]))


def attacks(outcome: str) -> list[tuple[dict[str, Any], Dialect]]:
    """Return the attacks that come to this, each with the dialect it is made in."""
    chosen = [
        (attack, dialect)
        for dialect in DIALECTS
        for attack in ATTACKS
        if expected(attack, dialect) == outcome
    ]
    assert chosen
    return chosen


def test_a_template_that_reaches_out_is_refused_before_it_runs(subtests: pytest.Subtests):
    for attack, dialect in attacks("refused"):
        with subtests.test(attack["reason"], dialect=dialect):
            problems = check_mapping(spec(attack, dialect))

            assert [problem.field for problem in problems] == ["mapping.x"]
            assert "line " in problems[0].message
            assert check_template(attack["template"], dialect) is not None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("attack", "dialect"),
    attacks("limit"),
    ids=lambda value: value if isinstance(value, str) else value["reason"],
)
def test_a_template_that_costs_too_much_ends_in_a_limit(attack: dict[str, Any], dialect: Dialect):
    mapper = compile_mapping(spec(attack, dialect))

    with pytest.raises(TemplateLimit) as raised:
        mapper.apply(RECORD)

    assert raised.value.code == "template_limit"
    assert raised.value.field == "x"


def test_a_template_that_makes_no_sense_fails_for_its_record_alone(subtests: pytest.Subtests):
    for attack, dialect in attacks("failed"):
        with subtests.test(attack["reason"], dialect=dialect):
            mapper = compile_mapping(spec(attack, dialect))

            with pytest.raises(RecordError) as raised:
                mapper.apply(RECORD)

            assert (raised.value.stage, raised.value.field) == ("map", "x")


def test_a_template_that_looks_dangerous_but_is_not_gives_plain_data(subtests: pytest.Subtests):
    for attack, dialect in attacks("value"):
        with subtests.test(attack["reason"], dialect=dialect):
            value = compile_mapping(spec(attack, dialect)).apply(RECORD)["x"]

            if attack.get("dialect", "jinja") == dialect:
                assert value == attack["value"]
            else:
                assert type(value) is str
                assert "object" not in value


def test_no_attack_changes_the_record():
    before = json.dumps(RECORD)

    for attack in ATTACKS:
        for dialect in DIALECTS:
            if expected(attack, dialect) == "value":
                compile_mapping(spec(attack, dialect)).apply(RECORD)

    assert json.dumps(RECORD) == before

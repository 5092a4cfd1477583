"""Schemas: what they say about a record, and what is no schema."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from openconnector.errors import InvalidInput
from openconnector.objects.validation import SHOWN_PROBLEMS, Validator, object_schema


def validator(
    properties: dict[str, Any],
    required: Sequence[str] = (),
    *,
    is_strict: bool = False,
    checks_formats: bool = True,
) -> Validator:
    schema = object_schema(properties, required, is_strict=is_strict)
    return Validator(schema, checks_formats=checks_formats)


def test_every_problem_is_named_with_its_place():
    schema = validator(
        {"age": {"type": "integer"}, "home": {"properties": {"nr": {"minimum": 1}}}}, ["name"]
    )

    problems = schema.problems({"age": "x", "home": {"nr": 0}})

    assert len(problems) == 3
    assert {problem.partition(":")[0] for problem in problems} == {"age", "home.nr", "(record)"}


def test_no_problem_repeats_what_the_record_holds():
    secret = "0123-secret"
    schema = validator(
        {
            "type": {"type": "integer"},
            "enum": {"enum": ["a"]},
            "const": {"const": 1},
            "format": {"format": "date"},
            "pattern": {"pattern": "^a$"},
            "length": {"maxLength": 1},
        }
    )

    problems = schema.problems(
        dict.fromkeys(("type", "enum", "const", "format", "pattern", "length"), secret)
    )

    assert len(problems) == 6
    assert secret not in str(problems)


def test_a_record_that_is_wrong_everywhere_gives_a_bounded_answer():
    schema = validator({f"p{at}": {"type": "integer"} for at in range(1_000)})

    assert len(schema.problems({f"p{at}": "x" for at in range(1_000)})) == SHOWN_PROBLEMS


def test_a_property_that_is_not_listed_is_refused_by_a_strict_schema_only():
    record = {"unknown": 1}

    assert validator({}).problems(record) == []
    assert len(validator({}, is_strict=True).problems(record)) == 1


def test_formats_are_checked_where_that_is_asked_for():
    record = {"born": "yesterday"}
    properties = {"born": {"type": "string", "format": "date"}}

    assert len(validator(properties).problems(record)) == 1
    assert validator(properties, checks_formats=False).problems(record) == []


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"type": "words"}, "properties.a.type"),
        ({"minimum": "1"}, "properties.a.minimum"),
        ("string", "properties.a"),
        ({"pattern": "("}, "properties.a.pattern"),
        ({"pattern": "(?=lookahead)"}, "properties.a.pattern"),
        ({"$ref": "https://example.test/schema"}, "(record)"),
        ({"$ref": "file:///etc/passwd"}, "(record)"),
        ({"$ref": "#/nowhere"}, "(record)"),
    ],
)
def test_what_is_no_schema_is_refused_with_the_place(rule, field):
    with pytest.raises(InvalidInput) as refused:
        validator({"a": rule})

    assert [problem.field for problem in refused.value.problems] == [field]
    assert "\n" not in str(refused.value)


def test_a_reference_to_a_file_is_not_followed(tmp_path: Path):
    other = tmp_path / "schema.json"
    other.write_text('{"type": "integer"}')

    with pytest.raises(InvalidInput):
        validator({"a": {"$ref": other.as_uri()}})


def test_a_pattern_that_is_slow_elsewhere_is_linear_here():
    schema = validator({"a": {"pattern": "^(a+)+$"}})

    assert len(schema.problems({"a": "a" * 50_000 + "b"})) == 1


def test_half_a_surrogate_pair_is_a_problem_like_any_other():
    assert "surrogate" in validator({"a": {"maxLength": 3}}).problems({"a": "\ud800abc"})[0]

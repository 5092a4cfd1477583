"""JSONPath queries as the values of a mapping."""

from typing import Any

import pytest

from openconnector.errors import InvalidInput, TemplateLimit
from openconnector.mapping.mapper import compile_mapping
from openconnector.mapping.spec import Dialect, MappingSpec

RECORD = {
    "name": "Ada",
    "mail": [{"type": "work", "to": "w@a.test"}, {"type": "home", "to": "h@a.test"}],
    "n": None,
}

both = pytest.mark.parametrize("dialect", ["jinja", "twig"])


def mapped(value: Any, dialect: Dialect = "jinja", record: Any = None) -> Any:
    spec = MappingSpec(mapping={"field": value}, dialect=dialect)
    return compile_mapping(spec).apply(RECORD if record is None else record)["field"]


@both
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("$.name", "Ada"),
        ("$.mail[*].to", ["w@a.test", "h@a.test"]),
        ("$.mail[?@.type == 'home'].to", "h@a.test"),
        ("$.mail[-1].type", "home"),
        ("$.weg", None),
        ("$.n", None),
    ],
)
def test_a_value_that_begins_with_a_dollar_sign_is_a_query(dialect, query, expected):
    assert mapped(query, dialect) == expected


@both
def test_the_root_of_a_query_is_the_record_itself(dialect):
    assert mapped("$[1].a", dialect, [{"a": 1}, {"a": 2}]) == 2


@both
def test_a_wrong_query_is_a_problem_of_its_field(dialect):
    with pytest.raises(InvalidInput) as raised:
        mapped("$.mail[", dialect)

    assert [problem.field for problem in raised.value.problems] == ["mapping.field"]
    assert "no JSONPath query" in str(raised.value)


@both
def test_what_is_not_written_like_a_query_is_a_text_or_a_dot_path(dialect):
    assert mapped("$10", dialect) == "$10"
    assert mapped("${x}", dialect) == "${x}"
    assert mapped("$ref", dialect, {"$ref": "x"}) == "x"


@both
def test_lineage_and_trace_name_the_query(dialect):
    mapper = compile_mapping(
        MappingSpec(mapping={"to": "$.mail[*].to", "$id": "$ref"}, dialect="twig")
        if dialect == "twig"
        else MappingSpec(mapping={"to": "$.mail[*].to", "$id": "name"})
    )

    trace = mapper.explain(RECORD)

    assert mapper.lineage()[0].reads == ("$.mail[*].to",)
    assert trace.fields[0].inputs == {"$.mail[*].to": ["w@a.test", "h@a.test"]}
    assert trace.result is not None
    assert "$id" in trace.result


def test_a_query_that_costs_too_much_is_named_with_its_field():
    with pytest.raises(TemplateLimit, match=r"field 'field'.*looks at more than"):
        mapped("$..*..*..*", record=[[[[0] * 40] * 40] * 40] * 10)

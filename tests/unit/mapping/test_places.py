"""Where in a template something is wrong."""

from typing import Any

import pytest

from openconnector.errors import InvalidInput
from openconnector.mapping.mapper import compile_mapping
from openconnector.mapping.spec import Dialect, MappingSpec

DIALECTS = ("jinja", "twig")


def traced(template: str, record: dict[str, Any], dialect: Dialect = "jinja") -> Any:
    mapper = compile_mapping(MappingSpec(mapping={"a": template}, dialect=dialect))
    return mapper.explain(record).fields[0]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("template", "place"),
    [
        ("{{ 1 / zero }}", (1, 4)),
        ("first {{ one }}\n  {{ 1 + (2 / zero) }}", (2, 11)),
        ("{% for n in numbers %}{{ n }}{{ 5 / n }}{% endfor %}", (1, 33)),
        ("{% if one %}{{ one }}{% endif %}{{ one }}\n\n{{ 7 / zero }}", (3, 4)),
        ("{{ 1 / one }}{{ [1, [1 / zero]] }}", (1, 22)),
    ],
)
def test_a_calculation_that_fails_is_told_with_its_place(
    dialect: Dialect, template: str, place: tuple[int, int]
):
    trace = traced(template, {"zero": 0, "one": 1, "numbers": [2, 1, 0]}, dialect)

    assert trace.error == "a division by zero"
    assert (trace.line, trace.column) == place


def test_the_operands_that_were_calculated_are_not_blamed():
    trace = traced("{{ (one + one) - (name ~ 'x') }}", {"one": 1, "name": "n"})

    assert (trace.line, trace.column) == (1, 4)


def test_a_field_that_does_not_fail_has_no_place():
    trace = traced("{{ one }}", {"one": 1})

    assert (trace.error, trace.line, trace.column) == (None, None, None)


def test_a_cast_that_fails_is_shown_with_what_it_was_given():
    spec = MappingSpec(mapping={"a": "b"}, cast={"a": ["array", "coordinateStringToArray"]})

    [trace] = compile_mapping(spec).explain({"b": "1 2"}).fields

    first, second = trace.casts
    assert (first.after, first.error) == (["1 2"], None)
    assert second.before == ["1 2"]
    assert second.error == trace.error == "coordinates are a text of numbers with a blank between"
    assert (trace.line, trace.column) == (None, None)


def test_every_wrong_template_is_named_with_its_place_and_a_wrong_cast_without_one():
    wrong = {"a": "{{ 1 + }}", "b": "x\ny {{ z | nonsense }}", "c": "fine"}

    with pytest.raises(InvalidInput) as caught:
        compile_mapping(MappingSpec(mapping=wrong, cast={"c": "nonsense"}))

    places = {found.field: (found.line, found.column) for found in caught.value.problems}
    assert places == {"mapping.a": (1, 8), "mapping.b": (2, 10), "cast.c": (None, None)}

"""Filters of the dialect `twig` beyond the examples in their docstrings: edges, names of arguments, errors, limits."""

from typing import Any

import pytest

from openconnector.errors import TemplateLimit
from openconnector.expressions import twig_lists
from openconnector.expressions.limits import MAX_RANGE, MAX_TEXT
from openconnector.expressions.syntax import NotAllowed
from openconnector.expressions.templates import compile_template


def render(template: str, **record: Any) -> Any:
    return compile_template(template, "twig").render(record)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ [1, 2, 3] | slice(1, preserveKeys=true) | json_encode }}", '{"1":2,"2":3}'),
        ("{{ [1, 2, 3] | slice(1, preserve_keys=true) | json_encode }}", '{"1":2,"2":3}'),
        ("{{ 1234.5 | number_format(decimal=1, thousandSep='.', decimalPoint=',') }}", "1.234,5"),
        ("{{ [1, 2, 3] | join(', ', and=' and ') }}", "1, 2 and 3"),
        ("{{ '+-' | replace(from={'+': 'p'}) }}", "p-"),
        ("{{ 'a' | upper('ignored', 2) }}", "A"),
        ("{{ [1, 2] | slice(1, nothing) | json_encode }}", "[2]"),
        ("{{ 'a' | default(nothing) }}", "a"),
    ],
)
def test_arguments_have_the_names_of_twig_and_more_of_them_are_ignored(
    template: str, expected: str
):
    assert render(template) == expected


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'a' | upper(colour='red') }}", "{{ 1 | abs(2) }}", "{{ 'a' | split }}", "{{ range(3) }}",
        "{{ 'a' | replace }}", "{{ date(1, 2, 3, 4) }}",
    ],
)  # fmt: skip
def test_wrong_arguments_are_found_before_anything_runs(template: str):
    with pytest.raises(NotAllowed):
        compile_template(template, "twig")


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'text' | sort | join }}", "{{ 5 | merge([1]) | join }}", "{{ none | column('a') | join }}",
        "{{ 'abc' | abs }}", "{{ 'x' | escape('unknown') }}", "{{ constant('PHP_VERSION') }}",
        "{{ constant('UNKNOWN') }}", "{{ '5' | json_decode }}", "{{ 'no JSON' | json_decode }}", "{{ max([]) }}",
        "{{ cycle([], 1) }}", "{{ [1] | batch(0) | length }}", "{{ 'x' | round(1, 'up') }}",
        "{{ 'x' | trim('x', 'top') }}", "{{ 'a' | convert_encoding('nowhere', 'UTF-8') }}",
        "{{ '%s' | format }}", "{{ '%q' | format(1) }}", "{{ [1] | upper }}", "{{ range(1, 9, 0) | join }}",
        "{{ 'abc' is even }}", "{{ random([]) }}",
    ],
)  # fmt: skip
def test_a_value_that_a_filter_cannot_take_is_an_error(template: str):
    with pytest.raises((TypeError, ValueError)):
        render(template)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ v | nl2br }}", "a &amp; b<br />\nc"),
        ("{{ 'a &amp; b' | nl2br }}", "a & b"),
        ("{{ '<p> &amp; </p> <p>' | spaceless }}", "<p> & </p><p>"),
        ("{{ v | e('html_attr') }}", "a &amp; b\nc"),
        ("{{ v | e('js') }}", "a\\u0020\\u0026amp\\u003B\\u0020b\\nc"),
        ("{{ '😀' | e('js') }}", "\\uD83D\\uDE00"),
    ],
)
def test_output_is_escaped_where_the_predecessor_escaped_it(template: str, expected: str):
    assert render(template, v="a &amp; b\nc") == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ {'b': 1, '5': 2} | merge({'7': 3, 'b': 4}) | json_encode }}", '{"b":4,"0":2,"1":3}'),
        ("{{ {'5': 'a', 'x': 'b'} | slice(0, 2) | json_encode }}", '{"0":"a","x":"b"}'),
        ("{{ {'0': 'a', '1': 'b'} | json_encode }}", '["a","b"]'),
        ("{{ {'5': 1, 'x': 2} | keys | json_encode }}", '[5,"x"]'),
        ("{{ {'x': {}, 'y': []} | json_encode }}", '{"x":[],"y":[]}'),
        ("{{ ['b', 'a'] | sort | json_encode }}", '{"1":"a","0":"b"}'),
        ("{{ [1, 2, 3] | batch(2, 'x', false) | json_encode }}", '[[1,2],[3,"x"]]'),
        ("{{ [] | first | json_encode }}", "false"),
    ],
)
def test_lists_and_objects_are_one_array_type(template: str, expected: str):
    assert render(template) == expected


def test_arrow_functions_get_the_value_and_the_key():
    rows = {"5": 1, "x": 2, "y": 3}

    assert twig_lists.map_with(rows, lambda value, key: f"{key}{value}") == {
        "5": "51", "x": "x2", "y": "y3",
    }  # fmt: skip
    assert twig_lists.filter_with([1, 0, 3], lambda value, _key: value) == {"0": 1, "2": 3}
    assert twig_lists.reduce_with(rows, lambda total, value, _key: total + value, 10) == 16
    assert twig_lists.find_with(rows, lambda _value, key: key == 5) == 1
    assert twig_lists.find_with(rows, lambda _value, _key: False) is None
    assert twig_lists.sort([1, 3, 2], lambda a, b: b - a) == {"1": 3, "2": 2, "0": 1}
    with pytest.raises(TypeError, match="map takes a list or an object, not a text"):
        twig_lists.map_with("text", str)


@pytest.mark.parametrize(
    "template",
    [
        "{{ v | e('js') }}", "{{ v | replace({'a': v}) }}", "{{ v | nl2br }}", "{{ [v, v] | join }}",
        "{{ [v] | json_encode }}", "{{ {(v): v} | url_encode }}", "{{ '%s%s' | format(v, v) }}",
        "{{ 1e300 | number_format(0, '.', v) }}",
    ],
)  # fmt: skip
def test_what_a_filter_may_produce_is_limited(template: str):
    source = template.replace("{(v): v}", "{'k': [v, v]}")

    with pytest.raises(TemplateLimit):
        render(source, v=("\n" * 9 + "a") * (MAX_TEXT // 10))


def test_lists_of_a_filter_are_limited():
    assert len(render("{{ range(1, n) | json_encode }}", n=MAX_RANGE)) > MAX_RANGE
    for template in ("{{ range(1, n) | length }}", "{{ [1] | batch(n, 0) | length }}"):
        with pytest.raises(ValueError, match=r"at most|has 1 to"):
            render(template, n=MAX_RANGE + 1)

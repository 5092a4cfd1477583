"""The examples in the docstrings of filters, functions, tests and methods: each prints what it says."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from openconnector.expressions.dialects import DIALECTS
from openconnector.expressions.documentation import MOMENT, Example, examples_of, summary_of
from openconnector.expressions.limits import Budget
from openconnector.expressions.templates import compile_template


def documented() -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """Yield dialect, name and function of all there is."""
    for dialect, rules in DIALECTS.items():
        for table in (rules.filters, rules.methods):
            for name, known in table.items():
                yield dialect, name, known.function
        for functions in (rules.functions, rules.tests):
            for name, function in functions.items():
                yield dialect, name, function


def examples() -> list[tuple[Any, Example]]:
    """Return dialect and example, each once: a function may have several names."""
    found = [
        (dialect, example)
        for dialect, _name, function in documented()
        for example in examples_of(function)
    ]
    return list(dict.fromkeys(found))


def test_everything_a_template_can_name_is_explained_and_has_an_example():
    silent = [
        (dialect, name)
        for dialect, name, function in documented()
        if not summary_of(function).endswith(".") or not examples_of(function)
    ]

    assert silent == []


def test_every_example_prints_what_it_says(subtests: pytest.Subtests):
    for dialect, example in examples():
        with subtests.test(dialect=dialect, example=example.expression):
            function = compile_template(example.expression, dialect).function

            result = function({}, Budget(now=lambda: MOMENT))

            assert DIALECTS[dialect].to_text(result) == example.result

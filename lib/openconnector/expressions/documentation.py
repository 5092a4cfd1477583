"""What the docstring of a filter, function, test or cast tells its users: a sentence, and examples that run.

The form is one for all of them. The first paragraph is for people who write mappings. A section `Example:` follows, in
which an expression stands behind `>>>` and the text it prints below it:

    >>> {{ 'a,b' | split(',') | length }}
    2

An example prints the same in every dialect whose tables hold the function. The examples of a cast name the value it
takes, the cast and what it gives, values as JSON; `(nothing)` is a field that is taken away:

    >>> "12abc" | int
    12
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

PROMPT: Final = ">>> "
"""What an expression stands behind."""

HEADING: Final = "Example:"

NOTHING: Final = "(nothing)"
"""What the example of a cast shows for a field that is taken away."""

MOMENT: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
"""What `now` is in every example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An expression, and what it prints."""

    expression: str
    result: str


def summary_of(function: Callable[..., Any]) -> str:
    """Return the first paragraph of a function's docstring, on one line."""
    return " ".join(_docstring(function).partition("\n\n")[0].split())


def examples_of(function: Callable[..., Any]) -> tuple[Example, ...]:
    """Return the examples in a function's docstring, in order."""
    _text, heading, block = _docstring(function).partition(f"\n{HEADING}\n")
    if not heading:
        return ()
    examples = []
    for written in inspect.cleandoc(block).split(PROMPT)[1:]:
        expression, _, result = written.partition("\n")
        examples.append(Example(expression=expression.strip(), result=result.rstrip()))
    return tuple(examples)


def _docstring(function: Callable[..., Any]) -> str:
    return inspect.getdoc(function) or ""

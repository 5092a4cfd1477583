"""The reference of everything a mapping can name, written from the docstrings: `make docs`."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from openconnector.expressions.dialects import DIALECTS, DialectRules
from openconnector.expressions.documentation import Example, examples_of, summary_of
from openconnector.mapping.casts import CASTS
from openconnector.mapping.spec import Dialect

Functions = Mapping[str, Callable[..., Any]]

INTRODUCTION: Final = """\
# What a mapping can name

Every filter, function, test, method and cast, with examples; [mappings](mapping.md) says how they are used. This page
is written from the program itself (`make docs`), and every example is run as a test: what it gives stands below it. In
the examples now is 2026-01-02T03:04:05Z, and a field that is taken away shows as `(nothing)`.

The arguments are those after the value: `{{ name | slice(1, 2) }}`. An argument with `=` may be left out.
"""

ARGUMENTLESS: Final = {"function": 0}
"""How many leading parameters are no arguments; one, the value, unless it is said here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One sort of thing a template can name."""

    name: str
    heading: str
    text: str
    functions: Callable[[DialectRules], Functions]


KINDS: Final = (
    Kind(
        name="filter",
        heading="Filters",
        text="`{{ value | name }}` or `{{ value | name(argument) }}`.",
        functions=lambda rules: {name: known.function for name, known in rules.filters.items()},
    ),
    Kind(
        name="function",
        heading="Functions",
        text="`{{ name(argument) }}`. Beside them, `mapping(reference, value, list=false)` calls another mapping.",
        functions=lambda rules: rules.functions,
    ),
    Kind(
        name="test",
        heading="Tests",
        text="`{{ value is name }}`, `{{ value is not name }}`.",
        functions=lambda rules: rules.tests,
    ),
    Kind(
        name="method",
        heading="Methods",
        text="`{{ value.name() }}`.",
        functions=lambda rules: {name: known.function for name, known in rules.methods.items()},
    ),
    Kind(
        name="cast",
        heading="Casts",
        text="In `cast`, by target path: one name, several with commas between, or a list. "
        "They are applied in order, the same in both dialects.",
        functions=lambda _rules: CASTS,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing a mapping can name."""

    kind: str
    """`filter`, `function`, `test`, `method` or `cast`."""
    name: str
    arguments: str
    """As a template writes them, `(size, fill=...)`; empty where there are none."""
    dialects: tuple[Dialect, ...]
    """Where the name means this."""
    summary: str
    examples: tuple[Example, ...]


def entries() -> list[Entry]:
    """Return everything a mapping can name, by kind and then by name.

    A name that means something else in each dialect comes twice.
    """
    return [entry for kind in KINDS for entry in _entries(kind)]


def page() -> str:
    """Return the page as Markdown."""
    parts = [INTRODUCTION]
    for kind in KINDS:
        parts.append(f"## {kind.heading}\n\n{kind.text}\n")
        parts += map(_written, _entries(kind))
    return "\n".join(parts)


def _entries(kind: Kind) -> Iterator[Entry]:
    """Yield what there is of a kind by name."""
    found: dict[tuple[str, Callable[..., Any]], list[Dialect]] = {}
    for rules in DIALECTS.values():
        for name, function in kind.functions(rules).items():
            found.setdefault((name, function), []).append(rules.name)
    for (name, function), dialects in sorted(found.items(), key=lambda one: (one[0][0], one[1])):
        yield Entry(
            kind=kind.name,
            name=name,
            arguments=_arguments(kind, function),
            dialects=tuple(dialects),
            summary=_summary(function),
            examples=examples_of(function),
        )


def _arguments(kind: Kind, function: Callable[..., Any]) -> str:
    """Return the arguments of a function as a template writes them; a cast is but a name."""
    if kind.name == "cast":
        return ""
    parameters = list(inspect.signature(function).parameters.values())
    told = parameters[ARGUMENTLESS.get(kind.name, 1) :]
    written = [_argument(one) for one in told if not one.name.startswith("_")]
    return f"({', '.join(written)})" if written or kind.name in ("function", "method") else ""


def _argument(parameter: inspect.Parameter) -> str:
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        return f"{parameter.name}..."
    if parameter.default is inspect.Parameter.empty:
        return parameter.name
    return f"{parameter.name}={_default(parameter.default)}"


def _default(value: Any) -> str:
    """Return a default as a template writes it; three dots for one that has no literal."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value) if isinstance(value, (str, int, float)) else "..."


def _written(entry: Entry) -> str:
    where = "" if len(entry.dialects) == len(DIALECTS) else f" (dialect `{entry.dialects[0]}`)"
    examples = "\n".join(_example(example) for example in entry.examples)
    title = f"{entry.name}{entry.arguments}"
    return f"### `{title}`{where}\n\n{entry.summary}\n\n```\n{examples}\n```\n"


def _summary(function: Callable[..., Any]) -> str:
    """Return what a function does, in words of the author's world: errors have no class there."""
    return re.sub(r"Raises (`\w+`(, | and )?)+", "Fails", summary_of(function))


def _example(example: Example) -> str:
    shown = "\n".join(f"    {line}" for line in example.result.splitlines())
    return f"{example.expression}\n{shown}"


if __name__ == "__main__":
    sys.stdout.write(page())

"""Finds out where in a template something is wrong: where it cannot be read, or where a calculation failed.

For the latter it is calculated again, under observation.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from openconnector.errors import FieldProblem
from openconnector.expressions.emit import Emitter
from openconnector.expressions.limits import Budget
from openconnector.expressions.names import Code
from openconnector.expressions.problems import NotAllowed, problem_at
from openconnector.expressions.templates import compile_template
from openconnector.mapping.observing import ObservedWriter
from openconnector.mapping.shape import tidy
from openconnector.mapping.writer import MappingWriter


def place_of_failure(
    writer: MappingWriter, target: str, record: Any, budget: Budget
) -> tuple[int | None, int | None]:
    """Return line and column, from 1, of the part of a target's template that fails for a record.

    Both are None when nothing fails, or nothing that is part of a template.
    """
    watch = _Watch()
    module, _ = ObservedWriter(writer.spec, writer.call_mapping, watch.watched).single(target)
    value = module.build(tidy=tidy)["single"]
    with suppress(Exception):  # the error itself is known already
        value(record, budget)
        watch.under_way.clear()
    if not watch.under_way:
        return None, None
    place = problem_at(str(writer.spec.mapping[target]), NotAllowed("", watch.under_way[-1]))
    return place.line, place.column


def located(problem: FieldProblem, writer: MappingWriter) -> FieldProblem:
    """Return a problem of a mapping with line and column, where it is one of a template."""
    target = problem.field.removeprefix("mapping.")
    if target not in writer.spec.mapping:
        return problem
    source = str(writer.spec.mapping[target])
    try:
        compile_template(source, writer.spec.dialect, writer.call_mapping)
    except NotAllowed as error:
        place = problem_at(source, error)
        return replace(problem, line=place.line, column=place.column)
    return problem


class _Watch:
    """Knows which parts of a template are being calculated."""

    def __init__(self) -> None:
        self.under_way: list[int] = []
        """Their offsets, innermost last."""
        self.begin = self.under_way.append
        self.done = self._done

    def watched(self, emitter: Emitter, node: Any, code: Code) -> Code:
        """Return source that says when it begins and when it is done."""
        begin = emitter.names.bind("w", self.begin)
        done = emitter.names.bind("w", self.done)
        return code._replace(source=f"{done}({begin}({node.lineno}), {code.source})")

    def _done(self, _begun: None, value: Any) -> Any:
        self.under_way.pop()
        return value

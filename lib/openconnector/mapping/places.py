"""Finds out where in a template something is wrong: where it cannot be read, or where a calculation failed.

For the latter it is calculated again, under observation.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from jinja2 import nodes
from typing_extensions import override

from openconnector.errors import FieldProblem
from openconnector.expressions.dialects import DIALECTS, DialectRules
from openconnector.expressions.emit import CallMapping, Emitter
from openconnector.expressions.limits import Budget
from openconnector.expressions.names import Code, Names
from openconnector.expressions.syntax import NotAllowed, problem_at
from openconnector.expressions.templates import GeneratedModule, compile_template
from openconnector.mapping.shape import tidy
from openconnector.mapping.spec import MappingSpec
from openconnector.mapping.writer import MappingWriter


def place_of_failure(
    writer: MappingWriter, target: str, record: Any
) -> tuple[int | None, int | None]:
    """Return line and column, from 1, of the part of a target's template that fails for a record.

    Both are None when nothing fails, or nothing that is part of a template.
    """
    watch = _Watch()
    module, _ = _WatchingWriter(writer.spec, writer.call_mapping, watch).single(target)
    value = module.build(tidy=tidy)["single"]
    with suppress(Exception):  # the error itself is known already
        value(record, Budget(explains=True))
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

    def _done(self, _begun: None, value: Any) -> Any:
        self.under_way.pop()
        return value


class _WatchingWriter(MappingWriter):
    """Writes functions that can be watched."""

    def __init__(self, spec: MappingSpec, call_mapping: CallMapping, watch: _Watch) -> None:
        MappingWriter.__init__(self, spec, call_mapping)
        self._watch = watch

    @override
    def _module(self) -> GeneratedModule:
        rules = DIALECTS[self.spec.dialect]
        return _WatchedModule(rules, self.call_mapping, self._watch)


class _WatchedModule(GeneratedModule):
    def __init__(self, rules: DialectRules, call_mapping: CallMapping, watch: _Watch) -> None:
        GeneratedModule.__init__(self, rules, call_mapping)
        self._watch = watch

    @override
    def emitter(self) -> Emitter:
        return _WatchedEmitter(self.rules, self.names, self.call_mapping, self._watch)


class _WatchedEmitter(Emitter):
    """Writes every part of an expression so that it says when it begins and when it is done."""

    def __init__(
        self, rules: DialectRules, names: Names, call_mapping: CallMapping, watch: _Watch
    ) -> None:
        Emitter.__init__(self, rules, names, call_mapping)
        self._watch = watch

    @override
    def expression(self, node: nodes.Node) -> Code:
        code = Emitter.expression(self, node)
        begin = self.names.bind("w", self._watch.begin)
        done = self.names.bind("w", self._watch.done)
        return Code(f"{done}({begin}({node.lineno}), {code.source})", code.is_text)

"""Templates with `{{ }}` and `{% %}`, compiled to Python functions of a record.

A template sees the record's fields as names. It calls only the filters, tests and functions of its dialect, and
what it may cost is limited (`limits`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Final

from jinja2 import nodes

from openconnector.expressions import php, values
from openconnector.expressions.dialects import DIALECTS, DialectRules
from openconnector.expressions.emit import CallMapping, Emitter
from openconnector.expressions.limits import Budget, checked, join_texts
from openconnector.expressions.names import Names
from openconnector.expressions.output import has_ampersand, piece, pieces_of
from openconnector.expressions.paths import MISSING, as_object
from openconnector.expressions.statements import INDENT, StatementWriter
from openconnector.expressions.syntax import (
    NotAllowed,
    TemplateProblem,
    is_template,
    parse,
    problem_at,
)

__all__ = ["GeneratedModule", "Template", "check_template", "compile_template", "is_template"]

Function = Callable[[Any, Budget], Any]
"""A generated function: takes a record and the budget, gives a value."""

_BUILTINS: Final = {
    built_in.__name__: built_in
    for built_in in (type, str, dict, list, bool, int, float, len, enumerate)
}
"""All that generated code has of Python's own functions."""


def _as_context(record: Any) -> dict[str, Any]:
    """Return a record that is no plain object as one; its names are then indices."""
    if isinstance(record, list):
        return as_object(record)
    if isinstance(record, dict):
        return dict(record)
    raise TypeError("a record is an object or a list")


@dataclass(slots=True)
class GeneratedModule:
    """Collects generated functions of one dialect and compiles them together."""

    rules: DialectRules
    call_mapping: CallMapping
    names: Names = field(default_factory=Names)
    _functions: list[str] = field(default_factory=list)

    def emitter(self) -> Emitter:
        """Return what writes the expressions of one function."""
        return Emitter(self.rules, self.names, self.call_mapping)

    def add_function(self, name: str, lines: list[str]) -> None:
        """Add a function of `record` and `b`, the budget."""
        body = "\n".join(INDENT + line for line in lines)
        self._functions.append(f"def {name}(record, b):\n{body}\n")

    def build(self, **more: Any) -> dict[str, Any]:
        """Return the compiled functions by name; ``more`` is what their lines use beside expressions."""
        space = {
            "__builtins__": _BUILTINS,
            "M": MISSING,
            "field": values.field,
            "item": values.item,
            "part": values.part,
            "known": values.known,
            "pair": values.pair,
            "assign": values.assign,
            "text": self.rules.to_text,
            "truthy": php.is_truthy,
            "decode": php.decode_entities,
            "escape": php.encode_entities,
            "loop_items": self.rules.loop_items,
            "loop_pairs": self.rules.loop_pairs,
            "checked": checked,
            "join_texts": join_texts,
            "as_context": _as_context,
            **self.names.objects,
            **more,
        }
        code: CodeType = compile("\n".join(self._functions), "<mapping>", "exec")
        exec(code, space)  # noqa: S102 - our own generated source; the author's text is in it only as literals
        return space

    def write(self, source: str, emitter: Emitter) -> str:
        """Return Python source for a template's value, to stand in a function that ``emitter`` writes.

        Raises `NotAllowed`.
        """
        tree = parse(source, drops_line_breaks=self.rules.escapes)
        escaped = self.rules.escapes and has_ampersand(tree)
        match tree.body:
            case []:
                return "''"
            case [nodes.Output() as output]:
                return self._write_output(output, emitter, escaped=escaped)
            case _:
                return self._write_function(tree, emitter, escaped=escaped)

    def _write_output(self, output: nodes.Output, emitter: Emitter, *, escaped: bool) -> str:
        printed = list(pieces_of(output))
        if len(printed) == 1 and self.rules.keeps_values:
            if isinstance(printed[0], nodes.TemplateData):
                return repr(printed[0].data)
            return f"known({emitter.expression(printed[0]).source})"
        texts = [piece(emitter, node, escaped=escaped) for node in printed]
        whole = emitter.joined(texts) if texts else "''"
        return f"decode({whole})" if escaped else whole

    def _write_function(self, tree: nodes.Template, outer: Emitter, *, escaped: bool) -> str:
        inner = self.emitter()
        writer = StatementWriter(inner, escaped=escaped)
        writer.template(tree)
        name = self.names.fresh("template")
        whole = "''.join(out)"
        lines = [
            *inner.prolog(),
            "out = []",
            *(line.removeprefix(INDENT) for line in writer.lines),
            f"return decode({whole})" if escaped else f"return {whole}",
        ]
        self.add_function(name, lines)
        outer.reads |= inner.reads
        outer.uses_budget = True
        return f"{name}(record, b)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A compiled template."""

    source: str
    reads: frozenset[str]
    """Dot paths of the record it reads; "" is the whole record."""
    function: Function

    def render(self, record: Any) -> Any:
        """Return the template's value for a record. Raises `TemplateLimit`, `TypeError`, `ValueError` and the like."""
        return self.function(record, Budget())


def no_mappings(_reference: Any, offset: int) -> Callable[..., Any]:
    """Refuse the call of a mapping where there are none."""
    raise NotAllowed("no mapping can be called here", offset)


def compile_template(
    source: str, dialect: str = "jinja", call_mapping: CallMapping = no_mappings
) -> Template:
    """Return a template as a function. Raises `NotAllowed`, with the offset of what is wrong."""
    module = GeneratedModule(DIALECTS[dialect], call_mapping)
    emitter = module.emitter()
    value = module.write(source, emitter)
    module.add_function("template", [*emitter.prolog(), f"return {value}"])
    function = module.build()["template"]
    return Template(source=source, reads=frozenset(emitter.reads), function=function)


def check_template(source: str, dialect: str = "jinja") -> TemplateProblem | None:
    """Return what is wrong with a template, None when nothing is."""
    try:
        compile_template(source, dialect)
    except NotAllowed as error:
        return problem_at(source, error)
    return None

"""Templates with `{{ }}` and `{% %}`, compiled to Python functions of a record.

A template sees the record's fields as names. It calls only the filters, tests and functions of its dialect, and
what it may cost is limited (`limits`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Final

import xxhash
from jinja2 import nodes

from openconnector.expressions import php, values
from openconnector.expressions.dialects import DialectRules, rules_of
from openconnector.expressions.emit import CallMapping, Emitter
from openconnector.expressions.limits import Budget, checked, join_texts
from openconnector.expressions.names import Names
from openconnector.expressions.output import (
    Escaping,
    Markup,
    needs_whole,
    piece,
    pieces_of,
    printed,
)
from openconnector.expressions.paths import MISSING, as_object
from openconnector.expressions.problems import NotAllowed, TemplateProblem, problem_at
from openconnector.expressions.statements import INDENT, StatementWriter
from openconnector.expressions.syntax import is_template, parse
from openconnector.expressions.tree import Arrow, Macro, MacroCall, walk
from openconnector.expressions.twig_emit import Signature, TwigEmitter
from openconnector.expressions.twig_operators import with_variables
from openconnector.expressions.twig_statements import TwigStatementWriter

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
    counts: bool = False
    """Whether a function may look at its budget; a text that merely reads like it does no harm."""
    _functions: list[str] = field(default_factory=list)

    def emitter(self) -> Emitter:
        """Return what writes the expressions of one function."""
        kind = TwigEmitter if self.rules.name == "twig" else Emitter
        return kind(self.rules, self.names, self.call_mapping)

    def add_function(self, name: str, lines: list[str], parameters: Iterable[str] = ()) -> None:
        """Add a function of `record` and `b`, the budget, and more parameters."""
        body = "\n".join(INDENT + line for line in lines)
        self.counts |= "b." in body or "b)" in body
        taken = ", ".join(["record", "b", *parameters])
        self._functions.append(f"def {name}({taken}):\n{body}\n")

    def build(self, **more: Any) -> dict[str, Any]:
        """Return the compiled functions by name; ``more`` is what their lines use beside expressions."""
        space = {
            "__builtins__": _BUILTINS,
            "M": MISSING,
            "field": values.field,
            "item": self.rules.item,
            "part": values.part,
            "known": values.known,
            "pair": values.pair,
            "assign": values.assign,
            "text": self.rules.to_text,
            "truthy": php.is_truthy,
            "decode": php.decode_entities,
            "escape": printed,
            "Markup": Markup,
            "with_variables": with_variables,
            "members": php.members,
            "NOTHING": {},
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
        tree = parse(source, self.rules.name)
        escaping = Escaping(is_whole=self.rules.escapes and needs_whole(tree))
        if isinstance(emitter, TwigEmitter):
            emitter.template_name = name_of(source)
        match tree.body:
            case []:
                return "''"
            case [nodes.Output() as output]:
                return self._write_output(output, emitter, escaping)
            case _:
                return self._write_function(tree, emitter, escaping)

    def _write_output(self, output: nodes.Output, emitter: Emitter, escaping: Escaping) -> str:
        printed = list(pieces_of(output))
        if (
            len(printed) == 1
            and emitter.rules.keeps_values
            and not isinstance(printed[0], nodes.TemplateData)
        ):
            return emitter.expression(printed[0]).known
        # An arrow function or a macro runs as often as a loop does, and what it makes can grow as much.
        emitter.counts_work = any(isinstance(node, (Arrow, MacroCall)) for node in walk([output]))
        texts = [piece(emitter, node, escaping) for node in printed]
        whole = emitter.joined(texts) if texts else "''"
        emitter.counts_work = False
        return f"decode({whole})" if escaping.is_whole else whole

    def _write_function(self, tree: nodes.Template, outer: Emitter, escaping: Escaping) -> str:
        inner = self.emitter()
        if isinstance(inner, TwigEmitter) and isinstance(outer, TwigEmitter):
            inner.template_name = outer.template_name
            inner.macros = self._write_macros(tree, inner, escaping)
        name = self.names.fresh("template")
        whole = "''.join(out)"
        writer = self._writer(inner, escaping)
        writer.template(tree)
        self._add_writing(
            name, writer, f"return decode({whole})" if escaping.is_whole else f"return {whole}"
        )
        outer.reads |= inner.reads
        return f"{name}(record, b)"

    def _writer(self, emitter: Emitter, escaping: Escaping) -> StatementWriter:
        kind = TwigStatementWriter if self.rules.name == "twig" else StatementWriter
        return kind(emitter, escaping)

    def _add_writing(
        self, name: str, writer: StatementWriter, last: str, parameters: Iterable[str] = ()
    ) -> None:
        lines = (line.removeprefix(INDENT) for line in writer.lines)
        self.add_function(name, [*writer.emitter.prolog(), "out = []", *lines, last], parameters)

    def _write_macros(
        self, tree: nodes.Template, caller: TwigEmitter, escaping: Escaping
    ) -> dict[str, Signature]:
        """Write a function for each macro, and return how they are called."""
        macros = [node for node in walk(tree.body) if isinstance(node, Macro)]
        known = {
            macro.name: Signature(
                self.names.fresh("macro"), tuple(name for name, _ in macro.parameters)
            )
            for macro in macros
        }
        for macro in macros:
            inner = TwigEmitter(self.rules, self.names, self.call_mapping)
            inner.macros, inner.template_name = known, caller.template_name
            writer = TwigStatementWriter(inner, escaping)
            parameters = writer.macro(macro)
            self._add_writing(
                known[macro.name].function, writer, f"return {writer.captured}", parameters
            )
        return known


def name_of(source: str) -> str:
    """Return the name the predecessor gave to a template, which `{{ _self }}` prints."""
    written = source.encode("utf-8", "surrogatepass")
    return f"__string_template__{xxhash.xxh3_128_hexdigest(written)}"


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
    source: str,
    dialect: str = "jinja",
    call_mapping: CallMapping = no_mappings,
    *,
    escapes: bool = True,
) -> Template:
    """Return a template as a function. Raises `NotAllowed`, with the offset of what is wrong."""
    module = GeneratedModule(rules_of(dialect, escapes=escapes), call_mapping)
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

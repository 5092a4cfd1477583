"""Turns expressions of a template's tree into Python source.

The source holds nothing of the author's but literals written by `repr`: names, fields and filters are looked up
through functions and tables of ours. It is compiled once and runs as fast as code written by hand.
"""

import keyword
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from jinja2 import nodes

from openconnector.expressions import texts
from openconnector.expressions.dates import CLOCKED
from openconnector.expressions.dialects import DialectRules
from openconnector.expressions.filters import Filter, accepts, parameter_of
from openconnector.expressions.names import Code, Names, common, loop_fields
from openconnector.expressions.problems import NotAllowed
from openconnector.expressions.syntax import constant
from openconnector.expressions.tree import Node, named_arguments

CallMapping = Callable[[Any, int], Callable[..., Any]]
"""Finds the mapping a template calls: from the reference as written, and where it stands, to a function."""


@dataclass(slots=True)
class Emitter:
    """Writes expressions of one generated function."""

    rules: DialectRules
    names: Names
    call_mapping: CallMapping
    reads: set[str] = field(default_factory=set)
    """Paths of the record that are read."""
    heads: dict[str, str] = field(default_factory=dict)
    """First name of a path -> the local variable it is read into at the function's beginning."""
    locals: dict[str, str] = field(default_factory=dict)
    """Names the template sets -> local variables."""
    loops: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """The numbers of the loops around, innermost last, each with the local variables outside of it."""
    counts_work: bool = False
    """The template has loops, so operations that grow with their input are counted."""

    def prolog(self) -> list[str]:
        """Return the lines that read the record into local variables."""
        lines = ["context = record if type(record) is dict else as_context(record)"]
        if self.heads:
            lines.append("get = context.get")
        for name, local in self.heads.items():
            read = f"field(context, {name!r})" if "." in name else f"get({name!r}, M)"
            lines.append(f"{local} = {read}")
        return lines

    def head(self, name: str) -> str:
        """Return the local variable with the record's field of this name."""
        if name not in self.heads:
            self.heads[name] = self.names.fresh("r")
        return self.heads[name]

    def path(self, keys: tuple[str, ...]) -> str:
        """Return the source that reads a dot path."""
        self.reads.add(".".join(key.replace(".", "&#46;") for key in keys))
        first, *rest = keys
        source = self.head(first)
        for key in rest:
            source = self._field(source, key)
        return source

    def expression(self, node: Node) -> Code:
        """Return the source of an expression. Raises `NotAllowed`."""
        write = self.writer(type(node))
        if write is None:
            raise NotAllowed(f"{type(node).__name__.lower()} is not allowed here", node.lineno)
        return write(self, node)

    def writer(self, kind: type) -> Callable[[Any, Any], Code] | None:
        """Return what writes a kind of node, None for what is no expression here."""
        return _WRITERS.get(kind)

    def text(self, node: Node) -> str:
        """Return the source of an expression as text."""
        return self.as_text(self.expression(node))

    def as_text(self, code: Code) -> str:
        """Return source that makes a text of a value."""
        if code.is_text:
            return code.source
        held = self.names.fresh("t")
        return f"({held} if type({held} := {code.source}) is str else text({held}))"

    def truth(self, node: Node) -> str:
        """Return source that is true where the dialect takes the value for true."""
        source, certain = self.expression(node)
        return source if certain == "truth" else self.rules.truth.format(source)

    def counted(self, source: str) -> str:
        """Return source whose value is counted where work is counted."""
        return f"b.charge({source})" if self.counts_work else source

    def _field(self, source: str, key: str) -> str:
        held = source if source.isidentifier() else self.names.fresh("o")
        told = held if held == source else f"({held} := {source})"
        if "." in key:
            return f"field({told}, {key!r})"
        return f"({held}.get({key!r}, M) if type({told}) is dict else field({held}, {key!r}))"

    def name(self, node: nodes.Name) -> Code:
        """Write a name: one that the template set, or a field of the record."""
        if node.name in self.locals:
            return Code(self.locals[node.name])
        if node.name == "loop" and self.loops:
            raise NotAllowed("loop has only fields, such as loop.index", node.lineno)
        if node.name == "_context":
            self.reads.add("")
            return Code("context")
        self.reads.add(node.name)
        return Code(self.head(node.name))

    def const(self, node: nodes.Const) -> Code:
        """Write a literal."""
        if isinstance(node.value, float) and node.value in (float("inf"), float("-inf")):
            raise NotAllowed("the number is too large", node.lineno)
        if not isinstance(node.value, (str, int, float, bool, type(None))):
            raise NotAllowed("the literal is no JSON value", node.lineno)
        return Code(repr(node.value), "text" if isinstance(node.value, str) else "value")

    def getattr(self, node: nodes.Getattr) -> Code:
        """Write a field of an object, or of `loop`."""
        if isinstance(node.node, nodes.Name) and node.node.name == "loop" and self.loops:
            return self.loop_field(node, self.loops[-1][0])
        return self.member(node.node, node.attr)

    def member(self, node: nodes.Expr, key: str) -> Code:
        """Write a field of an object or an element of a list."""
        keys = self._record_path(node)
        if keys is not None:
            return Code(self.path((*keys, key)))
        return Code(self._field(self.expression(node).source, key))

    def is_of_record(self, name: str) -> bool:
        """Return whether a name is a field of the record."""
        return name not in self.locals and name != "_context"

    def _record_path(self, node: nodes.Expr) -> tuple[str, ...] | None:
        """Return the keys of an expression that is only a path of the record."""
        if isinstance(node, nodes.Name):
            return (node.name,) if self.is_of_record(node.name) else None
        key: Any = None
        if isinstance(node, nodes.Getattr):
            key = node.attr
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            key = node.arg.value
        if not isinstance(key, str) or not isinstance(node, (nodes.Getattr, nodes.Getitem)):
            return None
        if isinstance(node.node, nodes.Name) and node.node.name == "_context":
            return None if key in self.locals else (key,)
        before = self._record_path(node.node)
        return None if before is None else (*before, key)

    def loop_field(self, node: nodes.Getattr, number: str) -> Code:
        """Write a field of the variable `loop` of a loop."""
        sources = loop_fields(number)
        if node.attr not in sources:
            raise NotAllowed(f"loop has no {node.attr}; it has {', '.join(sources)}", node.lineno)
        return Code(sources[node.attr])

    def getitem(self, node: nodes.Getitem) -> Code:
        """Write an element of a list, a field of an object, or a slice."""
        if isinstance(node.arg, nodes.Slice):
            bounds = ", ".join(
                "M" if bound is None else self.expression(bound).source
                for bound in (node.arg.start, node.arg.stop, node.arg.step)
            )
            return Code(f"part({self.counted(self.expression(node.node).source)}, {bounds})")
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            if isinstance(node.node, nodes.Name) and node.node.name == "_context":
                return Code(self.path((node.arg.value,)))
            return self.member(node.node, node.arg.value)
        key = self.expression(node.arg).source
        return Code(f"item({self.expression(node.node).source}, {key})")

    def call(self, node: nodes.Call) -> Code:
        """Write the call of a function of ours, of another mapping, or of `items()` and the like."""
        if isinstance(node.node, nodes.Getattr):
            method = self.rules.methods.get(node.node.attr)
            if method is None:
                raise NotAllowed(
                    f"{node.node.attr}() does not exist; use a filter, such as `name | upper`",
                    node.lineno,
                )
            return self.apply(method, node.node.node, node, node.node.attr)
        if not isinstance(node.node, nodes.Name):
            raise NotAllowed("only functions can be called", node.lineno)
        if node.node.name in ("mapping", "executeMapping"):
            return self.call_other(node)
        function = self.rules.functions.get(node.node.name)
        if function is None:
            known = ", ".join(sorted([*self.rules.functions, "mapping"]))
            raise NotAllowed(f"no function {node.node.name!r}; there are {known}", node.lineno)
        self.fit_call(function, node, node.node.name, given=0)
        return Code(self.counted(self.called(function, self.arguments(node))))

    def call_other(self, node: nodes.Call) -> Code:
        """Write the call of another mapping."""
        given: dict[str, nodes.Expr] = dict(
            zip(("mapping", "input", "list"), node.args, strict=False)
        )
        given |= dict(named_arguments(node))
        if not {"mapping", "input"} <= given.keys() <= {"mapping", "input", "list"}:
            raise NotAllowed(
                "a mapping is called as mapping(reference, value, list=false)", node.lineno
            )
        is_list = "list" in given and bool(constant(given["list"]))
        target = self.call_mapping(constant(given["mapping"]), node.lineno)
        bound = self.names.bind("x", target)
        value = self.expression(given["input"]).source
        return Code(f"{bound}({value}, {is_list}, b)")

    def filter(self, node: nodes.Filter) -> Code:
        """Write the application of a filter."""
        known = self.rules.filters.get(node.name)
        if known is None:
            raise NotAllowed(f"no filter {node.name!r}", node.lineno)
        if node.node is None:
            raise NotAllowed("a filter needs a value before it", node.lineno)
        return self.apply(known, node.node, node, node.name)

    def apply(
        self, known: Filter, value: nodes.Expr, node: nodes.Filter | nodes.Call, name: str
    ) -> Code:
        """Write the call of a function of the table of filters, or of methods."""
        self.fit_call(known.function, node, name, given=1)
        source = self.text(value) if known.takes_text else self.expression(value).source
        arguments = self.arguments(node)
        function = known.function
        if function in _TEXT_METHODS and not arguments:
            return Code(f"{self.counted(source)}.{_TEXT_METHODS[function]}()", "text")
        call = self.called(function, self.counted(source), arguments)
        return Code(call, known.gives)

    def called(self, function: Callable[..., Any], *arguments: str) -> str:
        """Return the source of a call; a function that takes the present moment is given it first."""
        clock = "b.now()" if function in CLOCKED else ""
        return f"{self.names.bind('f', function)}({', '.join(filter(None, [clock, *arguments]))})"

    def test(self, node: nodes.Test) -> Code:
        """Write `value is name`."""
        known = self.rules.tests.get(node.name)
        if known is None:
            raise NotAllowed(f"no test {node.name!r}", node.lineno)
        self.fit_call(known, node, node.name, given=1)
        value = self.expression(node.node).source
        if node.name in ("defined", "undefined"):
            # Held in a name, as Python warns of `is` beside a literal.
            told = f"({self.names.fresh('t')} := {value})"
            return Code(f"({told} is{' not' if node.name == 'defined' else ''} M)", "truth")
        return Code(self.called(known, self.counted(value), self.arguments(node)), "truth")

    def arguments(self, node: nodes.Call | nodes.Filter | nodes.Test) -> str:
        """Return the source of the arguments of a call."""
        written = [self.counted(self.expression(argument).source) for argument in node.args or ()]
        written += [
            f"{name}={self.counted(self.expression(value).source)}"
            for name, value in named_arguments(node)
        ]
        return ", ".join(written)

    def fit_call(
        self,
        function: Callable[..., Any],
        node: nodes.Call | nodes.Filter | nodes.Test,
        name: str,
        *,
        given: int,
    ) -> None:
        """Bring the arguments of a call into the form its function takes. Raises `NotAllowed`."""
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise NotAllowed("arguments cannot be spread with *", node.lineno)
        for argument in node.kwargs or ():
            argument.key = parameter_of(str(argument.key))
        named = [name for name, _value in named_arguments(node)]
        if any(not name.isidentifier() or keyword.iskeyword(name) for name in named):
            raise NotAllowed("the name of an argument is not allowed", node.lineno)
        given += len(node.args or ()) + (function in CLOCKED)
        wrong = accepts(function, given, named)
        if wrong is not None:
            raise NotAllowed(f"{name}: {wrong}", node.lineno)

    def concat(self, node: nodes.Concat) -> Code:
        """Write texts put together with `~`."""
        return Code(self.joined([self.text(part) for part in node.nodes]), "text")

    def joined(self, texts: list[str]) -> str:
        """Return source that puts texts together, and is limited in what it makes."""
        if len(texts) == 1:
            return texts[0]
        if len(texts) > MAX_INLINE_PARTS:
            return f"join_texts(({', '.join(self.counted(text) for text in texts)}))"
        return f"checked({' + '.join(self.counted(text) for text in texts)})"

    def condition(self, node: nodes.CondExpr) -> Code:
        """Write `a if test else b`."""
        then = self.expression(node.expr1)
        other = Code("M") if node.expr2 is None else self.expression(node.expr2)
        source = f"({then.source} if {self.truth(node.test)} else {other.source})"
        return Code(source, common(then, other))

    def boolean(self, node: nodes.And | nodes.Or) -> Code:
        """Write `and` and `or`."""
        word = "and" if isinstance(node, nodes.And) else "or"
        if self.rules.boolean_operators:
            return Code(f"({self.truth(node.left)} {word} {self.truth(node.right)})", "truth")
        left, right = self.expression(node.left), self.expression(node.right)
        return Code(f"({left.source} {word} {right.source})", common(left, right))

    def negation(self, node: nodes.Not) -> Code:
        """Write `not`."""
        return Code(f"(not {self.truth(node.node)})", "truth")

    def binary(self, node: nodes.BinExpr) -> Code:
        """Write a calculation."""
        function = self.names.bind("f", self.rules.operators[node.operator])
        left, right = (
            self.counted(self.expression(side).source) for side in (node.left, node.right)
        )
        return Code(f"{function}({left}, {right})", "value")

    def sign(self, node: nodes.Neg | nodes.Pos) -> Code:
        """Write `-x` and `+x`."""
        operator = "neg" if isinstance(node, nodes.Neg) else "pos"
        function = self.names.bind("f", self.rules.operators[operator])
        return Code(f"{function}({self.expression(node.node).source})")

    def compare(self, node: nodes.Compare) -> Code:
        """Write a comparison, or a chain of them."""
        left = self.counted(self.expression(node.expr).source)
        parts: list[str] = []
        for operand in node.ops:
            held = self.names.fresh("c")
            right = f"({held} := {self.counted(self.expression(operand.expr).source)})"
            parts.append(self.rules.compare(operand.op, self.names.bind, left, right))
            left = held
        return Code(f"({' and '.join(parts)})", "truth")

    def sequence(self, node: nodes.List | nodes.Tuple) -> Code:
        """Write a list; a tuple is one too."""
        elements = ", ".join(self.expression(element).known for element in node.items)
        return Code(f"[{elements}]", "value")

    def mapping(self, node: nodes.Dict) -> Code:
        """Write an object; its keys are texts."""
        pairs = (
            f"{self.text(pair.key)}: {self.expression(pair.value).known}" for pair in node.items
        )
        return Code(f"{{{', '.join(pairs)}}}", "value")


MAX_INLINE_PARTS: Final = 16
"""Up to so many texts are added in place; more are measured before they are joined."""

_TEXT_METHODS: Final[dict[Callable[..., Any], str]] = {texts.lower: "lower", texts.upper: "upper"}

_CALCULATIONS: Final = (
    nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow,
)  # fmt: skip
_WRITERS: Final[dict[type[nodes.Node], Callable[[Emitter, Any], Code]]] = {
    nodes.Name: Emitter.name,
    nodes.Const: Emitter.const,
    nodes.Getattr: Emitter.getattr,
    nodes.Getitem: Emitter.getitem,
    nodes.Call: Emitter.call,
    nodes.Filter: Emitter.filter,
    nodes.Test: Emitter.test,
    nodes.Concat: Emitter.concat,
    nodes.CondExpr: Emitter.condition,
    nodes.Not: Emitter.negation,
    nodes.Compare: Emitter.compare,
    nodes.Dict: Emitter.mapping,
    **dict.fromkeys((nodes.And, nodes.Or), Emitter.boolean),
    **dict.fromkeys((nodes.Neg, nodes.Pos), Emitter.sign),
    **dict.fromkeys((nodes.List, nodes.Tuple), Emitter.sequence),
    **dict.fromkeys(_CALCULATIONS, Emitter.binary),
}

"""Turns expressions of a template's tree into Python source.

The source holds nothing of the author's but literals written by `repr`: names, fields and filters are looked up
through functions and tables of ours. It is compiled once and runs as fast as code written by hand.
"""

import keyword
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from jinja2 import nodes

from openconnector.expressions import texts, twig_texts
from openconnector.expressions.dates import CLOCKED
from openconnector.expressions.dialects import DialectRules
from openconnector.expressions.filters import Filter, accepts, parameter_of
from openconnector.expressions.names import Code, Names
from openconnector.expressions.syntax import NotAllowed, constant

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
    loops: list[str] = field(default_factory=list)
    """The numbers of the loops around, innermost last."""
    counts_work: bool = False
    """The template has loops, so operations that grow with their input are counted."""
    uses_budget: bool = False

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

    def expression(self, node: nodes.Node) -> Code:
        """Return the source of an expression. Raises `NotAllowed`."""
        write = _WRITERS.get(type(node))
        if write is None:
            raise NotAllowed(f"{type(node).__name__.lower()} is not allowed here", node.lineno)
        return write(self, node)

    def text(self, node: nodes.Node) -> str:
        """Return the source of an expression as text."""
        return self.as_text(self.expression(node))

    def as_text(self, code: Code) -> str:
        """Return source that makes a text of a value."""
        if code.is_text:
            return code.source
        held = self.names.fresh("t")
        return f"({held} if type({held} := {code.source}) is str else text({held}))"

    def truth(self, node: nodes.Node) -> str:
        """Return source that is true where the dialect takes the value for true."""
        source = self.expression(node).source
        return source if isinstance(node, _BOOLEAN) else self.rules.truth.format(source)

    def counted(self, source: str) -> str:
        """Return source whose value is counted where work is counted."""
        if not self.counts_work:
            return source
        self.uses_budget = True
        return f"b.charge({source})"

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
        return Code(repr(node.value), isinstance(node.value, str))

    def getattr(self, node: nodes.Getattr) -> Code:
        """Write a field of an object, or of `loop`."""
        if isinstance(node.node, nodes.Name) and node.node.name == "loop" and self.loops:
            return self._loop_field(node)
        return self._member(node.node, node.attr)

    def _member(self, node: nodes.Expr, key: str) -> Code:
        keys = self._record_path(node)
        if keys is not None:
            return Code(self.path((*keys, key)))
        return Code(self._field(self.expression(node).source, key))

    def _record_path(self, node: nodes.Expr) -> tuple[str, ...] | None:
        """Return the keys of an expression that is only a path of the record."""
        if isinstance(node, nodes.Name):
            return None if node.name in self.locals or node.name == "_context" else (node.name,)
        key: Any = None
        if isinstance(node, nodes.Getattr):
            key = node.attr
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            key = node.arg.value
        if not isinstance(key, str) or not isinstance(node, (nodes.Getattr, nodes.Getitem)):
            return None
        if isinstance(node.node, nodes.Name) and node.node.name == "_context":
            return (key,)
        before = self._record_path(node.node)
        return None if before is None else (*before, key)

    def _loop_field(self, node: nodes.Getattr) -> Code:
        number = self.loops[-1]
        sources = {
            "index": f"(i{number} + 1)",
            "index0": f"i{number}",
            "first": f"(i{number} == 0)",
            "last": f"(i{number} == len(s{number}) - 1)",
            "length": f"len(s{number})",
            "revindex": f"(len(s{number}) - i{number})",
            "revindex0": f"(len(s{number}) - i{number} - 1)",
        }
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
            return self._member(node.node, node.arg.value)
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
            return self._apply(method, node.node.node, node, node.node.attr)
        if not isinstance(node.node, nodes.Name):
            raise NotAllowed("only functions can be called", node.lineno)
        if node.node.name in ("mapping", "executeMapping"):
            return self._call_mapping(node)
        function = self.rules.functions.get(node.node.name)
        if function is None:
            known = ", ".join(sorted([*self.rules.functions, "mapping"]))
            raise NotAllowed(f"no function {node.node.name!r}; there are {known}", node.lineno)
        clock = self._clock(function)
        self._check_call(function, node, node.node.name, given=len(clock))
        bound = self.names.bind("f", function)
        return Code(f"{bound}({', '.join(filter(None, [*clock, self._arguments(node)]))})")

    def _call_mapping(self, node: nodes.Call) -> Code:
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
        self.uses_budget = True
        value = self.expression(given["input"]).source
        return Code(f"{bound}({value}, {is_list}, b)")

    def filter(self, node: nodes.Filter) -> Code:
        """Write the application of a filter."""
        known = self.rules.filters.get(node.name)
        if known is None:
            raise NotAllowed(f"no filter {node.name!r}", node.lineno)
        if node.node is None:
            raise NotAllowed("a filter needs a value before it", node.lineno)
        return self._apply(known, node.node, node, node.name)

    def _apply(
        self, known: Filter, value: nodes.Expr, node: nodes.Filter | nodes.Call, name: str
    ) -> Code:
        clock = self._clock(known.function)
        self._check_call(known.function, node, name, given=1 + len(clock))
        source = self.text(value) if known.takes_text else self.expression(value).source
        arguments = self._arguments(node)
        function = known.function
        if function in _TEXT_METHODS and not arguments:
            return Code(f"{self.counted(source)}.{_TEXT_METHODS[function]}()", is_text=True)
        bound = self.names.bind("f", function)
        call = f"{bound}({', '.join(filter(None, [*clock, self.counted(source), arguments]))})"
        return Code(call, known.gives_text)

    def _clock(self, function: Callable[..., Any]) -> list[str]:
        """Return the source of the present moment, for a function that takes it first."""
        if function not in CLOCKED:
            return []
        self.uses_budget = True
        return ["b.now()"]

    def test(self, node: nodes.Test) -> Code:
        """Write `value is name`."""
        known = self.rules.tests.get(node.name)
        if known is None:
            raise NotAllowed(f"no test {node.name!r}", node.lineno)
        self._check_call(known, node, node.name, given=1)
        value = self.expression(node.node).source
        if node.name in ("defined", "undefined"):
            return Code(f"({value} is{' not' if node.name == 'defined' else ''} M)")
        bound = self.names.bind("f", known)
        arguments = filter(None, [self.counted(value), self._arguments(node)])
        return Code(f"{bound}({', '.join(arguments)})")

    def _arguments(self, node: nodes.Call | nodes.Filter | nodes.Test) -> str:
        written = [self.counted(self.expression(argument).source) for argument in node.args or ()]
        written += [
            f"{name}={self.counted(self.expression(value).source)}"
            for name, value in named_arguments(node)
        ]
        return ", ".join(written)

    def _check_call(
        self,
        function: Callable[..., Any],
        node: nodes.Call | nodes.Filter | nodes.Test,
        name: str,
        *,
        given: int,
    ) -> None:
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise NotAllowed("arguments cannot be spread with *", node.lineno)
        named = [name for name, _value in named_arguments(node)]
        if any(not name.isidentifier() or keyword.iskeyword(name) for name in named):
            raise NotAllowed("the name of an argument is not allowed", node.lineno)
        wrong = accepts(function, given + len(node.args or ()), named)
        if wrong is not None:
            raise NotAllowed(f"{name}: {wrong}", node.lineno)

    def concat(self, node: nodes.Concat) -> Code:
        """Write texts put together with `~`."""
        return Code(self.joined([self.text(part) for part in node.nodes]), is_text=True)

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
        return Code(source, then.is_text and other.is_text)

    def boolean(self, node: nodes.And | nodes.Or) -> Code:
        """Write `and` and `or`."""
        word = "and" if isinstance(node, nodes.And) else "or"
        if self.rules.boolean_operators:
            return Code(f"({self.truth(node.left)} {word} {self.truth(node.right)})")
        return Code(
            f"({self.expression(node.left).source} {word} {self.expression(node.right).source})"
        )

    def negation(self, node: nodes.Not) -> Code:
        """Write `not`."""
        return Code(f"(not {self.truth(node.node)})")

    def binary(self, node: nodes.BinExpr) -> Code:
        """Write a calculation."""
        function = self.names.bind("f", self.rules.operators[node.operator])
        left, right = (
            self.counted(self.expression(side).source) for side in (node.left, node.right)
        )
        return Code(f"{function}({left}, {right})")

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
            right = self.counted(self.expression(operand.expr).source)
            parts.append(
                self.rules.compare(operand.op, self.names.bind, left, f"({held} := {right})")
            )
            left = held
        return Code(f"({' and '.join(parts)})")

    def sequence(self, node: nodes.List | nodes.Tuple) -> Code:
        """Write a list; a tuple is one too."""
        return Code(f"[{', '.join(self._kept(element) for element in node.items)}]")

    def mapping(self, node: nodes.Dict) -> Code:
        """Write an object; its keys are texts."""
        pairs = (f"{self.text(pair.key)}: {self._kept(pair.value)}" for pair in node.items)
        return Code(f"{{{', '.join(pairs)}}}")

    def _kept(self, node: nodes.Expr) -> str:
        """Return the source of a value that becomes part of another, so that what is missing is null."""
        source = self.expression(node).source
        return (
            source
            if isinstance(node, (nodes.Const, nodes.List, nodes.Dict))
            else f"known({source})"
        )


def named_arguments(node: nodes.Call | nodes.Filter | nodes.Test) -> list[tuple[str, nodes.Expr]]:
    """Return the arguments of a call that are given by name."""
    return [(parameter_of(str(argument.key)), argument.value) for argument in node.kwargs or ()]


MAX_INLINE_PARTS: Final = 16
"""Up to so many texts are added in place; more are measured before they are joined."""

_TEXT_METHODS: Final[dict[Callable[..., Any], str]] = {
    texts.lower: "lower", texts.upper: "upper", twig_texts.upper: "upper",
}  # fmt: skip

_BOOLEAN: Final = (nodes.Compare, nodes.Not, nodes.Test)
"""Expressions that give true or false in every dialect."""

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
    nodes.And: Emitter.boolean,
    nodes.Or: Emitter.boolean,
    nodes.Not: Emitter.negation,
    nodes.Neg: Emitter.sign,
    nodes.Pos: Emitter.sign,
    nodes.Compare: Emitter.compare,
    nodes.List: Emitter.sequence,
    nodes.Tuple: Emitter.sequence,
    nodes.Dict: Emitter.mapping,
    nodes.Add: Emitter.binary,
    nodes.Sub: Emitter.binary,
    nodes.Mul: Emitter.binary,
    nodes.Div: Emitter.binary,
    nodes.FloorDiv: Emitter.binary,
    nodes.Mod: Emitter.binary,
    nodes.Pow: Emitter.binary,
}

"""Turns what only Twig's expressions have into Python source."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from jinja2 import nodes
from typing_extensions import override

from openconnector.expressions.constants import CONSTANTS
from openconnector.expressions.emit import Emitter
from openconnector.expressions.filters import accepts
from openconnector.expressions.names import Certain, Code, common, loop_fields
from openconnector.expressions.php import numeric
from openconnector.expressions.problems import NotAllowed
from openconnector.expressions.safety import is_safe
from openconnector.expressions.syntax import constant
from openconnector.expressions.tree import (
    Arrow,
    Coalesce,
    Elvis,
    MacroCall,
    Operation,
    Spread,
    named_arguments,
)
from openconnector.expressions.twig_arrows import ARROW_FILTERS
from openconnector.expressions.twig_operators import (
    array_key,
    array_of,
    check_regex,
    hash_key,
    unpacked,
)

MAX_ARROW_PARAMETERS: Final = 3
"""An arrow function is called with at most a carry, a value and a key."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A macro as it is called: its function, and the names of its parameters."""

    function: str
    parameters: tuple[str, ...]


@dataclass(slots=True)
class TwigEmitter(Emitter):
    """Writes expressions of Twig."""

    macros: dict[str, Signature] = field(default_factory=dict)
    template_name: str = ""
    """What `_self` gives as a value."""

    @override
    def writer(self, kind: type) -> Callable[[Any, Any], Code] | None:
        return _WRITERS.get(kind) or Emitter.writer(self, kind)

    @override
    def name(self, node: nodes.Name) -> Code:
        """Write a name: a variable of the template, one of Twig's own, or a field of the record."""
        if node.name in self.locals or self.is_of_record(node.name):
            return Emitter.name(self, node)
        match node.name:
            case "_self":
                return Code(repr(self.template_name), "text")
            case "_charset":
                return Code("'UTF-8'", "text")
            case "loop":
                fields = loop_fields(self.loops[-1][0]).items()
                return Code(f"{{{', '.join(f'{key!r}: {source}' for key, source in fields)}}}")
            case _:
                return self._whole_context()

    @override
    def is_of_record(self, name: str) -> bool:
        is_own = name in ("_context", "_self", "_charset") or (name == "loop" and bool(self.loops))
        return not is_own and name not in self.locals

    def _whole_context(self) -> Code:
        """Write `_context`: the record, and what the template set."""
        self.reads.add("")
        known = ", ".join(f"{name!r}: {local}" for name, local in self.locals.items())
        return Code(f"with_variables(context, {{{known}}})" if known else "context")

    @override
    def getattr(self, node: nodes.Getattr) -> Code:
        """Write a field of an object, of `loop`, or of a loop around it."""
        depth = self._loop_depth(node.node)
        if depth is not None and node.attr == "parent":
            return self._outside(depth, nodes.Name("_context", "load", lineno=node.lineno))
        if depth is not None:
            return Code(loop_fields(self.loops[depth][0]).get(node.attr, "M"))
        if isinstance(node.node, nodes.Getattr) and node.node.attr == "parent":
            depth = self._loop_depth(node.node.node)
            if depth is not None:
                return self._outside(depth, nodes.Name(node.attr, "load", lineno=node.lineno))
        if _is_context(node.node):
            return self.name(nodes.Name(node.attr, "load", lineno=node.lineno))
        return self.member(node.node, node.attr)

    def _loop_depth(self, node: nodes.Node) -> int | None:
        """Return which of the loops around a node stands for; None for what is no `loop`."""
        if isinstance(node, nodes.Name) and node.name == "loop" and self.loops:
            return len(self.loops) - 1
        if not isinstance(node, nodes.Getattr) or node.attr != "loop":
            return None
        if not isinstance(node.node, nodes.Getattr) or node.node.attr != "parent":
            return None
        inner = self._loop_depth(node.node.node)
        return None if inner is None or inner == 0 else inner - 1

    def _outside(self, depth: int, name: nodes.Name) -> Code:
        """Write a name as it is outside of a loop: `loop.parent.name`."""
        now = self.locals, self.loops
        self.locals, self.loops = self.loops[depth][1], self.loops[:depth]
        written = self.name(name)
        self.locals, self.loops = now
        return written

    @override
    def getitem(self, node: nodes.Getitem) -> Code:
        """Write an element of a list or a field of an object."""
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            by_name = nodes.Getattr(node.node, node.arg.value, "load", lineno=node.lineno)
            return self.getattr(by_name)
        key = self.expression(node.arg).source
        return Code(f"item({self.expression(node.node).source}, {key})")

    @override
    def call(self, node: nodes.Call) -> Code:
        """Write the call of a function of ours, of another mapping, or of a method."""
        if isinstance(node.node, nodes.Getattr):
            return self._method(node, node.node)
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        if name in _REFUSED_FUNCTIONS:
            raise NotAllowed(_REFUSED_FUNCTIONS[name], node.lineno)
        return self._attribute(node) if name == "attribute" else Emitter.call(self, node)

    def _method(self, node: nodes.Call, called: nodes.Getattr) -> Code:
        """Write the call of a method; as PHP's arrays and texts have none, there is nothing to call on them."""
        method = self.rules.methods.get(called.attr)
        if method is not None:
            return self.apply(method, called.node, node, called.attr)
        for part in (called.node, *node.args):
            self.expression(part)
        return Code("M")

    def _attribute(self, node: nodes.Call) -> Code:
        """Write `attribute(value, key)`, which is `value[key]`."""
        given = dict(zip(("variable", "attribute", "arguments"), node.args, strict=False))
        given |= dict(named_arguments(node))
        if given.keys() != {"variable", "attribute"}:
            raise NotAllowed("attribute takes a value and a key", node.lineno)
        key = given["attribute"]
        return self.getitem(nodes.Getitem(given["variable"], key, "load", lineno=node.lineno))

    @override
    def filter(self, node: nodes.Filter) -> Code:
        """Write the application of a filter."""
        given = [*node.args, *(value for _, value in named_arguments(node))]
        needs_arrow = node.name in ARROW_FILTERS and (given or node.name != "sort")
        if needs_arrow and not (given and isinstance(given[0], Arrow)):
            raise NotAllowed(
                f"{node.name} takes an arrow function, such as v => v.name", node.lineno
            )
        escaped = self.rules.escapes and node.name == "nl2br" and node.node is not None
        if escaped and node.node is not None and not is_safe(node.node):
            pre = nodes.Filter(node.node, "escape", [], [], None, None, lineno=node.lineno)
            node = nodes.Filter(pre, "nl2br", node.args, [], None, None, lineno=node.lineno)
        return Emitter.filter(self, node)

    @override
    def test(self, node: nodes.Test) -> Code:
        """Write `value is name`."""
        if node.name != "defined":
            return Emitter.test(self, node)
        if isinstance(node.node, MacroCall):
            return Code(repr(node.node.name in self.macros), "truth")
        if isinstance(node.node, (nodes.Const, nodes.List, nodes.Dict)):
            return Code("True", "truth")
        if isinstance(node.node, nodes.Call) and _called(node.node) == "constant":
            name = constant(node.node.args[0]) if node.node.args else None
            return Code(repr(name in CONSTANTS), "truth")
        is_field = isinstance(node.node, (nodes.Name, nodes.Getattr, nodes.Getitem))
        if not is_field and not _is_method(node.node) and _called(node.node) != "attribute":
            raise NotAllowed("only variables and their fields can be defined or not", node.lineno)
        return Emitter.test(self, node)

    @override
    def fit_call(
        self,
        function: Callable[..., Any],
        node: nodes.Call | nodes.Filter | nodes.Test,
        name: str,
        *,
        given: int,
    ) -> None:
        """Bring the arguments into the form a function takes; how many are unpacked shows only when it is called."""
        if not any(isinstance(argument, Spread) for argument in node.args):
            Emitter.fit_call(self, function, node, name, given=given)

    @override
    def arguments(self, node: nodes.Call | nodes.Filter | nodes.Test) -> str:
        written = [self._argument(argument) for argument in node.args]
        written += [f"{name}={self._argument(value)}" for name, value in named_arguments(node)]
        return ", ".join(written)

    def _argument(self, node: Any) -> str:
        if isinstance(node, Arrow):
            return self._arrow(node)
        if isinstance(node, Spread):
            return f"*{self.names.bind('f', unpacked)}({self.expression(node.value).source})"
        return self.counted(self.expression(node).source)

    def _arrow(self, node: Arrow) -> str:
        """Return the source of an arrow function; each call of it counts as a turn of a loop."""
        if len(node.names) > MAX_ARROW_PARAMETERS:
            raise NotAllowed(
                f"an arrow function takes at most {MAX_ARROW_PARAMETERS} values", node.lineno
            )
        parameters = [self.names.fresh("a") for _ in range(MAX_ARROW_PARAMETERS)]
        outside, counts = self.locals, self.counts_work
        self.locals = {**outside, **dict(zip(node.names, parameters, strict=False))}
        self.counts_work = True
        body = self.expression(node.body).source
        self.locals, self.counts_work = outside, counts
        taken = ", ".join(f"{parameter}=M" for parameter in parameters)
        return f"(lambda {taken}: b.charge(known({body})))"

    @override
    def compare(self, node: nodes.Compare) -> Code:
        """Write a comparison; with a literal it is done in place where the types are equal."""
        operand = node.ops[0]
        literal = operand.expr.value if isinstance(operand.expr, nodes.Const) else None
        kind = _FAST.get(type(literal)) if operand.op in _PLAIN else None
        if kind is None or (isinstance(literal, str) and not _is_plain(operand.op, literal)):
            return Emitter.compare(self, node)
        held = self.names.fresh("c")
        told = f"({held} := {self.counted(self.expression(node.expr).source)})"
        called = self.rules.compare(operand.op, self.names.bind, held, repr(literal))
        in_place = f"{held} {_PLAIN[operand.op]} {literal!r}"
        return Code(f"({in_place} if type{told} is {kind} else {called})", "truth")

    def operation(self, node: Operation) -> Code:
        """Write an operator that only Twig has."""
        if node.operator == "xor":
            return Code(
                f"(bool({self.truth(node.left)}) != bool({self.truth(node.right)}))", "truth"
            )
        if node.operator == "matches" and isinstance(node.right, nodes.Const):
            check_regex(node.right.value, node.right.lineno)
        if node.operator in ("has some", "has every") and not isinstance(node.right, Arrow):
            raise NotAllowed(
                f"{node.operator} takes an arrow function, such as v => v > 1", node.lineno
            )
        function = self.names.bind("f", self.rules.operators[node.operator])
        left = self.counted(self.expression(node.left).source)
        certain: Certain = "truth" if node.operator in _TRUTHS else ""
        source = f"{function}({left}, {self._argument(node.right)})"
        return Code(self.counted(source) if node.operator == ".." else source, certain)

    def choice(self, node: Elvis | Coalesce) -> Code:
        """Write `a ?: b` and `a ?? b`."""
        left, right = self.expression(node.left), self.expression(node.right)
        held = left.source if left.source.isidentifier() else self.names.fresh("e")
        told = held if held == left.source else f"({held} := {left.source})"
        certain = common(left, right)
        return Code(f"({held} if {self.chosen(node, told, held)} else {right.source})", certain)

    def chosen(self, node: Elvis | Coalesce, held: str, again: str) -> str:
        """Return the source of whether the left side of `?:` or `??` counts.

        ``held`` calculates it the first time, ``again`` gives it once more.
        """
        if isinstance(node, Elvis):
            return self.rules.truth.format(held)
        return f"{held} is not M and {again} is not None"

    def escape(self, text: str, strategy: str, offset: int) -> str:
        """Return the source of a text escaped for something else than HTML."""
        known = self.rules.filters["escape"].function
        wrong = accepts(known, 2, [])
        if wrong is not None:
            raise NotAllowed(f"escape: {wrong}", offset)
        return f"{self.names.bind('f', known)}({text}, {strategy!r})"

    def macro_call(self, node: MacroCall) -> Code:
        """Write the call of a macro; what it is given too much of is in its `varargs`."""
        macro = self.macros.get(node.name)
        if macro is None:
            known = ", ".join(self.macros) or "none"
            raise NotAllowed(f"no macro {node.name!r}; there are {known}", node.lineno)
        values = dict(zip(macro.parameters, map(self._given, node.args), strict=False))
        for name, value in named_arguments(node):
            if name not in macro.parameters or name in values:
                raise NotAllowed(f"the macro {node.name} has no such argument: {name}", node.lineno)
            values[name] = self._given(value)
        more = ", ".join(map(self._given, node.args[len(macro.parameters) :]))
        written = "".join(f"{values.get(name, 'M')}, " for name in macro.parameters)
        return Code(f"{macro.function}(NOTHING, b, {written}[{more}])", "text")

    def _given(self, node: Any) -> str:
        return f"known({self.counted(self.expression(node).source)})"

    @override
    def sequence(self, node: nodes.List | nodes.Tuple) -> Code:
        """Write a list."""
        if not any(isinstance(element, Spread) for element in node.items):
            return Emitter.sequence(self, node)
        return self._array([(None, element) for element in node.items])

    @override
    def mapping(self, node: nodes.Dict) -> Code:
        """Write an object, which is a list where its keys are 0, 1, 2, as in PHP."""
        if not node.items:
            return Code("[]")
        written: list[Any] = node.items
        pairs: list[tuple[Any, Any]] = [
            (None, pair) if isinstance(pair, Spread) else (pair.key, pair.value) for pair in written
        ]
        keys = [key.value if isinstance(key, nodes.Const) else None for key, _ in pairs]
        if all(isinstance(key, str) for key in keys) and not any(
            str(key).lstrip("-").isdecimal() for key in keys
        ):
            fields = (
                f"{key!r}: {self.expression(value).known}"
                for key, (_, value) in zip(keys, pairs, strict=True)
            )
            return Code(f"{{{', '.join(fields)}}}")
        return self._array(pairs)

    def _array(self, pairs: list[tuple[Any, Any]]) -> Code:
        """Write a list or object whose keys are known only when it is made."""
        parts = []
        for key, value in pairs:
            if isinstance(value, Spread):
                parts.append(f"(..., {self.expression(value.value).source})")
            else:
                parts.append(f"({self._key(key)}, {self.expression(value).known})")
        return Code(f"{self.names.bind('f', array_of)}({', '.join(parts)})")

    def _key(self, key: nodes.Expr | None) -> str:
        if key is None:
            return "None"
        to_key = array_key if isinstance(key, nodes.Const) else hash_key
        return f"{self.names.bind('f', to_key)}({self.expression(key).source})"


def _called(node: nodes.Node) -> str:
    """Return the name of the function a node calls; empty for anything else."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
        return node.node.name
    return ""


def _is_method(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr)


def _is_context(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "_context"


def _is_plain(operator: str, text: str) -> bool:
    """Return whether PHP compares a text with this one as texts: it is no number."""
    return operator in ("eq", "ne") and numeric(text) is None


_REFUSED_FUNCTIONS: Final = {
    "include": "include() is not allowed; a mapping can call another one with executeMapping()",
    "source": "source() is not allowed: there are no other templates",
    "block": "block() is not allowed; a macro can be called more than once",
    "parent": "parent() is not allowed: there are no other templates",
    "template_from_string": "template_from_string() is not allowed",
}
_PLAIN: Final = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">="}
_FAST: Final[dict[type, str]] = {str: "str", int: "int"}
_TRUTHS: Final = frozenset(
    {"===", "!==", "matches", "starts with", "ends with", "has some", "has every"}
)

_WRITERS: Final[dict[type, Callable[[TwigEmitter, Any], Code]]] = {
    nodes.Name: TwigEmitter.name,
    nodes.Getattr: TwigEmitter.getattr,
    nodes.Getitem: TwigEmitter.getitem,
    nodes.Call: TwigEmitter.call,
    nodes.Filter: TwigEmitter.filter,
    nodes.Test: TwigEmitter.test,
    nodes.Compare: TwigEmitter.compare,
    nodes.List: TwigEmitter.sequence,
    nodes.Dict: TwigEmitter.mapping,
    Coalesce: TwigEmitter.choice,
    Elvis: TwigEmitter.choice,
    MacroCall: TwigEmitter.macro_call,
    Operation: TwigEmitter.operation,
}

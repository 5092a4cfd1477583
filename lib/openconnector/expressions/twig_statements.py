"""Turns the tags that only Twig has into the lines of a generated function."""

from dataclasses import replace
from typing import Any

from jinja2 import nodes
from typing_extensions import override

from openconnector.expressions.problems import NotAllowed
from openconnector.expressions.statements import StatementWriter, stored_names, targets_of
from openconnector.expressions.tree import Autoescape, Guard, Macro, Node, With, walk


class TwigStatementWriter(StatementWriter):
    """Writes templates of Twig."""

    @override
    def statement(self, node: Node) -> None:
        match node:
            case nodes.Assign(target=nodes.Tuple()):
                self._assign_several(node)
            case nodes.ExprStmt():
                self.line(f"b.charge({self.emitter.expression(node.node).source})")
            case With():
                self._with(node)
            case Autoescape():
                self._autoescape(node)
            case Guard():
                self.body(node.body if self._is_known(node) else node.otherwise)
            case Macro():
                pass  # has a function of its own
            case _:
                super().statement(node)

    @property
    @override
    def captured(self) -> str:
        return "Markup(''.join(out))" if self.emitter.rules.escapes else "''.join(out)"

    def macro(self, node: Macro) -> list[str]:
        """Write the body of a macro; return the names of its function's parameters."""
        emitter = self.emitter
        self.line("b.enter()")
        parameters = []
        for name, default in node.parameters:
            local = emitter.names.fresh("v")
            parameters.append(local)
            fallback = "None" if default is None else emitter.expression(default).source
            self.line(f"if {local} is M: {local} = {fallback}")
            emitter.locals[name] = local
        emitter.locals["varargs"] = emitter.names.fresh("v")
        parameters.append(emitter.locals["varargs"])
        for name in stored_names(node.body, into_loops=True):
            if name not in emitter.locals:
                emitter.locals[name] = emitter.names.fresh("v")
                self.line(f"{emitter.locals[name]} = M")
        self.body(node.body)
        self.line("b.leave()")
        return parameters

    def _assign_several(self, node: nodes.Assign) -> None:
        """Write `set a, b = x, y`, whose values are all calculated before any is set."""
        assert isinstance(node.node, nodes.Tuple)  # noqa: S101 - the parser made it so
        targets = ", ".join(self.target(target) for target in targets_of(node.target))
        values = ", ".join(
            f"b.charge({self.emitter.expression(value).source})" for value in node.node.items
        )
        self.line(f"{targets} = {values}")

    def _with(self, node: With) -> None:
        """Write a body with variables of its own; what it sets is forgotten after it."""
        emitter = self.emitter
        given = emitter.names.fresh("w")
        variables = "{}" if node.variables is None else emitter.expression(node.variables).source
        self.line(f"{given} = members({variables})")
        outside, inside = dict(emitter.locals), dict(emitter.locals)
        for name in _names_in(node.body):
            local = emitter.names.fresh("v")
            before = "M" if node.only else outside.get(name) or self._of_record(name)
            self.line(f"{local} = {given}.get({name!r}, {before})")
            inside[name] = local
        emitter.locals = inside
        self.body(node.body)
        emitter.locals = outside

    def _of_record(self, name: str) -> str:
        self.emitter.reads.add(name)
        return self.emitter.head(name)

    def _autoescape(self, node: Autoescape) -> None:
        before = self.escaping
        self.escaping = replace(before, strategy=node.strategy)
        self.body(node.body)
        self.escaping = before

    def _is_known(self, node: Guard) -> bool:
        rules = self.emitter.rules
        tables: dict[str, Any] = {
            "filter": rules.filters,
            "function": {**rules.functions, "executeMapping": None, "attribute": None},
            "test": rules.tests,
        }
        if node.kind not in tables:
            raise NotAllowed(f"guard does not know {node.kind}", node.lineno)
        return node.name in tables[node.kind]


def _names_in(body: list[Any]) -> list[str]:
    """Return the names that a body reads or sets, loops and arrow functions within it included."""
    special = ("_context", "_self", "_charset", "loop")
    names = {node.name for node in walk(body) if isinstance(node, nodes.Name)}
    return sorted(names.difference(special))

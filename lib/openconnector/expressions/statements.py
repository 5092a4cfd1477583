"""Turns a template with tags (`if`, `for`, `set`) into the lines of a generated function."""

from collections.abc import Iterable
from typing import Final

from jinja2 import nodes

from openconnector.expressions.emit import Emitter
from openconnector.expressions.output import Escaping, piece, pieces_of
from openconnector.expressions.problems import NotAllowed
from openconnector.expressions.tree import Autoescape, Guard, Node, children

INDENT: Final = "    "


class StatementWriter:
    """Writes the lines that append a template's output to the list `out`."""

    def __init__(self, emitter: Emitter, escaping: Escaping) -> None:
        self.emitter = emitter
        self.escaping = escaping
        self.lines: list[str] = []
        self._level = 1
        emitter.counts_work = True

    def template(self, tree: nodes.Template) -> None:
        """Write a whole template."""
        with_loops = self.emitter.rules.shares_loop_scope
        for name in stored_names(tree.body, into_loops=with_loops):
            local = self.emitter.names.fresh("v")
            self.line(f"{local} = {self.emitter.head(name)}")
            self.emitter.locals[name] = local
        self.body(tree.body)

    def line(self, text: str) -> None:
        """Write a line."""
        self.lines.append(INDENT * self._level + text)

    def _block(self, opening: str, body: Iterable[Node]) -> None:
        self.line(opening)
        self._level += 1
        before = len(self.lines)
        self.body(body)
        if len(self.lines) == before:
            self.line("pass")
        self._level -= 1

    def body(self, body: Iterable[Node]) -> None:
        """Write statements."""
        for node in body:
            self.statement(node)

    def statement(self, node: Node) -> None:
        """Write one statement."""
        match node:
            case nodes.Output():
                self._output(node)
            case nodes.If():
                self._if(node)
            case nodes.For():
                self._for(node)
            case nodes.Assign():
                self._assign(node)
            case nodes.AssignBlock() | nodes.FilterBlock():
                self._captured(node)
            case _:
                raise NotAllowed(f"{type(node).__name__.lower()} is not allowed here", node.lineno)

    def _output(self, node: nodes.Output) -> None:
        for child in pieces_of(node):
            self.line(f"b.put(out, {piece(self.emitter, child, self.escaping)})")

    def _if(self, node: nodes.If) -> None:
        self._block(f"if {self.emitter.truth(node.test)}:", node.body)
        for other in node.elif_:
            self._block(f"elif {self.emitter.truth(other.test)}:", other.body)
        if node.else_:
            self._block("else:", node.else_)

    def _assign(self, node: nodes.Assign) -> None:
        value = self.emitter.expression(node.node).source
        if isinstance(node.target, nodes.NSRef):
            target = self.emitter.expression(nodes.Name(node.target.name, "load")).source
            self.line(f"assign({target}, {node.target.attr!r}, known(b.charge({value})))")
            return
        self.line(f"{self.target(node.target)} = b.charge({value})")

    def target(self, node: nodes.Node) -> str:
        """Return the local variable of a name that is given a value."""
        if isinstance(node, nodes.Name):
            return self.emitter.locals[node.name]
        raise NotAllowed("set takes one name at a time", node.lineno)

    def _captured(self, node: nodes.AssignBlock | nodes.FilterBlock) -> None:
        number = self.emitter.names.fresh("k")
        self.line(f"{number} = out")
        self.line("out = []")
        self.body(node.body)
        self.line(f"{number}, out = {self.captured}, {number}")
        source: str | None = None
        if node.filter is not None:
            source = self._filtered(node.filter, number)
        if isinstance(node, nodes.AssignBlock):
            self.line(f"{self.target(node.target)} = b.charge({source or number})")
        else:
            self.line(f"b.put(out, {source})")

    @property
    def captured(self) -> str:
        """The source of captured output as a value."""
        return "''.join(out)"

    def _filtered(self, chain: nodes.Filter, local: str) -> str:
        """Return the source of a chain of filters over a local variable, as text to be printed."""
        inner = chain
        while isinstance(inner.node, nodes.Filter):
            inner = inner.node
        name = f"captured {local}"
        inner.node = nodes.Name(name, "load", lineno=chain.lineno)
        self.emitter.locals[name] = local
        return piece(self.emitter, chain, self.escaping)

    def _for(self, node: nodes.For) -> None:
        emitter = self.emitter
        outer, number = dict(emitter.locals), emitter.names.fresh("")
        names = _target_names(node.target)
        kind = "loop_pairs" if len(names) > 1 else "loop_items"
        source = emitter.expression(node.iter).source
        self.line(f"s{number} = {kind}(b.charge({source}))")
        restored = self._enter_loop(node, names)
        if node.test is not None:
            self._keep_matching(node, names, number)
        self.line(f"for i{number}, e{number} in enumerate(s{number}):")
        self._level += 1
        self.line("b.tick()")
        self._unpack(names, number)
        emitter.loops.append((number, outer))
        self._scope(node, outer, names)
        self.body(node.body)
        emitter.loops.pop()
        self._level -= 1
        emitter.locals = outer
        for local, held in restored:
            self.line(f"if {held} is M: {local} = M")
        if node.else_:
            self._block(f"if not s{number}:", node.else_)

    def _enter_loop(self, node: nodes.For, names: list[str]) -> list[tuple[str, str]]:
        """Give the loop its own variables; return those to be forgotten after it, with their value before."""
        restored = []
        if self.emitter.rules.shares_loop_scope:
            for name in stored_names(node.body, into_loops=True):
                local, held = self.emitter.locals[name], self.emitter.names.fresh("h")
                self.line(f"{held} = {local}")
                restored.append((local, held))
        for name in names:
            self.emitter.locals[name] = self.emitter.names.fresh("v")
        return restored

    def _scope(self, node: nodes.For, outer: dict[str, str], names: list[str]) -> None:
        """Begin a turn: what the body sets starts from the value outside, where loops have a scope of their own."""
        if self.emitter.rules.shares_loop_scope:
            return
        for name in stored_names(node.body, into_loops=False):
            before = self.emitter.locals[name] if name in names else outer.get(name)
            local = self.emitter.names.fresh("v")
            self.line(f"{local} = {before or self.emitter.head(name)}")
            self.emitter.locals[name] = local

    def _unpack(self, names: list[str], number: str) -> None:
        targets = ", ".join(self.emitter.locals[name] for name in names)
        self.line(f"{targets} = {f'pair(e{number})' if len(names) > 1 else f'e{number}'}")

    def _keep_matching(self, node: nodes.For, names: list[str], number: str) -> None:
        """Write the loop that keeps the elements of `for ... if`."""
        self.line(f"w{number} = []")
        self.line(f"for e{number} in s{number}:")
        self._level += 1
        self.line("b.tick()")
        self._unpack(names, number)
        assert node.test is not None  # noqa: S101 - the caller looked
        self.line(f"if {self.emitter.truth(node.test)}: w{number}.append(e{number})")
        self._level -= 1
        self.line(f"s{number} = w{number}")


def _target_names(target: nodes.Node) -> list[str]:
    targets = targets_of(target)
    names = [node.name for node in targets if isinstance(node, nodes.Name)]
    if len(names) != len(targets) or not 1 <= len(names) <= 2:  # noqa: PLR2004 - key and value
        raise NotAllowed("for takes one name, or two for key and value", target.lineno)
    return names


def stored_names(body: Iterable[Node], *, into_loops: bool) -> list[str]:
    """Return the names that `set` gives a value in a body, loops within it included or not."""
    found: dict[str, None] = {}
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, nodes.For) and not into_loops:
            waiting.extend(node.else_)
            continue
        if isinstance(node, (nodes.Assign, nodes.AssignBlock)):
            found |= dict.fromkeys(
                target.name for target in targets_of(node.target) if isinstance(target, nodes.Name)
            )
        if isinstance(node, (nodes.Stmt, Autoescape, Guard)):
            waiting.extend(children(node))
    return sorted(found)


def targets_of(target: nodes.Node) -> list[nodes.Node]:
    """Return what is given a value: one target, or the parts of several."""
    return list(target.items) if isinstance(target, nodes.Tuple) else [target]

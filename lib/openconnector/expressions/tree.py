"""The syntax tree of templates: Jinja's nodes, and those of Twig that Jinja has none for.

Jinja allows no node classes but its own, so Twig's stand beside them. As in Jinja's tree of this package, `lineno` is
the offset of the node in the template.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from jinja2 import nodes


@dataclass(slots=True, kw_only=True)
class TwigNode:
    """A node that only Twig has."""

    lineno: int

    def parts(self) -> Iterator[Any]:
        """Yield what the node is made of."""
        for field in fields(self):
            yield getattr(self, field.name)


Node: TypeAlias = nodes.Node | TwigNode


@dataclass(slots=True, kw_only=True)
class Operation(TwigNode):
    """`left operator right`, for the operators Jinja does not have."""

    operator: str
    left: Any
    right: Any


@dataclass(slots=True, kw_only=True)
class Coalesce(TwigNode):
    """`left ?? right`: the right where the left is missing or null."""

    left: Any
    right: Any


@dataclass(slots=True, kw_only=True)
class Elvis(TwigNode):
    """`left ?: right`: the right where the left is not true."""

    left: Any
    right: Any


@dataclass(slots=True, kw_only=True)
class Arrow(TwigNode):
    """`(value, key) => body`."""

    names: list[str]
    body: Any


@dataclass(slots=True, kw_only=True)
class Spread(TwigNode):
    """`...value` in a list, an object or arguments."""

    value: Any


@dataclass(slots=True, kw_only=True)
class MacroCall(TwigNode):
    """`_self.name(arguments)`, or the same through an imported name."""

    name: str
    args: list[Any]
    kwargs: list[nodes.Keyword]


@dataclass(slots=True, kw_only=True)
class With(TwigNode):
    """`{% with variables only %}`: variables that exist only within."""

    variables: Any
    only: bool
    body: list[Any]


@dataclass(slots=True, kw_only=True)
class Autoescape(TwigNode):
    """`{% autoescape 'strategy' %}`; None for no escaping."""

    strategy: str | None
    body: list[Any]


@dataclass(slots=True, kw_only=True)
class Guard(TwigNode):
    """`{% guard kind name %}`: the body where a filter, function or test of the name exists."""

    kind: str
    name: str
    body: list[Any]
    otherwise: list[Any]


@dataclass(slots=True, kw_only=True)
class Macro(TwigNode):
    """`{% macro name(parameters) %}`; a parameter is its name and its default, if any."""

    name: str
    parameters: list[tuple[str, Any]]
    body: list[Any]


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes a node is made of."""
    parts = node.parts() if isinstance(node, TwigNode) else (part for _, part in node.iter_fields())
    for part in parts:
        yield from _nodes_in(part)


def _nodes_in(part: Any) -> Iterator[Node]:
    if isinstance(part, (nodes.Node, TwigNode)):
        yield part
    elif isinstance(part, (list, tuple)):
        for element in part:
            yield from _nodes_in(element)


def walk(start: Iterable[Node]) -> Iterator[Node]:
    """Yield nodes and everything below them, in no particular order."""
    waiting = list(start)
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(children(node))


def named_arguments(
    node: nodes.Call | nodes.Filter | nodes.Test | MacroCall,
) -> list[tuple[str, nodes.Expr]]:
    """Return the arguments of a call that are given by name."""
    return [(str(argument.key), argument.value) for argument in node.kwargs or ()]

"""What the predecessor printed without escaping it."""

from typing import Final

from jinja2 import nodes

from openconnector.expressions.tree import Coalesce, Elvis, MacroCall, Node

SAFE_FILTERS: Final = frozenset({"nl2br", "spaceless"})
"""Filters whose result the predecessor did not escape again as HTML."""

ESCAPES: Final = frozenset({"escape", "e"})


def is_safe(node: Node, strategy: str = "html") -> bool:
    """Return whether the predecessor printed an expression without escaping it."""
    match node:
        case nodes.Const() | MacroCall():
            return True
        case nodes.CondExpr():
            return is_safe(node.expr1, strategy) and (
                node.expr2 is None or is_safe(node.expr2, strategy)
            )
        case Elvis() | Coalesce():
            return is_safe(node.left, strategy) and is_safe(node.right, strategy)
        case nodes.Filter(name=name) if name in ESCAPES:
            made = node.args[0] if node.args else nodes.Const("html")
            strategies = ("html", "html_attr") if strategy == "html" else (strategy,)
            return isinstance(made, nodes.Const) and made.value in strategies
        case nodes.Filter(name=name):
            return name == "raw" or (name in SAFE_FILTERS and strategy == "html")
        case _:
            return False

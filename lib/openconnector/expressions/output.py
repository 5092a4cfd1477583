"""How the pieces of a template's output become text.

The predecessor escaped what was printed and then decoded entities in the whole result. Unless the template's own text
holds an `&`, that leaves printed values as they are and decodes what was printed `raw` or written as a literal, so
it is done piece by piece. With an `&` in the text an entity may reach over pieces: then everything is escaped and the
whole decoded.
"""

from collections.abc import Iterator
from typing import Final

from jinja2 import nodes

from openconnector.expressions.emit import Emitter
from openconnector.expressions.php import decode_entities

SAFE_FILTERS: Final = frozenset({"raw", "escape", "e", "url_encode"})
"""Filters whose result the predecessor did not escape again."""

ESCAPING_FILTERS: Final = frozenset({"nl2br", "spaceless"})
"""Filters that escaped the value themselves, before they put tags into it, unless it was safe already."""


def pieces_of(node: nodes.Output) -> Iterator[nodes.Expr]:
    """Yield what an output prints, without empty text."""
    for child in node.nodes:
        if not isinstance(child, nodes.TemplateData) or child.data:
            yield child


def piece(emitter: Emitter, node: nodes.Expr, *, escaped: bool) -> str:
    """Return the source of one piece of output; ``escaped`` says that the whole is decoded afterwards."""
    if isinstance(node, nodes.TemplateData):
        return repr(node.data)
    source = emitter.text(node)
    if not emitter.rules.escapes or is_safe(node) == escaped:
        return source
    if isinstance(node, nodes.Const):
        return repr(decode_entities(emitter.rules.to_text(node.value)))
    return f"escape({source})" if escaped else f"decode({source})"


def is_safe(node: nodes.Node) -> bool:
    """Return whether the predecessor printed an expression without escaping it."""
    if isinstance(node, nodes.CondExpr):
        return is_safe(node.expr1) and (node.expr2 is None or is_safe(node.expr2))
    if isinstance(node, nodes.Filter) and node.name in ESCAPING_FILTERS:
        return node.node is not None and is_safe(node.node)
    if isinstance(node, nodes.Filter):
        return node.name in SAFE_FILTERS
    return isinstance(node, nodes.Const)


def has_ampersand(tree: nodes.Template) -> bool:
    """Return whether the text between the tags holds an `&`."""
    return any("&" in data.data for data in tree.find_all(nodes.TemplateData))

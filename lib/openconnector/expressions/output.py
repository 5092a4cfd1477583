"""How the pieces of a template's output become text.

The predecessor escaped what was printed and then decoded entities in the whole result. Unless the template's own text
holds an `&`, that leaves printed values as they are and decodes what was printed `raw` or written as a literal, so
it is done piece by piece. With an `&` in the text an entity may reach over pieces: then everything is escaped and the
whole decoded. So it is where output is captured, since what is captured was escaped already.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import nodes

from openconnector.expressions.emit import Emitter
from openconnector.expressions.limits import checked
from openconnector.expressions.names import Code
from openconnector.expressions.php import decode_entities, encode_entities, to_text
from openconnector.expressions.safety import is_safe
from openconnector.expressions.tree import (
    Autoescape,
    Coalesce,
    Elvis,
    Macro,
    Node,
    walk,
)
from openconnector.expressions.twig_emit import TwigEmitter

CAPTURES: Final = (nodes.AssignBlock, nodes.FilterBlock, Macro, Autoescape)
"""What keeps output as a value, or escapes it in another way."""


@dataclass(frozen=True, slots=True)
class Escaping:
    """How output is escaped."""

    is_whole: bool = False
    """The whole is decoded at the end, so every piece is escaped; otherwise each piece is decoded where it must be."""
    strategy: str | None = "html"
    """What for; None for not at all."""


class Markup(str):
    """Captured output, which is not escaped when it is printed."""

    __slots__ = ()


def printed(value: Any) -> str:
    """Return a value as text escaped as HTML, unless it was when it was captured."""
    return value if type(value) is Markup else checked(encode_entities(to_text(value)))


def needs_whole(tree: nodes.Template) -> bool:
    """Return whether the output of a template has to be escaped and decoded as a whole."""
    return any(
        "&" in node.data if isinstance(node, nodes.TemplateData) else isinstance(node, CAPTURES)
        for node in walk(tree.body)
    )


def pieces_of(node: nodes.Output) -> Iterator[nodes.Expr]:
    """Yield what an output prints, without empty text."""
    for child in node.nodes:
        if not isinstance(child, nodes.TemplateData) or child.data:
            yield child


def piece(emitter: Emitter, node: Node, escaping: Escaping) -> str:
    """Return the source of one piece of output."""
    if isinstance(node, nodes.TemplateData):
        return repr(node.data)
    is_as_it_is = escaping.is_whole and escaping.strategy is None
    if not isinstance(emitter, TwigEmitter) or not emitter.rules.escapes or is_as_it_is:
        return emitter.text(node)
    match node:
        case nodes.CondExpr(expr2=other) if other is not None:
            then, otherwise = piece(emitter, node.expr1, escaping), piece(emitter, other, escaping)
            return f"({then} if {emitter.truth(node.test)} else {otherwise})"
        case Elvis() | Coalesce():
            return _either(emitter, node, escaping)
        case nodes.Const() if not escaping.is_whole:
            return repr(decode_entities(emitter.rules.to_text(node.value)))
        case _:
            return _escaped(emitter, emitter.expression(node), escaping, node)


def _either(emitter: TwigEmitter, node: Elvis | Coalesce, escaping: Escaping) -> str:
    """Write `a ?: b` and `a ?? b`, of which each side is escaped, or not, for itself."""
    left, certain = emitter.expression(node.left)
    held = emitter.names.fresh("e")
    test = emitter.chosen(node, f"({held} := {left})", held)
    printed_left = _escaped(emitter, Code(held, certain), escaping, node.left)
    return f"({printed_left} if {test} else {piece(emitter, node.right, escaping)})"


def _escaped(emitter: TwigEmitter, code: Code, escaping: Escaping, node: Node) -> str:
    """Return the source of a value as text, escaped or decoded as its node needs."""
    strategy = escaping.strategy or "html"
    if is_safe(node, strategy):
        text = emitter.as_text(code)
        return text if escaping.is_whole else f"decode({text})"
    if not escaping.is_whole:
        return emitter.as_text(code)
    if strategy == "html":
        return f"escape({code.source})"
    return emitter.escape(emitter.as_text(code), strategy, node.lineno)

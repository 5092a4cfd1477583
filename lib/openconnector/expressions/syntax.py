"""Reads a template into a syntax tree and says where something stands that is not allowed.

Only the tree is Jinja's: it is never compiled or rendered by Jinja. What is not on the list of known nodes does not
exist here, so there is nothing to escape from: no attributes of Python objects, no imports, no files.
"""

from collections.abc import Iterator
from typing import Any, Final

from jinja2 import Environment, nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import TokenStream
from typing_extensions import override

from openconnector.expressions.limits import (
    MAX_LOOP_NESTING,
    MAX_NESTING,
    MAX_NODES,
    MAX_SOURCE_BYTES,
)
from openconnector.expressions.problems import NotAllowed
from openconnector.expressions.tree import Arrow, Node, TwigNode, children


class _Reader(Environment):
    """Jinja's lexer and parser, with the offset of a token in place of its line number.

    So every node of the tree knows exactly where it stands (`node.lineno` is an offset).
    """

    @override
    def _tokenize(
        self,
        source: str,
        name: str | None,
        filename: str | None = None,
        state: str | None = None,
    ) -> TokenStream:
        pieces = _placed(self.lexer.tokeniter(source, name, filename, state), source)
        return TokenStream(self.lexer.wrap(pieces), name, filename)


def _placed(pieces: Iterator[tuple[int, str, str]], source: str) -> list[tuple[int, str, str]]:
    """Return the lexer's pieces with their offsets. Raises `NotAllowed` where the lexer knows none."""
    placed: list[tuple[int, str, str]] = []
    offset = 0
    try:
        for _line, token, text in pieces:
            offset = max(source.find(text, offset), offset)
            placed.append((offset, token, text))
            offset += len(text)
    except TemplateSyntaxError as error:
        raise NotAllowed(str(error.message).partition(" at ")[0], offset) from None
    return placed


_READER: Final = _Reader(keep_trailing_newline=True, cache_size=0, autoescape=False)

EXPRESSIONS: Final = (
    nodes.Add, nodes.And, nodes.Call, nodes.Compare, nodes.Concat, nodes.CondExpr, nodes.Const, nodes.Dict,
    nodes.Div, nodes.Filter, nodes.FloorDiv, nodes.Getattr, nodes.Getitem, nodes.Keyword, nodes.List, nodes.Mod,
    nodes.Mul, nodes.NSRef, nodes.Name, nodes.Neg, nodes.Not, nodes.Operand, nodes.Or, nodes.Pair, nodes.Pos,
    nodes.Pow, nodes.Slice, nodes.Sub, nodes.TemplateData, nodes.Test, nodes.Tuple,
)  # fmt: skip
STATEMENTS: Final = (
    nodes.Assign, nodes.AssignBlock, nodes.ExprStmt, nodes.FilterBlock, nodes.For, nodes.If, nodes.Output,
    nodes.Template,
)  # fmt: skip
_ALLOWED: Final = EXPRESSIONS + STATEMENTS

_REASONS: Final[dict[type[nodes.Node], str]] = {
    nodes.Include: "include is not allowed; a mapping can call another one with mapping()",
    nodes.Import: "import is not allowed; a mapping can call another one with mapping()",
    nodes.FromImport: "import is not allowed; a mapping can call another one with mapping()",
    nodes.Extends: "extends is not allowed",
    nodes.Block: "block is not allowed",
    nodes.Macro: "macro is not allowed; a mapping can call another one with mapping()",
    nodes.CallBlock: "call is not allowed",
}


def is_template(text: str) -> bool:
    """Return whether a text holds anything to evaluate."""
    return "{{" in text or "{%" in text or "{#" in text


def parse(source: str, dialect: str = "jinja") -> nodes.Template:
    """Return a template's tree. Raises `NotAllowed` for what is no template or beyond what one may be."""
    if len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE_BYTES:
        raise NotAllowed(f"a template has at most {MAX_SOURCE_BYTES:,} bytes")
    try:
        tree = _twig(source) if dialect == "twig" else _READER.parse(source)
    except TemplateSyntaxError as error:
        end = max(len(source) - 1, 0)
        raise NotAllowed(str(error.message), min(error.lineno, end)) from None
    except RecursionError:
        raise NotAllowed(f"expressions and tags nest at most {MAX_NESTING} deep") from None
    except (ValueError, OverflowError, MemoryError, AssertionError) as error:
        raise NotAllowed(f"a literal cannot be read: {error}") from None
    _check(tree)
    return tree


def _twig(source: str) -> nodes.Template:
    from openconnector.expressions.twig_parser import parse_twig  # noqa: PLC0415  new mappings have none

    return parse_twig(source)


def _check(tree: nodes.Template) -> None:
    count = 0
    waiting: list[tuple[Node, int, int]] = [(tree, 0, 0)]
    while waiting:
        node, depth, loops = waiting.pop()
        count += 1
        loops += isinstance(node, (nodes.For, Arrow))
        _check_node(node)
        if count > MAX_NODES:
            raise NotAllowed(f"a template has at most {MAX_NODES:,} parts", node.lineno)
        if depth > MAX_NESTING:
            raise NotAllowed(f"expressions and tags nest at most {MAX_NESTING} deep", node.lineno)
        if loops > MAX_LOOP_NESTING:
            raise NotAllowed(f"loops nest at most {MAX_LOOP_NESTING} deep", node.lineno)
        waiting.extend((child, depth + 1, loops) for child in children(node))


def _check_node(node: Node) -> None:
    if isinstance(node, TwigNode):
        return
    if not isinstance(node, _ALLOWED):
        kind = type(node).__name__.lower()
        raise NotAllowed(_REASONS.get(type(node), f"{kind} is not allowed"), node.lineno or 0)
    if isinstance(node, nodes.For) and node.recursive:
        raise NotAllowed("a loop cannot be recursive", node.lineno)
    for name in written_names(node):
        if name.startswith("__") and name.endswith("__"):
            raise NotAllowed(f"{name} does not exist: values have no attributes", node.lineno)


def written_names(node: nodes.Node) -> tuple[str, ...]:
    """Return the names a node reads, sets or looks up with a name written in the template."""
    match node:
        case nodes.NSRef():
            return (node.name, node.attr)
        case nodes.Name():
            return (node.name,)
        case nodes.Getattr():
            return (node.attr,)
        case _:
            return ()


def constant(node: nodes.Node) -> Any:
    """Return the value of a literal, nested ones included. Raises `NotAllowed` for anything else."""
    if isinstance(node, nodes.Const):
        return node.value
    if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const):
        return -node.node.value
    if isinstance(node, (nodes.List, nodes.Tuple)):
        return [constant(element) for element in node.items]
    if isinstance(node, nodes.Dict):
        return {str(constant(pair.key)): constant(pair.value) for pair in node.items}
    raise NotAllowed("must be written out, not calculated", node.lineno)

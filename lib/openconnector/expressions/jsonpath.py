"""JSONPath queries (RFC 9535): parsed and checked by the library `jsonpath_rfc9535`, compiled to closures here.

The closures count what they look at, so that no query and no record can stall a worker.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

from jsonpath_rfc9535 import (
    JSONPathEnvironment,
    JSONPathError,
    JSONPathQuery,
    filter_expressions,
    segments,
    selectors,
)

from openconnector.errors import ConfigurationError, TemplateLimit
from openconnector.expressions.iregexp import matches, occurs
from openconnector.expressions.limits import TEXT_PER_STEP
from openconnector.expressions.query_form import has_query_form

MAX_LENGTH: Final = 2_000
"""The longest query, in characters."""

MAX_LOOKS: Final = 1_000_000
"""How many values one evaluation may look at; about half a second of work."""

COMPILED_QUERIES: Final = 1024
"""How many compiled queries are kept."""

_NOTHING: Final = object()
"""What a path in a filter gives that leads nowhere; a null that is there is None."""

_ENVIRONMENT: Final = JSONPathEnvironment()


class _Evaluation:
    """One evaluation: the record, and how much may still be looked at."""

    __slots__ = ("left", "root")

    def __init__(self, root: Any) -> None:
        self.root = root
        self.left = MAX_LOOKS

    def look(self, count: int = 1) -> None:
        self.left -= count
        if self.left < 0:
            raise TemplateLimit(f"a JSONPath query looks at more than {MAX_LOOKS:,} values")


_Select: TypeAlias = Callable[[Any, _Evaluation], list[Any]]
"""What a selector or a query finds from a value on."""
_Test: TypeAlias = Callable[[Any, _Evaluation], bool]
_Operand: TypeAlias = Callable[[Any, _Evaluation], Any]


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled query."""

    text: str
    is_singular: bool
    """It can find one value at most."""
    _select: _Select
    _anchor: _Select

    def find(self, value: Any) -> list[Any]:
        """Return the values of the nodes found, in the order of RFC 9535. Raises `TemplateLimit`."""
        return self._run(self._select, value)

    def has_place(self, value: Any) -> bool:
        """Return whether the part before the first selector that can find several (such as `[*]`) leads somewhere.

        It tells an empty list from an answer without the list.
        """
        return bool(self._run(self._anchor, value))

    def _run(self, select: _Select, value: Any) -> list[Any]:
        try:
            return select(value, _Evaluation(value))
        except RecursionError:
            raise TemplateLimit("the value nests too deep for a JSONPath query") from None


@lru_cache(maxsize=COMPILED_QUERIES)
def compile_query(text: str) -> Query:
    """Return a query ready to be evaluated. Raises `ConfigurationError` that says what is wrong with it."""
    if len(text) > MAX_LENGTH:
        raise ConfigurationError(f"A JSONPath query has at most {MAX_LENGTH:,} characters")
    try:
        query = _ENVIRONMENT.compile(text)
        return Query(
            text=text,
            is_singular=query.singular_query(),
            _select=_query(query.segments),
            _anchor=_query(_before_several(query)),
        )
    except JSONPathError as error:
        remedy = "" if has_query_form(text) else f"; a key with this name is $[{text!r}]"
        raise ConfigurationError(
            f"{text!r} is no JSONPath query (RFC 9535): {error}{remedy}"
        ) from error
    except RecursionError as error:
        raise ConfigurationError("A JSONPath query nests too deep") from error


def _before_several(query: JSONPathQuery) -> tuple[segments.JSONPathSegment, ...]:
    """Return the segments before the first one that can find several."""
    for position in range(len(query.segments), 0, -1):
        before = query.segments[:position]
        if JSONPathQuery(env=_ENVIRONMENT, segments=before).singular_query():
            return before
    return ()


def _query(path: tuple[segments.JSONPathSegment, ...]) -> _Select:
    steps = [_segment(segment) for segment in path]

    def select(value: Any, evaluation: _Evaluation) -> list[Any]:
        nodes = [value]
        for step in steps:
            nodes = [found for node in nodes for found in step(node, evaluation)]
        return nodes

    return select


def _segment(segment: segments.JSONPathSegment) -> _Select:
    chosen = [_SELECTORS[type(selector)](selector) for selector in segment.selectors]
    step = chosen[0] if len(chosen) == 1 else _union(chosen)
    if not isinstance(segment, segments.JSONPathRecursiveDescentSegment):
        return step

    def descend(value: Any, evaluation: _Evaluation) -> list[Any]:
        return [
            found for node in _containers(value, evaluation) for found in step(node, evaluation)
        ]

    return descend


def _containers(value: Any, evaluation: _Evaluation) -> Iterator[Any]:
    """Yield a value and the objects and lists below it, each before what it holds."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        yield node
        evaluation.look(1 + len(node) if isinstance(node, (dict, list)) else 1)
        waiting += [child for child in reversed(_children(node)) if isinstance(child, (dict, list))]


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def _union(chosen: list[_Select]) -> _Select:
    return lambda value, evaluation: [
        found for select in chosen for found in select(value, evaluation)
    ]


def _name(selector: selectors.NameSelector) -> _Select:
    name = selector.name

    def select(value: Any, evaluation: _Evaluation) -> list[Any]:
        evaluation.look()
        return [value[name]] if isinstance(value, dict) and name in value else []

    return select


def _index(selector: selectors.IndexSelector) -> _Select:
    index = selector.index

    def select(value: Any, evaluation: _Evaluation) -> list[Any]:
        evaluation.look()
        is_there = isinstance(value, list) and -len(value) <= index < len(value)
        return [value[index]] if is_there else []

    return select


def _slice(selector: selectors.SliceSelector) -> _Select:
    wanted = selector.slice

    def select(value: Any, evaluation: _Evaluation) -> list[Any]:
        if not isinstance(value, list) or wanted.step == 0:
            return []
        evaluation.look(1 + len(value))
        return value[wanted]

    return select


def _wildcard(_selector: selectors.WildcardSelector) -> _Select:
    def select(value: Any, evaluation: _Evaluation) -> list[Any]:
        children = _children(value)
        evaluation.look(1 + len(children))
        return children

    return select


def _filter(selector: selectors.FilterSelector) -> _Select:
    test = _test(selector.expression.expression)

    def select(value: Any, evaluation: _Evaluation) -> list[Any]:
        children = _children(value)
        evaluation.look(1 + len(children))
        return [child for child in children if test(child, evaluation)]

    return select


_SELECTORS: Final[dict[type, Callable[[Any], _Select]]] = {
    selectors.NameSelector: _name,
    selectors.IndexSelector: _index,
    selectors.SliceSelector: _slice,
    selectors.WildcardSelector: _wildcard,
    selectors.FilterSelector: _filter,
}


def _test(node: filter_expressions.Expression) -> _Test:
    """Return a logical expression: what it says, or whether a path finds anything."""
    match node:
        case filter_expressions.PrefixExpression():
            negated = _test(node.right)
            return lambda value, evaluation: not negated(value, evaluation)
        case filter_expressions.LogicalExpression():
            return _logical(node)
        case filter_expressions.ComparisonExpression():
            return _comparison(node)
        case filter_expressions.FilterQuery():
            nodes = _nodes(node)
            return lambda value, evaluation: bool(nodes(value, evaluation))
        case _:
            return _operand(node)


def _logical(node: filter_expressions.LogicalExpression) -> _Test:
    left, right = _test(node.left), _test(node.right)
    if node.operator == "&&":
        return lambda value, evaluation: left(value, evaluation) and right(value, evaluation)
    return lambda value, evaluation: left(value, evaluation) or right(value, evaluation)


def _comparison(node: filter_expressions.ComparisonExpression) -> _Test:
    left, right = _operand(node.left), _operand(node.right)
    compare = _COMPARISONS[node.operator]
    return lambda value, evaluation: compare(
        left(value, evaluation), right(value, evaluation), evaluation
    )


def _nodes(node: Any) -> _Select:
    select = _query(node.query.segments)
    if isinstance(node, filter_expressions.RootFilterQuery):
        return lambda _value, evaluation: select(evaluation.root, evaluation)
    return select


def _operand(node: filter_expressions.Expression) -> _Operand:
    """Return an expression for a value: a literal, a path that finds one at most, or a function."""
    if isinstance(node, filter_expressions.FilterExpressionLiteral):
        literal = node.value
        return lambda _value, _evaluation: literal
    if isinstance(node, filter_expressions.FunctionExtension):
        return _function(node)
    nodes = _nodes(node)

    def the_one(value: Any, evaluation: _Evaluation) -> Any:
        found = nodes(value, evaluation)
        return found[0] if len(found) == 1 else _NOTHING

    return the_one


def _function(node: filter_expressions.FunctionExtension) -> _Operand:
    """Return a function of RFC 9535, section 2.4; the library has checked its arguments."""
    if node.name == "count":
        nodes = _nodes(node.args[0])
        return lambda value, evaluation: len(nodes(value, evaluation))
    if node.name == "value":
        return _operand(node.args[0])
    first = _operand(node.args[0])
    if node.name == "length":
        return lambda value, evaluation: _length(first(value, evaluation))
    second, search = _operand(node.args[1]), occurs if node.name == "search" else matches

    def found(value: Any, evaluation: _Evaluation) -> bool:
        text, pattern = first(value, evaluation), second(value, evaluation)
        if not isinstance(text, str) or not isinstance(pattern, str):
            return False
        evaluation.look(1 + len(text) // TEXT_PER_STEP)
        return search(pattern, text)

    return found


def _length(value: Any) -> Any:
    return len(value) if isinstance(value, (str, list, dict)) else _NOTHING


def _equal(left: Any, right: Any, evaluation: _Evaluation) -> bool:
    """Return whether two values are equal: true is not 1, 1 is 1.0, the order of members does not matter."""
    if isinstance(left, (dict, list)) and isinstance(right, type(left)):
        evaluation.look(1 + len(left))
        if len(left) != len(right):
            return False
        if isinstance(left, dict):
            return all(
                name in right and _equal(left[name], right[name], evaluation) for name in left
            )
        return all(_equal(one, other, evaluation) for one, other in zip(left, right, strict=True))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _less(left: Any, right: Any, _evaluation: _Evaluation) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left < right
    return _is_number(left) and _is_number(right) and bool(left < right)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_COMPARISONS: Final[dict[str, Callable[[Any, Any, _Evaluation], bool]]] = {
    "==": _equal,
    "!=": lambda left, right, evaluation: not _equal(left, right, evaluation),
    "<": _less,
    ">": lambda left, right, evaluation: _less(right, left, evaluation),
    "<=": lambda left, right, evaluation: (
        _less(left, right, evaluation) or _equal(left, right, evaluation)
    ),
    ">=": lambda left, right, evaluation: (
        _less(right, left, evaluation) or _equal(left, right, evaluation)
    ),
}

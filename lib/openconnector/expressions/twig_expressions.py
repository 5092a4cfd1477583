"""Reads Twig's expressions into a tree (https://twig.symfony.com/doc/3.x/templates.html#expressions).

A precedence-climbing parser: an operator is taken as long as it binds at least as strongly as is asked for.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final, NoReturn

from jinja2 import nodes

from openconnector.expressions.problems import NotAllowed
from openconnector.expressions.tree import Arrow, Coalesce, Elvis, MacroCall, Operation, Spread
from openconnector.expressions.twig_tokens import Token, TokenReader

NOT: Final = 50
SIGN: Final = 500
POSTFIX: Final = 512
"""How strongly `.`, `[`, `(` and `|` bind: they follow what stands directly before them."""

PRECEDENCES: Final = {
    "?": 0, "?:": 5, "or": 10, "xor": 12, "and": 15, "b-or": 16, "b-xor": 17, "b-and": 18,
    "==": 20, "!=": 20, "<=>": 20, "<": 20, ">": 20, ">=": 20, "<=": 20, "===": 20, "!==": 20,
    "not in": 20, "in": 20, "matches": 20, "starts with": 20, "ends with": 20, "has some": 20, "has every": 20,
    "..": 25, "+": 30, "-": 30, "~": 40, "*": 60, "/": 60, "//": 60, "%": 60, "is": 100, "is not": 100,
    "**": 200, "=>": 250, "??": 300, ".": POSTFIX, "[": POSTFIX, "(": POSTFIX, "|": POSTFIX,
    "?.": POSTFIX,
}  # fmt: skip
"""How strongly operators bind, as in Twig 3."""

_RIGHT: Final = frozenset({"?:", "**", "??"})
"""Operators whose right side takes another one of the same kind."""

_CALCULATIONS: Final[dict[str, type[nodes.BinExpr]]] = {
    "+": nodes.Add, "-": nodes.Sub, "*": nodes.Mul, "/": nodes.Div, "//": nodes.FloorDiv, "%": nodes.Mod,
    "or": nodes.Or, "and": nodes.And,
}  # fmt: skip
_COMPARISONS: Final = {
    "==": "eq", "!=": "ne", "<": "lt", "<=": "lteq", ">": "gt", ">=": "gteq",
    "in": "in", "not in": "notin",  # codespell:ignore notin
}  # fmt: skip
_CONSTANTS: Final = {
    word: value
    for name, value in {"true": True, "false": False, "none": None, "null": None}.items()
    for word in (name, name.upper())
}
_PAIRED_TESTS: Final = {"divisible": "divisible by", "same": "same as"}
"""Tests named by two words, which take one argument, in parentheses or not."""


class ExpressionParser(TokenReader):
    """Reads expressions."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self.modules = {"_self"}
        """Names under which the template's macros are called, as in `_self.name()`."""
        self.imported: dict[str, str] = {}
        """Names of macros called without that -> their own names."""
        self._enclosed: list[Any] = []
        """The nodes that stand in parentheses of their own."""

    def expression(self, precedence: int = 0) -> Any:
        """Read an expression of operators that bind at least as strongly as ``precedence``."""
        left = self._operand()
        while (
            self.token.kind == "operator"
            and PRECEDENCES.get(str(self.token.value), -1) >= precedence
        ):
            left = self._infix(left, self.next())
        return left

    def name(self, wanted: str = "a name") -> Token:
        """Read a name; words that are operators elsewhere are names here."""
        token = self.token
        if token.kind == "name" or (token.kind == "operator" and _is_word(token)):
            return self.next()
        return self.refuse(wanted)

    def target(self) -> nodes.Name:
        """Read a name that is given a value."""
        token = self.name("the name of a variable")
        if str(token.value).lower() in ("true", "false", "none", "null"):
            raise NotAllowed(f"{token.value} cannot be given a value", token.offset)
        return nodes.Name(token.value, "store", lineno=token.offset)

    def _operand(self) -> Any:
        token = self.token
        if token.kind == "operator":
            read = self._PREFIXES.get(str(token.value))
            if read is not None:
                return read(self, self.next())
        if token.kind == "punctuation" and token.value == "{":
            return self._object(self.next())
        return self._literal()

    def _literal(self) -> Any:
        token = self.token
        if token.kind in {"string", "interpolation"}:
            return self._text()
        if token.kind == "number":
            return nodes.Const(self.next().value, lineno=token.offset)
        if token.kind == "name" and token.value in _CONSTANTS:
            return nodes.Const(_CONSTANTS[str(self.next().value)], lineno=token.offset)
        name = self.name("a value")
        return nodes.Name(name.value, "load", lineno=token.offset)

    def _text(self) -> Any:
        """Read a text; what stands in `#{ }` becomes part of it."""
        offset = self.token.offset
        parts: list[Any] = []
        while True:
            if self.token.kind == "string" and not (parts and isinstance(parts[-1], nodes.Const)):
                token = self.next()
                parts.append(nodes.Const(token.value, lineno=token.offset))
            elif self.take("interpolation"):
                parts.append(_Interpolated(self.expression()))
                self.expect("end of interpolation", wanted="'}'")
            else:
                break
        whole = [part.node if isinstance(part, _Interpolated) else part for part in parts]
        return whole[0] if len(whole) == 1 else nodes.Concat(whole, lineno=offset)

    def _not(self, token: Token) -> Any:
        return nodes.Not(self.expression(NOT), lineno=token.offset)

    def _sign(self, token: Token) -> Any:
        kind = nodes.Neg if token.value == "-" else nodes.Pos
        return kind(self.expression(SIGN), lineno=token.offset)

    def _spread(self, token: Token) -> Any:
        raise NotAllowed("'...' stands in lists, objects and arguments only", token.offset)

    def _enclosure(self, token: Token) -> Any:
        """Read an expression in parentheses, or the parameters of an arrow function."""
        inner = self.expression()
        if self.token.is_("punctuation", ","):
            return self._parameters(inner, token)
        self.expect("punctuation", ")", wanted="')'")
        if self.token.is_("operator", "=>"):
            return _parameters([inner], token.offset)
        self._enclosed.append(inner)
        return inner

    def _parameters(self, first: Any, token: Token) -> nodes.Tuple:
        found = [first]
        while self.take("punctuation", ","):
            found.append(self.target())
        self.expect("punctuation", ")", wanted="')'")
        if not self.token.is_("operator", "=>"):
            self.refuse("'=>'")
        return _parameters(found, token.offset)

    def _list(self, token: Token) -> Any:
        elements: list[Any] = []
        while not self.take("punctuation", "]"):
            elements.append(self._element())
            if not self.token.is_("punctuation", "]"):
                self.expect("punctuation", ",", wanted="',' or ']'")
        return nodes.List(elements, lineno=token.offset)

    def _element(self) -> Any:
        spread = self.take("operator", "...")
        value = self.expression()
        return value if spread is None else Spread(lineno=spread.offset, value=value)

    def _object(self, token: Token) -> Any:
        pairs: list[Any] = []
        while not self.take("punctuation", "}"):
            pairs.append(self._pair())
            if not self.token.is_("punctuation", "}"):
                self.expect("punctuation", ",", wanted="',' or '}'")
        return nodes.Dict(pairs, lineno=token.offset)

    def _pair(self) -> Any:
        token = self.token
        if token.is_("operator", "..."):
            return self._element()
        if token.is_("operator", "("):
            key = self.expression()
        elif token.kind in ("name", "string", "number"):
            key = nodes.Const(self.next().value, lineno=token.offset)
            if token.kind == "name" and self.token.is_("punctuation", ",", "}"):
                value = nodes.Name(token.value, "load", lineno=token.offset)
                return nodes.Pair(key, value, lineno=token.offset)
        else:
            self.refuse("a key (a name, a text, a number, or an expression in parentheses)")
        self.expect("punctuation", ":", wanted="':'")
        return nodes.Pair(key, self.expression(), lineno=token.offset)

    def _infix(self, left: Any, token: Token) -> Any:
        operator = str(token.value)
        read = self._INFIXES.get(operator)
        if read is not None:
            return read(self, left, token)
        precedence = PRECEDENCES[operator]
        right = self.expression(precedence if operator in _RIGHT else precedence + 1)
        if operator in _COMPARISONS:
            operand = nodes.Operand(_COMPARISONS[operator], right)
            return nodes.Compare(left, [operand], lineno=left.lineno)
        if operator in _CALCULATIONS:
            return _CALCULATIONS[operator](left, right, lineno=left.lineno)
        return Operation(lineno=left.lineno, operator=operator, left=left, right=right)

    def _power(self, left: Any, _token: Token) -> Any:
        """Read `left ** right`; a sign that is not in parentheses applies to the whole, as in PHP."""
        right = self.expression(PRECEDENCES["**"])
        if isinstance(left, (nodes.Neg, nodes.Pos)) and not any(
            left is node for node in self._enclosed
        ):
            power = nodes.Pow(left.node, right, lineno=left.node.lineno)
            return type(left)(power, lineno=left.lineno)
        return nodes.Pow(left, right, lineno=left.lineno)

    def _concatenation(self, left: Any, _token: Token) -> Any:
        right = self.expression(PRECEDENCES["~"] + 1)
        before = left.nodes if isinstance(left, nodes.Concat) else [left]
        return nodes.Concat([*before, right], lineno=left.lineno)

    def _coalesce(self, left: Any, _token: Token) -> Any:
        right = self.expression(PRECEDENCES["??"])
        return Coalesce(lineno=left.lineno, left=left, right=right)

    def _elvis(self, left: Any, _token: Token) -> Any:
        right = self.expression(PRECEDENCES["?:"])
        return Elvis(lineno=left.lineno, left=left, right=right)

    def _ternary(self, test: Any, token: Token) -> Any:
        then = self.expression()
        other: Any = nodes.Const("", lineno=token.offset)
        if self.take("punctuation", ":"):
            other = self.expression()
        return nodes.CondExpr(test, then, other, lineno=test.lineno)

    def _arrow(self, left: Any, token: Token) -> Any:
        names: list[Any] = left.items if isinstance(left, nodes.Tuple) else [left]
        if not all(isinstance(name, nodes.Name) for name in names):
            raise NotAllowed("names stand before '=>'", left.lineno)
        body = self.expression()
        return Arrow(lineno=left.lineno, names=[name.name for name in names], body=body)

    def _test(self, value: Any, token: Token) -> Any:
        name = self.expect("name", wanted="the name of a test")
        test = str(name.value)
        paired = _PAIRED_TESTS.get(test)
        if paired is not None and self.take("name", paired.partition(" ")[2]):
            test = paired
        args, named = self._optional_arguments()
        if test == paired and not args and not named:
            args = [self.expression(PRECEDENCES["is"])]
        found = nodes.Test(value, test, args, named, None, None, lineno=name.offset)
        return nodes.Not(found, lineno=value.lineno) if token.value == "is not" else found

    def filter(self, value: Any) -> nodes.Filter:
        """Read the name and arguments of a filter."""
        name = self.name("the name of a filter")
        args, named = self._optional_arguments()
        return nodes.Filter(value, name.value, args, named, None, None, lineno=name.offset)

    def _filter(self, value: Any, _token: Token) -> Any:
        return self.filter(value)

    def _member(self, value: Any, _token: Token) -> Any:
        if opened := self.take("operator", "("):
            key = self.expression()
            self.expect("punctuation", ")", wanted="')'")
            return nodes.Getitem(value, key, "load", lineno=opened.offset)
        token = self.token
        if token.kind == "number":
            key = nodes.Const(_index(self.next().value), lineno=token.offset)
            return nodes.Getitem(value, key, "load", lineno=value.lineno)
        name = self.name("a field's name or number")
        if isinstance(value, nodes.Name) and value.name in self.modules:
            return self._macro(str(name.value), value.lineno)
        return nodes.Getattr(value, name.value, "load", lineno=value.lineno)

    def _macro(self, name: str, offset: int) -> MacroCall:
        args, named = self._optional_arguments()
        return MacroCall(lineno=offset, name=name, args=args, kwargs=named)

    def _subscript(self, value: Any, token: Token) -> Any:
        start: Any = nodes.Const(0, lineno=token.offset)
        if not self.token.is_("punctuation", ":"):
            start = self.expression()
        if not self.take("punctuation", ":"):
            self.expect("punctuation", "]", wanted="']'")
            return nodes.Getitem(value, start, "load", lineno=value.lineno)
        length: Any = nodes.Const(None, lineno=token.offset)
        if not self.token.is_("punctuation", "]"):
            length = self.expression()
        self.expect("punctuation", "]", wanted="']'")
        return nodes.Filter(value, "slice", [start, length], [], None, None, lineno=token.offset)

    def _call(self, function: Any, token: Token) -> Any:
        if not isinstance(function, (nodes.Name, nodes.Getattr)):
            raise NotAllowed("only functions can be called", token.offset)
        args, named = self.arguments(token)
        macro = self.imported.get(function.name) if isinstance(function, nodes.Name) else None
        if macro is not None:
            return MacroCall(lineno=function.lineno, name=macro, args=args, kwargs=named)
        return nodes.Call(function, args, named, None, None, lineno=function.lineno)

    def _null_safe(self, _left: Any, token: Token) -> NoReturn:
        raise NotAllowed(
            "'?.' does not exist; '.' gives nothing where there is nothing", token.offset
        )

    def _optional_arguments(self) -> tuple[list[Any], list[nodes.Keyword]]:
        return self.arguments(self.next()) if self.token.is_("operator", "(") else ([], [])

    def arguments(self, _opened: Token) -> tuple[list[Any], list[nodes.Keyword]]:
        """Read the arguments of a call after its parenthesis: those by position, and those by name."""
        args: list[Any] = []
        named: list[nodes.Keyword] = []
        while not self.take("punctuation", ")"):
            self._argument(args, named)
            if not self.token.is_("punctuation", ")"):
                self.expect("punctuation", ",", wanted="',' or ')'")
        return args, named

    def _argument(self, args: list[Any], named: list[nodes.Keyword]) -> None:
        offset = self.token.offset
        value = self._element()
        if self.take("operator", "=") or self.take("punctuation", ":"):
            if not isinstance(value, nodes.Name):
                raise NotAllowed("the name of an argument is a name", offset)
            named.append(nodes.Keyword(value.name, self.expression(), lineno=offset))
        elif named:
            raise NotAllowed("arguments without a name come first", offset)
        else:
            args.append(value)

    _PREFIXES: ClassVar[dict[str, Callable[["ExpressionParser", Token], Any]]] = {
        "not": _not, "-": _sign, "+": _sign, "...": _spread, "(": _enclosure, "[": _list,
    }  # fmt: skip
    _INFIXES: ClassVar[dict[str, Callable[["ExpressionParser", Any, Token], Any]]] = {
        "?": _ternary, "?:": _elvis, "??": _coalesce, "**": _power, "~": _concatenation, "=>": _arrow,
        "is": _test, "is not": _test, ".": _member, "[": _subscript, "(": _call, "|": _filter, "?.": _null_safe,
    }  # fmt: skip


class _Interpolated:
    """What stands in `#{ }`, told apart from the texts around it."""

    def __init__(self, node: Any) -> None:
        self.node = node


def _parameters(names: list[Any], offset: int) -> nodes.Tuple:
    return nodes.Tuple(names, "store", lineno=offset)


def _is_word(token: Token) -> bool:
    return str(token.value).isalpha()


def _index(number: str | float) -> str:
    """Return the key `a.1` names; PHP cuts off the fraction of `a.1.2`, which is one number."""
    return str(int(number))

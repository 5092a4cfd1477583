"""Reads a Twig template into a tree: text, printed expressions and tags."""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from jinja2 import nodes

from openconnector.expressions.problems import NotAllowed
from openconnector.expressions.tree import Autoescape, Guard, Macro, With
from openconnector.expressions.twig_expressions import ExpressionParser
from openconnector.expressions.twig_lexer import tokenize
from openconnector.expressions.twig_tokens import Token

_OTHER: Final = "a mapping can call another one with executeMapping()"
REFUSED: Final = {
    "include": f"include is not allowed; {_OTHER}",
    "extends": "extends is not allowed: there are no other templates",
    "embed": f"embed is not allowed; {_OTHER}",
    "use": "use is not allowed: there are no other templates",
    "sandbox": "sandbox is not allowed; every template runs in one",
    "cache": "cache is not allowed",
    "filter": "filter is no tag of Twig 3; write apply",
    "spaceless": "spaceless is no tag of Twig 3; write apply spaceless",
}
"""Tags that are known and not allowed, and why."""


def parse_twig(source: str) -> nodes.Template:
    """Return the tree of a Twig template. Raises `NotAllowed`, `RecursionError` for what nests too deep."""
    return TemplateParser(tokenize(source)).template()


class TemplateParser(ExpressionParser):
    """Reads a whole template."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self._macros: set[str] = set()
        self._is_in_macro = False

    def template(self) -> nodes.Template:
        """Read to the end."""
        return nodes.Template(self._body(None)[0], lineno=0)

    def _body(self, opened: Token | None, *closing: str) -> tuple[list[Any], str]:
        """Read up to one of the closing tags, whose name is taken and returned too."""
        body: list[Any] = []
        while self.token.kind != "end":
            token = self.next()
            if token.kind == "text":
                _add_output(body, nodes.TemplateData(token.value, lineno=token.offset))
            elif token.kind == "print":
                _add_output(body, self.expression())
                self.expect("end of print", wanted="'}}'")
            else:
                name = self.expect("name", wanted="the name of a tag")
                if name.value in closing:
                    return body, str(name.value)
                body.extend(self._tag(name, closing))
        if opened is not None:
            raise NotAllowed(
                f"{opened.value} is not closed; {closing[-1]} closes it", opened.offset
            )
        return body, ""

    def _tag(self, name: Token, closing: tuple[str, ...]) -> list[Any]:
        tag = str(name.value)
        read = self._TAGS.get(tag)
        if read is not None:
            found = read(self, name)
            return found if isinstance(found, list) else [found]
        if tag in REFUSED:
            raise NotAllowed(REFUSED[tag], name.offset)
        if tag.startswith("end") or tag in ("else", "elseif"):
            wanted = f"; {' or '.join(closing)} is expected" if closing else ""
            raise NotAllowed(f"unexpected {tag}{wanted}", name.offset)
        raise NotAllowed(f"no tag {tag!r}; there are {', '.join(sorted(self._TAGS))}", name.offset)

    def _end(self) -> None:
        self.expect("end of tag", wanted="'%}'")

    def _if(self, tag: Token) -> nodes.If:
        test = self.expression()
        self._end()
        body, name = self._body(tag, "elseif", "else", "endif")
        others: list[nodes.If] = []
        while name == "elseif":
            token, other = self.token, self.expression()
            self._end()
            inner, name = self._body(tag, "elseif", "else", "endif")
            others.append(nodes.If(other, inner, [], [], lineno=token.offset))
        otherwise: list[Any] = []
        if name == "else":
            self._end()
            otherwise, _ = self._body(tag, "endif")
        self._end()
        return nodes.If(test, body, others, otherwise, lineno=tag.offset)

    def _for(self, tag: Token) -> nodes.For:
        targets = self._targets()
        self.expect("operator", "in", wanted="in")
        over = self.expression()
        if self.token.is_("name", "if"):
            self.refuse(
                "for has no condition in Twig 3; the filter `filter` leaves elements out, so '%}'"
            )
        self._end()
        body, name = self._body(tag, "else", "endfor")
        otherwise: list[Any] = []
        if name == "else":
            self._end()
            otherwise, _ = self._body(tag, "endfor")
        self._end()
        target = (
            targets[0] if len(targets) == 1 else nodes.Tuple(targets, "store", lineno=tag.offset)
        )
        return nodes.For(target, over, body, otherwise, None, _NOT_RECURSIVE, lineno=tag.offset)

    def _targets(self) -> list[nodes.Name]:
        targets = [self.target()]
        while self.take("punctuation", ","):
            targets.append(self.target())
        return targets

    def _set(self, tag: Token) -> Any:
        targets = self._targets()
        if not self.take("operator", "="):
            self._end()
            if len(targets) > 1:
                raise NotAllowed("set with a body takes one name", tag.offset)
            body, _ = self._body(tag, "endset")
            self._end()
            return nodes.AssignBlock(targets[0], None, body, lineno=tag.offset)
        values = [self.expression()]
        while self.take("punctuation", ","):
            values.append(self.expression())
        self._end()
        if len(values) != len(targets):
            raise NotAllowed(f"set has {len(targets)} names for {len(values)} values", tag.offset)
        if len(targets) == 1:
            return nodes.Assign(targets[0], values[0], lineno=tag.offset)
        names = nodes.Tuple(targets, "store", lineno=tag.offset)
        return nodes.Assign(names, nodes.Tuple(values, "load"), lineno=tag.offset)

    def _macro_tag(self, tag: Token) -> Macro:
        name = self.expect("name", wanted="the name of the macro")
        if self._is_in_macro:
            raise NotAllowed("a macro stands outside of others", tag.offset)
        if name.value in self._macros:
            raise NotAllowed(f"there is a macro {name.value} already", name.offset)
        self._macros.add(str(name.value))
        parameters = self._macro_parameters()
        self._end()
        self._is_in_macro = True
        body, _ = self._body(tag, "endmacro")
        self._is_in_macro = False
        self.take("name", str(name.value))
        self._end()
        return Macro(lineno=tag.offset, name=str(name.value), parameters=parameters, body=body)

    def _macro_parameters(self) -> list[tuple[str, Any]]:
        parameters: list[tuple[str, Any]] = []
        self.expect("operator", "(", wanted="'('")
        while not self.take("punctuation", ")"):
            name = str(self.target().name)
            default = self.expression() if self.take("operator", "=") else None
            parameters.append((name, default))
            if not self.token.is_("punctuation", ")"):
                self.expect("punctuation", ",", wanted="',' or ')'")
        return parameters

    def _own_macros(self) -> None:
        if not self.take("name", "_self"):
            self.refuse("there are no other templates, so _self")

    def _import(self, _tag: Token) -> list[Any]:
        self._own_macros()
        self.expect("name", "as", wanted="as")
        self.modules.add(str(self.target().name))
        self._end()
        return []

    def _from(self, _tag: Token) -> list[Any]:
        self._own_macros()
        self.expect("name", "import", wanted="import")
        while True:
            name = str(self.expect("name", wanted="the name of a macro").value)
            alias = str(self.target().name) if self.take("name", "as") else name
            self.imported[alias] = name
            if not self.take("punctuation", ","):
                break
        self._end()
        return []

    def _apply(self, tag: Token) -> nodes.FilterBlock:
        chain = self.filter(None)
        while self.take("operator", "|"):
            chain = self.filter(chain)
        self._end()
        body, _ = self._body(tag, "endapply")
        self._end()
        return nodes.FilterBlock(body, chain, lineno=tag.offset)

    def _with(self, tag: Token) -> With:
        variables: Any = None
        if self.token.kind != "end of tag" and not self.token.is_("name", "only"):
            variables = self.expression()
        only = self.take("name", "only") is not None
        self._end()
        body, _ = self._body(tag, "endwith")
        self._end()
        return With(lineno=tag.offset, variables=variables, only=only, body=body)

    def _block(self, tag: Token) -> With:
        """Read a block, which nothing can replace here: it writes where it stands."""
        name = str(self.expect("name", wanted="the name of the block").value)
        if self.token.kind != "end of tag":
            body: list[Any] = [nodes.Output([self.expression()], lineno=tag.offset)]
        else:
            self._end()
            body, _ = self._body(tag, "endblock")
            self.take("name", name)
        self._end()
        return With(lineno=tag.offset, variables=None, only=False, body=body)

    def _do(self, tag: Token) -> nodes.ExprStmt:
        value = self.expression()
        self._end()
        return nodes.ExprStmt(value, lineno=tag.offset)

    def _autoescape(self, tag: Token) -> Autoescape:
        strategy: Any = "html"
        if self.token.kind != "end of tag":
            value = self.expression()
            strategy = value.value if isinstance(value, nodes.Const) else None
            if strategy is not False and not isinstance(strategy, str):
                raise NotAllowed("autoescape takes the name of a strategy, or false", tag.offset)
        self._end()
        body, _ = self._body(tag, "endautoescape")
        self._end()
        return Autoescape(lineno=tag.offset, strategy=strategy or None, body=body)

    def _guard(self, tag: Token) -> Guard:
        kind = str(self.expect("name", "filter", "function", "test").value)
        name = str(self.name(f"the name of a {kind}").value)
        if kind == "test" and self.token.kind == "name":
            name = f"{name} {self.next().value}"
        self._end()
        body, closing = self._body(tag, "else", "endguard")
        otherwise: list[Any] = []
        if closing == "else":
            self._end()
            otherwise, _ = self._body(tag, "endguard")
        self._end()
        return Guard(lineno=tag.offset, kind=kind, name=name, body=body, otherwise=otherwise)

    def _ignored(self, _tag: Token) -> list[Any]:
        """Read a tag that tells other tools about the template."""
        while self.token.kind not in ("end of tag", "end"):
            self.next()
        self._end()
        return []

    _TAGS: ClassVar[dict[str, Callable[["TemplateParser", Token], Any]]] = {
        "apply": _apply, "autoescape": _autoescape, "block": _block, "deprecated": _ignored, "do": _do,
        "flush": _ignored, "for": _for, "from": _from, "guard": _guard, "if": _if, "import": _import,
        "line": _ignored, "macro": _macro_tag, "set": _set, "types": _ignored, "with": _with,
    }  # fmt: skip


_NOT_RECURSIVE: Final = False


def _add_output(body: list[Any], node: Any) -> None:
    """Add what is printed to the output before it, if there is one."""
    if body and isinstance(body[-1], nodes.Output):
        body[-1].nodes.append(node)
    else:
        body.append(nodes.Output([node], lineno=node.lineno))

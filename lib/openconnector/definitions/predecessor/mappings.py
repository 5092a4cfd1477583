"""Mappings: taken over as they are, in the dialect they were written for."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from openconnector.definitions.predecessor.exports import Export
from openconnector.definitions.predecessor.names import Names
from openconnector.expressions.php import is_truthy
from openconnector.expressions.problems import NotAllowed
from openconnector.expressions.syntax import is_template
from openconnector.expressions.twig_lexer import tokenize
from openconnector.expressions.twig_tokens import Token

CALL: Final = "executeMapping"
LITERAL: Final = re.compile(r"""[0-9_]+|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
"""A number or a text, as a template writes it."""

TAKEN: Final = ("mapping", "cast", "unset")


def mapping(export: Export, names: Names) -> dict[str, Any]:
    """Return what makes a mapping of ours of an export."""
    told: dict[str, Any] = {"dialect": export.text("dialect") or "twig"}
    for name in TAKEN:
        if (value := export.unpacked(name)) not in (None, ""):
            told[name] = value
    if is_truthy(export.value.get("passThrough")):
        told["passThrough"] = True
    if isinstance(export.value.get("escape"), bool):
        told["escape"] = export.value["escape"]
    if isinstance(fields := told.get("mapping"), dict):
        told["mapping"] = {
            target: _renamed(export, names, target, value) for target, value in fields.items()
        }
    return told


def _renamed(export: Export, names: Names, target: str, value: Any) -> Any:
    """Return a field's template in which other mappings are called by what they are called here."""
    if not isinstance(value, str) or CALL not in value or not is_template(value):
        return value

    def called(key: str) -> str:
        return names.named(export, "mapping", key, f"mapping.{target}")

    return renamed(value, called)


def renamed(template: str, named: Callable[[str], str]) -> str:
    """Return a template in which every mapping that is called by a fixed name is called by another one.

    A template that cannot be read stays as it is: whoever compiles it tells where it is wrong.
    """
    # The reader counts a line's end as one character, so the places would be wrong otherwise.
    text = template.replace("\r\n", "\n").replace("\r", "\n")
    try:
        tokens = tokenize(text)
    except NotAllowed:
        return template
    for token in reversed(list(_called(tokens))):
        written = LITERAL.match(text, token.offset)
        old = str(token.value)
        if written and (new := named(old)) != old:
            text = f"{text[: written.start()]}{_quoted(new)}{text[written.end() :]}"
    return text


def _called(tokens: list[Token]) -> Iterator[Token]:
    """Yield the first argument of every call of a mapping that is a number or a text."""
    for at, token in enumerate(tokens):
        if not token.is_("name", CALL) or not tokens[at + 1].is_("operator", "("):
            continue
        first = at + 2
        if tokens[first].is_("name", "mapping") and _is_naming(tokens[first + 1]):
            first += 2
        is_whole = tokens[min(first + 1, len(tokens) - 1)].is_("punctuation", ",", ")")
        if is_whole and tokens[first].kind in ("number", "string"):
            yield tokens[first]


def _is_naming(token: Token) -> bool:
    return token.is_("operator", "=") or token.is_("punctuation", ":")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"

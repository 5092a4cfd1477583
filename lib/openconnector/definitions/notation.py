"""Configuration documents as text: YAML 1.2's JSON values, read strictly and written so that reading gives the same.

Words such as `no`, `on` and `2024-01-31` stay text, as in YAML 1.2's core schema (section 10.3.2); YAML 1.1, which
the library follows by itself, makes other values of them.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from typing import Any, NoReturn

import yaml
from typing_extensions import override
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from openconnector.errors import FieldProblem, InvalidInput
from openconnector.jsontexts import MAX_DEPTH, nests_too_deep
from openconnector.messages import t

MAX_CHARACTERS = 10_000_000

WHOLE = "(whole)"

MAX_NUMBER = 2**63
"""Whole numbers are smaller than this, and at least its negative: the databases keep no others exactly."""

MAX_DIGITS = 40
"""Longer ones are beyond 64 bits unless they are padded with zeros, which nobody means."""

NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""The character as JSON writes it, behind an even number of backslashes."""

UNSEEN = re.compile(r"[^\S \n]|[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff]")
"""White space other than blanks and line ends, and characters without a shape."""

CORE: tuple[tuple[str, str, str], ...] = (
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:int", r"^[-+]?[0-9]+$", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$",
        "-+.0123456789",
    ),
)
"""Tag, pattern and first characters of what plain text can stand for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A configuration document: its value, and the line on which each part of it begins."""

    value: Any
    lines: dict[tuple[str, ...], int]
    name: str = ""
    """What errors call it, when there are several."""

    def line(self, path: Iterable[str]) -> int | None:
        """Return the line of a part, or of the nearest part around it; None when the text has no lines to tell."""
        found: tuple[str, ...] = ()
        for name in path:
            # Problems name the kind on the way (`configuration.rest.location`), which the document does not.
            found = (*found, name) if (*found, name) in self.lines else found
        return self.lines.get(found)


def read(text: str) -> Document:
    """Return the document a text holds. Raises `InvalidInput` naming the line that is wrong."""
    if len(text) > MAX_CHARACTERS:
        _refuse(WHOLE, t("is longer than {limit} characters", limit=MAX_CHARACTERS))
    if text.lstrip()[:1] in ("{", "["):
        with suppress(json.JSONDecodeError):
            return Document(value=_json(text), lines={})
    try:
        node = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else WHOLE
        _refuse(
            where, t("is neither YAML nor JSON: {reason}", reason=error.problem or error.context)
        )
    except (yaml.YAMLError, RecursionError) as error:
        _refuse(WHOLE, t("is neither YAML nor JSON: {reason}", reason=str(error).splitlines()[0]))
    lines: dict[tuple[str, ...], int] = {}
    return Document(value=None if node is None else _value(node, (), lines), lines=lines)


def _json(text: str) -> Any:
    """Return the value of a JSON text: YAML knows neither its tabs nor its surrogate pairs."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_fraction,
            parse_int=_whole,
            parse_float=_fraction,
        )
        is_too_deep = nests_too_deep(value)
    except RecursionError:
        is_too_deep = True
    if is_too_deep:
        _refuse(WHOLE, t("is nested deeper than {limit} levels", limit=MAX_DEPTH))
    _text(NUL.sub("\0", json.dumps(value, ensure_ascii=False)))
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        _refuse(WHOLE, t("says {name} a second time in one object", name=repr(twice)))
    return found


HEADING = """\
# The configuration of an OpenConnector; `openconnector import` takes it.
# Secrets are not in it: each is a reference to an environment variable. Where that is not set, the secret that is
# stored already is kept.

"""


def write(value: Any) -> str:
    """Return a value as YAML; `read` gives the same value back."""
    return yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, indent=2
    )


class _Loader(yaml.SafeLoader):
    """Composes nodes; what plain text stands for is decided by YAML 1.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  the library's own

    @override
    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        if self.check_event(yaml.AliasEvent):
            mark: yaml.Mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # the stubs lack it
            raise yaml.MarkedYAMLError(
                problem="references (*name) are not allowed; write the value out", problem_mark=mark
            )
        return super().compose_node(parent, index)


class _Dumper(yaml.SafeDumper):
    """Puts quotes round whatever any version of YAML could take for something else than text."""

    @override
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, text: str) -> ScalarNode:
        """Keep lines as lines, and escape characters that some reader takes for the end of one."""
        style = '"' if UNSEEN.search(text) else "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)

for _tag, _pattern, _first in CORE:
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(
            _tag, re.compile(_pattern), ["" if mark == "\0" else mark for mark in _first]
        )


def _value(node: Node, path: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> Any:
    lines[path] = node.start_mark.line + 1
    if len(path) > MAX_DEPTH:
        _refuse(f"line {lines[path]}", t("is nested deeper than {limit} levels", limit=MAX_DEPTH))
    if isinstance(node, SequenceNode):
        return [_value(item, (*path, str(at)), lines) for at, item in enumerate(node.value)]
    if isinstance(node, MappingNode):
        return _object(node, path, lines)
    return _scalar(node)


def _object(
    node: MappingNode, path: tuple[str, ...], lines: dict[tuple[str, ...], int]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, item in node.value:
        where = f"line {key.start_mark.line + 1}"
        if not isinstance(key, ScalarNode):
            _refuse(where, t("has a list or an object for a name; names are text"))
        if key.value in found:
            _refuse(where, t("says {name} a second time in one object", name=repr(key.value)))
        found[key.value] = _value(item, (*path, key.value), lines)
    return found


def _scalar(node: Node) -> Any:
    kind, where = node.tag.removeprefix("tag:yaml.org,2002:"), f"line {node.start_mark.line + 1}"
    if kind == "null":
        return None
    if kind == "bool":
        return node.value.lower() == "true"
    if kind not in READERS:
        _refuse(where, t("has the tag {tag}, which is not allowed", tag=node.tag))
    return READERS[kind](node.value, where)


def _whole(digits: str, where: str = WHOLE) -> int:
    if len(digits) > MAX_DIGITS or not -MAX_NUMBER <= int(digits) < MAX_NUMBER:
        _refuse(
            where,
            t("holds a whole number beyond 64 bits, which is not kept exactly; write it as text"),
        )
    return int(digits)


def _fraction(digits: str, where: str = WHOLE) -> float:
    number = float(digits)
    if not isfinite(number):
        _refuse(where, t("holds {digits}, which is no finite number", digits=digits))
    return number


def _text(text: str, where: str = WHOLE) -> str:
    if "\0" in text or any("\ud800" <= mark <= "\udfff" for mark in text):
        _refuse(where, t("holds NUL or half a surrogate pair, which cannot be kept as text"))
    return text


READERS: Mapping[str, Callable[[str, str], Any]] = {"int": _whole, "float": _fraction, "str": _text}


def _refuse(where: str, message: str) -> NoReturn:
    raise InvalidInput([FieldProblem(field=where, message=message)], subject="document")

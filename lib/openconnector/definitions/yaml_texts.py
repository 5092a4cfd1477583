"""YAML as configuration documents use it: YAML 1.2's JSON values.

Words such as `no`, `on` and `2024-01-31` stay text, as in YAML 1.2's core schema (section 10.3.2); YAML 1.1, which
the library follows by itself, makes other values of them.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml
from typing_extensions import override
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from openconnector.definitions.notation import WHOLE, checked_text, fraction, refuse, whole
from openconnector.jsontexts import MAX_DEPTH
from openconnector.messages import t

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

READERS: Mapping[str, Callable[[str, str], Any]] = {
    "int": whole,
    "float": fraction,
    "str": checked_text,
}


def value_of(text: str, lines: dict[tuple[str, ...], int]) -> Any:
    """Return the value of a YAML text, and note in ``lines`` where each part begins. Raises `InvalidInput`."""
    try:
        node = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else WHOLE
        refuse(
            where, t("is neither YAML nor JSON: {reason}", reason=error.problem or error.context)
        )
    except (yaml.YAMLError, RecursionError) as error:
        refuse(WHOLE, t("is neither YAML nor JSON: {reason}", reason=str(error).splitlines()[0]))
    return None if node is None else _value(node, (), lines)


def text_of(value: Any) -> str:
    """Return a value as YAML; `value_of` gives the same value back."""
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
        refuse(f"line {lines[path]}", t("is nested deeper than {limit} levels", limit=MAX_DEPTH))
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
            refuse(where, t("has a list or an object for a name; names are text"))
        if key.value in found:
            refuse(where, t("says {name} a second time in one object", name=repr(key.value)))
        found[key.value] = _value(item, (*path, key.value), lines)
    return found


def _scalar(node: Node) -> Any:
    kind, where = node.tag.removeprefix("tag:yaml.org,2002:"), f"line {node.start_mark.line + 1}"
    if kind == "null":
        return None
    if kind == "bool":
        return node.value.lower() == "true"
    if kind not in READERS:
        refuse(where, t("has the tag {tag}, which is not allowed", tag=node.tag))
    return READERS[kind](node.value, where)

"""Where each target field of a mapping comes from, found out without a record."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jinja2 import nodes

from openconnector.expressions.emit import Emitter
from openconnector.expressions.names import Code
from openconnector.expressions.paths import ESCAPED_DOT
from openconnector.mapping.observing import ObservedWriter
from openconnector.mapping.writer import MappingWriter

EVERY = "*"
"""Stands in a path for every element of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLineage:
    """One target field."""

    target: str
    """Its path."""
    expression: Any
    """What the mapping says."""
    reads: tuple[str, ...]
    """Paths of the record, in order, those read by called mappings included; "" is the whole record."""
    casts: tuple[str, ...]
    """The casts it goes through, in order."""
    calls: tuple["CallLineage", ...]
    """The mappings its expression calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLineage:
    """The call of another mapping."""

    mapping: str
    """Its id, slug or reference as written; `(inline)` for one written out in the call."""
    input: str | None
    """The path of the record whose value is handed over; None when it is calculated."""
    is_list: bool
    """It is called for every element of the value."""
    fields: tuple[FieldLineage, ...]
    """Where its fields come from, within the value that is handed over."""

    @property
    def reads(self) -> set[str]:
        """The paths of the record the called mapping reads, as far as the path handed over is known."""
        if self.input is None:
            return set()
        way = f"{self.input}.{EVERY}" if self.is_list else self.input
        return {".".join(filter(None, (way, read))) for one in self.fields for read in one.reads}


Called = Callable[[], tuple[FieldLineage, ...]]
"""Gives the lineage of the mapping that was asked for last."""


def lineage(writer: MappingWriter, called: Called) -> tuple[FieldLineage, ...]:
    """Return the lineage of every target field, in the mapping's order."""
    return tuple(_field(writer, target, called) for target in writer.spec.mapping)


def _field(writer: MappingWriter, target: str, called: Called) -> FieldLineage:
    calls = _Calls(writer, called)
    _, emitter = ObservedWriter(writer.spec, calls.call_mapping, calls.noted).single(target)
    reads = emitter.reads.union(*(call.reads for call in calls.found))
    casts = writer.casts(target) if target in writer.spec.cast else []
    return FieldLineage(
        target=target,
        expression=writer.spec.mapping[target],
        reads=tuple(sorted(reads)),
        casts=tuple(cast.name for cast in casts),
        calls=tuple(calls.found),
    )


@dataclass(slots=True)
class _Calls:
    """The calls of mappings in one field's expression."""

    writer: MappingWriter
    called: Called
    found: list[CallLineage] = field(default_factory=list)
    _known: dict[int, tuple[str, tuple[FieldLineage, ...]]] = field(default_factory=dict)

    def call_mapping(self, reference: Any, offset: int) -> Callable[..., Any]:
        function = self.writer.call_mapping(reference, offset)
        name = "(inline)" if isinstance(reference, dict) else str(reference)
        self._known[offset] = (name, self.called())
        return function

    def noted(self, emitter: Emitter, node: Any, code: Code) -> Code:
        if isinstance(node, nodes.Call) and node.lineno in self._known:
            self._note(emitter, node)
        return code

    def _note(self, emitter: Emitter, node: nodes.Call) -> None:
        given = dict(zip(("mapping", "input", "list"), node.args, strict=False))
        given |= {str(named.key): named.value for named in node.kwargs or ()}
        name, fields = self._known.pop(node.lineno)
        is_list = given.get("list")
        call = CallLineage(
            mapping=name,
            input=_path(emitter, given["input"]),
            is_list=isinstance(is_list, nodes.Const) and bool(is_list.value),
            fields=fields,
        )
        self.found.append(call)


def _path(emitter: Emitter, node: nodes.Expr) -> str | None:
    """Return the path of the record that an expression is; None for any other expression."""
    if isinstance(node, nodes.Name):
        if node.name in emitter.locals:
            return None
        return "" if node.name == "_context" else node.name
    key: Any = None
    if isinstance(node, nodes.Getattr):
        key = node.attr
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        key = node.arg.value
    if key is None or not isinstance(node, (nodes.Getattr, nodes.Getitem)):
        return None
    way = _path(emitter, node.node)
    return (
        None if way is None else ".".join(filter(None, (way, str(key).replace(".", ESCAPED_DOT))))
    )

"""Writes the functions of a mapping with an observer that sees every part of every expression."""

from collections.abc import Callable
from typing import Any, TypeAlias

from typing_extensions import override

from openconnector.expressions.dialects import DIALECTS, DialectRules
from openconnector.expressions.emit import CallMapping, Emitter
from openconnector.expressions.names import Code, Names
from openconnector.expressions.templates import GeneratedModule
from openconnector.mapping.spec import MappingSpec
from openconnector.mapping.writer import MappingWriter

Observe: TypeAlias = Callable[[Emitter, Any, Code], Code]
"""Sees a part of an expression with the source it became, and gives the source to write in its place."""


class ObservedWriter(MappingWriter):
    """Writes a mapping; inner parts of an expression are shown before the part around them."""

    def __init__(self, spec: MappingSpec, call_mapping: CallMapping, observe: Observe) -> None:
        MappingWriter.__init__(self, spec, call_mapping)
        self._observe = observe

    @override
    def _module(self) -> GeneratedModule:
        return _Module(DIALECTS[self.spec.dialect], self.call_mapping, self._observe)


class _Module(GeneratedModule):
    def __init__(self, rules: DialectRules, call_mapping: CallMapping, observe: Observe) -> None:
        GeneratedModule.__init__(self, rules, call_mapping)
        self._observe = observe

    @override
    def emitter(self) -> Emitter:
        return _Emitter(self.rules, self.names, self.call_mapping, self._observe)


class _Emitter(Emitter):
    def __init__(
        self, rules: DialectRules, names: Names, call_mapping: CallMapping, observe: Observe
    ) -> None:
        Emitter.__init__(self, rules, names, call_mapping)
        self._observe = observe

    @override
    def expression(self, node: Any) -> Code:
        return self._observe(self, node, Emitter.expression(self, node))

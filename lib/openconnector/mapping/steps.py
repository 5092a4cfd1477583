"""A mapping one field at a time: to say which field fails and why, and to explain how each came to be.

It does the same as the fused function, slower.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from openconnector.errors import RecordError, TemplateLimit
from openconnector.expressions.limits import Budget
from openconnector.expressions.paths import (
    MISSING,
    compile_dot_path,
    compile_path,
    set_path,
    unset_path,
)
from openconnector.expressions.query_form import has_query_form
from openconnector.expressions.syntax import is_template
from openconnector.mapping.casts import GONE, Cast, CastContext
from openconnector.mapping.places import place_of_failure
from openconnector.mapping.shape import as_list, tidy, unrooted
from openconnector.mapping.trace import CastTrace, FieldTrace, Trace
from openconnector.mapping.writer import MappingWriter

Now = Callable[[], datetime]

FAILURES: Final = (
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
    RecordError,
)
"""What calculating a field may end in. `AttributeError` is an argument of a type its filter does not take."""

_WORDS: Final = {
    "'Missing'": "nothing", "'NoneType'": "null", "'str'": "text", "'int'": "a number", "'float'": "a number",
    "'dict'": "an object", "'list'": "a list", "'bool'": "true or false", " instances of": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One target of a mapping."""

    target: str
    expression: Any
    reads: tuple[str, ...]
    value: Callable[[Any, Budget], Any]
    """Gives the value before the casts."""


class Steps:
    """The fields, removals and casts of a mapping, apart from each other."""

    def __init__(self, writer: MappingWriter, now: Now) -> None:
        self._spec = writer.spec
        self._writer = writer
        self._now = now
        self._casts = {path: writer.casts(path) for path in writer.spec.cast}
        self._steps = [_step(writer, target) for target in writer.spec.mapping]

    def run(self, record: Any, budget: Budget) -> Any:
        """Return the mapped record. Raises `RecordError` naming the field, its expression and the reason."""
        values = {}
        for step in self._steps:
            try:
                values[step.target] = step.value(record, budget)
            except FAILURES as error:
                raise failure(step.target, step.expression, error) from error
        result = self._assembled(record, values)
        for path, casts in self._casts.items():
            try:
                result = cast_field(result, path, casts, self._now())
            except FAILURES as error:
                names = ", ".join(cast.name for cast in casts)
                raise failure(path, f"cast {names}", error) from error
        return unrooted(result)

    def explain(self, record: Any) -> Trace:
        """Return how every field came to be; one that fails does not stop the others."""
        traces = {step.target: self._traced(step, record) for step in self._steps}
        values = {path: trace.value for path, trace in traces.items() if trace.error is None}
        result = self._assembled(record, values)
        for path, casts in self._casts.items():
            trace = traces.setdefault(path, FieldTrace(target=path, expression=None))
            if trace.error is None:
                result = self._cast_traced(result, trace, casts)
        is_failed = any(trace.error is not None for trace in traces.values())
        return Trace(fields=list(traces.values()), result=None if is_failed else unrooted(result))

    def _traced(self, step: Step, record: Any) -> FieldTrace:
        found = {path: _read(path, record) for path in step.reads}
        trace = FieldTrace(
            target=step.target,
            expression=step.expression,
            inputs={path: value for path, value in found.items() if value is not MISSING},
        )
        try:
            trace.value = step.value(record, Budget(explains=True, now=self._now))
        except FAILURES as error:
            trace.error = reason_of(error)
            budget = Budget(explains=True, now=self._now)
            trace.line, trace.column = place_of_failure(self._writer, step.target, record, budget)
        return trace

    def _assembled(self, record: Any, values: dict[str, Any]) -> Any:
        """Return the result before its casts."""
        result: Any = {}
        if self._spec.pass_through:
            result = record.copy()
            if self._spec.dialect == "twig":
                result = tidy(result)
            elif isinstance(result, dict):
                result = as_list(result)
        for target, value in values.items():
            result = set_path(result, target, value)
        for path in self._spec.unset:
            result = unset_path(result, path)
        return result

    def _cast_traced(self, result: Any, trace: FieldTrace, casts: list[Cast]) -> Any:
        now = self._now()
        for cast in casts:
            value = compile_dot_path(trace.target)(result)
            if value is MISSING:
                break
            try:
                result = cast_field(result, trace.target, [cast], now)
            except FAILURES as error:
                trace.error = reason_of(error)
                trace.casts.append(
                    CastTrace(name=cast.name, before=value, after=None, error=trace.error)
                )
                break
            after = compile_dot_path(trace.target)(result)
            gone = after is MISSING
            trace.casts.append(
                CastTrace(
                    name=cast.name, before=value, after=None if gone else after, is_removed=gone
                )
            )
        return result


def _step(writer: MappingWriter, target: str) -> Step:
    module, emitter = writer.single(target)
    return Step(
        target=target,
        expression=writer.spec.mapping[target],
        reads=tuple(sorted(emitter.reads)),
        value=module.build(tidy=tidy)["single"],
    )


def _read(path: str, record: Any) -> Any:
    if path == "":
        return record
    is_queried = has_query_form(path) and not is_template(path)
    return (compile_path if is_queried else compile_dot_path)(path)(record)


def cast_field(result: Any, path: str, casts: list[Cast] | tuple[Cast, ...], now: datetime) -> Any:
    """Return the result with the casts applied at a path, in order; an absent path is left alone.

    Once a cast took the field away it stays away.
    """
    value = compile_dot_path(path)(result)
    if value is MISSING:
        return result
    for cast in casts:
        if cast.looks_around:
            result = set_path(result, path, value)
        value = cast.apply(value, CastContext(path=path, result=result, now=now))
        if value is GONE:
            return unset_path(result, path)
    return set_path(result, path, value)


def failure(field: str, expression: Any, error: Exception) -> RecordError:
    """Return the error for a field that cannot be mapped, of the same kind as what it failed with."""
    shown = str(expression)
    shown = shown if len(shown) <= SHOWN_LENGTH else f"{shown[:SHOWN_LENGTH]}..."
    kind = TemplateLimit if isinstance(error, TemplateLimit) else RecordError
    return kind(f"The field {field!r} ({shown}) failed: {reason_of(error)}", field=field)


SHOWN_LENGTH: Final = 200
"""How much of an expression an error repeats."""


_REASONS: Final[dict[type[Exception], str]] = {
    RecursionError: "the value nests too deep",
    AttributeError: "an argument is of a type that cannot be used there",
    ZeroDivisionError: "a division by zero",
    OverflowError: "a number is too large",
    UnicodeError: "what it makes is no text (bytes that are no UTF-8, or half a surrogate pair)",
}


def reason_of(error: Exception) -> str:
    """Return why a calculation failed, in words of the author's world."""
    for kind, meaning in _REASONS.items():
        if isinstance(error, kind):
            return meaning
    text = str(error)
    for word, meaning in _WORDS.items():
        text = text.replace(word, meaning)
    return text

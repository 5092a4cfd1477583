"""Compiles a mapping and applies it to records."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final

import xxhash

from openconnector.errors import (
    ConfigurationError,
    FieldProblem,
    InvalidInput,
    RecordError,
)
from openconnector.expressions.dialects import FUNCTIONS_VERSION
from openconnector.expressions.limits import (
    MAX_MAPPING_BYTES,
    MAX_MAPPING_ENTRIES,
    Budget,
    utc_now,
)
from openconnector.expressions.paths import set_path, unset_path
from openconnector.expressions.problems import NotAllowed
from openconnector.expressions.syntax import is_template
from openconnector.mapping.lineage import FieldLineage, lineage
from openconnector.mapping.nested import caller
from openconnector.mapping.places import located
from openconnector.mapping.shape import as_list, tidy, unrooted
from openconnector.mapping.spec import MappingSpec
from openconnector.mapping.steps import FAILURES, Now, Steps, cast_field
from openconnector.mapping.trace import Trace
from openconnector.mapping.writer import MappingWriter
from openconnector.messages import Message, t

Resolve = Callable[[str], MappingSpec]
"""Finds a mapping by id, slug or reference. Raises `NotFound`."""

MAX_NESTED: Final = 16
"""How deep mappings may call mappings."""


class Mapper:
    """A mapping ready to be applied. It holds no state of records and may be shared by threads."""

    def __init__(self, writer: MappingWriter, nested: list["Mapper"], now: Now) -> None:
        self.spec = writer.spec
        self._writer = writer
        self._nested = nested
        self._now = now
        module = writer.fused()
        if writer.problems:
            found = (located(problem, writer) for problem in _unique(writer.problems))
            raise InvalidInput(found, subject="mapping")
        self.fingerprint = _fingerprint(writer.spec, nested)
        """16 bytes that change with everything that can change a result: the mapping, nested ones, our functions."""
        self._fused = _built(module.build, self._apply_casts)
        self._counts = module.counts
        """Whether the function looks at its budget; most do not, and making one takes a while."""

    @cached_property
    def _steps(self) -> Steps:
        return Steps(self._writer, self._now)

    def apply(self, record: Any) -> Any:
        """Return the mapped record: an object, or what the target `#` makes of it.

        Raises `RecordError` (stage `map`) naming the field that failed, `TemplateLimit` when it cost too much.
        """
        try:
            return self._fused(record, Budget(now=self._now) if self._counts else UNCOUNTED)
        except FAILURES:
            return self._steps.run(_checked(record), Budget(explains=True, now=self._now))

    def run(self, record: Any, budget: Budget) -> Any:
        """Return the mapped record for a mapping that calls this one; the cost is counted with its own."""
        return self._steps.run(record, budget) if budget.explains else self._fused(record, budget)

    def explain(self, record: Any) -> Trace:
        """Return how each target field came to be, for a test page."""
        return self._steps.explain(_checked(record))

    def lineage(self) -> tuple[FieldLineage, ...]:
        """Return where each target field comes from, called mappings included; no record is needed."""
        return self._lineage

    @cached_property
    def _lineage(self) -> tuple[FieldLineage, ...]:
        def called() -> tuple[FieldLineage, ...]:
            return self._nested[-1].lineage()

        return lineage(self._writer, called)

    def _apply_casts(self, result: Any, path: str, casts: Any) -> Any:
        return cast_field(result, path, casts, self._now())


UNCOUNTED: Final = Budget()
"""Stands in the place of a budget that nothing looks at."""


def _checked(record: Any) -> Any:
    """Return a record that is one. Raises `RecordError`."""
    if not isinstance(record, (dict, list)):
        raise RecordError("a record is an object or a list")
    return record


def _built(build: Callable[..., dict[str, Any]], apply_casts: Any) -> Callable[[Any, Budget], Any]:
    try:
        space = build(
            apply_casts=apply_casts,
            set_path=set_path,
            unset_path=unset_path,
            unrooted=unrooted,
            as_list=as_list,
            tidy=tidy,
        )
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ConfigurationError("The mapping is too large to be compiled") from error
    fused: Callable[[Any, Budget], Any] = space["fused"]
    return fused


def _unique(problems: list[FieldProblem]) -> list[FieldProblem]:
    return list({(problem.field, problem.message): problem for problem in problems}.values())


def _fingerprint(spec: MappingSpec, nested: list[Mapper]) -> bytes:
    parts = [
        spec.model_dump(),
        sorted(mapper.fingerprint.hex() for mapper in nested),
        FUNCTIONS_VERSION,
    ]
    # Unsorted: where targets overlap, the order of the fields decides.
    # Python's own JSON, since a fixed value may be a number or a text that no other writes.
    return xxhash.xxh3_128_digest(json.dumps(parts).encode())


def _check_size(spec: MappingSpec) -> None:
    """Raise `InvalidInput` for a mapping that would take too long to compile."""
    templates = (value for value in spec.mapping.values() if isinstance(value, str))
    size = sum(
        len(text.encode("utf-8", "surrogatepass")) for text in templates if is_template(text)
    )
    entries = len(spec.mapping) + len(spec.cast) + len(spec.unset)
    wrong: Message | None = None
    if size > MAX_MAPPING_BYTES:
        wrong = t(
            "the templates of a mapping have at most {limit} bytes together, these {size}; split it, and call the "
            "parts with mapping()",
            limit=f"{MAX_MAPPING_BYTES:,}",
            size=f"{size:,}",
        )
    elif entries > MAX_MAPPING_ENTRIES:
        wrong = t(
            "a mapping has at most {limit} fields, casts and removals, this {size}; split it, and call the parts with "
            "mapping()",
            limit=f"{MAX_MAPPING_ENTRIES:,}",
            size=f"{entries:,}",
        )
    if wrong:
        raise InvalidInput([FieldProblem(field="mapping", message=wrong)], subject="mapping")


class _Compilation:
    """Compiles a mapping with those it calls, each once. Raises for a mapping that calls itself."""

    def __init__(self, resolve: Resolve | None, now: Now) -> None:
        self._resolve = resolve
        self._now = now
        self._done: dict[str, Mapper] = {}
        self._under_way: list[str] = []

    def compile(self, spec: MappingSpec) -> Mapper:
        _check_size(spec)
        nested: list[Mapper] = []

        def call_mapping(reference: Any, offset: int) -> Callable[..., Any]:
            mapper = self._nested(reference, spec, offset)
            nested.append(mapper)
            return caller(mapper.run)

        return Mapper(MappingWriter(spec, call_mapping), nested, self._now)

    def _nested(self, reference: Any, outer: MappingSpec, offset: int) -> Mapper:
        if len(self._under_way) >= MAX_NESTED:
            raise NotAllowed(f"mappings call each other at most {MAX_NESTED} deep", offset)
        try:
            if isinstance(reference, Mapping):
                return self._compile_named(
                    "(inline)", MappingSpec.model_validate({"dialect": outer.dialect, **reference})
                )
            return self._referred(str(reference))
        except ConfigurationError as error:
            raise NotAllowed(f"the mapping called here cannot be used: {error}", offset) from error

    def _referred(self, reference: str) -> Mapper:
        if reference in self._under_way:
            chain = " -> ".join([*self._under_way, reference])
            raise ConfigurationError(f"the mapping calls itself: {chain}")
        if reference not in self._done:
            if self._resolve is None:
                raise ConfigurationError("no other mapping can be called here")
            self._done[reference] = self._compile_named(reference, self._resolve(reference))
        return self._done[reference]

    def _compile_named(self, name: str, spec: MappingSpec) -> Mapper:
        self._under_way.append(name)
        try:
            return self.compile(spec)
        finally:
            self._under_way.pop()


def compile_mapping(
    spec: MappingSpec, *, resolve: Resolve | None = None, now: Now = utc_now
) -> Mapper:
    """Return the mapping as a function. Raises `InvalidInput` naming every wrong template and cast at once."""
    return _Compilation(resolve, now).compile(spec)


def check_mapping(spec: MappingSpec, *, resolve: Resolve | None = None) -> list[FieldProblem]:
    """Return everything that is wrong with a mapping, [] when it can be compiled."""
    try:
        compile_mapping(spec, resolve=resolve)
    except InvalidInput as error:
        return list(error.problems)
    except ConfigurationError as error:
        return [FieldProblem(field="mapping", message=str(error))]
    return []

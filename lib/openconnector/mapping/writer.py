"""Writes a mapping as one Python function."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from openconnector.errors import ConfigurationError, FieldProblem
from openconnector.expressions.dialects import rules_of
from openconnector.expressions.emit import CallMapping, Emitter
from openconnector.expressions.paths import compile_path, split_path
from openconnector.expressions.php import decode_entities, to_text
from openconnector.expressions.problems import NotAllowed, problem_at
from openconnector.expressions.query_form import has_query_form
from openconnector.expressions.syntax import is_template
from openconnector.expressions.templates import GeneratedModule
from openconnector.mapping.casts import Cast, find_cast
from openconnector.mapping.overlaps import Overlaps, has_overlap, is_index
from openconnector.mapping.shape import ROOT, tidy
from openconnector.mapping.spec import MappingSpec

FAST_CASTS: Final = {
    "string": "str", "int": "int", "integer": "int", "bool": "bool", "boolean": "bool", "float": "float",
}  # fmt: skip
"""Casts that leave a value of this Python type as it is, so that generated code need not call them."""

SHOWN_LENGTH: Final = 80
"""How much of a wrong value a problem repeats."""

MAX_DEPTH: Final = 32
"""How deep a fixed value, or a target written down in one go, may nest."""


@dataclass(slots=True)
class MappingWriter:
    """Turns a mapping into generated functions, and finds everything that is wrong with it on the way."""

    spec: MappingSpec
    call_mapping: CallMapping
    problems: list[FieldProblem] = field(default_factory=list)
    _overlaps: Overlaps = field(init=False)
    _stands_plain: bool = field(init=False)
    """The result is written down at once, and nothing is taken from it."""

    def __post_init__(self) -> None:
        spec = self.spec
        self._overlaps = Overlaps((*spec.mapping, *spec.cast), spec.unset)
        self._stands_plain = self._is_plain(spec.mapping) and not spec.unset

    def fused(self) -> GeneratedModule:
        """Return a module with `fused`, the whole mapping as one function."""
        module = self._module()
        emitter = module.emitter()
        sources = {target: self._value(module, emitter, target) for target in self.spec.mapping}
        casts = {path: found for path in self.spec.cast if (found := self.casts(path))}
        inline = self._inline_casts(casts)
        for target in inline:
            sources[target] = self._cast_inline(module, emitter, sources[target], casts[target])
        lines = self._build(emitter, sources)
        lines += [self._unset(path) for path in self.spec.unset]
        lines += [
            self._cast(emitter, path, found) for path, found in casts.items() if path not in inline
        ]
        if self.spec.pass_through or any(split_path(path)[0] == ROOT for path in sources):
            lines.append("result = unrooted(result)")
        module.add_function("fused", [*emitter.prolog(), *lines, "return result"])
        return module

    def single(self, target: str) -> tuple[GeneratedModule, Emitter]:
        """Return a module with `single`, the value of one target before its casts, and what wrote it."""
        module = self._module()
        emitter = module.emitter()
        value = self._value(module, emitter, target)
        module.add_function("single", [*emitter.prolog(), f"return {value}"])
        return module, emitter

    def casts(self, path: str) -> list[Cast]:
        """Return the casts of a path; unknown ones are problems, or ignored in the dialect `twig`."""
        found = []
        for name in self.spec.casts_of(path):
            cast = find_cast(name)
            if cast is not None:
                found.append(cast)
            elif name.strip() and self.spec.dialect != "twig":
                self._problem(f"cast.{path}", f"no cast {name!r}; see the list of casts", name)
        return found

    def _module(self) -> GeneratedModule:
        return GeneratedModule(
            rules_of(self.spec.dialect, escapes=self.spec.escape), self.call_mapping
        )

    @property
    def _is_twig(self) -> bool:
        return self.spec.dialect == "twig"

    def _problem(self, where: str, message: str, value: Any) -> None:
        shown = value if not isinstance(value, str) else value[:SHOWN_LENGTH]
        self.problems.append(FieldProblem(field=where, message=message, value=shown))

    def _value(self, module: GeneratedModule, emitter: Emitter, target: str) -> str:
        """Return the source of a target's value; a wrong one becomes a problem and `None`."""
        value = self.spec.mapping[target]
        try:
            return self._value_source(module, emitter, value)
        except NotAllowed as error:
            self._problem(f"mapping.{target}", str(problem_at(str(value), error)), value)
        except ConfigurationError as error:
            self._problem(f"mapping.{target}", str(error), value)
        return "None"

    def _value_source(self, module: GeneratedModule, emitter: Emitter, value: Any) -> str:
        if isinstance(value, (dict, list)):
            return literal(tidy(value) if self._is_twig else value)
        if not isinstance(value, str):
            if not self._is_twig:
                return literal(value)
            if value is None:
                raise ConfigurationError(
                    "null maps to nothing; leave the field out or write a text"
                )
            value = to_text(value)
        if not is_template(value):
            if has_query_form(value):
                return self._queried(emitter, value)
            return self._path_or(emitter, value, literal(self._decoded(value)))
        written = module.write(value, emitter)
        return self._path_or(emitter, value, written) if self._is_twig else written

    def _decoded(self, text: str) -> str:
        return decode_entities(text) if self._is_twig and self.spec.escape else text

    def _queried(self, emitter: Emitter, query: str) -> str:
        """Return source for what a JSONPath query finds in the record; null for nothing."""
        found = f"{emitter.names.bind('q', compile_path(query))}(record)"
        emitter.reads.add(query)
        held = emitter.names.fresh("p")
        return f"({held} if ({held} := {found}) is not M else None)"

    def _path_or(self, emitter: Emitter, path: str, otherwise: str) -> str:
        """Return source for what stands at a path, or something else when nothing does."""
        held = emitter.names.fresh("p")
        found = emitter.path(split_path(path))
        source = found if found.isidentifier() else f"({held} := {found})"
        name = found if found.isidentifier() else held
        kept = f"(tidy({name}) if type({name}) is dict or type({name}) is list else {name})"
        return f"({kept if self._is_twig else name} if {source} is not M else {otherwise})"

    def _inline_casts(self, casts: dict[str, list[Cast]]) -> set[str]:
        """Return the targets whose casts can stand where the value is calculated.

        So can those that need only the value, of a target that nothing else touches or looks at.
        """
        if any(cast.looks_around for found in casts.values() for cast in found):
            return set()
        return {
            target
            for target, found in casts.items()
            if all(cast.plain is not None for cast in found) and self._is_alone(target)
        }

    def _is_alone(self, target: str) -> bool:
        """Return whether a path is a target that no other target, removal or cast touches."""
        return target in self.spec.mapping and self._overlaps.is_alone(target)

    def _cast(self, emitter: Emitter, path: str, casts: list[Cast]) -> str:
        """Return the line that casts a field of the result."""
        condition = casts[0].condition
        if condition is not None and len(casts) == 1 and self._stands_at_top(path):
            place = f"result[{split_path(path)[0]!r}]"
            change = f"{place} = None" if casts[0].replacement is None else f"del {place}"
            return f"if {emitter.names.bind('f', condition)}({place}): {change}"
        return f"result = apply_casts(result, {path!r}, {emitter.names.bind('x', tuple(casts))})"

    def _stands_at_top(self, path: str) -> bool:
        """Return whether the result is an object that certainly has this field."""
        return (
            self._stands_plain
            and not self.spec.pass_through
            and len(split_path(path)) == 1
            and self._is_alone(path)
        )

    def _cast_inline(
        self, module: GeneratedModule, emitter: Emitter, source: str, casts: list[Cast]
    ) -> str:
        for cast in casts:
            function = module.names.bind("f", cast.plain)
            fast = FAST_CASTS.get(cast.name)
            if fast is None:
                source = f"{function}({source})"
            else:
                held = emitter.names.fresh("p")
                source = f"({held} if type({held} := {source}) is {fast} else {function}({held}))"
        return source

    def _build(self, emitter: Emitter, sources: dict[str, str]) -> list[str]:
        """Return the lines that make the result, before removals and casts."""
        if self._is_plain(sources):
            start = "**context, " if self.spec.pass_through else ""
            lines = [f"result = {{{start}{display(sources)}}}"]
        else:
            start = "dict(context)" if self.spec.pass_through else "{}"
            lines = [f"result = {start}"]
            lines += [
                f"result = set_path(result, {path!r}, {source})" for path, source in sources.items()
            ]
        if self.spec.pass_through:
            emitter.reads.add("")
            lines.insert(
                1, "result = tidy(result)" if self._is_twig else "result = as_list(result)"
            )
        return lines

    def _is_plain(self, targets: Iterable[str]) -> bool:
        """Return whether the result can be written down at once: no target touches another or indexes a list."""
        paths = [split_path(path) for path in targets]
        if any(len(path) > MAX_DEPTH or any(map(is_index, path)) for path in paths):
            return False
        if self.spec.pass_through:
            return all(len(path) == 1 for path in paths)
        return not has_overlap(paths)

    def _unset(self, path: str) -> str:
        return f"result = unset_path(result, {path!r})"


def literal(value: Any, depth: int = 0) -> str:
    """Return the source that makes a JSON value anew for every record. Raises `ConfigurationError`."""
    if depth > MAX_DEPTH:
        raise ConfigurationError(f"a fixed value nests at most {MAX_DEPTH} deep")
    if isinstance(value, dict):
        members = (f"{str(key)!r}: {literal(item, depth + 1)}" for key, item in value.items())
        return f"{{{', '.join(members)}}}"
    if isinstance(value, list):
        return f"[{', '.join(literal(item, depth + 1) for item in value)}]"
    if not isinstance(value, (str, bool, int, float, type(None))):
        raise ConfigurationError("a fixed value is JSON")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigurationError("a number is finite")
    return repr(value)


def display(sources: dict[str, str]) -> str:
    """Return the inside of the object display for targets and the sources of their values, nested where paths are."""
    tree: dict[str, Any] = {}
    for path, source in sources.items():
        *way, last = split_path(path)
        node = tree
        for key in way:
            node = node.setdefault(key, {})
        node[last] = source
    return _display(tree)


def _display(tree: dict[str, Any]) -> str:
    return ", ".join(
        f"{key!r}: {{{_display(node)}}}" if isinstance(node, dict) else f"{key!r}: {node}"
        for key, node in tree.items()
    )

"""The names and pieces that generated code is made of."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

Certain: TypeAlias = Literal["", "value", "text", "truth"]
"""What is certain of a value before it is calculated: nothing, that it is JSON (neither missing nor a moment), that it
is a `str`, or that it is a `bool`."""


class Code(NamedTuple):
    """A Python expression and what is known about its value."""

    source: str
    certain: Certain = ""

    @property
    def known(self) -> str:
        """The source of a value that becomes part of the result, where what is missing is null and a moment text."""
        return self.source if self.certain else f"known({self.source})"

    @property
    def is_text(self) -> bool:
        """Whether the value is certainly a `str`."""
        return self.certain == "text"


def common(one: Code, other: Code) -> Certain:
    """Return what is certain of a value that is one of two."""
    if one.certain == other.certain:
        return one.certain
    return "value" if one.certain and other.certain else ""


@dataclass(slots=True)
class Names:
    """The names generated code uses, and the objects behind those that are not Python's own."""

    objects: dict[str, Any] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)
    """The names by the identities of the objects, which `objects` keeps alive."""
    _count: int = 0

    def fresh(self, prefix: str) -> str:
        """Return a name that is not used yet."""
        self._count += 1
        return f"{prefix}{self._count}"

    def bind(self, prefix: str, value: Any) -> str:
        """Return a name for an object; the same object has one name."""
        name = self._names.get(id(value))
        if name is None:
            name = self._names[id(value)] = self.fresh(prefix)
            self.objects[name] = value
        return name


def loop_fields(number: str) -> dict[str, str]:
    """Return the fields of `loop` with their sources, for the loop of a number."""
    return {
        "index": f"(i{number} + 1)",
        "index0": f"i{number}",
        "first": f"(i{number} == 0)",
        "last": f"(i{number} == len(s{number}) - 1)",
        "length": f"len(s{number})",
        "revindex": f"(len(s{number}) - i{number})",
        "revindex0": f"(len(s{number}) - i{number} - 1)",
    }

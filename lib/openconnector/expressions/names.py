"""The names and pieces that generated code is made of."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Code(NamedTuple):
    """A Python expression and what is known about its value."""

    source: str
    is_text: bool = False
    """It is certainly a `str`."""


@dataclass(slots=True)
class Names:
    """The names generated code uses, and the objects behind those that are not Python's own."""

    objects: dict[str, Any] = field(default_factory=dict)
    _count: int = 0

    def fresh(self, prefix: str) -> str:
        """Return a name that is not used yet."""
        self._count += 1
        return f"{prefix}{self._count}"

    def bind(self, prefix: str, value: Any) -> str:
        """Return a name for an object; the same object has one name."""
        for name, known in self.objects.items():
            if known is value:
                return name
        name = self.fresh(prefix)
        self.objects[name] = value
        return name

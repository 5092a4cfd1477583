"""What `explain` tells about one record: how each target field came to be."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CastTrace:
    """One cast of one field."""

    name: str
    before: Any
    after: Any
    """The value the cast gave; null where it took the field away."""
    is_removed: bool = False
    """The cast took the field away."""
    error: str | None = None
    """Why it gave nothing; it is then the last one."""


@dataclass(slots=True, kw_only=True)
class FieldTrace:
    """One target field."""

    target: str
    """Its path."""
    expression: Any
    """What the mapping says; null for a field that was only passed through."""
    inputs: dict[str, Any] = field(default_factory=dict)
    """The paths of the record it read, with what stood there; what was absent is left out."""
    value: Any = None
    """The value before the casts."""
    casts: list[CastTrace] = field(default_factory=list)
    error: str | None = None
    """Why it has no value."""
    line: int | None = None
    """Where in the expression the error is: its line, from 1; null when a cast failed."""
    column: int | None = None
    """The same within the line, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One record through a mapping, field by field."""

    fields: list[FieldTrace]
    result: Any
    """The mapped record; null when a field failed."""

    @property
    def errors(self) -> dict[str, str]:
        """Return what failed, by target path."""
        return {item.target: item.error for item in self.fields if item.error is not None}

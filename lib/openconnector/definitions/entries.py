"""What configuration documents hold, entry by entry, each with its place for whoever has to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from openconnector.definitions.notation import Document
from openconnector.errors import FieldProblem, InvalidInput
from openconnector.messages import t


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One definition, register or schema of a document."""

    section: str
    value: dict[str, Any]
    """What the API would take, with its `slug`."""
    place: str
    """Where it stands in its document, as a dot path."""
    document: Document
    warnings: tuple[str, ...] = ()
    """What whoever imports it should know."""

    def placed(self, wrong: FieldProblem) -> FieldProblem:
        """Return a problem of the entry as one of its document."""
        inner = replace(wrong, field=f"{self.place}.{wrong.field}" if self.place else wrong.field)
        return placed(self.document, inner)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What a document holds and an import does not save."""

    section: str
    name: str
    reason: str


@dataclass(slots=True)
class Contents:
    """Everything that documents hold."""

    entries: list[Entry] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    problems: list[FieldProblem] = field(default_factory=list)
    """What keeps them from being saved."""

    def add(self, more: "Contents") -> None:
        """Take in what other documents hold."""
        self.entries += more.entries
        self.left_out += more.left_out
        self.problems += more.problems


def placed(document: Document, wrong: FieldProblem) -> FieldProblem:
    """Return a problem with the name of its document, where it has one, and the line where there are lines."""
    line = document.line(wrong.field.split("."))
    name = f"{document.name}: " if document.name else ""
    said = wrong.message
    if line is not None:
        said = t("{message} (line {line})", message=said, line=line)
    return replace(wrong, field=f"{name}{wrong.field}", message=said)


def refused(problems: Iterable[FieldProblem]) -> InvalidInput:
    """Return the error for documents that cannot be saved."""
    return InvalidInput(problems, subject="configuration")

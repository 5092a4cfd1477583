"""What is wrong with a template, and where."""

from dataclasses import dataclass

from typing_extensions import override


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateProblem:
    """What is wrong with a template and where, both counted from 1."""

    message: str
    line: int
    column: int

    @override
    def __str__(self) -> str:
        return f"{self.message} (line {self.line}, column {self.column})"


class NotAllowed(Exception):
    """Something in a template that cannot be; ``offset`` counts characters from its beginning."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


def problem_at(source: str, error: NotAllowed) -> TemplateProblem:
    """Return an error with its place as line and column."""
    before = source[: error.offset]
    return TemplateProblem(
        message=str(error),
        line=before.count("\n") + 1,
        column=error.offset - (before.rfind("\n") + 1) + 1,
    )

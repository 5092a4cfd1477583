"""The tests an author keeps with a mapping: records with what the mapping has to make of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import orjson

from openconnector.errors import RecordError
from openconnector.expressions.limits import utc_now
from openconnector.expressions.paths import ESCAPED_DOT, MISSING
from openconnector.mapping.mapper import Mapper
from openconnector.mapping.steps import Now
from openconnector.messages import t

MAX_DIFFERENCES: Final = 50
"""How many differences of one test are told."""

SHOWN_LENGTH: Final = 80
"""How much of a value a message repeats."""

ROOT: Final = "(result)"
"""The path of the result as a whole."""

Problems = Callable[[Any], list[str]]
"""Says what a schema has against a result, one sentence for each problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as expected."""

    path: str
    """The dot path in the result."""
    message: str
    expected: Any = None
    """What the test expects there; None also when that is nothing."""
    found: Any = None
    """What the mapping gave; None also when that is nothing."""
    line: int | None = None
    """Where in the field's expression it failed; None when it did not."""
    column: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOutcome:
    """What became of one test."""

    __test__ = False  # pytest takes every class of such a name for one of its own

    name: str
    is_passed: bool
    findings: list[Finding] = field(default_factory=list)
    """Fields that failed or differ from what was expected."""
    schema_problems: list[str] = field(default_factory=list)
    """What the output schema says against the result."""


def moment(text: str) -> datetime:
    """Return the moment a text names in ISO 8601, in UTC as in runs. Raises `ValueError` that says what is right."""
    try:
        named = datetime.fromisoformat(text)
        return named.replace(tzinfo=UTC) if named.tzinfo is None else named.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            t("is no moment in ISO 8601 such as 2026-01-31T12:00:00Z or 2026-01-31T13:00:00+01:00")
        ) from None


class _Clock:
    """Tells the present moment, or the one a test is held at."""

    def __init__(self) -> None:
        self.held: datetime | None = None

    def __call__(self) -> datetime:
        return self.held or utc_now()


def verify(
    compiled: Callable[[Now], Mapper],
    tests: Sequence[Mapping[str, Any]],
    problems: Problems | None,
) -> list[TestOutcome]:
    """Run the tests of a mapping, each with `input`, `expected` and perhaps a `name` and the moment `now`.

    ``compiled`` gives the mapping with the clock it is handed.
    """
    clock = _Clock()
    mapper = compiled(clock)
    outcomes = []
    for number, test in enumerate(tests, 1):
        clock.held = moment(test["now"]) if test.get("now") else None
        name = str(test.get("name") or f"test {number}")
        outcomes.append(_outcome(mapper, test, name, problems))
    return outcomes


def _outcome(
    mapper: Mapper, test: Mapping[str, Any], name: str, problems: Problems | None
) -> TestOutcome:
    try:
        result = mapper.apply(test["input"])
    except RecordError as error:
        findings = _failures(mapper, test["input"], error)
        return TestOutcome(name=name, is_passed=False, findings=findings)
    findings = list(islice(differences(test["expected"], result), MAX_DIFFERENCES))
    said = problems(result) if problems else []
    return TestOutcome(
        name=name, is_passed=not findings and not said, findings=findings, schema_problems=said
    )


def _failures(mapper: Mapper, record: Any, error: RecordError) -> list[Finding]:
    """Return every field that fails for a record; the error itself when no single one is to blame."""
    try:
        fields = mapper.explain(record).fields
    except RecordError:
        fields = []
    found = [
        Finding(path=one.target, message=f"failed: {one.error}", line=one.line, column=one.column)
        for one in fields
        if one.error is not None
    ]
    return found or [Finding(path=error.field or ROOT, message=str(error))]


def differences(expected: Any, found: Any, path: str = "") -> Iterator[Finding]:
    """Yield where a result is not as expected: the innermost fields that differ.

    The order of an object's fields does not matter, and neither does whether a whole number is written as a fraction.
    """
    if isinstance(expected, dict) and isinstance(found, dict):
        yield from _inside(expected, found, path)
    elif isinstance(expected, list) and isinstance(found, list):
        yield from _inside(dict(enumerate(expected)), dict(enumerate(found)), path)
    elif not _is_same(expected, found):
        yield _difference(expected, found, path)


def _inside(expected: Mapping[Any, Any], found: Mapping[Any, Any], path: str) -> Iterator[Finding]:
    for key in [*expected, *(key for key in found if key not in expected)]:
        name = str(key).replace(".", ESCAPED_DOT)
        place = f"{path}.{name}" if path else name
        yield from differences(expected.get(key, MISSING), found.get(key, MISSING), place)


def _is_same(expected: Any, found: Any) -> bool:
    # For Python true is 1, for JSON it is not.
    return isinstance(expected, bool) == isinstance(found, bool) and bool(expected == found)


def _difference(expected: Any, found: Any, path: str) -> Finding:
    if found is MISSING:
        message = f"is missing; expected {_shown(expected)}"
    elif expected is MISSING:
        message = f"is {_shown(found)}; expected nothing there"
    else:
        message = f"is {_shown(found)}; expected {_shown(expected)}"
    return Finding(
        path=path or ROOT,
        message=message,
        expected=None if expected is MISSING else expected,
        found=None if found is MISSING else found,
    )


def _shown(value: Any) -> str:
    try:
        text = orjson.dumps(value).decode()
    except (TypeError, ValueError):  # a number beyond 64 bits, or text that is none
        text = repr(value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}..."

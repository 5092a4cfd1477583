"""What children can be asked for. Arguments and results are JSON."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from openconnector.errors import ConfigurationError, FieldProblem, InvalidInput, RecordError
from openconnector.expressions.limits import utc_now
from openconnector.mapping.mapper import Mapper, Resolve, compile_mapping
from openconnector.mapping.spec import MappingSpec
from openconnector.mapping.steps import Now
from openconnector.mapping.verification import verify as run_tests
from openconnector.objects.validation import Validator


def explain(argument: Mapping[str, Any], resolve: Resolve) -> dict[str, Any]:
    """Map `record` by `spec`, hold the result against `schema`, and tell how each field came to be.

    Returns `result` (null when a field failed), `problems` and `trace`. Raises `InvalidInput`.
    """
    validator = _validator(argument["schema"], "schema")
    mapper = compiled(argument["spec"], resolve)
    try:
        trace = mapper.explain(argument["record"])
    except RecordError as error:
        raise InvalidInput([FieldProblem(field="inputObject", message=str(error))]) from error
    problems = [f"{target}: {reason}" for target, reason in trace.errors.items()]
    if validator is not None and not problems:
        problems += validator.problems(trace.result)
    fields = [asdict(one) for one in trace.fields]
    return {"result": trace.result, "problems": problems, "trace": fields}


def lineage(argument: Mapping[str, Any], resolve: Resolve) -> list[dict[str, Any]]:
    """Return where each target field of `spec` comes from, as `FieldLineage` has it. Raises `InvalidInput`."""
    return [asdict(one) for one in compiled(argument["spec"], resolve).lineage()]


def verify(argument: Mapping[str, Any], resolve: Resolve) -> list[dict[str, Any]]:
    """Run `tests` with `spec` and `outputSchema`; return what became of each, as `TestOutcome` has it.

    Raises `InvalidInput` for what is no schema or no mapping.
    """
    validator = _validator(argument["outputSchema"], "outputSchema")
    problems = validator.problems if validator else None
    outcomes = run_tests(
        lambda now: compiled(argument["spec"], resolve, now), argument["tests"], problems
    )
    return [asdict(one) for one in outcomes]


def suggest(argument: Mapping[str, Any], _resolve: Resolve) -> dict[str, Any]:
    """Propose a mapping from `records` to `schema`, as `Proposal` has it. Raises `InvalidInput`."""
    from openconnector.mapping.suggestions import suggest as proposed  # noqa: PLC0415  few ask for it

    return asdict(proposed(argument["records"], argument["schema"]))


def compiled(spec: Mapping[str, Any], resolve: Resolve, now: Now = utc_now) -> Mapper:
    """Return a mapping compiled. Raises `InvalidInput` with fields below `mapping`."""
    try:
        return compile_mapping(MappingSpec.model_validate(spec), resolve=resolve, now=now)
    except InvalidInput as error:
        raise under("mapping", error.problems) from error
    except ConfigurationError as error:
        raise under("mapping", [FieldProblem(field="mapping", message=str(error))]) from error


def _validator(schema: Mapping[str, Any] | None, field: str) -> Validator | None:
    if schema is None:
        return None
    try:
        return Validator(schema, checks_formats=True)
    except InvalidInput as error:
        raise under(field, error.problems) from error


def under(field: str, problems: Iterable[FieldProblem]) -> InvalidInput:
    """Return the error for problems of what is sent as one field of a request."""
    return InvalidInput(replace(wrong, field=f"{field}.{wrong.field}") for wrong in problems)


TASKS: Final[Mapping[str, Callable[[Mapping[str, Any], Resolve], Any]]] = {
    "explain": explain,
    "lineage": lineage,
    "verify": verify,
    "suggest": suggest,
}
"""What can be asked for, by name."""

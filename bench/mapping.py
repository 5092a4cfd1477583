"""The mapping alone, beside plain Jinja with one compiled template for each field."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from jinja2.sandbox import SandboxedEnvironment

from bench.definitions import (
    EXPRESSION_MAPPING,
    EXPRESSIONS,
    MIXED_MAPPING,
    PLAIN_MAPPING,
    STATEMENT_MAPPING,
    STATEMENTS,
    TWIG_MAPPING,
)
from bench.measure import WrongResult
from bench.records import records
from openconnector.mapping.mapper import compile_mapping
from openconnector.mapping.spec import MappingSpec

RECORDS = 2_000
ROUNDS = 5
CASES = {
    "20 paths, 4 of them cast": PLAIN_MAPPING,
    "8 expressions, 12 paths, 4 casts": MIXED_MAPPING,
    "20 expressions": EXPRESSION_MAPPING,
    "20 expressions in twig": TWIG_MAPPING,
    "17 expressions, 3 with statements": STATEMENT_MAPPING,
}
AS_JINJA = {
    "20 expressions": EXPRESSIONS,
    "20 expressions in twig": EXPRESSIONS,
    "17 expressions, 3 with statements": STATEMENTS,
}
"""What plain Jinja is given for a case; in Twig's case templates that give the same texts."""


Apply = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRate:
    """How many records a second of CPU one way of mapping takes."""

    name: str
    ours: float
    jinja: float | None
    """Plain Jinja with the same templates; None where the case is no template."""


def measure() -> list[MappingRate]:
    """Return the rates of every case. Raises `WrongResult` when ours and Jinja's texts differ."""
    sample = list(records(RECORDS))
    return [_case(name, definition, sample) for name, definition in CASES.items()]


def _case(name: str, definition: dict[str, Any], sample: list[dict[str, Any]]) -> MappingRate:
    ours = compile_mapping(MappingSpec.model_validate(definition)).apply
    templates = AS_JINJA.get(name)
    if templates is None:
        return MappingRate(name=name, ours=_rate(ours, sample), jinja=None)
    jinja = _per_field(templates)
    _compare(ours(sample[0]), jinja(sample[0]))
    return MappingRate(name=name, ours=_rate(ours, sample), jinja=_rate(jinja, sample))


def _per_field(templates: dict[str, str]) -> Apply:
    environment = SandboxedEnvironment()
    compiled = {name: environment.from_string(text) for name, text in templates.items()}
    return lambda record: {name: template.render(record) for name, template in compiled.items()}


def _compare(ours: dict[str, Any], texts: dict[str, str]) -> None:
    """Hold our values against Jinja's texts; numbers and truths only ours keeps as such."""
    differing = [
        name for name, value in ours.items() if isinstance(value, str) and value != texts[name]
    ]
    if differing or ours.keys() != texts.keys():
        raise WrongResult(f"the mapping and Jinja differ in {differing or 'their fields'}")


def _rate(apply: Apply, sample: list[dict[str, Any]]) -> float:
    """Return records per second of CPU, the best of some rounds: the one least disturbed."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for record in sample:
            apply(record)
        best = min(best, time.process_time() - started)
    return len(sample) / best


if __name__ == "__main__":
    print(json.dumps([asdict(rate) for rate in measure()]))

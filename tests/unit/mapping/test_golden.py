"""Mappings against what the predecessor answered (tests/golden/README.md says how it was recorded)."""

import contextlib
import functools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from openconnector.errors import NotFound, OpenConnectorError
from openconnector.mapping.mapper import compile_mapping
from openconnector.mapping.spec import MappingSpec

TESTS = Path(__file__).parents[2]
GOLDEN = json.loads((TESTS / "golden" / "mapping.json").read_text(encoding="utf-8"))
DIFFERENCES: dict[str, str] = {
    name: reason
    for name, reason in yaml.safe_load(
        (TESTS / "golden_differences.yaml").read_text(encoding="utf-8")
    ).items()
    if name.startswith("map.")
}
"""Cases in which we mean to differ, with the reason."""

MOST_DIFFERENCES = 0.03

PHP = json.loads((TESTS / "corpora" / "php_mappings.json").read_text(encoding="utf-8"))
"""More mappings, answered by PHP and Twig themselves: what an odd argument makes of a filter, and the like."""

CASES = {case["id"]: case | case.get("with_twig_3_23_0", {}) for case in GOLDEN["cases"]}
HELD = [case for name, case in CASES.items() if name not in DIFFERENCES]


@functools.cache
def helpers() -> dict[str, MappingSpec]:
    specs: dict[str, MappingSpec] = {}
    for helper in GOLDEN["helper_mappings"]:
        spec = MappingSpec.model_validate(helper | {"dialect": "twig"})
        specs |= {str(helper[name]): spec for name in ("id", "uuid", "slug", "reference")}
    return specs


def resolve(reference: str) -> MappingSpec:
    if reference not in helpers():
        raise NotFound("mapping", reference)
    return helpers()[reference]


def answer(case: dict[str, Any]) -> Any:
    spec = MappingSpec.model_validate((case["mapping"] or {}) | {"dialect": "twig"})
    return compile_mapping(spec, resolve=resolve).apply(case["input"])


def comparable(value: Any) -> Any:
    """PHP has one array type, and prints 1.0 as 1."""
    if isinstance(value, list):
        value = {str(index): item for index, item in enumerate(value)}
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    return (type(value) is bool, value)


def outcome(case: dict[str, Any]) -> Any:
    """Return the answer made comparable, or the error of any kind: the other cases are still tried."""
    try:
        return comparable(answer(case))
    except Exception as error:  # noqa: BLE001  the outcome is judged, not swallowed
        return error


def is_right(case: dict[str, Any], given: Any) -> bool:
    if case["status"] == 400:
        return isinstance(given, OpenConnectorError)
    if case["status"] == 500:
        # A crash of the predecessor: a clean error or a sensible value is both right.
        return not isinstance(given, Exception) or isinstance(
            given, (OpenConnectorError, ValidationError)
        )
    return bool(given == comparable(case["result"]))


def test_gives_what_the_predecessor_gave():
    given = {case["id"]: outcome(case) for case in HELD}

    wrong = [case["id"] for case in HELD if not is_right(case, given[case["id"]])]

    assert wrong == [], "\n".join(f"{name} gave {given[name]!r}" for name in wrong)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_listed_difference_is_one(name: str):
    case = CASES[name]

    with contextlib.suppress(OpenConnectorError):
        assert comparable(answer(case)) != comparable(case["result"])


def test_few_cases_differ():
    assert len(DIFFERENCES) <= MOST_DIFFERENCES * len(CASES)


@pytest.mark.parametrize("case", PHP["cases"], ids=lambda case: case["about"])
def test_odd_values_give_what_php_and_twig_give(case: dict[str, Any]):
    asked = case | {"input": PHP["records"][case["record"]]}

    if case.get("fails"):
        with pytest.raises((OpenConnectorError, ValidationError)):
            answer(asked)
    else:
        assert comparable(answer(asked)) == comparable(case["result"])

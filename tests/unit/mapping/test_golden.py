"""Mappings against what the predecessor answered (tests/golden/README.md says how it was recorded)."""

import contextlib
import functools
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from openconnector.errors import NotFound, OpenConnectorError
from openconnector.mapping.mapper import compile_mapping
from openconnector.mapping.spec import MappingSpec

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "mapping.json").read_text())

NEEDS_TWIG_SYNTAX = frozenset(
    {
        "cast.bool", "real.address", "real.company", "real.decision", "real.meeting",
        "real.person", "real.sharepoint", "real.single_or_list", "real.stuf_person",
        "real.woo_publication", "real.xxllnc", "real.zgw_zaak", "twig.filter.abs",
        "twig.filter.app", "twig.filter.date", "twig.filter.default", "twig.filter.filter",
        "twig.filter.json_encode", "twig.filter.map", "twig.filter.merge",
        "twig.filter.raw_escape", "twig.filter.reduce", "twig.filter.split", "twig.function",
        "twig.function.date", "twig.literal", "twig.macro", "twig.operator.compare",
        "twig.operator.concat", "twig.operator.in", "twig.operator.match", "twig.operator.math",
        "twig.operator.nullish", "twig.operator.range", "twig.reserved_names", "twig.tag.for",
        "twig.tag.other", "twig.tag.set", "twig.test", "twig.typed", "twig.undefined", "twig.var",
        "twig.verbatim",
    }
)  # fmt: skip
"""Features of which a case at least is written in syntax that only Twig has."""

KEPT_ENTITIES = {"map.cast.jsonToArray.003", "map.nested_mapping.032"}
"""Valid JSON with entities in its values: the README's defect 5; the values are kept."""

HELD = [
    case | case.get("with_twig_3_23_0", {})
    for case in GOLDEN["cases"]
    if case["feature"] not in NEEDS_TWIG_SYNTAX
    and case["id"] not in KEPT_ENTITIES
    and not any("Array to string" in warning for warning in case.get("php_warnings", []))
]


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


@pytest.mark.parametrize("case", HELD, ids=[case["id"] for case in HELD])
def test_gives_what_the_predecessor_gave(case: dict[str, Any]):
    if case["status"] == 400:
        with pytest.raises(OpenConnectorError):
            answer(case)
    elif case["status"] == 500:
        # A crash of the predecessor: a clean error or a sensible value is both right.
        with contextlib.suppress(OpenConnectorError, ValidationError):
            answer(case)
    else:
        assert comparable(answer(case)) == comparable(case["result"])

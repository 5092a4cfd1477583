"""The schema that records propose for themselves."""

from typing import Any

import pytest

from openconnector.errors import InvalidInput
from openconnector.mapping.inference import infer
from openconnector.mapping.mapper import compile_mapping
from openconnector.mapping.spec import MappingSpec
from openconnector.objects.validation import Validator

RECORDS: list[dict[str, Any]] = [
    {
        "id": 7,
        "who": {"id": "x", "mail": "ada@example.org"},
        "price": 1,
        "v1.0": True,
        "tags": ["new"],
        "lines": [{"amount": 2, "product": {"code": "p"}}],
    },
    {"id": 8, "who": {"id": "y", "mail": "bob@example.org"}, "price": 1.5, "empty": None},
]


def test_every_field_becomes_a_property_with_a_short_name_of_its_own():
    found = infer(RECORDS)

    assert found.mapping == {
        "id": "{{ id }}",
        "who_id": "{{ who.id }}",
        "mail": "{{ who.mail }}",
        "price": "{{ price }}",
        "v1_0": '{{ _context["v1.0"] }}',
        "tags": "{{ tags }}",
        "lines": "{{ lines }}",
        "empty": "{{ empty }}",
    }
    assert found.properties["mail"] == {"type": ["string", "null"], "format": "email"}
    assert found.properties["price"] == {"type": ["number", "null"]}
    assert found.properties["empty"] == {}
    assert found.properties["lines"]["items"]["properties"] == {
        "amount": {"type": ["number", "null"]}
    }


@pytest.mark.parametrize("record", [*RECORDS, {}, dict.fromkeys(RECORDS[0])])
def test_what_the_proposed_mapping_makes_is_valid_also_where_something_is_missing(
    record: dict[str, Any],
):
    found = infer(RECORDS)
    mapper = compile_mapping(MappingSpec.model_validate({"mapping": found.mapping}))
    shape = {"properties": found.properties, "additionalProperties": False}
    schema = Validator(shape, checks_formats=True)

    assert schema.problems(mapper.apply(record)) == []


def test_so_many_fields_that_nobody_would_look_at_them_are_refused():
    with pytest.raises(InvalidInput, match="at most 200"):
        infer([{f"f{number}": number for number in range(201)}])

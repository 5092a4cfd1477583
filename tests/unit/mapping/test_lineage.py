"""Where target fields come from, without a record."""

from typing import Any

from openconnector.mapping.lineage import FieldLineage
from openconnector.mapping.mapper import compile_mapping
from openconnector.mapping.spec import MappingSpec

ADDRESS = MappingSpec(
    mapping={"street": "straat", "city": "{{ plaats | upper }}"}, cast={"street": "string"}
)
SAVED = {
    "address": ADDRESS,
    "person": MappingSpec(mapping={"home": "{{ mapping('address', adres) }}"}),
}


def fields(mapping: dict[str, Any], **more: Any) -> dict[str, FieldLineage]:
    mapper = compile_mapping(MappingSpec(mapping=mapping, **more), resolve=SAVED.__getitem__)
    return {field.target: field for field in mapper.lineage()}


def reads(mapping: dict[str, Any], **more: Any) -> dict[str, tuple[str, ...]]:
    return {target: field.reads for target, field in fields(mapping, **more).items()}


def test_a_field_names_the_paths_it_reads():
    mapping = {
        "a": "{{ naam ~ address.geo.lat }}",
        "b": "tags.0",
        "c": 5,
        "d": "{{ _context | keys }}",
        "e": "{% for tag in tags %}{{ tag }}{% endfor %}",
    }

    assert reads(mapping) == {
        "a": ("address.geo.lat", "naam"),
        "b": ("tags.0",),
        "c": (),
        "d": ("",),
        "e": ("tags",),
    }


def test_a_called_mapping_reads_below_what_it_is_given():
    mapping = {
        "one": "{{ mapping('address', person.adres) }}",
        "every": "{{ mapping('address', input=people, list=true) }}",
        "deep": "{{ mapping('person', mens) }}",
        "dotted": "{{ mapping('address', x['a.b']) }}",
    }

    found = reads(mapping)

    assert {"person.adres.straat", "person.adres.plaats"} <= set(found["one"])
    assert {"people.*.straat", "people.*.plaats"} <= set(found["every"])
    assert {"mens.adres.straat", "mens.adres.plaats"} <= set(found["deep"])
    assert "x.a&#46;b.straat" in found["dotted"]


def test_a_call_shows_the_fields_of_the_called_mapping():
    [call] = fields({"one": "{{ mapping('address', person.adres) }}"})["one"].calls

    street, city = call.fields
    assert (call.mapping, call.input, call.is_list) == ("address", "person.adres", False)
    assert (street.target, street.reads, street.casts) == ("street", ("straat",), ("string",))
    assert (city.target, city.reads, city.casts) == ("city", ("plaats",), ())


def test_a_value_that_is_calculated_has_no_path_but_its_own_reads():
    found = fields(
        {
            "a": "{{ mapping('address', {'straat': s}) }}",
            "b": "{% for one in many %}{{ mapping('address', one) }}{% endfor %}",
            "c": "{{ mapping({'mapping': {'x': 'y'}}, mapping('address', z)) }}",
        }
    )

    assert (found["a"].reads, found["a"].calls[0].input) == (("s",), None)
    assert (found["b"].reads, found["b"].calls[0].input) == (("many",), None)
    assert [(call.mapping, call.input) for call in found["c"].calls] == [
        ("address", "z"),
        ("(inline)", None),
    ]


def test_a_mapping_of_the_predecessor_is_seen_through_as_well():
    mapping = {
        "one": "{{ executeMapping('address', person.adres) }}",
        "every": "{% for one in many %}{{ executeMapping('address', one)|json_encode }}{% endfor %}",
        "list": "{{ executeMapping('address', people, true)|json_encode }}",
    }

    found = fields(mapping, dialect="twig")

    assert "person.adres.straat" in found["one"].reads
    assert [call.mapping for call in found["every"].calls] == ["address"]
    assert "people.*.plaats" in found["list"].reads

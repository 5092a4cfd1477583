"""Mappings of the predecessor: the same templates, calling each other by what they are called here."""

from collections.abc import Callable

import pytest

from openconnector.definitions.entries import Contents
from openconnector.definitions.models import MappingDefinition
from openconnector.definitions.predecessor.mappings import renamed
from openconnector.definitions.store import MAPPINGS, validated
from tests.fakes.predecessor import a_mapping, exported

TakeOver = Callable[..., Contents]


def only(contents: Contents) -> MappingDefinition:
    """Return the one mapping that was taken over."""
    assert contents.problems == []
    [entry] = contents.entries
    return validated(MAPPINGS, entry.value)


def test_a_mapping_keeps_what_decides_its_result_and_the_dialect_it_was_written_for(
    taken: TakeOver,
):
    found = only(taken(exported("mapping", a_mapping())))

    assert found.mapping == a_mapping()["mapping"]
    assert (found.cast, found.unset, found.pass_through) == ({"age": "integer"}, [], False)
    assert (found.dialect, found.slug, found.version) == ("twig", "ext-to-persoon-53245", "1.0.0")
    assert str(found.reference).endswith("/mappings/1")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"passThrough": 1}, {"pass_through": True}),
        ({"passThrough": "0"}, {"pass_through": False}),
        ({"mapping": '{"a": "b"}', "cast": "[]"}, {"mapping": {"a": "b"}, "cast": {}}),
        ({"mapping": [], "cast": [], "unset": None}, {"mapping": {}, "cast": {}, "unset": []}),
        ({"slug": "Zaak (Ä)"}, {"slug": "zaak-a"}),
        ({"slug": None, "name": "Zaak (oud)"}, {"slug": "zaak-oud"}),
        ({"reference": "https://example.org/m"}, {"reference": "https://example.org/m"}),
    ],
)
def test_a_field_is_read_as_the_database_of_the_predecessor_held_it(
    taken: TakeOver, fields: dict, expected: dict
):
    found = only(taken(exported("mapping", a_mapping(**fields))))

    assert {name: getattr(found, name) for name in expected} == expected


def outer(template: str) -> dict:
    return exported("mapping", a_mapping(1, slug="outer", mapping={"a": template}))


@pytest.mark.parametrize(
    "call", ["7", "'7'", '"7"', "'0afa8163-5309-4d65-9658-000000000007'", "'Adres_Oud'", "'adres-oud'",
             "'https://cloud.example/index.php/apps/openconnector/api/mappings/7'"]
)  # fmt: skip
def test_whatever_a_mapping_was_called_by_it_is_called_by_its_slug(taken: TakeOver, call: str):
    inner = exported("mapping", a_mapping(7, slug="Adres_Oud"))

    contents = taken(outer(f"{{{{ executeMapping({call}, adres)|json_encode }}}}"), inner)

    assert contents.problems == []
    first, second = (entry.value for entry in contents.entries)
    assert second["slug"] == "adres-oud"
    assert first["mapping"] == {"a": "{{ executeMapping('adres-oud', adres)|json_encode }}"}


@pytest.mark.parametrize(
    "template",
    [
        "executeMapping(7, x)",
        "{% verbatim %}{{ executeMapping(7, x) }}{% endverbatim %}",
        "{# executeMapping(7, x) #}{{ x }}",
        "{{ 'executeMapping(7, x)' }}",
        "{{ executeMapping(key, x) }}",
        "{{ executeMapping('7' ~ y, x) }}",
        "{{ executeMapping(7, x }}",
        "{{ executeMapping }}",
        "{{ executeMapping(",
    ],
)
def test_what_is_no_call_by_a_fixed_name_stays_as_it_is(template: str):
    assert renamed(template, lambda _key: "new") == template


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ executeMapping( 7 , x) }}", "{{ executeMapping( 'new' , x) }}"),
        ("{{ executeMapping(mapping=7, input=x) }}", "{{ executeMapping(mapping='new', input=x) }}"),
        ("{{ executeMapping(mapping: 7, input: x) }}", "{{ executeMapping(mapping: 'new', input: x) }}"),
        ("a\r\n{{ executeMapping(7, executeMapping(7, x)) }}",
         "a\n{{ executeMapping('new', executeMapping('new', x)) }}"),
        ('{{ executeMapping("7", x) }}7', "{{ executeMapping('new', x) }}7"),
        ("{% for a in executeMapping(7, x, true) %}{{ a }}{% endfor %}",
         "{% for a in executeMapping('new', x, true) %}{{ a }}{% endfor %}"),
    ],
)  # fmt: skip
def test_every_call_by_a_fixed_name_is_found(template: str, expected: str):
    assert renamed(template, lambda _key: "new") == expected


def test_a_mapping_that_is_called_and_not_exported_is_refused_with_its_number(taken: TakeOver):
    lonely = a_mapping(1, mapping={"a": "{{ executeMapping(8, x) }}"})

    [wrong] = taken(lonely).problems

    assert wrong.field == "mapping.a"
    assert "number 8" in wrong.message


def test_a_number_that_two_installations_gave_is_not_guessed(taken: TakeOver):
    here, there = a_mapping(7, slug="here"), a_mapping(7, slug="there")

    [wrong] = taken(outer("{{ executeMapping(7, x) }}"), here, there).problems

    assert "one by one" in wrong.message


def test_two_mappings_of_one_slug_get_two_and_it_is_said(taken: TakeOver):
    contents = taken([a_mapping(7), a_mapping(3)])

    assert [entry.value["slug"] for entry in contents.entries] == [
        "ext-to-persoon-53245-7",
        "ext-to-persoon-53245",
    ]
    assert "ext-to-persoon-53245-7" in contents.entries[0].warnings[0]


def test_what_two_files_say_alike_is_taken_once(taken: TakeOver):
    assert (
        len(taken(exported("mapping", a_mapping()), exported("mapping", a_mapping())).entries) == 1
    )

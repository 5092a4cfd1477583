"""Mappings of the dialect `jinja`, errors, fingerprints, traces."""

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.errors import InvalidInput, NotFound, RecordError, TemplateLimit
from openconnector.expressions.limits import (
    MAX_MAPPING_BYTES,
    MAX_MAPPING_ENTRIES,
    MAX_RANGE,
    MAX_SOURCE_BYTES,
    MAX_STEPS,
)
from openconnector.expressions.paths import MISSING, compile_path, set_path, unset_path
from openconnector.mapping.casts import GONE, CastContext, find_cast
from openconnector.mapping.mapper import check_mapping, compile_mapping
from openconnector.mapping.shape import unrooted
from openconnector.mapping.spec import MappingSpec

RECORD: dict[str, Any] = {
    "id": 7,
    "naam": "Jan",
    "niets": None,
    "address": {"straat": "Dorpsstraat", "geo": {"lat": 52.1}},
    "tags": ["rood", "groen"],
    "a.b": "dot",
}


def applied(record: Any = None, **fields: Any) -> Any:
    return compile_mapping(MappingSpec.model_validate(fields)).apply(
        RECORD if record is None else record
    )


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"x": "naam"}, {"x": "Jan"}),
        ({"x": "address.geo.lat"}, {"x": 52.1}),
        ({"x": "address.geo"}, {"x": {"lat": 52.1}}),
        ({"x": "tags.1"}, {"x": "groen"}),
        ({"x": "niets"}, {"x": None}),
        ({"x": "a&#46;b"}, {"x": "dot"}),
        ({"x": "geen.pad"}, {"x": "geen.pad"}),
        ({"x": "vaste words &amp; meer"}, {"x": "vaste words &amp; meer"}),
        ({"x": 5, "y": True, "z": None, "f": 1.5}, {"x": 5, "y": True, "z": None, "f": 1.5}),
        ({"x": [1, {"a": "{{ naam }}"}], "y": {}}, {"x": [1, {"a": "{{ naam }}"}], "y": {}}),
        ({"x": "{{ id + 1 }}"}, {"x": 8}),
        ({"x": "{{ weg }}"}, {"x": None}),
        ({"x": "nr {{ id }}"}, {"x": "nr 7"}),
        ({"a.b.c": "id", "a.b.d": "naam", "a.e": "id"}, {"a": {"b": {"c": 7, "d": "Jan"}, "e": 7}}),
        ({"a.b": "id", "a": "naam"}, {"a": "Jan"}),
        ({"a": "address", "a.straat": "naam"}, {"a": {"straat": "Jan", "geo": {"lat": 52.1}}}),
        ({"l.0": "id", "l.1": "naam"}, {"l": [7, "Jan"]}),
        ({"x&#46;y": "id"}, {"x.y": 7}),
        ({"#": "address.geo"}, {"lat": 52.1}),
        ({"#": "tags"}, ["rood", "groen"]),
        ({"#": "id", "x": "id"}, {"#": 7, "x": 7}),
        ({}, {}),
    ],
)
def test_a_field_is_a_path_a_template_or_a_fixed_value(mapping: dict[str, Any], expected: Any):
    before = copy.deepcopy(RECORD)

    result = applied(mapping=mapping)

    assert result == expected
    assert before == RECORD


def test_pass_through_begins_with_the_record():
    result = applied(
        mapping={"naam": "{{ naam | upper }}", "address.nr": "id"}, passThrough=True, unset=["tags"]
    )

    assert result == {
        "id": 7, "naam": "JAN", "niets": None, "a.b": "dot",
        "address": {"straat": "Dorpsstraat", "geo": {"lat": 52.1}, "nr": 7},
    }  # fmt: skip
    assert "nr" not in RECORD["address"]


def test_casts_follow_in_order_after_the_removals():
    result = applied(
        mapping={"a": "id", "b": "naam", "c": "niets", "d.e": "id", "n": "id", "l": "tags"},
        unset=["b"],
        cast={
            "a": "string,array",
            "b": "int",
            "c": "unsetIfValue==",
            "d.e": ["string"],
            "n": "countValue:l",
            "l": "json",
            "weg": "int",
        },
    )

    assert result == {"a": ["7"], "d": {"e": "7"}, "n": 2, "l": '["rood","groen"]'}


def test_a_cast_that_takes_a_field_away_ends_its_list():
    assert applied(mapping={"a": "geen.pad"}, cast={"a": "unsetIfValue==geen.pad,string"}) == {}


def test_the_date_cast_uses_the_given_clock():
    spec = MappingSpec(mapping={"a": "Y-m-d\\TH:i"}, cast={"a": "date"})
    mapper = compile_mapping(spec, now=lambda: datetime(2026, 11, 23, 8, 5, tzinfo=UTC))

    assert mapper.apply({}) == {"a": "2026-11-23T08:05"}


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"mapping": {"a": "id", "b": "{{ naam + 1 }}"}}, "b", "a text is no number"),
        ({"mapping": {"a": "{{ 1 / (id - 7) }}"}}, "a", "division by zero"),
        ({"mapping": {"a": "{{ weg < 1 }}"}}, "a", "between nothing and a number"),
        ({"mapping": {"a": "address"}, "cast": {"a": "string"}}, "a", "an object has no text form"),
        ({"mapping": {"x.y": "address", "x": "id"}, "cast": {"x": "coordinateStringToArray,intToMoneyString"}},
         "x", "a list is no number"),
    ],
)  # fmt: skip
def test_a_failing_field_is_named_with_its_expression_and_the_reason(
    fields: dict[str, Any], field: str, reason: str
):
    with pytest.raises(RecordError) as raised:
        applied(**fields)

    assert (raised.value.stage, raised.value.field) == ("map", field)
    assert reason in str(raised.value)
    assert "Jan" not in str(raised.value)
    assert "Dorpsstraat" not in str(raised.value)


@pytest.mark.parametrize("record", ["words", 5, None, True])
def test_a_record_that_is_no_object_fails_alone(record: object):
    mapper = compile_mapping(MappingSpec(mapping={"a": "b"}))

    with pytest.raises(RecordError, match="an object or a list"):
        mapper.apply(record)
    with pytest.raises(RecordError, match="an object or a list"):
        mapper.explain(record)


def test_every_wrong_field_is_named_at_once_with_its_place():
    spec = MappingSpec(
        mapping={"a": "{{ naam | nope }}", "b": "x\n{{ 1 + }}", "c": "naam", "d": "$.items["},
        cast={"c": "int,raar"},
    )

    with pytest.raises(InvalidInput) as raised:
        compile_mapping(spec)

    named = {problem.field: problem.message for problem in raised.value.problems}
    assert set(named) == {"mapping.a", "mapping.b", "mapping.d", "cast.c"}
    assert "(line 1, column 11)" in named["mapping.a"]
    assert "(line 2, column 8)" in named["mapping.b"]
    assert check_mapping(spec) == list(raised.value.problems)
    assert check_mapping(MappingSpec(mapping={"a": "naam"})) == []


def test_the_dialect_twig_ignores_casts_it_does_not_know():
    assert applied(mapping={"a": "id"}, cast={"a": "raar, int"}, dialect="twig") == {"a": 7}


SPECS = {
    "address": MappingSpec(mapping={"regel": "{{ straat }} {{ nr }}"}),
    "item": MappingSpec(mapping={"v": "value", "e": "extra"}),
    "lus": MappingSpec(mapping={"x": "{{ mapping('lus', a) }}"}),
    "een": MappingSpec(mapping={"x": "{{ mapping('twee', a) }}"}),
    "twee": MappingSpec(mapping={"x": "{{ mapping('een', a) }}"}),
    "fout": MappingSpec(mapping={"x": "{{ naam + 1 }}"}),
    "stuk": MappingSpec(mapping={"x": "{{ | }}"}),
}


def resolve(reference: str) -> MappingSpec:
    if reference not in SPECS:
        raise NotFound("mapping", reference)
    return SPECS[reference]


def nested(template: str, record: Any) -> Any:
    return compile_mapping(MappingSpec(mapping={"x": template}), resolve=resolve).apply(record)["x"]


def test_the_templates_of_a_mapping_are_limited_together():
    template = "x" * (MAX_SOURCE_BYTES - len("{{ a }}")) + "{{ a }}"
    full = {str(number): template for number in range(MAX_MAPPING_BYTES // MAX_SOURCE_BYTES)}

    assert check_mapping(MappingSpec(mapping=full)) == []
    assert check_mapping(MappingSpec(mapping={**full, "x": "a plain text"})) == []
    problems = check_mapping(MappingSpec(mapping={**full, "x": "{{ a }}"}))

    assert [problem.field for problem in problems] == ["mapping"]
    assert f"at most {MAX_MAPPING_BYTES:,} bytes together" in problems[0].message


def test_the_fields_casts_and_removals_of_a_mapping_are_limited_together():
    fields = {f"f{number}.a": "a" for number in range(MAX_MAPPING_ENTRIES // 2)}
    casts: dict[str, str | list[str]] = dict.fromkeys(fields, "int")

    assert check_mapping(MappingSpec(mapping=fields, cast=casts)) == []
    problems = check_mapping(MappingSpec(mapping=fields, cast=casts, unset=["x"]))

    assert f"at most {MAX_MAPPING_ENTRIES:,} fields" in problems[0].message


def test_a_mapping_calls_another_for_one_value_or_for_a_list():
    addresses = [{"straat": "A", "nr": 1}, {"straat": "B", "nr": 2}]

    assert nested("{{ mapping('address', a) }}", {"a": addresses[0]}) == {"regel": "A 1"}
    assert nested("{{ mapping('address', a).regel | lower }}", {"a": addresses[0]}) == "a 1"
    assert nested("{{ mapping('address', a, list=true) }}", {"a": addresses}) == [
        {"regel": "A 1"},
        {"regel": "B 2"},
    ]
    assert nested("{{ mapping('address', a, true) }}", {"a": {"k": addresses[0]}}) == {
        "k": {"regel": "A 1"}
    }
    assert nested(
        "{{ executeMapping('item', {'listInput': a, 'extra': 9}, true) }}", {"a": ["p"]}
    ) == [{"v": "p", "e": 9}]
    assert nested("{{ mapping({'mapping': {'y': 'nr'}}, a) }}", {"a": addresses[1]}) == {"y": 2}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ mapping('lus', a) }}", "calls itself: lus -> lus"),
        ("{{ mapping('een', a) }}", "calls itself: een -> twee -> een"),
        ("{{ mapping('weg', a) }}", "'weg'"),
        ("{{ mapping('stuk', a) }}", "cannot be used"),
        ("{{ mapping(a, a) }}", "must be written out"),
        ("{{ mapping('address') }}", "mapping(reference, value, list=false)"),
    ],
)
def test_a_call_that_cannot_be_is_a_problem_of_its_field(template: str, message: str):
    spec = MappingSpec(mapping={"x": template})

    problems = check_mapping(spec, resolve=resolve)

    assert [problem.field for problem in problems] == ["mapping.x"]
    assert message in problems[0].message


def test_a_failing_nested_mapping_names_both_fields():
    with pytest.raises(RecordError, match=r"(?s)'x'.*'x'.*a text is no number"):
        nested("{{ mapping('fout', a) }}", {"a": {"naam": "Jan"}})
    with pytest.raises(RecordError, match="takes an object or a list, not nothing"):
        nested("{{ mapping('fout', weg) }}", {})


def test_calls_of_mappings_share_one_budget():
    loop = f"{{% for n in range({MAX_RANGE}) %}}{{% endfor %}}"
    inner = MappingSpec(mapping={"x": loop})
    calls = ", ".join(["mapping('inner', _context)"] * (MAX_STEPS // MAX_RANGE + 1))
    outer = MappingSpec(mapping={"x": f"{{{{ [{calls}] }}}}"})

    compile_mapping(inner).apply({})
    with pytest.raises(TemplateLimit):
        compile_mapping(outer, resolve=lambda _: inner).apply({})


def test_the_fingerprint_changes_with_all_that_can_change_a_result():
    base = compile_mapping(MappingSpec(mapping={"a": "b", "c": "d"}))
    others = [
        MappingSpec(mapping={"c": "d", "a": "b"}),
        MappingSpec(mapping={"a": "b", "c": "e"}),
        MappingSpec(mapping={"a": "b", "c": "d"}, cast={"a": "int"}),
        MappingSpec(mapping={"a": "b", "c": "d"}, unset=["x"]),
        MappingSpec(mapping={"a": "b", "c": "d"}, pass_through=True),
        MappingSpec(mapping={"a": "b", "c": "d"}, dialect="twig"),
    ]
    outer = MappingSpec(mapping={"a": "{{ mapping('m', _context) }}"})
    inner = [compile_mapping(outer, resolve=lambda _: spec).fingerprint for spec in others]  # noqa: B023 - used at once

    fingerprints = [
        base.fingerprint,
        *(compile_mapping(spec).fingerprint for spec in others),
        *inner,
    ]
    assert len(set(fingerprints)) == len(fingerprints)
    assert {len(fingerprint) for fingerprint in fingerprints} == {16}


def test_explain_tells_how_each_field_came_to_be():
    spec = MappingSpec(
        mapping={
            "a": "{{ naam ~ id }}",
            "b": "geen.pad",
            "c": "{{ naam + 1 }}",
            "d": "address.straat",
        },
        cast={"a": "json,base64", "b": "unsetIfValue==geen.pad", "d": "intToMoneyString"},
    )

    trace = compile_mapping(spec).explain(RECORD)

    fields = {field.target: field for field in trace.fields}
    assert trace.result is None
    assert set(trace.errors) == {"c", "d"}
    assert fields["a"].inputs == {"naam": "Jan", "id": 7}
    assert fields["a"].value == "Jan7"
    assert [(cast.name, cast.before, cast.after) for cast in fields["a"].casts] == [
        ("json", "Jan7", '"Jan7"'),
        ("base64", '"Jan7"', "IkphbjciCg=="[:8]),
    ]
    assert fields["b"].inputs == {}
    assert fields["b"].casts[0].is_removed
    assert fields["d"].expression == "address.straat"
    assert fields["d"].inputs == {"address.straat": "Dorpsstraat"}


def test_explain_gives_the_same_result_as_apply():
    spec = MappingSpec(mapping={"a": "naam", "#.x": "id"}, cast={"a": "array"}, pass_through=True)
    mapper = compile_mapping(spec)

    assert mapper.explain(RECORD).result == mapper.apply(RECORD)


def test_a_mapper_may_be_shared_by_threads():
    mapper = compile_mapping(MappingSpec(mapping={"a": "{{ 1 / n }}", "b": "{{ n ~ '' }}"}))

    def outcome(number: int) -> Any:
        try:
            return mapper.apply({"n": number})["b"]
        except RecordError as error:
            return error.field

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(outcome, [0, 1, 2, 3] * 50))

    assert outcomes == ["a", "1", "2", "3"] * 50


KEYS = st.sampled_from(["a", "b", "c", "0", "1", "#"])
PATHS = st.lists(KEYS, min_size=1, max_size=3).map(".".join)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["", "0", "1", "a", "12x", "null", "[1]"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
CASTS = st.sampled_from(
    ["string", "int", "bool", "?bool", "float", "array", "json", "jsonToArray", "html", "base64", "nullStringToNull",
     "unsetIfValue==", "unsetIfValue==1", "unsetIfValue==a", "setNullIfValue==a", "setNullIfValue==", "keyCantBeValue",
     "countValue:a", "moneyStringToInt"]
)  # fmt: skip
SPEC_FIELDS = st.fixed_dictionaries(
    {
        "mapping": st.dictionaries(PATHS, PATHS | VALUES | st.just("{{ a }}"), max_size=4),
        "cast": st.dictionaries(PATHS, st.lists(CASTS, max_size=2), max_size=3),
        "unset": st.lists(PATHS, max_size=2),
        "passThrough": st.booleans(),
    }
)


def meant(value: Any, record: dict[str, Any]) -> Any:
    """Return what a target's value says: a path, the one template of these mappings, or itself."""
    if value == "{{ a }}":
        return record.get("a")
    found = compile_path(value)(record) if isinstance(value, str) else MISSING
    return value if found is MISSING else found


def cast_by_the_book(result: Any, path: str, name: str) -> Any:
    value = compile_path(path)(result)
    cast = find_cast(name)
    assert cast is not None
    if value is MISSING:
        return result
    after = cast.apply(value, CastContext(path=path, result=result, now=datetime.now(UTC)))
    return unset_path(result, path) if after is GONE else set_path(result, path, after)


def by_the_book(spec: MappingSpec, record: dict[str, Any]) -> Any:
    """Apply a mapping of paths, literals and casts the naive way."""
    result: Any = copy.deepcopy(record) if spec.pass_through else {}
    if result and list(result) == [str(at) for at in range(len(result))]:
        result = list(result.values())
    for target, value in spec.mapping.items():
        result = set_path(result, target, copy.deepcopy(meant(value, record)))
    for path in spec.unset:
        result = unset_path(result, path)
    for path in spec.cast:
        for name in spec.casts_of(path):
            result = cast_by_the_book(result, path, name)
    return unrooted(result)


@given(SPEC_FIELDS, st.dictionaries(KEYS, VALUES, max_size=4))
def test_the_fused_function_does_what_the_definition_says(
    fields: dict[str, Any], record: dict[str, Any]
):
    spec = MappingSpec.model_validate(fields)
    mapper = compile_mapping(spec)
    before = json.dumps(record)

    try:
        expected = by_the_book(spec, record)
    except (TypeError, ValueError):
        with pytest.raises(RecordError):
            mapper.apply(record)
        assert mapper.explain(record).errors
    else:
        assert mapper.apply(record) == expected
        assert mapper.explain(record).result == expected
    assert json.dumps(record) == before

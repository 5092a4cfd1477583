"""Proposals of mappings: good on realistic cases, and the same every time."""

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from openconnector.errors import InvalidInput
from openconnector.mapping.assignment import best_pairs
from openconnector.mapping.mapper import compile_mapping
from openconnector.mapping.naming import likeness, words_of
from openconnector.mapping.spec import MappingSpec
from openconnector.mapping.suggestions import Proposal, suggest
from openconnector.objects.validation import Validator

CASES = yaml.safe_load((Path(__file__).parents[2] / "corpora" / "suggestions.yaml").read_text())
LEAST_PRECISION, LEAST_RECALL = 0.95, 0.9


def pairs(proposal: Proposal) -> set[tuple[str, str]]:
    return {(one.target, one.source) for one in proposal.suggestions}


def proposed(case: Any) -> Proposal:
    return suggest([case["source"]], case["schema"])


def test_proposals_are_what_an_author_would_map():
    found = {(case["name"], *pair) for case in CASES for pair in pairs(proposed(case))}
    wanted = {(case["name"], *pair) for case in CASES for pair in case["expected"].items()}

    precision, recall = len(found & wanted) / len(found), len(found & wanted) / len(wanted)

    assert precision >= LEAST_PRECISION, sorted(found - wanted)
    assert recall >= LEAST_RECALL, sorted(wanted - found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_proposal_is_a_mapping_whose_result_follows_the_schema(case: Any):
    proposal = proposed(case)
    mapper = compile_mapping(MappingSpec(mapping=proposal.mapping, cast={**proposal.cast}))

    result = mapper.apply(case["source"])

    assert Validator(case["schema"], checks_formats=True).problems(result) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_order_of_fields_does_not_matter(case: Any):
    turned = {
        "source": dict(reversed(case["source"].items())),
        "schema": {"properties": dict(reversed(case["schema"]["properties"].items()))},
    }

    assert pairs(proposed(case)) == pairs(proposed(turned))
    assert proposed(case) == proposed(case)


def test_what_fits_nothing_is_named():
    proposal = suggest([{"name": "x", "colour": "y"}], {"properties": {"name": {}, "weight": {}}})

    assert (proposal.unmatched_targets, proposal.unmatched_sources) == (["weight"], ["colour"])


def test_every_sample_counts_for_the_type():
    schema = {"properties": {"amount": {"type": "integer"}}}

    [numbers] = suggest([{"amount": "1"}, {"amount": "2"}], schema).suggestions
    mixed = suggest([{"amount": "1"}, {"amount": "x"}], schema).suggestions

    assert (numbers.cast, numbers.score) == ("integer", 0.95)
    assert mixed == []


def test_an_element_of_a_list_fills_a_single_field():
    schema = {"properties": {"phoneNumber": {"type": "string"}}}

    [found] = suggest([{"contacts": [{"phone": "1"}, {"phone": "2"}]}], schema).suggestions

    assert found.source == "contacts.0.phone"


def test_references_within_the_schema_are_followed():
    schema = {
        "properties": {"home": {"$ref": "#/$defs/address"}, "loop": {"$ref": "#/properties/loop"}},
        "$defs": {"address": {"allOf": [{"properties": {"city": {"type": "string"}}}]}},
    }

    proposal = suggest([{"home": {"city": "x"}}], schema)

    assert pairs(proposal) == {("home.city", "home.city")}


@pytest.mark.parametrize(
    ("records", "schema"),
    [
        ([{}], {}),
        ([{}], {"properties": {f"field{number}": {} for number in range(201)}}),
        ([{f"field{number}": 1 for number in range(201)}], {"properties": {"a": {}}}),
    ],
)
def test_what_cannot_be_compared_is_refused(records: list[Any], schema: dict[str, Any]):
    with pytest.raises(InvalidInput):
        suggest(records, schema)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("firstName", ("firstname",)),
        ("HTTPServerURL", ("http", "server", "link")),
        ("geboortedatum", ("birth", "date")),
        ("date_of_birth", ("birth", "date")),
        ("huisnummer-toevoeging", ("house", "number", "addition")),
        ("e_mail", ("email",)),
        ("???", ()),
    ],
)
def test_a_name_is_taken_apart_into_what_it_means(name: str, words: tuple[str, ...]):
    assert words_of(name) == words


@given(st.text(), st.text())
def test_likeness_is_between_nothing_and_the_same(one: str, other: str):
    alike = likeness(words_of(one), words_of(other))

    assert 0 <= alike <= 1
    assert not words_of(one) or likeness(words_of(one), words_of(one)) == pytest.approx(1)


SCORES = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(0, 3)), st.integers(1, 100), max_size=16
)


@given(SCORES)
def test_the_assignment_is_the_best_of_all(scores: dict[tuple[int, int], int]):
    found = best_pairs({edge: score / 100 for edge, score in scores.items()})

    best = max(
        sum(scores.get((target, source), 0) for target, source in enumerate(order))
        for order in permutations(range(4))
    )
    assert sum(scores[edge] for edge in found) == best
    assert (
        len({target for target, _ in found}) == len({source for _, source in found}) == len(found)
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
ANY_SCHEMA = st.dictionaries(
    st.sampled_from(["properties", "items", "type", "format", "title", "$ref", "allOf"]), JSON
)


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=4), ANY_SCHEMA, ANY_SCHEMA)
def test_whatever_is_sent_gives_a_proposal_or_says_what_is_wrong(
    record: dict[str, Any], schema: dict[str, Any], inner: dict[str, Any]
):
    try:
        proposal = suggest([record], {**schema, "properties": {"a": inner, "b": schema}})
    except InvalidInput:
        return

    assert all(0 <= one.score <= 1 for one in proposal.suggestions)
    compile_mapping(MappingSpec(mapping=proposal.mapping, cast={**proposal.cast}))

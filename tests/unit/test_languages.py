"""Sentences remember how they were made and are told in the reader's language."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.languages import catalogue, chosen, language, retold, speaking, told
from openconnector.messages import Message, noun, t


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("", "en"),
        ("nl", "nl"),
        ("nl-NL,nl;q=0.9,en;q=0.8", "nl"),
        ("NL_be", "nl"),
        ("en-US,en;q=0.9,nl;q=0.8", "en"),
        ("de,nl;q=0.5,en;q=0.4", "nl"),
        ("de, fr", "en"),
        ("en;q=0.2, nl;q=0.9", "nl"),
        ("nl;q=0", "en"),
        ("nl;q=x, en;q=0.1", "en"),
        ("*", "en"),
        (",;=,;q", "en"),
        ("x," * 100_000 + "nl", "en"),
    ],
)
def test_the_language_liked_best_is_chosen_among_ours(accepted: str, tag: str):
    assert chosen(accepted) == tag


def test_a_sentence_is_english_everywhere_and_dutch_where_it_is_told_so():
    sentence = t("No {what} has the id, slug or reference {key}", what=noun("source"), key="'x'")

    with speaking("nl"):
        dutch = told(sentence)

    assert sentence == told(sentence) == "No source has the id, slug or reference 'x'"
    assert dutch == "Er is geen bron met het id, de slug of de referentie 'x'"
    assert language() == "en"


def test_an_argument_with_braces_is_put_in_as_it_is():
    sentence = t("cannot be read as JSON: {reason}", reason="{what} {0}")

    with speaking("nl"):
        assert told(sentence) == "kan niet als JSON worden gelezen: {what} {0}"


def test_what_has_no_translation_is_told_as_it_is():
    with speaking("nl"):
        assert told("unmarked {x}") == "unmarked {x}"
        assert told(noun("unheard of")) == "unheard of"


def test_a_sentence_survives_being_copied_and_sent_to_another_process():
    sentence = t("No {kind} has this id, slug or reference", kind=noun("run"))

    for again in (copy.deepcopy(sentence), pickle.loads(pickle.dumps(sentence))):  # noqa: S301  our own
        assert isinstance(again, Message)
        assert (again, again.template, again.arguments) == (
            sentence,
            sentence.template,
            sentence.arguments,
        )


@pytest.mark.parametrize(
    ("stored", "dutch"),
    [
        ("The run was cancelled", "De run is geannuleerd"),
        (
            t("No {what} has the id, slug or reference {key}", what=noun("source"), key="'a {b}'"),
            "Er is geen bron met het id, de slug of de referentie 'a {b}'",
        ),
        (
            t("The definition has to be changed: {error}", error="no { of } ours"),
            "De definitie moet worden aangepast: no { of } ours",
        ),
        ("Something that nobody here says", "Something that nobody here says"),
        ("", ""),
        ("No x" * 100_000, "No x" * 100_000),
    ],
    ids=["plain", "with arguments", "with somebody else's words", "unknown", "empty", "endless"],
)
def test_a_sentence_that_was_stored_in_english_is_told_again_in_dutch(stored: str, dutch: str):
    plain = str.__str__(stored)

    with speaking("nl"):
        assert retold(plain) == dutch
    assert retold(plain) == plain


USED = "The {kind} {slug} is used by {users}; change or delete those first"
WORDS = st.text("xyz;", min_size=1, max_size=200)


@given(kind=WORDS, slug=WORDS, users=WORDS)
def test_whatever_stands_in_a_stored_sentence_is_told_in_its_translation(
    kind: str, slug: str, users: str
):
    filled = {"kind": kind, "slug": slug, "users": users}

    with speaking("nl"):
        assert retold(USED.format_map(filled)) == catalogue("nl")[USED].format_map(filled)
        assert retold(USED.format_map(filled)[:-1]) == USED.format_map(filled)[:-1]

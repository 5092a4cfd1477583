"""Every sentence for people is told in English and Dutch."""

import json
import re
from pathlib import Path

from openconnector.extraction import PLURAL_FORM, sentences

FOLDER = Path(__file__).parents[2] / "l10n"
LANGUAGES = {
    tag: json.loads((FOLDER / f"{tag}.json").read_text(encoding="utf-8")) for tag in ("en", "nl")
}
ENGLISH = LANGUAGES["en"]["translations"]
DUTCH = LANGUAGES["nl"]["translations"]

THE_SAME = {
    "OpenConnector": "a name",
    "accounts": "the same word in Dutch",
    "body": "the term of HTTP",
    "contract": "the same word in Dutch",
    "document": "the same word in Dutch",
    "mapping": "the term of this product in both languages",
    "object": "the same word in Dutch",
    "register": "the same word in Dutch",
    "run": "the term of this product in both languages",
    "schema": "the same word in Dutch",
}
"""Dutch that is as its English, with the reason."""

PLACEHOLDER = re.compile(r"\{[^}]*\}")


def test_no_sentence_is_missing_and_none_is_superfluous():
    """`make l10n` adds and removes them; the Dutch is written by hand."""
    assert list(ENGLISH) == list(DUTCH) == sentences()
    assert [sentence for sentence, dutch in DUTCH.items() if not dutch] == []


def test_english_is_what_the_program_says():
    assert {one: text for one, text in ENGLISH.items() if one != text} == {}


def test_dutch_is_not_english_unless_for_a_reason():
    assert {one for one, dutch in DUTCH.items() if one == dutch} == set(THE_SAME)


def test_placeholders_are_plain_names_and_agree():
    named = {one: sorted(PLACEHOLDER.findall(one)) for one in ENGLISH}

    assert {
        one for one, names in named.items() if names != sorted(PLACEHOLDER.findall(DUTCH[one]))
    } == set()
    assert {
        name for names in named.values() for name in names if not re.fullmatch(r"\{[a-z_]+\}", name)
    } == set()


def test_commands_addresses_and_field_names_are_left_as_they_are():
    def quoted(text: str) -> list[str]:
        return sorted(re.findall(r"`[^`]+`|/\w+\.json|\[\{?\w+\}?\]", text))

    assert {one for one, dutch in DUTCH.items() if quoted(one) != quoted(dutch)} == set()


def test_the_files_are_in_nextclouds_format():
    assert all(language.keys() == {"translations", "pluralForm"} for language in LANGUAGES.values())
    assert {language["pluralForm"] for language in LANGUAGES.values()} == {PLURAL_FORM}

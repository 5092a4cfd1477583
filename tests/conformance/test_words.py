"""Every sentence for people is told in English and Dutch."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ex_app.extraction import PLURAL_FORM, english, marked_in_page, sentences

FOLDER = Path(__file__).parents[2] / "l10n"
LANGUAGES = {
    tag: json.loads((FOLDER / f"{tag}.json").read_text(encoding="utf-8")) for tag in ("en", "nl")
}
ENGLISH = LANGUAGES["en"]["translations"]
DUTCH = LANGUAGES["nl"]["translations"]

CORPUS = Path(__file__).parents[1] / "corpora/same_in_dutch.txt"
THE_SAME = {line for line in CORPUS.read_text().splitlines() if line and not line.startswith("#")}
"""Dutch that is as its English; the file gives the reasons."""

PLACEHOLDER = re.compile(r"\{[^}]*\}|%n")
CODE = re.compile(r"`[^`]+`")


def parts_of(text: str | list[str]) -> list[str]:
    """Return a sentence alone, or that for one and that for many."""
    return [text] if isinstance(text, str) else text


def marks(pattern: re.Pattern[str], text: str | list[str]) -> list[list[str]]:
    return [sorted(pattern.findall(part)) for part in parts_of(text)]


def outside_code(text: str | list[str]) -> list[str]:
    return [CODE.sub("", part) for part in parts_of(text)]


def test_no_sentence_is_missing_and_none_is_superfluous():
    """`make l10n` adds and removes them; the Dutch is written by hand."""
    assert list(ENGLISH) == list(DUTCH) == sentences()
    assert [sentence for sentence, dutch in DUTCH.items() if "" in parts_of(dutch)] == []


def test_english_is_what_the_program_says():
    assert {one: text for one, text in ENGLISH.items() if text != english(one)} == {}


def test_dutch_is_not_english_unless_for_a_reason():
    same = {one for one, text in ENGLISH.items() if {*parts_of(text)} & {*parts_of(DUTCH[one])}}

    assert same == THE_SAME


def test_placeholders_are_plain_names_and_agree():
    named = {one: marks(PLACEHOLDER, outside_code(text)) for one, text in ENGLISH.items()}

    assert {
        one for one, names in named.items() if names != marks(PLACEHOLDER, outside_code(DUTCH[one]))
    } == set()
    assert {
        name
        for parts in named.values()
        for names in parts
        for name in names
        if not re.fullmatch(r"%n|\{[a-zA-Z_]+\}", name)
    } == set()


def test_commands_addresses_and_field_names_are_left_as_they_are():
    quoted = re.compile(r"`[^`]+`|/\w+\.json|\[\{?\w+\}?\]")

    assert {
        one for one, text in ENGLISH.items() if marks(quoted, text) != marks(quoted, DUTCH[one])
    } == set()


def test_dutch_calls_its_reader_je():
    formal = re.compile(r"\b([Uu]|[Uu]w|uzelf)\b")

    assert {one for one, dutch in DUTCH.items() if any(marks(formal, dutch))} == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("{{ t('Save') }}", ["Save"]),
        ("t('Delete {name}?', { name })", ["Delete {name}?"]),
        (":label=\"t('It\\'s')\"", ["It's"]),
        ("n('%n row', '%n rows', count)", ["_%n row_::_%n rows_"]),
        ("n(\n  '%n row',\n  '%n rows',\n  count,\n)", ["_%n row_::_%n rows_"]),
        ("export function t(text: string)", []),
        ("await('x'); object.t('x')", []),
    ],
)
def test_sentences_of_the_page_are_found_where_they_are_marked(source: str, found: list[str]):
    assert [*marked_in_page(source, "Some.vue")] == found


@pytest.mark.parametrize(
    "source", ["t(title)", "t(isOn ? 'On' : 'Off')", "t(`Run ${name}`)", "n(one, many, 2)"]
)
def test_a_sentence_that_does_not_stand_in_its_mark_is_refused(source: str):
    with pytest.raises(TypeError, match=r"Some\.vue:2: .* the sentence as it stands"):
        list(marked_in_page(f"<template>\n{source}", "Some.vue"))


def test_the_files_are_in_nextclouds_format():
    assert all(language.keys() == {"translations", "pluralForm"} for language in LANGUAGES.values())
    assert {language["pluralForm"] for language in LANGUAGES.values()} == {PLURAL_FORM}


TOLD = frozenset(
    {
        "AccessDenied",
        "Conflict",
        "FieldProblem",
        "NotOffered",
        "StaleVersion",
        "TooManyTries",
        "ValueError",
    }
)
"""What is made with a sentence that the interface passes on as it is."""

NOT_TOLD = {
    "ex_app/commands": "commands, which speak English",
    "ex_app/kinds/cards.py": "reasons of records, which are stored",
    "ex_app/kinds/events.py": "reasons of records, which are stored",
    "ex_app/nextcloud": "what went wrong between Nextcloud and the app",
    "ex_app/settings.py": "the environment, before anybody can ask",
    "lib/openconnector/cli": "commands, which speak English",
    "lib/openconnector/db/types.py": "a fault of the program",
    "lib/openconnector/definitions/predecessor": "a command, which speaks English",
    "lib/openconnector/expressions": "what templates say",
    "lib/openconnector/jobs/scheduling.py": "nobody reads it",
    "lib/openconnector/mapping/conversions.py": "what templates say",
    "lib/openconnector/safekeeping": "commands, which speak English",
    "lib/openconnector/targets/object_store.py": "a fault of the program",
}
"""Where English alone is right, with the reason."""


def test_no_sentence_of_an_error_is_left_unmarked():
    found = [
        f"{file}:{line}"
        for folder in ("lib", "ex_app")
        for path in sorted((FOLDER.parent / folder).rglob("*.py"))
        if not (file := str(path.relative_to(FOLDER.parent))).startswith(tuple(NOT_TOLD))
        for line in unmarked(path)
    ]

    assert found == []


def unmarked(path: Path) -> Iterator[int]:
    """Return the lines where an error is made with a sentence that cannot be told in another language."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TOLD:
            named = [keyword.value for keyword in node.keywords if keyword.arg == "message"]
            if any(is_sentence(argument) for argument in (*node.args, *named)):
                yield node.lineno


def is_sentence(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )

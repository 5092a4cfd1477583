"""Every sentence for people is told in English and Dutch."""

import ast
import json
import re
from collections.abc import Iterator
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
    "account": "the same word in Dutch",
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

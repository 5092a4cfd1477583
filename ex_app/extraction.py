"""Collects every sentence for people and brings the files of `l10n/` up to date: `make l10n`.

Sentences are marked with `t(...)` in the program, with `t(...)` and `n(...)` in the page, and stand in the JSON
Schemas that forms follow from.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import ex_app.kinds
from openconnector.api.accounts import profile_schema
from openconnector.api.collections import described
from openconnector.api.kinds import REGISTRIES
from openconnector.api.settings import settings_schema
from openconnector.definitions.store import COLLECTIONS
from openconnector.kinds.spoken import spoken
from openconnector.languages import LANGUAGES, PLACES, SOURCE

ROOT = Path(__file__).parents[1]
FOLDERS = (ROOT / "lib", ROOT / "ex_app")
PAGE = ROOT / "ex_app/ui/src"
NAMES = ("OpenConnector",)
"""Texts that are in no program: what Nextcloud itself looks up."""

PLURAL_FORM = "nplurals=2; plural=(n != 1);"

PLURAL_KEY = re.compile(r"_(.*)_::_(.*)_", re.DOTALL)
"""How Nextcloud writes a sentence that depends on a number."""

LITERAL = r"""('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\$]|\\.)*`)"""
ONE = re.compile(rf"\s*{LITERAL}\s*[,)]")
BOTH = re.compile(rf"\s*{LITERAL}\s*,\s*{LITERAL}\s*,")
CALL = re.compile(r"(?<![\w.$])(?<!function )([tn])\(")

Translation = str | list[str]
"""A sentence, or that for one and that for many."""


def sentences() -> list[str]:
    """Return every sentence, sorted. Raises `TypeError` for a mark whose sentence does not stand in it."""
    found = {*NAMES, *_shown_in_forms()}
    for folder in FOLDERS:
        for file in folder.rglob("*.py"):
            if "node_modules" not in file.parts:
                found.update(_marked(file))
    for file in (*PAGE.rglob("*.ts"), *PAGE.rglob("*.vue")):
        found.update(marked_in_page(file.read_text(encoding="utf-8"), str(file)))
    return sorted(found)


def _marked(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id != "t" or not node.args:
            continue
        sentence = node.args[0]
        if not isinstance(sentence, ast.Constant) or not isinstance(sentence.value, str):
            raise TypeError(f"{file}:{node.lineno}: t() takes the sentence as it stands")
        yield sentence.value


def marked_in_page(text: str, file: str) -> Iterator[str]:
    """Yield what is marked in a source of the page; of `n(...)`, the key Nextcloud gives both sentences."""
    for call in CALL.finditer(text):
        found = (ONE if call[1] == "t" else BOTH).match(text, call.end())
        if found is None:
            line = text.count("\n", 0, call.start()) + 1
            raise TypeError(
                f"{file}:{line}: {call[1]}() takes the sentence as it stands; what the server sends comes translated"
            )
        parts = [_unquoted(part) for part in found.groups()]
        yield parts[0] if len(parts) == 1 else f"_{parts[0]}_::_{parts[1]}_"


def _unquoted(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal[1:-1])


def _shown_in_forms() -> set[str]:
    """Return every title, description and label that an answer tells in the reader's language."""
    found: set[str] = set()

    def collect(text: str) -> str:
        found.add(text)
        return text

    ex_app.kinds.register()
    for collection in COLLECTIONS:
        described(collection, collect)
    for registry in REGISTRIES:
        spoken(registry.describe(), collect)
    for schema in (settings_schema(), profile_schema()):
        spoken(schema, collect)
    return found - {""}


def updated(tag: str, known: dict[str, Translation], wanted: list[str]) -> dict[str, Translation]:
    """Return the translations of a language: of every sentence and of nothing else, "" where one is missing."""
    return {one: english(one) if tag == SOURCE else known.get(one, _nothing(one)) for one in wanted}


def english(key: str) -> Translation:
    """Return what a key says in English: itself, or of a plural both sentences."""
    plural = PLURAL_KEY.fullmatch(key)
    return [*plural.groups()] if plural else key


def _nothing(key: str) -> Translation:
    return ["", ""] if PLURAL_KEY.fullmatch(key) else ""


def main() -> None:
    """Write the files anew; ends with the number of sentences that lack a translation."""
    folder, wanted, missing = PLACES[-1], sentences(), 0
    for tag in LANGUAGES:
        file = folder / f"{tag}.json"
        known = json.loads(file.read_text(encoding="utf-8"))["translations"]
        translations = updated(tag, known, wanted)
        missing += sum(not "".join(one) for one in translations.values())
        content = {"translations": translations, "pluralForm": PLURAL_FORM}
        text = json.dumps(content, ensure_ascii=False, indent=4)
        file.write_text(f"{text}\n", encoding="utf-8")
    if missing:
        sys.exit(f"{missing} sentences lack a translation; they are empty in l10n/")


if __name__ == "__main__":
    main()

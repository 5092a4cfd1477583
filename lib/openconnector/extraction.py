"""Collects the sentences that are marked with `t(...)` and brings the files of `l10n/` up to date: `make l10n`."""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from openconnector.languages import LANGUAGES, PLACES, SOURCE

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "lib", ROOT / "ex_app")
NAMES = ("OpenConnector",)
"""Texts that are in no program: what Nextcloud itself looks up."""

PLURAL_FORM = "nplurals=2; plural=(n != 1);"


def sentences() -> list[str]:
    """Return every marked sentence, sorted. Raises `TypeError` for a mark whose sentence does not stand in it."""
    found = {*NAMES}
    for folder in FOLDERS:
        for file in folder.rglob("*.py"):
            if "node_modules" not in file.parts:
                found.update(_marked(file))
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


def updated(tag: str, known: dict[str, str], wanted: list[str]) -> dict[str, str]:
    """Return the translations of a language: of every sentence and of nothing else, "" where one is missing."""
    return {one: one if tag == SOURCE else known.get(one, "") for one in wanted}


def main() -> None:
    """Write the files anew; ends with the number of sentences that lack a translation."""
    folder, wanted, missing = PLACES[-1], sentences(), 0
    for tag in LANGUAGES:
        file = folder / f"{tag}.json"
        known = json.loads(file.read_text(encoding="utf-8"))["translations"]
        translations = updated(tag, known, wanted)
        missing += list(translations.values()).count("")
        content = {"translations": translations, "pluralForm": PLURAL_FORM}
        text = json.dumps(content, ensure_ascii=False, indent=4)
        file.write_text(f"{text}\n", encoding="utf-8")
    if missing:
        sys.exit(f"{missing} sentences lack a translation; they are empty in l10n/")


if __name__ == "__main__":
    main()

"""Fixed sentences in the languages of `l10n/`, in Nextcloud's own format."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent


def translated(sentence: str, language: str) -> str:
    """Return a fixed English sentence in a language such as `nl` or `nl_NL`; in English where there is none."""
    return _sentences(language.replace("-", "_").partition("_")[0].lower()).get(sentence, sentence)


@cache
def _sentences(language: str) -> Mapping[str, str]:
    if not language.isalpha():
        return {}
    # In the package where it is installed, beside it in a checkout.
    for folder in (PACKAGE / "l10n", PACKAGE.parent / "l10n"):
        file = folder / f"{language}.json"
        if file.is_file():
            found: Mapping[str, str] = json.loads(file.read_text())["translations"]
            return found
    return {}

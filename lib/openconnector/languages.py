"""Which language an answer is in, and what sentences are in it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from openconnector.messages import Message

SOURCE = "en"
"""The language the sentences are written in."""

LANGUAGES = (SOURCE, "nl")
"""The languages there are; each has a file in `l10n/`."""

PLACES = (Path(__file__).parent / "l10n", Path(__file__).parents[2] / "l10n")
"""Where these files are: in an installed package, in a checkout."""

_language: ContextVar[str] = ContextVar("language", default=SOURCE)


def chosen(accepted: str) -> str:
    """Return the language of ours that a header `Accept-Language` likes best; English when it names none of them."""
    liked = [_weighed(entry) for entry in accepted[:1000].split(",")]
    ours = [(weight, tag) for weight, tag in liked if weight > 0 and tag in LANGUAGES]
    return max(ours, key=lambda pair: pair[0])[1] if ours else SOURCE


def language() -> str:
    """Return the language of the answer that is being made."""
    return _language.get()


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Make answers in this language within."""
    token = _language.set(tag)
    try:
        yield
    finally:
        _language.reset(token)


def told(text: str) -> str:
    """Return a sentence in the language of the answer; what is no `Message`, or has no translation, as it is."""
    if not isinstance(text, Message):
        return text
    translated = catalogue(language()).get(text.template) or text.template
    arguments = {
        name: told(value) if isinstance(value, str) else value
        for name, value in text.arguments.items()
    }
    return translated.format_map(arguments) if arguments else translated


@cache
def catalogue(tag: str) -> Mapping[str, str]:
    """Return the translations of a language; none where the files were not installed."""
    file = next((place / f"{tag}.json" for place in PLACES if place.is_dir()), None)
    if file is None:
        return {}
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))["translations"]
    return found


def _weighed(entry: str) -> tuple[float, str]:
    """Return how much a language is liked, and its tag without the region."""
    tag, *parameters = (part.strip() for part in entry.split(";"))
    weight = next((part[2:] for part in parameters if part.lower().startswith("q=")), "1")
    try:
        liked = float(weight)
    except ValueError:
        liked = 0.0
    return liked, tag.lower().replace("_", "-").partition("-")[0]

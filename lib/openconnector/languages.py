"""Which language an answer is in, and what sentences are in it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path

from openconnector.messages import Message

SOURCE = "en"
"""The language the sentences are written in."""

LANGUAGES = (SOURCE, "nl")
"""The languages there are; each has a file in `l10n/`."""

PLACES = (Path(__file__).parent / "l10n", Path(__file__).parents[2] / "l10n")
"""Where these files are: in an installed package, in a checkout."""

PLACEHOLDER = re.compile(r"\{([a-zA-Z_]+)\}")

LEAST_SAID = 12
"""How many characters of its own a template has to have to be recognised in a stored sentence."""

LONGEST_STORED = 2_000
"""Characters of a stored sentence; a longer one is told as it is."""

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


def retold(text: str) -> str:
    """Return a sentence that was stored, in the language of the answer; one that is none of ours as it is.

    It is recognised by its template, so that neither rows nor logs hold more than English.
    """
    tag = language()
    if tag == SOURCE or len(text) > LONGEST_STORED:
        return text
    return told(_recognised(text))


@lru_cache(1024)
def _recognised(text: str) -> str:
    known = catalogue(LANGUAGES[-1])
    # A single word with a capital letter is rather somebody's own than one of ours.
    if text in known and (" " in text or text.islower()):
        return Message(text, {})
    for template, names, words in _templates():
        if spaces := _between(words, text):
            named = zip(names, map(_recognised, spaces), strict=True)
            return Message(template, dict(named))
    return text


def _between(words: Sequence[str], text: str) -> Sequence[str]:
    """Return what stands between the words of a template where a text is made of it; else nothing.

    The first place of each word is the right one if any is, so no text takes longer than its length.
    """
    first, *middle, last = words
    at, end = len(first), len(text) - len(last)
    if not (text.startswith(first) and text.endswith(last)):
        return ()
    found = []
    for word in middle:
        there = text.find(word, at + 1, end)
        if there < 0:
            return ()
        found.append(text[at:there])
        at = there + len(word)
    return [*found, text[at:end]] if at < end else ()


@cache
def _templates() -> Sequence[tuple[str, Sequence[str], Sequence[str]]]:
    """Return the templates that say enough to be recognised: their names and words; who says most comes first."""
    found = []
    for template in catalogue(LANGUAGES[-1]):
        words, names = PLACEHOLDER.split(template)[::2], PLACEHOLDER.findall(template)
        said = sum(len(word) for word in words)
        if names and len(set(names)) == len(names) and said >= LEAST_SAID:
            found.append((said, (template, names, words)))
    return [one for _, one in sorted(found, key=lambda one: -one[0])]


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

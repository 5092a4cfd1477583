"""Sentences for people: written in English where they are raised, told in the reader's language where they are read."""

from collections.abc import Mapping
from typing import Any, Self

from typing_extensions import override


class Message(str):
    """A sentence in English that remembers how it was made, so that it can be told in another language."""

    __slots__ = ("arguments", "template")

    template: str
    """The sentence with `{names}` where its arguments stand: the key of its translations."""
    arguments: Mapping[str, object]

    def __new__(cls, template: str, arguments: Mapping[str, object]) -> Self:
        """Return the sentence in English."""
        made = super().__new__(cls, template.format_map(arguments) if arguments else template)
        made.template = template
        made.arguments = arguments
        return made

    @override
    def __reduce__(self) -> tuple[type[Self], tuple[str, Mapping[str, object]]]:
        return type(self), (self.template, self.arguments)


def t(template: str, /, **arguments: Any) -> Message:
    """Return a sentence that can be told in every language of `l10n/`.

    `make l10n` collects each template, so it has to stand here as it is. Arguments are put in as they are; one that is
    a `Message` is told in the reader's language too.
    """
    return Message(template, arguments)


def noun(word: str) -> Message:
    """Return a word of ours that may have a translation; one that has none is told as it is. A `Message` stays one."""
    return word if isinstance(word, Message) else Message(word, {})

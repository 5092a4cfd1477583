"""JSON Schemas in the reader's language: what a form shows of them is told, everything else is as it was."""

from collections.abc import Callable
from typing import Any

from openconnector.kinds.explained import label
from openconnector.languages import told
from openconnector.messages import noun

Teller = Callable[[str], str]
"""Takes what was written in English, gives what people read."""

AS_THEY_ARE = frozenset({"const", "default", "discriminator", "enum", "examples", "required"})
"""Parts of a schema that hold values and names, not sentences."""


def in_their_words(text: str) -> str:
    """Return a fixed text, such as the title of a field, in the language of the answer."""
    return told(noun(text)) if text else text


def spoken(part: Any, tell: Teller = in_their_words) -> Any:
    """Return a schema, or a part of one, with its titles and descriptions told.

    Beside each `enum` stand the names of its values for people, in the same order, as `x-labels`.
    """
    if isinstance(part, list):
        return [spoken(one, tell) for one in part]
    if not isinstance(part, dict):
        return part
    found = {
        name: value if name in AS_THEY_ARE else _spoken_part(name, value, tell)
        for name, value in part.items()
    }
    if isinstance(values := part.get("enum"), list):
        found["x-labels"] = [_label(str(value), tell) for value in values]
    return found


def _label(value: str, tell: Teller) -> str:
    """Return what people read for a value that can be chosen: `empty_page` gives `Empty page`, `GET` stays."""
    text = value if value.isupper() else label(value)
    return text if text.isupper() else tell(text)


def _spoken_part(name: str, value: Any, tell: Teller) -> Any:
    if name in {"title", "description"} and isinstance(value, str):
        return tell(value)
    return spoken(value, tell)

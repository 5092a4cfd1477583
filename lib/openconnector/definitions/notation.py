"""Configuration documents as text: JSON or YAML, read strictly and written so that reading gives the same."""

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from typing import Any, NoReturn

from openconnector.errors import FieldProblem, InvalidInput
from openconnector.jsontexts import MAX_DEPTH, nests_too_deep
from openconnector.messages import t

MAX_CHARACTERS = 10_000_000

WHOLE = "(whole)"

MAX_NUMBER = 2**63
"""Whole numbers are smaller than this, and at least its negative: the databases keep no others exactly."""

MAX_DIGITS = 40
"""Longer ones are beyond 64 bits unless they are padded with zeros, which nobody means."""

NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""The character as JSON writes it, behind an even number of backslashes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A configuration document: its value, and the line on which each part of it begins."""

    value: Any
    lines: dict[tuple[str, ...], int]
    name: str = ""
    """What errors call it, when there are several."""

    def line(self, path: Iterable[str]) -> int | None:
        """Return the line of a part, or of the nearest part around it; None when the text has no lines to tell."""
        found: tuple[str, ...] = ()
        for name in path:
            # Problems name the kind on the way (`configuration.rest.location`), which the document does not.
            found = (*found, name) if (*found, name) in self.lines else found
        return self.lines.get(found)


def read(text: str) -> Document:
    """Return the document a text holds. Raises `InvalidInput` naming the line that is wrong."""
    if len(text) > MAX_CHARACTERS:
        refuse(WHOLE, t("is longer than {limit} characters", limit=MAX_CHARACTERS))
    if text.lstrip()[:1] in ("{", "["):
        with suppress(json.JSONDecodeError):
            return Document(value=_json(text), lines={})
    from openconnector.definitions.yaml_texts import value_of  # noqa: PLC0415  JSON needs no YAML

    lines: dict[tuple[str, ...], int] = {}
    return Document(value=value_of(text, lines), lines=lines)


def _json(text: str) -> Any:
    """Return the value of a JSON text: YAML knows neither its tabs nor its surrogate pairs."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=fraction,
            parse_int=whole,
            parse_float=fraction,
        )
        is_too_deep = nests_too_deep(value)
    except RecursionError:
        is_too_deep = True
    if is_too_deep:
        refuse(WHOLE, t("is nested deeper than {limit} levels", limit=MAX_DEPTH))
    checked_text(NUL.sub("\0", json.dumps(value, ensure_ascii=False)))
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        refuse(WHOLE, t("says {name} a second time in one object", name=repr(twice)))
    return found


HEADING = """\
# The configuration of an OpenConnector; `openconnector import` takes it.
# Secrets are not in it: each is a reference to an environment variable. Where that is not set, the secret that is
# stored already is kept.

"""


def write(value: Any) -> str:
    """Return a value as YAML; `read` gives the same value back."""
    from openconnector.definitions.yaml_texts import text_of  # noqa: PLC0415  reading JSON needs no YAML

    return text_of(value)


def whole(digits: str, where: str = WHOLE) -> int:
    """Return a whole number. Raises `InvalidInput` for one that the databases do not keep exactly."""
    if len(digits) > MAX_DIGITS or not -MAX_NUMBER <= int(digits) < MAX_NUMBER:
        refuse(
            where,
            t("holds a whole number beyond 64 bits, which is not kept exactly; write it as text"),
        )
    return int(digits)


def fraction(digits: str, where: str = WHOLE) -> float:
    """Return a number. Raises `InvalidInput` for one that is not finite."""
    number = float(digits)
    if not isfinite(number):
        refuse(where, t("holds {digits}, which is no finite number", digits=digits))
    return number


def checked_text(text: str, where: str = WHOLE) -> str:
    """Return the text. Raises `InvalidInput` for one that the databases cannot keep."""
    if "\0" in text or any("\ud800" <= mark <= "\udfff" for mark in text):
        refuse(where, t("holds NUL or half a surrogate pair, which cannot be kept as text"))
    return text


def refuse(where: str, message: str) -> NoReturn:
    """Raise `InvalidInput` that says what is wrong with a part of a document."""
    raise InvalidInput([FieldProblem(field=where, message=message)], subject="document")

"""What the commands take: files, standard input or JSON on the command line."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from openconnector.errors import FieldProblem, InvalidInput

STANDARD_INPUT = "-"
DOCUMENT_SUFFIXES = (".yaml", ".yml", ".json")


def is_file(text: str) -> bool:
    """Whether an argument that may be a slug names a file."""
    return (
        text == STANDARD_INPUT
        or "/" in text
        or text.endswith(DOCUMENT_SUFFIXES)
        or Path(text).is_file()
    )


def content(name: str) -> bytes:
    """Return what a file, or standard input (`-`), holds. Raises `InvalidInput`."""
    if name == STANDARD_INPUT:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise refused(name, f"cannot be read: {error.strerror}") from error


def text(name: str) -> str:
    """Return the text of a file or of standard input. Raises `InvalidInput`."""
    try:
        return content(name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused(name, f"is no text in UTF-8: byte {error.start} is wrong") from error


def value(given: str, option: str) -> Any:
    """Return the value of a JSON or YAML file, of standard input, or of the argument itself. Raises `InvalidInput`."""
    from openconnector.definitions.notation import read

    if given == STANDARD_INPUT or _is_path(given):
        return read(text(given)).value
    import orjson

    try:
        return orjson.loads(given)
    except orjson.JSONDecodeError as error:
        raise refused(
            option,
            f"is neither a file nor JSON ({error}); give a file, - for standard input, or JSON text",
        ) from error


def one_of(given: str, option: str, known: Iterable[str]) -> str:
    """Return a word that is one of the known ones. Raises `InvalidInput`."""
    if given not in known:
        raise refused(option, f"is {given!r}; one of {', '.join(known)}")
    return given


def refused(what: str, message: str) -> InvalidInput:
    """Return the error for an argument that cannot be used."""
    return InvalidInput([FieldProblem(field=what, message=message)], subject="command line")


def _is_path(given: str) -> bool:
    try:
        return Path(given).is_file()
    except (OSError, ValueError):  # JSON may be longer than any name, or hold a NUL
        return False

"""What a command ends with: exit codes, and errors as people or programs read them."""

import os
import sys
from dataclasses import asdict
from enum import IntEnum
from typing import Any, NoReturn

import orjson

from openconnector.errors import (
    InvalidInput,
    MissingExtra,
    NotFound,
    OpenConnectorError,
    UnknownKind,
)

WRONG_USE = (InvalidInput, UnknownKind, NotFound, MissingExtra)
"""Errors that the command line, or a document it names, has to be changed for."""

INDENT = orjson.OPT_INDENT_2


class Exit(IntEnum):
    """The exit codes, the same for every command."""

    SUCCESS = 0
    FAILURE = 1
    WRONG_USE = 2
    PARTIAL = 3
    NEEDS_APPROVAL = 4
    CANCELLED = 5
    WAITING = 6


OF_STATE = {
    "succeeded": Exit.SUCCESS,
    "failed": Exit.FAILURE,
    "partial": Exit.PARTIAL,
    "needs_approval": Exit.NEEDS_APPROVAL,
    "cancelled": Exit.CANCELLED,
    "waiting": Exit.WAITING,
    "queued": Exit.WAITING,
    "running": Exit.WAITING,
}
"""What a command ends with that leaves a run in this state."""


class Interrupted(OpenConnectorError):
    """Whoever typed the command did not want to wait for its end."""

    code = "interrupted"


def code_of(error: OpenConnectorError) -> Exit:
    """Return what a command ends with that an error stopped."""
    if isinstance(error, Interrupted):
        return Exit.CANCELLED
    return Exit.WRONG_USE if isinstance(error, WRONG_USE) else Exit.FAILURE


def print_json(value: Any) -> None:
    """Print one JSON value on standard output."""
    sys.stdout.buffer.write(orjson.dumps(value, option=INDENT | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def note(text: str) -> None:
    """Tell people something on standard error."""
    print(text, file=sys.stderr, flush=True)


def problem_of(error: OpenConnectorError) -> dict[str, Any]:
    """Return an error as a problem (RFC 9457), as the API names it; it has no status outside HTTP."""
    from openconnector.api.errors import TYPE, told_as

    is_ours = isinstance(error, Interrupted)
    problem: dict[str, Any] = {
        "type": TYPE + error.code,
        "title": "Interrupted" if is_ours else told_as(type(error)).title,
        "detail": str(error),
    }
    if isinstance(error, InvalidInput):
        problem["errors"] = [
            {
                name: value
                for name, value in asdict(wrong).items()
                if name != "value" and value is not None
            }
            for wrong in error.problems
        ]
    return problem


def tell(error: OpenConnectorError, *, as_json: bool) -> None:
    """Print an error: as JSON on standard output, or in words on standard error."""
    if as_json:
        print_json(problem_of(error))
        return
    if not isinstance(error, InvalidInput):
        note(f"Error: {error}")
        return
    note(f"Error: the {error.subject} is not valid:")
    for wrong in error.problems:
        note(f"  {wrong.field}: {wrong.message}")


def leave_at_once(error: OpenConnectorError, *, as_json: bool) -> NoReturn:
    """Print an error and end the process as a kill would: no transaction, answer or thread is waited for."""
    try:
        tell(error, as_json=as_json)
    finally:
        os._exit(code_of(error))

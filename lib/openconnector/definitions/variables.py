"""References to the environment in a configuration document.

`${NAME}` stands for a variable, `${NAME:-otherwise}` has a value for when it is not set or empty, and `$${` is `${`
itself. They stand in texts, never in names.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from openconnector.errors import FieldProblem
from openconnector.messages import t

REFERENCE = re.compile(
    r"(?P<escaped>\$\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<otherwise>[^}]*))?\}|(?P<open>\$\{)"
)


def filled_in(value: Any, variables: Mapping[str, str]) -> tuple[Any, list[FieldProblem]]:
    """Return a document with every reference replaced, and a problem for each that cannot be."""
    problems: list[FieldProblem] = []

    def replaced(text: str, path: str) -> str:
        def chosen(match: re.Match[str]) -> str:
            if match["escaped"]:
                return "${"
            if match["open"]:
                message = t(
                    "begins a reference such as ${NAME} that does not end; write $${ for ${"
                )
                problems.append(FieldProblem(field=path, message=message))
                return ""
            found = variables.get(match["name"]) or match["otherwise"]
            if found is None:
                message = t("needs the variable {name}, which is not set", name=match["name"])
                problems.append(FieldProblem(field=path, message=message))
            return found or ""

        return REFERENCE.sub(chosen, text)

    return _mapped(value, replaced, ""), problems


def named(value: Any) -> dict[str, bool]:
    """Return the variables a document refers to, and whether it cannot be imported without them."""
    found: dict[str, bool] = {}

    def note(text: str, _path: str) -> str:
        for match in REFERENCE.finditer(text):
            if match["name"]:
                is_needed = match["otherwise"] is None
                found[match["name"]] = found.get(match["name"], False) or is_needed
        return text

    _mapped(value, note, "")
    return found


def escaped(value: Any) -> Any:
    """Return a document in which nothing is taken for a reference."""
    return _mapped(value, lambda text, _path: text.replace("${", "$${"), "")


def _mapped(value: Any, change: Callable[[str, str], str], path: str) -> Any:
    if isinstance(value, str):
        return change(value, path)
    if isinstance(value, dict):
        return {name: _mapped(item, change, _below(path, name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_mapped(item, change, _below(path, str(at))) for at, item in enumerate(value)]
    return value


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name

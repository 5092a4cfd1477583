"""Mappings out of exports of the PHP app, for commands that try mappings."""

from typing import Any

from openconnector.definitions.entries import refused
from openconnector.definitions.notation import Document
from openconnector.definitions.predecessor.exports import is_export


def exported_mappings(value: Any) -> list[dict[str, Any]] | None:
    """Return the mappings of an export as ours, in the dialect `twig`; None for what is none. Raises `InvalidInput`.

    What else the export holds does not matter.
    """
    if not is_export(value):
        return None
    from openconnector.definitions.predecessor.takeover import take_over

    contents = take_over([Document(value=value, lines={})], only="mapping")
    if contents.problems:
        raise refused(contents.problems)
    return [entry.value for entry in contents.entries]

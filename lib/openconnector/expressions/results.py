"""Where the records stand in an answer."""

from typing import Any

from openconnector.errors import MalformedAnswer
from openconnector.expressions.paths import MISSING, compile_path
from openconnector.expressions.positions import described
from openconnector.expressions.query_form import is_query

ROOT = "_root"
"""The answer itself is the list."""

OBJECT = "_object"
"""The answer itself is the one record."""

USUAL = (
    "items", "result", "results", "data", "value", "features", "records", "rows", "entries", "objects", "member",
    "content", "values", "hydra:member", "result.records", "result.results", "result.items", "data.items",
    "data.results", "data.records", "response.docs", "response.results", "hits.hits",
)  # fmt: skip
"""Where a list of records usually stands; the first that is there counts."""


def records_in(body: Any, position: str, *, has_lists: bool = True) -> list[Any]:
    """Return the records of an answer.

    ``position`` is a dot path, a JSONPath query, `_root`, `_object`, or empty for the usual places. A null at a given
    path is an empty list, as some servers write one. What a query finds are the records; a list that it finds stands
    for its elements. Where the format has no lists (XML), a single record is a list of one, and an absent one below
    something that is there a list of none. Raises `MalformedAnswer` naming what stands there instead.
    """
    if position == OBJECT:
        return body if isinstance(body, list) else [body]
    found = _usual(body) if position == "" else _at(body, position)
    if not has_lists and position:
        found = _listed(body, position, found)
    if not isinstance(found, list):
        where = f"at {position!r}" if position else "where lists of records usually stand"
        raise MalformedAnswer(
            f"The answer holds no list {where} (`resultsPosition`); it is {described(body)}"
        )
    return found


def _at(body: Any, position: str) -> Any:
    if position == ROOT:
        return body
    if is_query(position):
        return _found(body, position)
    found = compile_path(position)(body)
    return [] if found is None else found


def _listed(body: Any, position: str, found: Any) -> Any:
    """Return what stands at a place as a list, in a format without lists."""
    if found is MISSING and not is_query(position):
        above, dot, _ = position.rpartition(".")
        return [] if not dot or compile_path(above)(body) is not MISSING else MISSING
    return [found] if isinstance(found, dict) else found


def _found(body: Any, position: str) -> Any:
    """Return the records a query finds; `MISSING` when not even the place of its list is there."""
    from openconnector.expressions.jsonpath import compile_query  # noqa: PLC0415  most positions are no queries

    query = compile_query(position)
    if not query.has_place(body):
        return MISSING
    found = [value for value in query.find(body) if value is not None]
    if query.is_singular:
        return found[0] if found else []
    return [record for value in found for record in (value if isinstance(value, list) else [value])]


def _usual(body: Any) -> Any:
    if isinstance(body, list):
        return body
    places = (compile_path(position)(body) for position in USUAL)
    found = next((value for value in places if isinstance(value, list)), MISSING)
    return _embedded(body) if found is MISSING else found


def _embedded(body: Any) -> Any:
    """Return the one list of a HAL answer (draft-kelly-json-hal), which stands under a name of its own."""
    embedded = compile_path("_embedded")(body)
    lists = (
        [value for value in embedded.values() if isinstance(value, list)]
        if isinstance(embedded, dict)
        else []
    )
    return lists[0] if len(lists) == 1 else MISSING

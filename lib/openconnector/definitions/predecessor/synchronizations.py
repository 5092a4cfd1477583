"""Synchronizations that pull from an API: what they read, which records they take, and where these go."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from openconnector.definitions.predecessor.addresses import (
    path_below,
    public_pairs,
    tell_shadowed,
    without_replaced,
)
from openconnector.definitions.predecessor.exports import Export
from openconnector.definitions.predecessor.names import Names
from openconnector.definitions.predecessor.options import dotted, is_rendered, text_of
from openconnector.definitions.predecessor.targets import KEEP, target
from openconnector.expressions.php import is_truthy
from openconnector.expressions.positions import whole_number
from openconnector.expressions.query_form import is_query

PATH: Final = "sourceConfig"
NONE: Final = ("", "0")
"""How an id is written that is none."""

NO: Final = ("", "0", "false", "no", "off")
FLOW: Final = "flowToken"

POSITIONS: Final = ("idPosition", "resultsPosition")
REFUSED: Final = {
    "useDataAsRequestBody": "runs have no data of their own here",
    "extraDataConfigs": "further requests for each record are not known here",
    "findContractByOriginIdOnly": "each synchronization knows only its own objects here",
    "subObjects": "objects within objects are not kept apart here",
    "originIdsToReplace": "ids within objects are not replaced here",
    "idsToReplaceWithTargetIdsBeforeRules": "ids within objects are not replaced here",
    "altSourceIds": "one synchronization reads one source",
    "pathToParent": "objects within objects are not kept apart here",
}
"""Without these a run would write something else."""

TAKEN: Final = frozenset(
    {"endpoint", "headers", "query", "usesPagination", "paginationQuery", "maxPages", "restrictDeletion",
     "synchronizationType", *POSITIONS, *REFUSED}
)  # fmt: skip

UNKNOWN_SOURCES: Final = {
    "register/schema": "reading from Open Register is not taken over",
    "database": "sources of type database never worked in the PHP app",
    "file": "sources of type file never worked in the PHP app",
}


def synchronization(export: Export, names: Names) -> dict[str, Any]:
    """Return what makes a synchronization of ours of an export."""
    kind = export.text("sourceType") or "api"
    if kind != "api":
        said = UNKNOWN_SOURCES.get(kind, f"sources of type {kind[:40]!r} are not known")
        export.refuse("sourceType", said)
        return {}
    if export.text("sourceId") in NONE:
        export.refuse("sourceId", "is missing; without it the PHP app read nothing")
        return {}
    config = dotted(export.object(PATH))
    source = names.named(export, "source", export.text("sourceId"), "sourceId")
    told = {"sourceId": source, "sourceConfig": _selection(export, names, source, config)}
    told |= _mappings(export, names) | _conditions(export) | target(export, names)
    if _is_on(config.get("restrictDeletion"), otherwise=False):
        export.warn("With restrictDeletion only runs with data deleted; here none does")
        told["deletion"] = KEEP
    if follow_ups := list(_follow_ups(export, names)):
        told["followUps"] = follow_ups
    _refuse_rules(export)
    return told


def _selection(export: Export, names: Names, source: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return which records are read, and how."""
    query = public_pairs(export, config, "query", PATH)
    headers = public_pairs(export, config, "headers", PATH)
    tell_shadowed(export, names, source, headers, query)
    path = path_below(export, names, source, config.get("endpoint"), f"{PATH}.endpoint")
    if is_rendered(path):
        export.refuse(f"{PATH}.endpoint", "is a template; here it is a fixed path")
    told: dict[str, Any] = {
        "endpoint": without_replaced(export, names, source, path, query),
        "query": query,
        "headers": headers,
        "paginator": _paginator(export, config),
        "maxPages": _max_pages(export, config.get("maxPages")),
    }
    told |= {name: _position(export, config, name) for name in POSITIONS}
    _tell_rest(export, config)
    return {name: value for name, value in told.items() if value}


def _position(export: Export, config: Mapping[str, Any], name: str) -> str:
    position = text_of(config.get(name) or "")
    if position is None or is_query(position):
        export.refuse(f"{PATH}.{name}", "has to be a dot path")
        return ""
    return position


def _paginator(export: Export, config: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how the next page is asked for; by itself a link in the answer counts, and else a page number."""
    if not _is_on(config.get("usesPagination"), otherwise=True):
        return {"kind": "single_page"}
    parameter = text_of(config.get("paginationQuery") or "")
    if parameter is None:
        export.refuse(f"{PATH}.paginationQuery", "has to be a text")
    return {"kind": "auto", "parameter": parameter} if parameter else None


def _max_pages(export: Export, given: Any) -> int | None:
    if given in (None, "", []):
        return None
    if not (pages := whole_number(given)) or pages < 1:
        export.refuse(f"{PATH}.maxPages", "has to be a whole number from 1")
        return None
    export.warn(
        f"Reading stops after {pages} pages, as before; a run that had to stop deletes nothing here"
    )
    return pages


def _is_on(given: Any, *, otherwise: bool) -> bool:
    """Return a switch as the predecessor read it."""
    if given is None:
        return otherwise
    return given.strip().lower() not in NO if isinstance(given, str) else is_truthy(given)


def _mappings(export: Export, names: Names) -> dict[str, str]:
    if export.text("targetSourceMapping") not in NONE:
        export.warn("The PHP app never used its targetSourceMapping, which is not taken over")
    return {
        name: names.named(export, "mapping", export.text(name), name)
        for name in ("sourceTargetMapping", "sourceHashMapping")
        if export.text(name) not in NONE
    }


def _conditions(export: Export) -> dict[str, Any]:
    """Return the conditions, with PHP's rules of truth and comparison."""
    rule = export.unpacked("conditions")
    if rule in (None, "", [], {}):
        return {}
    if any(text == FLOW or text.startswith(f"{FLOW}.") for text in _texts(rule)):
        export.refuse("conditions", f"look at {FLOW}, which runs here do not have")
    return {"conditions": rule, "conditionsMode": "php"}


def _texts(rule: Any) -> Iterator[str]:
    waiting = [rule]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, (dict, list)):
            waiting += value.values() if isinstance(value, dict) else value


def _follow_ups(export: Export, names: Names) -> Iterator[str]:
    for at, key in enumerate(export.list("followUps")):
        place = f"followUps.{at}"
        if isinstance(key, (int, str)) and not isinstance(key, bool):
            yield names.named(export, "synchronization", str(key), place)
        else:
            export.refuse(place, "has to be the number or the slug of a synchronization")


def _refuse_rules(export: Export) -> None:
    if rules := export.list("actions"):
        shown = ", ".join(str(rule)[:40] for rule in rules if isinstance(rule, (int, str)))
        export.refuse("actions", f"runs rules, which are not taken over yet: {shown}")


def _tell_rest(export: Export, config: Mapping[str, Any]) -> None:
    for name, reason in REFUSED.items():
        if _is_on(config.get(name), otherwise=False):
            export.refuse(f"{PATH}.{name}", f"is not taken over: {reason}")
    if str(config.get("synchronizationType") or "").lower() == "delete":
        export.refuse(f"{PATH}.synchronizationType", "runs that only delete are not known here")
    unused = sorted(
        name
        for name, value in config.items()
        if name not in TAKEN and value not in (None, "", [], {})
    )
    if unused:
        export.warn(
            f"Had no effect on pulls from an API, so not taken over of {PATH}: {', '.join(unused)}"
        )

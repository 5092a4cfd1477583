"""Translates what the predecessor exported: several documents at once, since their entities name each other."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from openconnector.definitions.entries import Contents, Entry, LeftOut
from openconnector.definitions.models import LONG, SHORT
from openconnector.definitions.notation import WHOLE, Document
from openconnector.definitions.predecessor.exports import Export, exports_in
from openconnector.definitions.predecessor.jobs import schedule, synchronization_of
from openconnector.definitions.predecessor.mappings import mapping
from openconnector.definitions.predecessor.names import Names, reference_of
from openconnector.definitions.predecessor.sources import source
from openconnector.definitions.predecessor.synchronizations import synchronization
from openconnector.definitions.store import MAPPINGS, SOURCES, SYNCHRONIZATIONS

Translate = Callable[[Export, Names], dict[str, Any]]

TAKEN_OVER: Final[Mapping[str, tuple[str, Translate]]] = {
    "source": (SOURCES.name, lambda export, _names: source(export)),
    "mapping": (MAPPINGS.name, mapping),
    "synchronization": (SYNCHRONIZATIONS.name, synchronization),
}
"""Kind of an entity -> the section it goes to, and what translates its own fields."""

JOB: Final = "job"

LEFT_OUT: Final = {
    "rule": "rules are not taken over yet",
    "endpoint": "endpoints are not taken over yet",
    JOB: "only jobs that start a synchronization that is imported with them are taken over",
    "consumer": "consumers are not taken over yet",
    "contract": "contracts are not taken over: the first run writes objects of its own",
    "event": "events never worked in the PHP app",
    "eventsubscription": "events never worked in the PHP app",
    "registers": "registers belong to Open Register, which imports them itself",
    "schemas": "schemas belong to Open Register, which imports them itself",
    "objects": "objects belong to Open Register, which imports them itself",
}
"""Kind of an entity, or group of a configuration set, that is not saved -> why."""


def take_over(documents: Iterable[Document], *, only: str = "") -> Contents:
    """Return what the predecessor's documents hold as entries of ours, with what is left out and refused.

    ``only`` chooses one kind of entity; nothing is said about the others.
    """
    contents = Contents()
    kept: list[Export] = []
    for document in documents:
        for export in exports_in(document):
            if only not in ("", export.kind):
                continue
            if export.kind in (*TAKEN_OVER, JOB) and not export.problems:
                kept.append(export)
            else:
                _set_aside(contents, export)
    kept = _told_once(kept)
    names = Names(kept)
    schedules = _schedules(contents, kept, names)
    for export in kept:
        if export.kind != JOB and (entry := _translated(export, names)):
            if begins := schedules.get(id(export)):
                entry.value["schedules"] = begins
            contents.entries.append(entry)
        contents.problems += export.problems
    return contents


def _schedules(
    contents: Contents, kept: Iterable[Export], names: Names
) -> dict[int, list[dict[str, Any]]]:
    """Return the schedules of synchronizations, by the identity of their exports; other jobs are set aside."""
    found: dict[int, list[dict[str, Any]]] = {}
    for export in kept:
        if export.kind != JOB:
            continue
        started = synchronization_of(export, names)
        if started is None and not export.problems:
            _set_aside(contents, export)
        elif started is not None and (told := schedule(export, started)):
            same = found.setdefault(id(started), [])
            same += [] if told in same else [told]
    return found


def _translated(export: Export, names: Names) -> Entry | None:
    """Return an export as an entry of ours, None when it is refused."""
    section, translate = TAKEN_OVER[export.kind]
    try:
        value = _common(export, names) | translate(export, names)
    except RecursionError:
        export.refuse(WHOLE, "is nested too deeply")
    if export.problems:
        return None
    return Entry(
        section=section,
        value=value,
        place=export.place,
        document=export.document,
        warnings=tuple(export.warnings),
    )


def _set_aside(contents: Contents, export: Export) -> None:
    reason = LEFT_OUT.get(export.kind)
    if reason is None and not export.problems and not export.place.startswith("components."):
        export.refuse(WHOLE, f"is a {export.kind!r}, which is not known")
    if export.problems:
        contents.problems += export.problems
        return
    reason = reason or "it is not known here"
    contents.left_out.append(LeftOut(section=export.kind, name=export.name, reason=reason))


def _told_once(exports: Iterable[Export]) -> list[Export]:
    """Return the exports without what several files say in the same words."""
    found: dict[tuple[str, ...], list[Export]] = {}
    for export in exports:
        named = (export.kind, export.key, *map(export.text, ("id", "uuid", "slug", "name", "@id")))
        alike = found.setdefault(named, [])
        if not any(export.value == other.value for other in alike):
            alike.append(export)
    return [export for alike in found.values() for export in alike]


def _common(export: Export, names: Names) -> dict[str, Any]:
    """Return what every definition has."""
    told: dict[str, Any] = {"slug": names.slug(export), "name": export.name[:SHORT]}
    described = export.text("description")
    if len(described) > LONG:
        export.warn(f"Its description is longer than {LONG:,} characters and was cut")
    return told | {
        name: value
        for name, value in (
            ("description", described[:LONG]),
            ("version", export.text("version")),
            ("reference", reference_of(export)),
        )
        if value
    }

"""Takes configuration documents apart: those in our own form, and what the predecessor exported."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from openconnector.definitions.entries import Contents, Entry, placed
from openconnector.definitions.notation import WHOLE, Document
from openconnector.definitions.predecessor.exports import is_export
from openconnector.definitions.registers import REGISTERS, SCHEMAS, Shelf
from openconnector.definitions.store import COLLECTIONS, Collection
from openconnector.definitions.variables import filled_in
from openconnector.errors import FieldProblem
from openconnector.messages import t

PARTS: tuple[Shelf[Any] | Collection[Any], ...] = (SCHEMAS, REGISTERS, *COLLECTIONS)
SECTIONS = {part.name: part for part in PARTS}
"""Every section, in the order in which they are saved: what others refer to comes first."""

WRITTEN = (REGISTERS.name, SCHEMAS.name, *(collection.name for collection in COLLECTIONS))
"""Every section, in the order in which a document is written."""


def contents_of(documents: Sequence[Document], variables: Mapping[str, str]) -> Contents:
    """Return everything that documents hold, in the order in which it has to be saved.

    References to the environment are filled in, save for the predecessor's exports, which know none.
    """
    found = Contents()
    for document in documents:
        if not is_export(document.value):
            found.add(_own(document, variables))
    if exports := [document for document in documents if is_export(document.value)]:
        from openconnector.definitions.predecessor.takeover import take_over  # noqa: PLC0415  seldom needed

        found.add(take_over(exports))
    order = list(SECTIONS)
    found.entries.sort(key=lambda entry: order.index(entry.section))
    found.problems += _told_twice(found.entries)
    return found


def _own(document: Document, variables: Mapping[str, str]) -> Contents:
    value, problems = filled_in(document.value, variables)
    problems += _misshapen(value)
    if problems:
        return Contents(problems=[placed(document, wrong) for wrong in problems])
    return Contents(entries=list(_entries(document, value)))


def _entries(document: Document, value: Mapping[str, Any]) -> Iterator[Entry]:
    for section in SECTIONS:
        for at, entry in enumerate(value.get(section) or []):
            yield Entry(section=section, value=entry, place=f"{section}.{at}", document=document)


def _misshapen(value: Any) -> list[FieldProblem]:
    """Return what keeps a document from being taken apart."""
    if not isinstance(value, dict):
        return [
            FieldProblem(
                field=WHOLE, message=t("has to be an object with {names}", names=", ".join(WRITTEN))
            )
        ]
    problems = [
        FieldProblem(
            field=name, message=t("is not known; one of {known}", known=", ".join(WRITTEN))
        )
        for name in value
        if name not in SECTIONS
    ]
    for name in SECTIONS:
        entries = [] if value.get(name) is None else value[name]
        if isinstance(entries, list):
            problems += _without_slug(name, entries)
        else:
            problems.append(FieldProblem(field=name, message=t("has to be a list")))
    return problems


def _without_slug(section: str, entries: Iterable[Any]) -> Iterator[FieldProblem]:
    for at, entry in enumerate(entries):
        slug = entry.get("slug") if isinstance(entry, dict) else None
        if not isinstance(slug, str) or not slug:
            message = t("has to be an object with a slug, by which it is known")
            yield FieldProblem(field=f"{section}.{at}", message=message)


def _told_twice(entries: Iterable[Entry]) -> Iterator[FieldProblem]:
    taken: set[tuple[str, str]] = set()
    for entry in entries:
        slug = entry.value["slug"]
        if (entry.section, slug) in taken:
            message = t("is a second entry with the slug {slug}", slug=repr(slug))
            yield entry.placed(FieldProblem(field="slug", message=message))
        taken.add((entry.section, slug))

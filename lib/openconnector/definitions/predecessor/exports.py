"""The forms in which the predecessor gave its entities away, and reading their fields.

It writes one entity to a file, as JSON-LD: `@context`, `@type` and `@id` beside the fields of its database. Its API
gives the same fields without these, alone or as `results`. Configuration sets are OpenAPI documents whose `components`
hold entities by slug, numbers replaced by slugs and some secrets removed.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from openconnector.definitions.entries import placed
from openconnector.definitions.notation import NUL, WHOLE, Document
from openconnector.errors import FieldProblem
from openconnector.jsontexts import nests_too_deep

TYPE: Final = "@type"
"""The field that names the kind of an entity that was written to a file."""

COMPONENTS: Final = "components"
RESULTS: Final = "results"

KINDS: Final = {
    "sources": "source",
    "mappings": "mapping",
    "synchronizations": "synchronization",
    "rules": "rule",
    "endpoints": "endpoint",
    "jobs": "job",
    "consumers": "consumer",
    "events": "event",
    "synchronizationContracts": "contract",
}
"""Section of a whole configuration -> kind of its entities."""

GROUPS: Final = ("registers", "schemas", "objects")
"""Sections with what belongs to Open Register."""

SIGNS: Final[Mapping[str, frozenset[str]]] = {
    "source": frozenset({"uuid", "location"}),
    "mapping": frozenset({"uuid", "mapping", "cast"}),
    "synchronization": frozenset({"uuid", "sourceId", "targetType"}),
    "rule": frozenset({"uuid", "timing"}),
    "endpoint": frozenset({"uuid", "endpointArray"}),
    "job": frozenset({"uuid", "jobClass"}),
    "consumer": frozenset({"uuid", "authorizationType"}),
    "contract": frozenset({"uuid", "originId"}),
}
"""By which fields an entity is known that does not say what it is."""

FOREIGN: Final = frozenset(
    {TYPE, "uuid", "dateCreated", "configurations", "sourceType", "targetType"}
)
"""Fields that no entry of ours has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An entity of the predecessor, and what is found to be said about it."""

    kind: str
    value: Mapping[str, Any]
    place: str
    """Where it stands in its document, as a dot path; "" for the whole."""
    document: Document
    key: str = ""
    """The name under which it stands in an object of entities, which is its slug."""
    is_stripped: bool = False
    """Whether the secrets in its headers were removed when it was exported."""
    warnings: list[str] = field(default_factory=list)
    problems: list[FieldProblem] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What people call it."""
        named = (self.text("name"), self.text("slug"), self.key, self.text("id"))
        return next(filter(None, named), "without a name")

    def warn(self, sentence: str) -> None:
        """Say something that whoever imports it should know; each thing is said once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def refuse(self, path: str, message: str) -> None:
        """Say why it cannot be taken over."""
        path = f"{self.place}.{path}" if self.place else path
        self.problems.append(placed(self.document, FieldProblem(field=path, message=message)))

    def text(self, name: str) -> str:
        """Return a field as text, "" when it is absent or holds no text or number."""
        value = self.value.get(name)
        is_text = isinstance(value, (str, int, float)) and not isinstance(value, bool)
        return str(value).strip() if is_text else ""

    def unpacked(self, name: str) -> Any:
        """Return a field of JSON; it may be written as text, as the databases hold it."""
        value = self.value.get(name)
        if isinstance(value, str) and value.lstrip()[:1] in ("{", "[", '"'):
            with suppress(ValueError):
                return _strictly(value)
        return value

    def object(self, name: str) -> dict[str, Any]:
        """Return a field that is an object; PHP writes an empty one as a list. Anything else is refused."""
        value = self.unpacked(name)
        if value in (None, "", []):
            return {}
        if not isinstance(value, dict):
            self.refuse(name, "has to be an object")
            return {}
        return value

    def list(self, name: str) -> list[Any]:
        """Return a field that is a list; an object stands for its values. Anything else is refused."""
        value = self.unpacked(name)
        if value in (None, ""):
            return []
        if isinstance(value, dict):
            return list(value.values())
        if not isinstance(value, list):
            self.refuse(name, "has to be a list")
            return []
        return value


def _strictly(text: str) -> Any:
    """Return the value of a JSON text. Raises `ValueError`, also for one that no database keeps."""
    value = orjson.loads(text)
    if NUL.search(text) or nests_too_deep(value):
        raise ValueError("holds NUL or nests too deep")
    return value


def is_export(value: Any) -> bool:
    """Whether a document is what the predecessor exported."""
    if isinstance(value, list):
        return any(_kind_of(entity) for entity in value)
    if not isinstance(value, dict):
        return False
    if _kind_of(value) or isinstance(value.get(COMPONENTS), dict):
        return True
    if isinstance(value.get(RESULTS), list):
        return is_export(value[RESULTS])
    return any(
        isinstance(entity, dict) and not FOREIGN.isdisjoint(entity)
        for section in KINDS
        for _, entity in _members(value.get(section))
    )


def exports_in(document: Document) -> list[Export]:
    """Return every entity of a document that `is_export`, of whatever kind."""
    value = document.value
    if isinstance(value, dict) and not _kind_of(value):
        if isinstance(value.get(RESULTS), list):
            return list(_listed(document, value[RESULTS], RESULTS))
        if isinstance(bundle := value.get(COMPONENTS), dict):
            return list(_sections(document, bundle, f"{COMPONENTS}.", is_stripped=True))
        return list(_sections(document, value, "", is_stripped=False))
    return list(_listed(document, value if isinstance(value, list) else [value], ""))


def _listed(document: Document, entities: list[Any], place: str) -> Iterator[Export]:
    is_alone = entities == [document.value]
    for at, entity in enumerate(entities):
        where = "" if is_alone else f"{place}.{at}" if place else str(at)
        yield _export(document, _kind_of(entity), entity, where)


def _sections(
    document: Document, sections: Mapping[str, Any], above: str, *, is_stripped: bool
) -> Iterator[Export]:
    for section, entities in sections.items():
        if not above and section not in (*KINDS, *GROUPS):
            continue  # what a document says about itself
        for key, entity in _members(entities):
            place = f"{above}{section}.{key}"
            name = key if isinstance(entities, dict) else ""
            kind = _kind_of(entity) or KINDS.get(section, section)
            yield _export(document, kind, entity, place, key=name, is_stripped=is_stripped)


def _export(
    document: Document,
    kind: str,
    entity: Any,
    place: str,
    *,
    key: str = "",
    is_stripped: bool = False,
) -> Export:
    is_object = isinstance(entity, dict)
    export = Export(
        kind=kind,
        value=entity if is_object else {},
        place=place,
        document=document,
        key=key,
        is_stripped=is_stripped,
    )
    if not is_object or not kind:
        known = ", ".join(KINDS.values())
        export.refuse(WHOLE, f"is no export of the PHP app; it has an @type: {known}")
    return export


def _members(entities: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(entities, dict):
        yield from entities.items()
    elif isinstance(entities, list):
        yield from ((str(at), entity) for at, entity in enumerate(entities))


def _kind_of(entity: Any) -> str:
    """Return what an entity says it is, or what its fields show; "" when neither tells."""
    if not isinstance(entity, dict):
        return ""
    if TYPE in entity:
        return str(entity[TYPE]).strip().lower()
    return next((kind for kind, fields in SIGNS.items() if fields <= entity.keys()), "")

"""Proposes a mapping: which field of a record fits which field of a JSON Schema, and why."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from openconnector.mapping.assignment import Edge, best_pairs
from openconnector.mapping.fitting import fit
from openconnector.mapping.leaves import Leaf, of_records, of_schema
from openconnector.mapping.naming import likeness, words_of

LEAST_SCORE: Final = 0.45
"""What scores less is not proposed."""

SHARE_OF_PATH: Final = 0.25
"""How much the words of the way to a field count beside its own."""

PICKED: Final = 0.85
"""How much a field in the first element of a list counts: usually the list is meant."""

FORMAT_ALONE: Final = 0.5
"""The score of a field that has another name, but alone holds such a thing as the target asks for."""

SHARE_OF_ELEMENTS: Final = 0.4
"""How much the fields of a list's objects count beside the list's name."""

NEIGHBOURS: Final = 2
"""How many fields of two objects have to fit before the objects do."""

NEIGHBOURHOOD: Final = 0.05
"""How much more the fields of objects that fit score."""

NAMED: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One pair."""

    target: str
    """The path in the result."""
    source: str
    """The path in the record."""
    expression: str
    """What to write in the mapping: the path, or a template where the value has to be changed on the way."""
    cast: str | None
    """The cast that gives the value the type the schema asks for."""
    score: float
    """How well they fit, from 0 to 1."""
    reason: str
    elements: list["Suggestion"] = field(default_factory=list)
    """For a list of objects: the pairs within one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What was found for a schema."""

    suggestions: list[Suggestion]
    unmatched_targets: list[str]
    """Fields of the schema for which nothing fits."""
    unmatched_sources: list[str]
    """Fields of the record that nothing asks for."""
    mapping: dict[str, str]
    """The suggestions as a mapping in the dialect `jinja` has them."""
    cast: dict[str, str]
    """Its casts."""


def suggest(records: Sequence[Any], schema: Mapping[str, Any]) -> Proposal:
    """Return the best pairs between the fields of sample records and those of a schema.

    The same input always gives the same proposal. Raises `InvalidInput` for a schema without properties, and for
    more than 200 fields on either side.
    """
    targets, sources = of_schema(schema), of_records(records)
    found = _suggestions(targets, sources)
    taken = {one.source for one in found}
    return Proposal(
        suggestions=found,
        unmatched_targets=_without({one.target for one in found}, targets),
        unmatched_sources=_without(taken, [leaf for leaf in sources if not leaf.is_picked]),
        mapping={one.target: one.expression for one in found},
        cast={one.target: one.cast for one in found if one.cast is not None},
    )


def _without(taken: set[str], leaves: Sequence[Leaf]) -> list[str]:
    return [leaf.dotted for leaf in leaves if leaf.dotted not in taken]


def _suggestions(targets: Sequence[Leaf], sources: Sequence[Leaf]) -> list[Suggestion]:
    found: dict[Edge, Suggestion] = {}
    for at, target in enumerate(targets):
        for other, source in enumerate(sources):
            pair = _pair(target, source, sources)
            if pair is not None:
                found[at, other] = pair
    _favour_neighbours(found, targets, sources)
    return [found[edge] for edge in best_pairs(_scores(found))]


def _scores(found: Mapping[Edge, Suggestion]) -> dict[Edge, float]:
    return {edge: pair.score for edge, pair in found.items()}


def _favour_neighbours(
    found: dict[Edge, Suggestion], targets: Sequence[Leaf], sources: Sequence[Leaf]
) -> None:
    """Raise pairs whose neighbours are paired too: the fields of an object mostly come from one object."""
    around = {
        (target, source): (targets[target].path[:-1], sources[source].path[:-1])
        for target, source in found
    }
    votes = Counter(around[edge] for edge in best_pairs(_scores(found)))
    for edge, pair in found.items():
        if around[edge][0] and votes[around[edge]] >= NEIGHBOURS:
            score = round(min(1.0, pair.score + NEIGHBOURHOOD), 3)
            found[edge] = replace(pair, score=score)


def _pair(target: Leaf, source: Leaf, sources: Sequence[Leaf]) -> Suggestion | None:
    """Return what two fields have in common; None when that is too little."""
    fitting = fit(target, source)
    if fitting is None:
        return None
    name = _name_likeness(target, source)
    score, reason = name * fitting.share, _reason(name, fitting.reason)
    if fitting.is_format and score < FORMAT_ALONE and _is_alone(source, sources):
        score, reason = FORMAT_ALONE, f"the only field that holds a {target.format}"
    elements = _suggestions(target.elements, source.elements) if target.elements else []
    if target.elements:
        whole = sum(one.score for one in elements) / len(target.elements)
        score = score * (1 - SHARE_OF_ELEMENTS) + whole * SHARE_OF_ELEMENTS if elements else 0.0
    score = round(score * (PICKED if source.is_picked else 1), 3)
    if score < LEAST_SCORE:
        return None
    return Suggestion(
        target=target.dotted,
        source=source.dotted,
        expression=_expression(source, fitting.template, elements),
        cast=fitting.cast,
        score=score,
        reason=reason,
        elements=elements,
    )


def _is_alone(source: Leaf, sources: Sequence[Leaf]) -> bool:
    return [one for one in sources if one.format == source.format and not one.is_picked] == [source]


def _name_likeness(target: Leaf, source: Leaf) -> float:
    """Return how alike the names are, with those of the objects around them, or with the schema's title."""
    whole = likeness(_words(target.path), _words(source.path))
    own = likeness(words_of(target.path[-1]), words_of(source.path[-1])) if whole else 0.0
    best = max(whole, own * (1 - SHARE_OF_PATH) + whole * SHARE_OF_PATH)
    if target.title:
        titled = likeness(words_of(target.title), words_of(source.path[-1]))
        best = max(best, titled * (1 - SHARE_OF_PATH) + whole * SHARE_OF_PATH)
    return best


@lru_cache(maxsize=1024)
def _words(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for key in path if not key.isdecimal() for word in words_of(key))


def _reason(name: float, fitting: str) -> str:
    same = "the same name" if name > 0.99 else f"a similar name ({name:.0%})"  # noqa: PLR2004
    return f"{same}, {fitting}"


def _expression(source: Leaf, template: str | None, elements: list[Suggestion]) -> str:
    if elements:
        inner = {
            "mapping": {one.target: one.expression for one in elements},
            "cast": {one.target: one.cast for one in elements if one.cast is not None},
        }
        return f"{{{{ mapping({json.dumps(inner)}, {reference(source.path)}, true) }}}}"
    if template is not None:
        return template.replace("@", reference(source.path))
    return source.dotted


def reference(path: Sequence[str]) -> str:
    """Return a path as a template writes it."""
    first, *rest = path
    written = first if NAMED.fullmatch(first) else f"_context[{json.dumps(first)}]"
    for key in rest:
        written += (
            f".{key}" if NAMED.fullmatch(key) else f"[{key if key == '0' else json.dumps(key)}]"
        )
    return written

"""Whether a field's values can become what a schema asks for, and by which cast."""

from dataclasses import dataclass
from typing import Final

from openconnector.mapping.leaves import Leaf

TEXT_FORMATS: Final = frozenset({"email", "uri", "uuid", "date", "date-time"})
"""Formats of JSON Schema that are recognised in texts."""

ALIASES: Final = {"url": "uri", "iri": "uri", "idn-email": "email"}

DAY: Final = "{{ @[6:10] ~ '-' ~ @[3:5] ~ '-' ~ @[0:2] }}"
"""Turns day, month and year round."""

DATES: Final = {
    ("date", "date-time"): "{{ @ | date('Y-m-d') }}",
    ("date-time", "date"): "{{ @ ~ 'T00:00:00Z' }}",
    ("date", "day"): DAY,
    ("date-time", "day"): DAY.replace(" }}", " ~ 'T00:00:00Z' }}"),
}
"""The format asked for and the one that is there -> the template that makes one from the other."""

NUMERIC: Final = {"integer": ("integer",), "number": ("integer", "number")}
"""Type -> what texts of numbers hold that can become it."""

SCALARS: Final = frozenset({"string", "integer", "number", "boolean"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How well values fit."""

    share: float
    """How much of the names' likeness counts, from 0 to 1."""
    reason: str
    cast: str | None = None
    template: str | None = None
    """A template that makes the value fit, with `@` for the field."""
    is_format: bool = False
    """The texts hold exactly what the schema's format asks for."""


SAME: Final = Fit(share=1.0, reason="the same type")
UNKNOWN: Final = Fit(share=0.9, reason="a type that is not known")


def fit(target: Leaf, source: Leaf) -> Fit | None:
    """Return how a source's values become a target's; None when they cannot."""
    if bool(target.elements) != bool(source.elements) and target.elements:
        return None
    if not target.types or not source.types:
        return _as_text(target, source) if target.format and source.format else UNKNOWN
    if len(source.types) > 1 and not source.types <= SCALARS:
        return None
    fits = [_to(wanted, target, source) for wanted in sorted(target.types)]
    return max((one for one in fits if one is not None), key=lambda one: one.share, default=None)


def _to(wanted: str, target: Leaf, source: Leaf) -> Fit | None:
    if wanted == "string":
        return _to_string(target, source)
    if wanted in NUMERIC:
        return _to_number(wanted, source)
    if wanted == "boolean":
        return _to_boolean(source)
    if wanted in source.types:
        return SAME
    if wanted == "array" and source.types <= SCALARS:
        return Fit(share=0.7, reason="one value for a list", cast="array")
    return None


def _to_string(target: Leaf, source: Leaf) -> Fit | None:
    if source.types == {"string"}:
        return _as_text(target, source)
    if source.types <= SCALARS:
        share = 0.5 if target.format in TEXT_FORMATS else 0.9
        return Fit(share=share, reason="a value written as text", cast="string")
    return None


def _as_text(target: Leaf, source: Leaf) -> Fit:
    wanted = ALIASES.get(target.format or "", target.format)
    if wanted not in TEXT_FORMATS:
        return SAME
    if source.format == wanted:
        return Fit(share=1.0, reason=f"both hold a {wanted}", is_format=True)
    if template := DATES.get((wanted, source.format or "")):
        return Fit(share=0.95, reason=f"a {source.format} written as {wanted}", template=template)
    if source.format is None:
        return Fit(share=0.7, reason=f"texts that may hold a {wanted}")
    return Fit(share=0.4, reason=f"texts that hold no {wanted}")


def _to_number(wanted: str, source: Leaf) -> Fit | None:
    if source.types <= {"integer", wanted}:
        return SAME
    cast = "integer" if wanted == "integer" else "float"
    if source.types == {"string"} and source.format in NUMERIC[wanted]:
        return Fit(share=0.95, reason="a number written as text", cast=cast)
    if source.types == {"string"} and source.format is None:
        return Fit(share=0.4, reason="texts that are not all numbers", cast=cast)
    if source.types <= {"integer", "number"}:
        return Fit(share=0.8, reason="a number that is rounded down", cast=cast)
    return None


def _to_boolean(source: Leaf) -> Fit | None:
    if source.types == {"boolean"}:
        return SAME
    if source.types == {"string"} and source.format == "boolean":
        return Fit(share=0.9, reason="true or false written as text", cast="boolean")
    if source.types <= {"integer", "string"}:
        return Fit(share=0.5, reason="a value that may stand for true or false", cast="boolean")
    return None

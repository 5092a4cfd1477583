"""A family's registry: turns its kinds into one discriminated union with a JSON Schema."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from pydantic import GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, ErrorDetails, core_schema
from typing_extensions import override

from openconnector.errors import (
    NATIVE_PREFIX,
    NEEDS_NEXTCLOUD,
    ConfigurationError,
    FieldProblem,
    InvalidInput,
    UnknownKind,
)
from openconnector.kinds.base import SECRET_FIELDS, Kind
from openconnector.kinds.explained import description_of, example_of, title_of
from openconnector.kinds.wording import worded
from openconnector.messages import t

K = TypeVar("K", bound=Kind)

SHOWN_LENGTH = 80
"""How much of a wrong value an error repeats."""


class Registry(Mapping[str, type[K]], Generic[K]):
    """The kinds of one family by name; also pydantic metadata for `Annotated[Family, REGISTRY]`.

    Pydantic builds the union once, at the first validation. Kinds that exist only inside Nextcloud are added
    before that, when the engine is built.
    """

    def __init__(self, family: str, *kinds: type[K]) -> None:
        self.family = family
        self._kinds: dict[str, type[K]] = {}
        self._is_sealed = False
        for kind in kinds:
            self.add(kind)

    def add(self, kind: type[K]) -> None:
        """Register one more kind. Raises `ConfigurationError` once the union has been built."""
        if self._is_sealed:
            raise ConfigurationError(
                f"{kind.__name__} comes too late: the {self.family} kinds are already in use"
            )
        self._kinds[kind.model_fields["kind"].default] = kind

    @override
    def __getitem__(self, name: str) -> type[K]:
        try:
            return self._kinds[name]
        except KeyError:
            raise UnknownKind(self.family, name, self._kinds) from None

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    @override
    def __len__(self) -> int:
        return len(self._kinds)

    # A mapping cannot be hashed, but the type `Annotated[Family, REGISTRY] | None` wants to.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def load(self, configuration: Mapping[str, Any]) -> K:
        """Return the kind a stored configuration describes. Raises `UnknownKind` or `InvalidInput`."""
        name = configuration.get("kind")
        if name is None:
            message = t("is missing; one of {known}", known=", ".join(self))
            problem = FieldProblem(field="kind", message=message)
            raise InvalidInput([problem], subject=self.family)
        try:
            return self[str(name)].model_validate(dict(configuration))
        except ValidationError as error:
            raise InvalidInput(problems_of(error, configuration), subject=self.family) from error

    def describe(self) -> list[dict[str, Any]]:
        """Return for each kind its name, title, description, example and JSON Schema, for forms and docs."""
        return [describe(kind) for kind in self._kinds.values()]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        self._is_sealed = True
        choices: dict[Any, CoreSchema] = {
            name: handler.generate_schema(kind) for name, kind in self._kinds.items()
        }
        return core_schema.tagged_union_schema(choices, discriminator="kind")


def describe(kind: type[Kind]) -> dict[str, Any]:
    """Return one kind as `GET /kinds` shows it."""
    return {
        "kind": kind.model_fields["kind"].default,
        "title": title_of(kind),
        "description": description_of(kind),
        "example": example_of(kind),
        "schema": TypeAdapter(kind).json_schema(by_alias=True, mode="validation"),
    }


def problems_of(error: ValidationError, given: Any = None) -> list[FieldProblem]:
    """Return pydantic's findings about ``given`` as field problems, with the values of secrets left out."""
    return [
        FieldProblem(
            field=".".join(as_sent(finding["loc"], given)) or "(whole)",
            message=_message(finding),
            value=None if may_be_secret(finding) else shortened(finding.get("input")),
        )
        for finding in error.errors(include_url=False)
    ]


def as_sent(places: Iterable[int | str], given: Any) -> Iterator[str]:
    """Yield the parts of a path that the sender wrote: a union adds the name of the kind, which is none."""
    for place in places:
        if isinstance(given, Mapping) and place not in given and given.get("kind") == place:
            continue
        yield str(place)
        try:
            given = given[place]
        except (KeyError, IndexError, TypeError):
            given = None


def _message(finding: ErrorDetails) -> str:
    """Return what is wrong; of a kind that exists only inside Nextcloud, where we are not, that it does."""
    given = finding.get("input")
    if finding["type"] == "union_tag_invalid" and isinstance(given, Mapping):
        name, known = str(given.get("kind")), finding["msg"].partition("expected tags")[2]
        if name.startswith(NATIVE_PREFIX) and NATIVE_PREFIX not in known:
            return t("the kind {name} {needs}", name=repr(name), needs=NEEDS_NEXTCLOUD)
    return worded(finding)


def may_be_secret(finding: ErrorDetails) -> bool:
    """Whether a wrong value may be a secret: in a field for one, in a misspelt field, or in an address."""
    value = finding.get("input")
    places = [str(place) for place in finding["loc"]]
    return (
        finding["type"] == "extra_forbidden"
        or not SECRET_FIELDS.isdisjoint(places)
        or any("password" in place.lower() for place in places)
        or (isinstance(value, str) and "://" in value and "@" in value)
    )


def shortened(value: Any) -> Any:
    """Return a wrong value as an error repeats it; None for what is no plain value."""
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    if isinstance(value, str):
        return value if len(value) <= SHOWN_LENGTH else f"{value[:SHOWN_LENGTH]}..."
    return None

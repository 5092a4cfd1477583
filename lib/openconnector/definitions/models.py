"""The definitions users save, as pydantic models; the field docstrings are the help texts of their forms."""

import re
import unicodedata
from typing import Annotated, Any, Literal

import xxhash
from pydantic import AfterValidator, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from openconnector.errors import ConfigurationError
from openconnector.expressions.positions import Position
from openconnector.http.guard import AllowedNetwork
from openconnector.kinds.base import FIRST
from openconnector.kinds.explained import Explained, title_of
from openconnector.kinds.schedule import Schedule
from openconnector.kinds.source import Source
from openconnector.kinds.target import Target
from openconnector.mapping.spec import MappingSpec
from openconnector.mapping.verification import moment
from openconnector.messages import t
from openconnector.schedules import SCHEDULES
from openconnector.sources import SOURCES
from openconnector.targets import TARGETS

SLUG_PATTERN = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
EVENT_PATTERN = r"^\\?[A-Za-z][A-Za-z0-9_]*(\\[A-Za-z][A-Za-z0-9_]*)*$"
SHORT = 255
LONG = 20_000

MAX_TESTS = 100
"""How many tests a mapping may have."""

MAX_TESTS_SIZE = 1_000_000
"""How long they may be together, as characters of JSON."""


ADVANCED: dict[str, Any] = {"x-advanced": True}
"""What tells a form that most people need not look at a field."""


def _refers(collection: str) -> dict[str, Any]:
    """Return what tells a form that a field chooses from a collection."""
    return {"x-refers": collection}


class Model(Explained):
    """Base of everything a user saves: strict about names, camelCase in JSON."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        defer_build=True,
        model_title_generator=title_of,
    )


class Definition(Model):
    """What every definition has in common."""

    name: str = Field(min_length=1, max_length=SHORT)
    """What people call it."""
    slug: str = Field(
        default="", max_length=SHORT, pattern=rf"{SLUG_PATTERN}|^$", json_schema_extra=ADVANCED
    )
    """Its name in addresses and files: lower case, digits and hyphens. Left empty, it follows from the name."""
    description: str = Field(default="", max_length=LONG)
    """What it is for, for the next person."""
    version: str = Field(default="", max_length=64, json_schema_extra=ADVANCED)
    """Semantic version. Left empty, it starts at 0.0.1 and its last part counts up with every save."""
    reference: str | None = Field(default=None, max_length=2_000, json_schema_extra=ADVANCED)
    """A permanent address of this definition, if it comes from a catalogue."""

    @field_validator("name", "slug", "description", "version", "reference")
    @classmethod
    def _storable(cls, text: str | None) -> str | None:
        if text is not None and any(
            unicodedata.category(mark) == "Cs" or mark == "\0" for mark in text
        ):
            raise ValueError(t("holds a character that is no text (NUL or half a surrogate pair)"))
        return text


def _network(text: str) -> str:
    try:
        AllowedNetwork.named(text)
    except ConfigurationError as error:
        raise ValueError(*error.args) from error
    return text


Network = Annotated[str, AfterValidator(_network)]


class SourceDefinition(Definition):
    """Where records come from."""

    is_enabled: bool = True
    """Switched off, the source refuses every call and every run that needs it."""
    personal: bool = False
    """The records are about people: what is kept of them (failed records, differences) is encrypted."""
    allowed_networks: list[Network] = Field(default_factory=list, max_length=100)
    """Private networks this source may reach, as `range` or `range:port`, for example `10.0.0.0/8:443`."""
    configuration: Annotated[Source, SOURCES]
    """How to reach it and how to read it; its `kind` decides which fields there are."""


class MappingTest(Model):
    """A record, and what the mapping has to make of it."""

    name: str = Field(default="", max_length=SHORT)
    """What is tested, for the reader of a failure."""
    input: dict[str, Any] | list[Any]
    """The record."""
    now: str | None = Field(default=None, max_length=64)
    """The moment at which it is run, in ISO 8601, in UTC where it names no zone. Left empty, the present one."""
    expected: Any
    """The whole result. The order of an object's fields does not matter."""

    @field_validator("now")
    @classmethod
    def _moment(cls, text: str | None) -> str | None:
        if text:
            moment(text)
        return text or None


class MappingDefinition(Definition, MappingSpec):
    """How a record becomes another."""

    model_config = Definition.model_config

    output_schema: dict[str, Any] | None = None
    """JSON Schema the results have to follow, in tests and in runs; a record whose result does not is `invalid`."""
    tests: list[MappingTest] = Field(default_factory=list, max_length=MAX_TESTS)
    """Records with the expected results. A save that breaks them is refused unless it is forced."""

    @field_validator("tests")
    @classmethod
    def _bounded(cls, tests: list[MappingTest]) -> list[MappingTest]:
        if sum(len(test.model_dump_json()) for test in tests) > MAX_TESTS_SIZE:
            raise ValueError(t("are longer than {limit} characters together", limit=MAX_TESTS_SIZE))
        return tests

    @property
    def spec(self) -> MappingSpec:
        """What decides the result, apart from what the mapping is called."""
        return MappingSpec.model_construct(
            **{name: getattr(self, name) for name in MappingSpec.model_fields}
        )


class SourceConfig(Model):
    """Which records of the source a synchronization reads."""

    model_config = ConfigDict(extra="allow")

    id_position: Position = Field(default="id", min_length=1, max_length=1_000)
    """Where a record holds its id: a path such as `properties.code`."""

    @property
    def selection(self) -> dict[str, Any]:
        """The fields of the source that this synchronization sets for itself, as users write them."""
        return dict(self.model_extra or {})


class DeletionPolicy(Model):
    """What happens to objects whose record is no longer at the source, and how many may go without asking."""

    mode: Literal["delete", "keep"] = "delete"
    """`delete` removes them after a complete read, `keep` never does."""
    max_count: int = Field(default=10, ge=0)
    """So many may always go."""
    max_share: float = Field(default=0.1, ge=0, le=1)
    """Or this share of all, if that is more."""
    small_below: int = Field(default=20, ge=0)
    """With fewer objects than this, `smallShare` is the limit."""
    small_share: float = Field(default=0.5, ge=0, le=1)
    """The share of few objects that may go."""

    def limit(self, contracts: int) -> int:
        """Return how many of so many may be deleted without asking."""
        limit = max(self.max_count, int(self.max_share * contracts))
        if contracts < self.small_below:
            limit = min(limit, int(self.small_share * contracts))
        return limit


class WakeOn(Model):
    """Something that happens in Nextcloud, upon which a synchronization begins."""

    event: str = Field(min_length=1, max_length=SHORT, pattern=EVENT_PATTERN)
    """`files`, `calendar`, `tags`, `tables` or `forms`; or the class of one event, such as
    `OCP\\Calendar\\Events\\CalendarObjectCreatedEvent`."""
    path: str = Field(default="", max_length=2_000)
    """Only what lies in this folder of anybody's files, such as `/Inbox`. It counts for events about files alone."""
    user: str = Field(default="", max_length=64)
    """Only what this account does; left empty, what anybody does."""


class SynchronizationDefinition(Definition):
    """What is kept in step with what."""

    is_enabled: bool = True
    """Switched off, it is not run."""
    source_id: str = Field(min_length=1, max_length=SHORT, json_schema_extra=_refers("sources"))
    """The source, by id, slug or reference."""
    source_config: SourceConfig = SourceConfig()
    """Which records to read: `idPosition`, and what the source lets a synchronization choose."""
    source_hash_mapping: str | None = Field(
        default=None, max_length=SHORT, json_schema_extra=_refers("mappings")
    )
    """A mapping whose result alone decides whether a record changed, by id, slug or reference."""
    source_target_mapping: str | None = Field(
        default=None, max_length=SHORT, json_schema_extra=_refers("mappings") | FIRST
    )
    """The mapping from record to object, by id, slug or reference. Without one, records go as they are."""
    target: Annotated[Target, TARGETS]
    """Where the objects go; its `kind` decides which fields there are."""
    conditions: Any = None
    """JsonLogic: only records for which it is true are synchronized. Empty takes all."""
    conditions_mode: Literal["standard", "php"] = "standard"
    """Whose rules of truth and comparison the conditions follow."""
    deletion: DeletionPolicy = DeletionPolicy()
    """What happens to objects whose record is gone."""
    duplicates: Literal["skip", "fail"] = "skip"
    """What the second record with the same id in one read counts as."""
    acting_user: str = Field(default="", max_length=64)
    """The Nextcloud account in whose name Nextcloud and Open Register are asked, unless source or target name another.
    Left empty, the account that administrators chose for all, else whoever saved it last. Only administrators may name
    somebody else than themselves."""
    follow_ups: list[str] = Field(
        default_factory=list, max_length=100, json_schema_extra=_refers("synchronizations")
    )
    """Synchronizations to run after this one succeeded, by id, slug or reference."""
    schedules: list[Annotated[Schedule, SCHEDULES]] = Field(
        default_factory=list, max_length=20, json_schema_extra=FIRST
    )
    """When it begins by itself: at the moments of each of these."""

    wake_on: list[WakeOn] = Field(default_factory=list, max_length=20)
    """Upon what it begins by itself, some seconds after it happened."""
    scan_every_hours: int = Field(default=24, ge=0, le=8_760)
    """With `wakeOn`: begin so often in any case, since what happens while the app is away tells nobody; 0 for never."""

    @field_validator("schedules")
    @classmethod
    def _different(cls, schedules: list[Schedule]) -> list[Schedule]:
        keys = [schedule.key for schedule in schedules]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                first = keys.index(key)
                raise ValueError(
                    t(
                        "number {number} has the moments of number {first}; remove one",
                        number=number,
                        first=first,
                    )
                )
        return schedules


def slug_of(name: str) -> str:
    """Return a slug made from a name: `Zaken (oud)` gives `zaken-oud`, a name without Latin letters one of its own."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SHORT] or (
        f"unnamed-{xxhash.xxh3_64_hexdigest(name.encode())[:8]}"
    )

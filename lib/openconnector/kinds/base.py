"""What every kind is: a frozen pydantic class whose fields are its configuration."""

import importlib
from types import ModuleType
from typing import Any, ClassVar

from pydantic import ConfigDict, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import override

from openconnector.errors import MissingExtra
from openconnector.kinds.explained import Explained, description_of, title_of

SECRET_FIELDS: set[str] = set()
"""The names, as users write them, of every field of every kind that holds a secret."""


FIRST: dict[str, Any] = {"x-first": True}
"""What tells a form that most people have to look at a field, although it may stay as it is."""


class Selection:
    """Marks a source's field that a synchronization may set for itself: which records, not how to connect.

    Used as `Annotated[str, Selection()]`. What decides where credentials go is never marked.
    """


class Kind(Explained):
    """The base of every source, target, auth scheme, paginator and decoder.

    A class attribute `kind` holds the stored name, equal to the file's stem. The docstring's first line is the
    title, the rest the description; its last paragraph is an example, a JSON object after `Example:`.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        model_title_generator=title_of,
    )

    uses: ClassVar[frozenset[str]] = frozenset()
    """The parts of `Reach` this kind touches; a conformance test fails a kind that uses another."""

    @override
    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)
        for name, field in cls.model_fields.items():
            if "SecretStr" in str(field.annotation):
                SECRET_FIELDS.update((name, field.alias or to_camel(name)))

    @override
    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        schema = super().__get_pydantic_json_schema__(core_schema, handler)
        handler.resolve_ref_schema(schema)["description"] = description_of(cls)
        return schema

    def configuration(self) -> dict[str, Any]:
        """Return the configuration as it is written by a user, with secrets masked."""
        return self.model_dump(mode="json", by_alias=True)


def load(module: str, *, extra: str) -> ModuleType:
    """Import a library that only one kind needs. Raises `MissingExtra` naming what to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(module, extra) from error

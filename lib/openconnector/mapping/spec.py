"""What a mapping is, apart from how it is stored."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from openconnector.kinds.explained import Explained

Dialect: TypeAlias = Literal["jinja", "twig"]
Fields: TypeAlias = dict[str, Any] | list[Any] | None
Paths: TypeAlias = list[str] | dict[str, str] | None
Switch: TypeAlias = (
    bool | Annotated[int, Field(ge=0, le=1)] | Annotated[str, Field(max_length=0)] | None
)
"""How fields, paths and switches are taken: as the predecessor wrote them as well."""


class MappingSpec(Explained):
    """How a record becomes another: fields, then removals, then casts."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    mapping: dict[str, Any] = Field(default_factory=dict)
    """Target path to what stands there: a path of the record, a template with `{{ }}`, or a fixed value."""
    cast: dict[str, str | list[str]] = Field(default_factory=dict)
    """Target path to the casts applied to it in order: a list, or names with commas between."""
    unset: list[str] = Field(default_factory=list)
    """Target paths to take away after mapping; of use together with pass-through."""
    pass_through: bool = False
    """Begin with a copy of the whole record instead of an empty one."""
    dialect: Dialect = "jinja"
    """How templates are read: `jinja` keeps numbers and lists, `twig` writes text as the predecessor did."""
    escape: bool = True
    """In `twig`: escape what is printed and decode the result, as the predecessor did. Off: texts stay as written."""

    @field_validator("mapping", "cast", mode="before", json_schema_input_type=Fields)
    @classmethod
    def _object(cls, value: Any) -> Any:
        """Take PHP's empty array for an empty object, and a list for one with the positions as keys."""
        if value is None:
            return {}
        if isinstance(value, list):
            return {str(position): item for position, item in enumerate(value)}
        return value

    @field_validator("cast", mode="before")
    @classmethod
    def _known_shapes(cls, value: Any) -> Any:
        """Drop what can name no cast (a number, for one); the predecessor ignored it."""
        if not isinstance(value, Mapping):
            return value
        return {
            path: [name for name in names if isinstance(name, str)]
            if isinstance(names, list)
            else names
            for path, names in value.items()
            if isinstance(names, (str, list))
        }

    @field_validator("unset", mode="before", json_schema_input_type=Paths)
    @classmethod
    def _list(cls, value: Any) -> Any:
        """Take an object's values for a list."""
        if value is None:
            return []
        return list(value.values()) if isinstance(value, dict) else value

    @field_validator("pass_through", mode="before", json_schema_input_type=Switch)
    @classmethod
    def _switch(cls, value: Any) -> Any:
        """Take 1 for yes, and 0, null and empty text for no."""
        return bool(value) if value in (None, "", 0, 1) else value

    def casts_of(self, path: str) -> list[str]:
        """Return the names of the casts of one path, in order; a comma parts them, blanks count."""
        names = self.cast[path]
        return names.split(",") if isinstance(names, str) else names

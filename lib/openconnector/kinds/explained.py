"""Models whose JSON Schema carries the string under each field as its description, and which take what it says.

Pydantic can do so itself (`use_attribute_docstrings`), but it reads the sources when a class is made: a quarter of a
second for every command that never shows a form. Here they are read when a schema is asked for.
"""

import ast
import inspect
import re
import textwrap
from functools import cache
from itertools import chain, pairwise
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.fields import ComputedFieldInfo, FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import override

ACRONYMS = frozenset({"id", "url", "api", "php", "xml", "json", "csv", "etag"})
"""Words of field names that are written in capitals."""


def label(name: str, field: FieldInfo | ComputedFieldInfo | None = None) -> str:
    """Return what people read beside a field: `sentIn` gives `Sent in`, `isEnabled` gives `Enabled`.

    One that is written under another name than it has here is called by that.
    """
    written = (field and field.alias) or name
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", written).lower().removeprefix("is ").split()
    words = [word.upper() if word in ACRONYMS else word for word in words]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


class Explained(BaseModel):
    """Base of models whose fields are named and explained where they stand.

    Values are of the type the schema names: 1 is no `true`, `"1"` no number. Whole numbers are as JSON Schema has them:
    7.0 is 7.
    """

    model_config = ConfigDict(field_title_generator=label, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _take_whole_numbers(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return given | {
            name: int(given[name])
            for name in _whole_numbers(cls).intersection(given)
            if isinstance(given[name], float) and given[name].is_integer()
        }

    @override
    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        described: dict[str, Any] = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in explanations(cls).items():
            field = cls.model_fields.get(name)
            place = described.get((field and field.alias) or name)
            if place is not None:
                place.setdefault("description", text)
        return schema


def title_of(model: type) -> str:
    """Return the first line of a class's docstring, without its full stop."""
    return inspect.cleandoc(model.__doc__ or "").partition("\n")[0].rstrip(".")


def description_of(model: type) -> str:
    """Return what a class's docstring says between its title and its example."""
    rest = inspect.cleandoc(model.__doc__ or "").partition("\n")[2]
    return flowing(rest.partition("Example:")[0].strip())


def example_of(model: type) -> str:
    """Return the example at the end of a class's docstring; empty where it has none."""
    return inspect.cleandoc(model.__doc__ or "").partition("Example:")[2].strip()


@cache
def _whole_numbers(model: type[BaseModel]) -> frozenset[str]:
    """Return the fields that hold a whole number, by name and as users write them."""
    fields = [
        (name, field.alias or name)
        for name, field in model.model_fields.items()
        if field.annotation is int or int in get_args(field.annotation)
    ]
    return frozenset(chain.from_iterable(fields))


@cache
def explanations(model: type[BaseModel]) -> dict[str, str]:
    """Return the string under each field of a model, those of its bases included."""
    found: dict[str, str] = {}
    for part in reversed(model.__mro__):
        if issubclass(part, Explained) and part is not Explained:
            found.update(_written_in(part))
    return found


@cache
def _written_in(model: type) -> dict[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    except (OSError, TypeError):
        return {}  # a class made while running has no source
    found: dict[str, str] = {}
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    for field, text in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            found[field.target.id] = flowing(inspect.cleandoc(text.value.value))
    return found


def flowing(text: str) -> str:
    """Return a text as paragraphs: how long its lines were in the program is nobody's business."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", text)

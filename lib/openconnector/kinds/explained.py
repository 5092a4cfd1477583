"""Models whose JSON Schema carries the string under each field as its description.

Pydantic can do so itself (`use_attribute_docstrings`), but it reads the sources when a class is made: a quarter of a
second for every command that never shows a form. Here they are read when a schema is asked for.
"""

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import override


class Explained(BaseModel):
    """Base of models whose fields are explained where they stand."""

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


@cache
def explanations(model: type[BaseModel]) -> dict[str, str]:
    """Return the string under each field of a model, those of its bases included."""
    found: dict[str, str] = {}
    for part in reversed(model.__mro__):
        if issubclass(part, Explained) and part is not Explained:
            found.update(_written_in(part))
    return found


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
            found[field.target.id] = inspect.cleandoc(text.value.value)
    return found

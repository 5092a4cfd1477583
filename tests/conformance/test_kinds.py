"""What every registered kind promises, whatever its family."""

import ast
import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from openconnector.auth import AUTH
from openconnector.decoders import DECODERS
from openconnector.errors import NATIVE_PREFIX
from openconnector.kinds import Kind, Registry
from openconnector.kinds.reach import Reach
from openconnector.kinds.registry import describe
from openconnector.kinds.source import Source
from openconnector.paginators import PAGINATORS
from openconnector.schedules import SCHEDULES
from openconnector.sources import SOURCES
from openconnector.targets import TARGETS

FAMILIES: dict[str, Registry[Any]] = {
    "sources": SOURCES,
    "targets": TARGETS,
    "auth": AUTH,
    "paginators": PAGINATORS,
    "decoders": DECODERS,
    "schedules": SCHEDULES,
}

KNOWS_ITS_SIBLINGS = {"openconnector.paginators.auto"}
"""Finds out which of the other paginators fits, so it has to know them."""

DRAFT = "https://json-schema.org/draft/2020-12/schema"

NATIVE_FAMILIES = {"sources", "targets"}
"""Families with kinds that exist only inside Nextcloud."""

LEADS_ELSEWHERE = {"location", "source", "auth", "actingUser"}
"""Fields that decide where credentials go, or which."""

KINDS = [
    pytest.param(family, registry[name], id=f"{family}/{name}")
    for family, registry in FAMILIES.items()
    for name in registry
]
every_kind = pytest.mark.parametrize(("family", "kind"), KINDS)


def syntax(kind: type[Kind]) -> ast.Module:
    return ast.parse(inspect.getsource(importlib.import_module(kind.__module__)))


@cache
def described(kind: type[Kind]) -> dict[str, Any]:
    return describe(kind)


def example(kind: type[Kind]) -> dict[str, Any]:
    return dict(json.loads(described(kind)["example"]))


def secrets(value: Any) -> Iterator[str]:
    """Yield what is secret in a configuration, at any depth."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from secrets(getattr(value, name))
    elif isinstance(value, dict):
        for inner in value.values():
            yield from secrets(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from secrets(inner)


def is_taken(kind: type[Kind], configuration: dict[str, Any]) -> bool:
    try:
        kind.model_validate(configuration)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("family", FAMILIES)
def test_every_file_of_a_family_is_a_registered_kind(family):
    names = [f"openconnector.{family}"]
    if family in NATIVE_FAMILIES:
        names.append(f"ex_app.kinds.{family}")
    folders = [path for name in names for path in importlib.import_module(name).__path__]

    files = {module.name for module in pkgutil.iter_modules(folders)}

    assert files == set(FAMILIES[family])


@every_kind
def test_its_name_is_that_of_its_file(family, kind):
    name = kind.model_fields["kind"].default

    assert Path(inspect.getfile(kind)).stem == name
    assert FAMILIES[family][name] is kind
    assert kind.model_json_schema(by_alias=True)["properties"]["kind"]["const"] == name


@every_kind
def test_it_has_a_title_a_description_and_an_example(family, kind):
    told = described(kind)

    assert told["title"]
    assert len(told["title"]) <= 60
    assert told["description"].endswith((".", "`"))
    assert example(kind)["kind"] == told["kind"]


@every_kind
def test_every_field_explains_itself(family, kind):
    schema = kind.model_json_schema(by_alias=True)
    parts = {kind.__name__: schema, **schema.get("$defs", {})}

    silent = [
        f"{part}.{name}"
        for part, definition in parts.items()
        for name, field in definition.get("properties", {}).items()
        if name != "kind" and not field.get("description", "").rstrip().endswith((".", "`"))
    ]

    assert silent == []


@every_kind
def test_its_schema_is_valid_and_its_example_fits(family, kind):
    schema = described(kind)["schema"]

    jsonschema_rs.meta.validate({"$schema": DRAFT, **schema})
    jsonschema_rs.Draft202012Validator(schema).validate(example(kind))

    assert json.loads(json.dumps(schema)) == schema


@every_kind
def test_its_example_loads_and_comes_back_from_a_dump(family, kind):
    loaded = FAMILIES[family].load(example(kind))

    again = FAMILIES[family].load(loaded.model_dump(by_alias=True))
    shown = FAMILIES[family].load(loaded.configuration())

    assert type(loaded) is kind
    assert again == loaded
    assert shown.configuration() == loaded.configuration()


@every_kind
def test_it_never_shows_a_secret(family, kind):
    loaded = FAMILIES[family].load(example(kind))

    shown = f"{loaded!r} {loaded} {json.dumps(loaded.configuration())} {loaded.model_dump()}"

    assert [secret for secret in secrets(loaded) if secret in shown] == []


@every_kind
def test_it_is_frozen_and_takes_no_unknown_field(family, kind):
    loaded = FAMILIES[family].load(example(kind))

    with pytest.raises(ValidationError, match="frozen"):
        loaded.kind = "other"
    with pytest.raises(ValidationError, match="Extra inputs"):
        kind.model_validate({**example(kind), "surprise": 1})


@every_kind
def test_it_takes_no_value_that_its_schema_refuses(family, kind):
    """Not 1 for true, not text for a number, not seconds for a moment."""
    schema = described(kind)["schema"]
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)

    taken = [
        f"{name}: {value!r}"
        for name in schema["properties"]
        for value in (True, 1, 0, 1.5, "1", "true", "", None, [], ["1"], [1], {}, {"a": 1})
        if not validator.is_valid({**example(kind), name: value})
        and is_taken(kind, {**example(kind), name: value})
    ]

    assert taken == []


@every_kind
def test_it_takes_whole_numbers_as_json_schema_does(family, kind):
    usual = FAMILIES[family].load(example(kind)).configuration()
    counts = {name: value for name, value in usual.items() if type(value) is int}

    loaded = FAMILIES[family].load({**example(kind), **{n: float(v) for n, v in counts.items()}})

    assert {name: loaded.configuration()[name] for name in counts} == counts
    assert all(type(loaded.configuration()[name]) is int for name in counts)


@every_kind
def test_two_of_a_kind_share_nothing_that_can_change(family, kind):
    one, other = (FAMILIES[family].load(example(kind)) for _ in range(2))

    shared = [
        name
        for name in kind.model_fields
        if isinstance(getattr(one, name), list | dict | set | bytearray)
        and getattr(one, name) is getattr(other, name)
    ]

    assert shared == []


@every_kind
def test_it_uses_the_parts_of_reach_it_declares(family, kind):
    parts = set(Reach.__dataclass_fields__)
    nodes = list(ast.walk(syntax(kind)))

    touched = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "reach"
    }
    # Auth schemes are given the parts one by one.
    given = {
        node.id
        for node in nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in parts
    }

    assert kind.uses == (touched | given if family == "auth" else touched)
    assert kind.uses <= parts


@every_kind
def test_it_does_not_know_its_siblings(family, kind):
    imported = {
        name
        for node in ast.walk(syntax(kind))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
        if name.startswith((f"openconnector.{family}.", f"ex_app.kinds.{family}."))
    }

    assert kind.__module__ in KNOWS_ITS_SIBLINGS or imported == set()


@every_kind
def test_what_exists_only_inside_nextcloud_says_so_by_its_name(family, kind):
    is_native = kind.__module__.startswith("ex_app.")

    assert is_native == kind.model_fields["kind"].default.startswith(NATIVE_PREFIX)
    assert is_native == ("host" in kind.uses)


@pytest.mark.parametrize("kind", SOURCES.values())
def test_a_synchronization_cannot_lead_credentials_elsewhere(kind: type[Source]):
    fields = {field.alias or name for name, field in kind.model_fields.items()}

    assert kind.selection_fields() <= fields
    assert not kind.selection_fields() & LEADS_ELSEWHERE

"""Take secrets out of a definition before it is stored, and put them back before it is used.

Fields are named by JSON pointers (RFC 6901).
"""

from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import BaseModel, SecretStr

MASK = "**********"
"""What a stored secret looks like in answers; sent back unchanged it means: keep the stored one."""


def split(model: BaseModel) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the model as users write it, every secret left out, and the secrets by JSON pointer."""
    plain = model.model_dump(mode="json", by_alias=True)
    secrets: dict[str, str] = {}
    _take(model.model_dump(mode="python", by_alias=True), plain, "", secrets)
    return plain, secrets


def found_in(value: Any, schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the secrets of something that need not be valid yet, by JSON pointer.

    ``schema`` is the JSON Schema it is to follow, as pydantic writes it.
    """
    return dict(_found(value, schema, schema.get("$defs", {}), ""))


def replaced(value: Mapping[str, Any], secrets: Mapping[str, str | None]) -> dict[str, Any]:
    """Return a copy with these at the places of secrets, whatever stands there."""
    copy: dict[str, Any] = _copied(value)
    for pointer, secret in secrets.items():
        *parents, name = (_unescaped(part) for part in pointer.split("/")[1:])
        place = _descend(copy, parents)
        place[int(name) if isinstance(place, list) else name] = secret
    return copy


def join(plain: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """Return the definition with the secrets in their places, where their surroundings still exist.

    A secret the definition holds itself wins; the mask does not count as one.
    """
    joined = _copied(plain)
    for pointer, secret in secrets.items():
        *parents, name = (_unescaped(part) for part in pointer.split("/")[1:])
        place = _descend(joined, parents)
        if isinstance(place, dict) and place.get(name) in (None, MASK):
            place[name] = secret
        elif isinstance(place, list) and name.isdigit() and int(name) < len(place):
            place[int(name)] = secret if place[int(name)] in (None, MASK) else place[int(name)]
    result: dict[str, Any] = joined
    return result


def still_asked_for(
    secrets: Mapping[str, str], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, str]:
    """Return the secrets whose place is of the same kind in both definitions: another kind has other secrets."""
    return {
        pointer: secret
        for pointer, secret in secrets.items()
        if _kinds(before, pointer) == _kinds(after, pointer)
    }


def masked(plain: Mapping[str, Any], pointers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition with the mask where a secret is stored."""
    return join(plain, dict.fromkeys(pointers, MASK))


def expiry_of(secret: str) -> datetime | None:
    """Return when a secret expires that says so itself, as a JSON Web Token does (RFC 7519, `exp`); None for others."""
    head, *parts = secret.split(".")
    if not head.startswith("eyJ") or len(parts) != 2:  # noqa: PLR2004  claims and signature
        return None
    try:
        claims = orjson.loads(urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, TypeError, LookupError, OverflowError, OSError):
        return None  # it only looks like one


def _take(typed: Any, plain: Any, pointer: str, secrets: dict[str, str]) -> None:
    places = typed.items() if isinstance(typed, dict) else enumerate(typed)
    for name, value in places:
        here = f"{pointer}/{_escaped(str(name))}"
        if isinstance(value, SecretStr):
            secrets[here] = value.get_secret_value()
            plain[name] = None
        elif isinstance(value, (dict, list)):
            _take(value, plain[name], here, secrets)


def _found(
    value: Any, schema: Mapping[str, Any], named: Mapping[str, Any], pointer: str
) -> Iterator[tuple[str, str]]:
    schema = _named(schema, named)
    if isinstance(value, str) and schema.get("format") == "password":
        yield pointer, value
    for choice in _choices(schema, value):
        yield from _found(value, choice, named, pointer)
    if isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            yield from _found(value.get(name), inner, named, f"{pointer}/{_escaped(name)}")
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from _found(one, schema.get("items", {}), named, f"{pointer}/{place}")


def _named(schema: Mapping[str, Any], named: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema, or the one that it refers to."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return named[name] if name else schema


def _choices(schema: Mapping[str, Any], value: Any) -> list[Mapping[str, Any]]:
    """Return what a value may be instead; of kinds, the one that it names."""
    tag = schema.get("discriminator")
    if tag is None:
        return [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    name = value.get(tag["propertyName"]) if isinstance(value, dict) else None
    return [{"$ref": tag["mapping"][name]}] if name in tag["mapping"] else []


def _kinds(definition: Mapping[str, Any], pointer: str) -> list[Any]:
    """Return the `kind` of every object on the way to a secret."""
    names = [_unescaped(part) for part in pointer.split("/")[1:-1]]
    places = [_descend(definition, names[: depth + 1]) for depth in range(len(names))]
    return [place.get("kind") if isinstance(place, Mapping) else None for place in places]


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copied(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_copied(inner) for inner in value]
    return value


def _descend(value: Any, names: list[str]) -> Any:
    for name in names:
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")

"""Who is who: a record's id at its source, the id of its object, the key of a write."""

import hashlib
import itertools
import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import xxhash

from openconnector.errors import RecordError
from openconnector.expressions.paths import MISSING, compile_path
from openconnector.records import Action, Record

MAX_ID_LENGTH = 1_000
"""Characters of an origin id; longer ones do not fit a database index."""

NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""What no database keeps as text."""

MAX_KEY_LENGTH = 64

VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
"""The digit of a UUID that holds its variant: the two upper bits are `10`."""


def origin_id_reader(path: str) -> Callable[[Record], str]:
    """Return a function that reads a record's id as text; it raises `RecordError` where there is none.

    The number 7 and the text "7" are the same id, as they are in an address.
    """
    find = compile_path(path)

    def read(record: Record) -> str:
        value = find(record)
        if type(value) is str and value:
            return _checked(value, path)
        if type(value) is int or (type(value) is float and value.is_integer()):
            return str(int(value))
        raise RecordError(_why(value, path), stage="select", field=path)

    return read


def _checked(value: str, path: str) -> str:
    # Nearly every id is plain ASCII, which is told at a third of the cost of searching it.
    is_plain = value.isascii() and value.isprintable()
    if len(value) <= MAX_ID_LENGTH and (is_plain or not NO_TEXT.search(value)):
        return value
    raise RecordError(
        f"The id at {path!r} is longer than {MAX_ID_LENGTH} characters or holds what is no text "
        "(NUL, half a surrogate pair)",
        stage="select",
        field=path,
    )


def _why(value: Any, path: str) -> str:
    found = (
        "nothing"
        if value is MISSING
        else "an empty value"
        if value in (None, "")
        else _named(value)
    )
    return f"The record has no id: at {path!r} stands {found}; it has to be text or a whole number"


def _named(value: Any) -> str:
    names = {bool: "true or false", float: "a broken number", list: "a list", dict: "an object"}
    return names.get(type(value), "something else")


def target_ids(synchronization_id: str, target: str) -> Callable[[str], str]:
    """Return what gives the object of a record its id: always the same, so that writing twice makes one object.

    For targets that may have got a write of which we do not know. It is a UUID of version 5 (RFC 9562) in the namespace
    of the synchronization; `uuid.uuid5` takes four times as long.
    """
    begun = hashlib.sha1(
        UUID(synchronization_id).bytes + f"{target}\0".encode(), usedforsecurity=False
    )

    def derive(origin_id: str) -> str:
        hashed = begun.copy()
        hashed.update(origin_id.encode())
        text = hashed.hexdigest()
        return (
            f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"
        )

    return derive


def ordered_ids(now: datetime) -> Callable[[str], str]:
    """Return what gives each new object an id that follows the one before, which an index takes in at its end.

    For a target in our own database: object and contract are kept together or not at all, so no id has to be found
    again. It is a UUID of version 7 (RFC 9562, 6.2 method 2): the moment given, 26 random bits that tell apart who
    begins at the same moment, and a counter that begins anywhere in the lower half of its 48 bits.
    """
    moment = f"{int(now.timestamp() * 1000):012x}"
    mark = f"7{secrets.randbits(12):03x}-{0x8000 | secrets.randbits(14):04x}"
    head = f"{moment[:8]}-{moment[8:]}-{mark}-"
    number = itertools.count(secrets.randbits(47))

    def derive(_origin_id: str) -> str:
        return f"{head}{next(number):012x}"

    return derive


def write_key(
    synchronization_id: str, target: str, origin_id: str, action: Action, mapped_hash: bytes
) -> str:
    """Return the idempotency key of a write: the same record in the same shape gives the same key."""
    text = f"{synchronization_id}\0{target}\0{origin_id}\0{action}\0".encode()
    return xxhash.xxh3_128_hexdigest(text + mapped_hash)


def target_key(kind: str, place: str) -> str:
    """Return the short name under which contracts belong to a target."""
    name = f"{kind}:{place}"
    if len(name) <= MAX_KEY_LENGTH:
        return name
    return f"{kind}:{xxhash.xxh3_64_hexdigest(name.encode())}"

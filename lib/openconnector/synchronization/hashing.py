"""Change detection: a hash over a record's canonical form."""

from typing import Any

import orjson
import xxhash

from openconnector.errors import RecordError

HASH_VERSION = 1
"""Stored beside each hash; counted up when the canonical form changes, so that old hashes are not compared."""


def digest(value: Any) -> bytes:
    """Return 16 bytes that differ when the value differs; the order of keys does not count.

    Raises `RecordError` for what has no canonical form.
    """
    return digest_of(canonical(value))


def digest_of(text: bytes) -> bytes:
    """Return the digest of a value whose canonical form is at hand."""
    return xxhash.xxh3_128_digest(text)


def canonical(value: Any) -> bytes:
    """Return a value as JSON in which the order of keys has gone.

    Raises `RecordError` for what has no such form: an integer beyond 64 bits, half a surrogate pair.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise RecordError(f"The record cannot be compared: {error}", stage="select") from error

"""What is read of a body, and what is refused."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.types import Message

from openconnector.api.requests import MAX_DEPTH, JsonRequest, is_text, parsed
from openconnector.errors import InvalidInput

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_can_be_kept_is_read_exactly(value: object):
    assert parsed(json.dumps(value).encode()) == value


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes):
    with suppress(InvalidInput):
        parsed(body)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "as JSON"),
        (b'{"name": NaN}', "as JSON"),
        (b'{"name": 1e999}', "as JSON"),
        (b'{"name": "\\ud800"}', "as JSON"),
        (b'{"name": "\xff"}', "as JSON"),
        (b'{"na\\u0000me": 1}', "NUL"),
        (b'{"name": ["a\\u0000b"]}', "NUL"),
        (b'{"n": 9223372036854775808}', "64 bits"),
        (b'{"n": -9223372036854775809}', "64 bits"),
        (b'{"n": 123456789012345678901234567890}', "64 bits"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested deeper"),
        (b"[" * 2000 + b"]" * 2000, "as JSON"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_reason(body: bytes, said: str):
    with pytest.raises(InvalidInput, match=said):
        parsed(body)


@pytest.mark.parametrize(
    "body",
    [
        b'"9223372036854775808"',
        b"12345678901234567890.5",
        b"-9223372036854775808",
        b'"a\\\\u0000b"',
        b"[" * MAX_DEPTH + b"]" * MAX_DEPTH,
        b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH,
    ],
)
def test_what_only_looks_like_that_is_read(body: bytes):
    assert parsed(body) == json.loads(body)


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_a_database_cannot_keep_is_told_apart(text: str):
    assert not is_text(text)
    assert is_text("a\tb \U0001f600")


async def test_a_caller_who_leaves_amid_the_body_is_no_fault_of_ours():
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}])

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    request = JsonRequest({"type": "http", "method": "POST", "headers": []}, receive)

    with pytest.raises(HTTPException) as refused:
        await request.read()
    assert refused.value.status_code == 400

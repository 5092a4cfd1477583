"""JSON Lines: one value in each line, each as strict as JSON."""

import io
import json
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.decoders.jsonl import JsonLinesDecoder
from openconnector.errors import LimitExceeded, MalformedAnswer


def decoded(body: bytes, **configuration):
    return JsonLinesDecoder.model_validate(configuration).decode(body, "application/jsonl")


@given(st.lists(st.dictionaries(st.text(), st.integers() | st.text())))
def test_every_line_is_a_record(records):
    body = "\n".join(json.dumps(record) for record in records).encode()

    assert decoded(body) == records


@given(st.binary(max_size=60))
def test_any_bytes_are_values_or_a_malformed_answer(body):
    with suppress(MalformedAnswer):
        decoded(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1}\n{"a": 2}\n',
        b'{"a": 1}\r\n\r\n{"a": 2}',
        b'\xef\xbb\xbf{"a": 1}\n\n  {"a": 2}  \n',
        b'\x1e{"a": 1}\n\x1e{"a": 2}\n',
    ],
)
def test_ends_of_lines_marks_and_empty_lines_are_left_out(body):
    assert decoded(body) == [{"a": 1}, {"a": 2}]


def test_a_broken_line_is_named_and_not_repeated():
    with pytest.raises(MalformedAnswer, match="Line 2") as failure:
        decoded(b'{"a": 1}\n{"bsn": "999990019"\n')

    assert "999990019" not in str(failure.value)
    assert failure.value.__context__ is None


def test_a_line_may_be_as_long_as_the_limit():
    line = b'"' + b"x" * 997 + b'"\n'

    assert decoded(line, maxLine=1_000)
    with pytest.raises(LimitExceeded, match="maxLine"):
        decoded(b"x" + line, maxLine=1_000)


def test_memory_stays_flat_however_long_the_file(tmp_path):
    file = tmp_path / "big.jsonl"
    with file.open("wb") as opened:
        for number in range(5_000):
            opened.write(b'{"id": %d, "name": "%s"}\n' % (number, b"Ada" * 300))
    tracemalloc.start()

    with file.open("rb") as opened:
        count = sum(1 for _ in JsonLinesDecoder().rows(opened))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 5_000
    assert peak < file.stat().st_size / 20


def test_a_file_is_read_no_further_than_asked():
    file = io.BytesIO(b'{"a": 1}\n' * 10_000 + b"broken")

    assert next(JsonLinesDecoder().rows(file)) == {"a": 1}

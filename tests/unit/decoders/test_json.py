"""JSON is read strictly, and an error says what came instead without repeating it."""

import base64
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.decoders.json import JsonDecoder
from openconnector.errors import MalformedAnswer
from openconnector.jsontexts import MAX_DEPTH

CORPUS = json.loads((Path(__file__).parents[2] / "corpora/malformed-answers.json").read_text())
SUITE = Path(__file__).parents[4] / "shared/data/suites/jsontestsuite/test_parsing"

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def decoded(body: bytes, content_type: str = "application/json"):
    return JsonDecoder().decode(body, content_type)


@pytest.mark.parametrize("case", CORPUS["cases"], ids=lambda case: case["reason"])
def test_what_is_no_json_is_named(case):
    body = base64.b64decode(case["base64"]) if "base64" in case else case["body"].encode()

    with pytest.raises(MalformedAnswer) as failure:
        decoded(body, case["contentType"])

    assert case["says"] in str(failure.value)
    assert f"{len(body)} bytes" in str(failure.value)


@given(values)
def test_every_json_value_comes_back(value):
    assert decoded(json.dumps(value).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_a_malformed_answer(body):
    with suppress(MalformedAnswer):
        decoded(body)


def test_an_error_never_repeats_the_body():
    with pytest.raises(MalformedAnswer) as failure:
        decoded(b'{"bsn": "999990019", broken')

    assert "999990019" not in str(failure.value)
    assert failure.value.__context__ is None


@pytest.mark.parametrize(
    "number",
    [2**63, -(2**63) - 1, 2**64, 10**19, -(10**19), 123456789012345678901234567890, 10**308],
)
def test_long_whole_numbers_are_kept(number):
    assert decoded(b'[{"id": %d, "name": "a"}]' % number) == [{"id": number, "name": "a"}]


def test_a_number_beyond_a_double_is_refused():
    with pytest.raises(MalformedAnswer, match="infinity"):
        decoded(b"[1" + b"0" * 309 + b"]")


def test_a_byte_order_mark_is_left_out():
    assert decoded(b'\xef\xbb\xbf{"id": 1}') == {"id": 1}


def test_the_bytes_decide_and_not_the_content_type():
    assert decoded(b'{"id": 1}', "text/html") == {"id": 1}


@pytest.mark.parametrize("pair", [b"[]", b"{}"])
def test_nesting_is_bounded(pair):
    def nested(levels: int) -> bytes:
        if pair == b"[]":
            return b"[" * levels + b"]" * levels
        return b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)

    decoded(nested(MAX_DEPTH))

    with pytest.raises(MalformedAnswer, match="deeper than 100 levels"):
        decoded(nested(MAX_DEPTH + 1))


@pytest.mark.parametrize("levels", [1025, 100_000])
def test_nesting_beyond_the_parser_is_refused(levels):
    with pytest.raises(MalformedAnswer):
        decoded(b"[" * levels + b"]" * levels)


def test_brackets_in_texts_are_no_nesting():
    body = json.dumps(["[" * 300, "}" * 7, "a[b]{"]).encode()

    assert decoded(body) == ["[" * 300, "}" * 7, "a[b]{"]


def suite_files() -> list[Path]:
    return sorted(SUITE.glob("*.json"))


@pytest.mark.skipif(not SUITE.is_dir(), reason=f"the JSONTestSuite is not at {SUITE}")
def test_the_json_test_suite_is_obeyed():
    wrong = []
    for file in suite_files():
        try:
            decoded(file.read_bytes())
            is_accepted = True
        except MalformedAnswer:
            is_accepted = False
        if file.name[0] == ("n" if is_accepted else "y"):
            wrong.append(file.name)

    assert len(suite_files()) > 300
    assert wrong == []

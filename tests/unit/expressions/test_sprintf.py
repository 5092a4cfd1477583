"""The filter `format` and PHP's numbers (tests/corpora/php_formats.json holds PHP's answers)."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.errors import TemplateLimit
from openconnector.expressions.limits import MAX_TEXT
from openconnector.expressions.php import float_to_text
from openconnector.expressions.php_numbers import MAX_DECIMALS, format_number, round_half
from openconnector.expressions.sprintf import sprintf

CORPUS = json.loads((Path(__file__).parents[2] / "corpora" / "php_formats.json").read_text())


def filled(pattern: str, values: list[Any]) -> str | None:
    """Return a filled pattern, None for one that is wrong."""
    try:
        return sprintf(pattern, values)
    except ValueError:
        return None


def test_a_pattern_is_filled_as_php_fills_it():
    answers = [
        [pattern, values, filled(pattern, values)] for pattern, values, _ in CORPUS["sprintf"]
    ]

    assert answers == CORPUS["sprintf"]


def test_numbers_are_rounded_and_written_as_in_php():
    def answer(number: float) -> list[Any]:
        places = CORPUS["places"]
        written = [[round_half(number, at), format_number(number, at, ",", ".")] for at in places]
        return [number, float_to_text(number), written]

    assert [answer(float(row[0])) for row in CORPUS["numbers"]] == CORPUS["numbers"]


def test_what_a_pattern_may_produce_is_limited():
    assert len(sprintf(f"%{MAX_TEXT}d", [1])) == MAX_TEXT
    for pattern in (f"%{MAX_TEXT + 1}d", f"%{MAX_TEXT}d%1$1d", "%99999999999999999999d", "%*d"):
        with pytest.raises(TemplateLimit):
            sprintf(pattern, [MAX_TEXT + 1, 2] if "*" in pattern else [1])

    assert len(format_number(1.5, MAX_DECIMALS)) == MAX_DECIMALS + 2
    with pytest.raises(TemplateLimit):
        format_number(1.5, MAX_DECIMALS + 1)


PATTERNS = st.lists(
    st.sampled_from(list("%$+-'0*. 1239sdeEfFgGhHuxXobc%%%é")), max_size=12
).map("".join)  # fmt: skip
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)


@given(PATTERNS, st.lists(VALUES, max_size=3))
def test_any_pattern_is_filled_or_refused(pattern: str, values: list[Any]):
    with contextlib.suppress(ValueError, TemplateLimit):
        sprintf(pattern, values)

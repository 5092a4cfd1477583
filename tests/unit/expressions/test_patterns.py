"""Users' regular expressions: written as in PHP, run by RE2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.expressions.patterns import MAX_PATTERN, compile_pattern, is_match


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("/^[A-Z]\\d+$/", "A12", True),
        ("/^[A-Z]\\d+$/", "a12", False),
        ("/^[A-Z]\\d+$/i", "a12", True),
        ("/b/", "abc", True),
        ("/^a$/", "a\n", True),
        ("/^a$/D", "a\n", False),
        ("/^a$/", "a\n\n", False),
        ("/^b$/m", "a\nb\nc", True),
        ("/a.b/", "a\nb", False),
        ("/a.b/s", "a\nb", True),
        ("/^.$/", "é", False),
        ("/^.$/u", "é", True),
        ("/É/i", "é", False),
        ("/É/iu", "é", True),
        ("/^\\w+$/", "één", False),
        ("/^\\w+$/u", "één", True),
        ("/^[\\w-]+$/u", "één-twee", True),
        ("#^https?://#", "https://example.test", True),
        ("~x~", "x", True),
        ("{^a{2}$}", "aa", True),
        ("(^a(b)$)", "ab", True),
        ("/a\\/b/", "a/b", True),
        ("/ a b # twee letters\n c /x", "abc", True),
        ("/[ ]a/x", " a", True),
        ("/\\Qa.b\\E/", "a.b", True),
        ("/\\Qa.b\\E/", "axb", False),
        ("/b/A", "ab", False),
        ("/[]a]+/", "]", True),
        ("/[[:alpha:]]+/", "1a", True),
        ("/[a[]/", "[", True),
        ("/^\\d{4}\\h\\w{2}$/", "1234 AB", True),
        ("/a\\_b/", "a_b", True),
        ("/\\Aa\\Z/", "a\n", True),
        ("/^(?<year>\\d{4})/", "2024-01-01", True),
    ],
)
def test_a_pattern_means_what_it_meant_in_php(pattern: str, text: str, expected: object):
    assert is_match(pattern, text) is expected


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "between delimiters"),
        ("abc", "between delimiters"),
        ("/abc", "no second delimiter /"),
        ("/abc/q", "flag 'q'"),
        ("/a(?=b)/", "look-around"),
        ("/(a)\\1/", "back references"),
        ("/(/", "cannot be used"),
        ("/a{1000}{1000}/", "cannot be used"),
        (f"/{'a' * MAX_PATTERN}/", "at most"),
    ],
)
def test_a_pattern_that_cannot_be_used_says_why(pattern: str, message: str):
    with pytest.raises(ValueError, match=message):
        compile_pattern(pattern)


def test_no_pattern_can_make_a_text_take_forever():
    assert not is_match("/^(a+)+$/", "a" * 50_000 + "!")


@given(st.text(alphabet="a()[]{}|\\^$*+?.-,1:QEdwZu/éx \n", max_size=12), st.text(max_size=5))
def test_any_pattern_matches_or_says_why_not(body: str, text: str):
    for flags in ("", "iu", "x"):
        try:
            is_match(f"/{body}/{flags}", text)
        except ValueError:
            continue

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.errors import (
    MaybeSent,
    NotSent,
    RateLimited,
    TransientError,
    Unavailable,
)
from openconnector.http.retries import Patience, announced_pause, failure_in
from openconnector.ports import HttpLimits

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": " 0 "}, 0),
        ({"Retry-After": "Thu, 01 Jan 2026 00:01:00 GMT"}, 60),
        ({"Retry-After": "Thursday, 01-Jan-26 00:01:00 GMT"}, 60),
        ({"Retry-After": "Thu Jan  1 00:01:00 2026"}, 60),
        ({"Retry-After": "Wed, 31 Dec 2025 23:00:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1e9"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"RateLimit": '"default";r=0;t=30'}, 30),
        ({"RateLimit": "limit=100, remaining=0, reset=50"}, 50),
        ({"RateLimit": '"default";r=0'}, None),
        ({"RateLimit-Reset": "12"}, 12),
        ({"X-RateLimit-Reset": "12"}, 12),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 90)}, 90),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) - 90)}, 0),
        ({"Retry-After": "3", "X-RateLimit-Reset": "60"}, 3),
    ],
)
def test_the_announced_pause_is_read_in_every_usual_form(headers, seconds):
    assert announced_pause(httpx.Headers(headers), NOW) == seconds


@given(st.text(st.characters(max_codepoint=255), max_size=40))
def test_whatever_is_announced_is_no_pause_or_one_that_can_be_waited(text):
    pause = announced_pause(httpx.Headers([(b"Retry-After", text.encode("latin-1"))]), NOW)

    assert pause is None or pause >= 0


@given(st.integers(0, 10**9))
def test_seconds_and_a_date_announce_the_same_pause(seconds):
    moment = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)

    as_date = announced_pause(httpx.Headers({"Retry-After": moment}), NOW)

    assert as_date == announced_pause(httpx.Headers({"Retry-After": str(seconds)}), NOW) == seconds


@pytest.mark.parametrize(
    ("status", "headers", "is_safe", "expected"),
    [
        (200, {}, True, None),
        (403, {"Retry-After": "5"}, True, None),
        (501, {}, True, None),
        (500, {}, True, Unavailable),
        (502, {}, True, Unavailable),
        (503, {}, True, Unavailable),
        (504, {}, True, Unavailable),
        (429, {}, True, RateLimited),
        (500, {}, False, None),
        (502, {"Retry-After": "5"}, False, None),
        (504, {}, False, None),
        (503, {}, False, None),
        (503, {"Retry-After": "5"}, False, Unavailable),
        (429, {}, False, RateLimited),
    ],
)
def test_a_status_is_an_answer_or_a_failure(status, headers, is_safe, expected):
    answer = httpx.Response(status, headers=headers)

    failure = failure_in(answer, "GET https://api.test/", NOW, is_safe=is_safe)

    assert type(failure) is (expected or type(None))


@pytest.mark.parametrize(
    ("failure", "is_safe", "may_repeat"),
    [
        (NotSent("x"), False, True),
        (MaybeSent("x"), False, False),
        (MaybeSent("x"), True, True),
        (RateLimited("x"), False, False),
        (RateLimited("x", retry_after_seconds=0), False, True),
        (RateLimited("x", retry_after_seconds=30), False, True),
        (RateLimited("x", retry_after_seconds=30.1), True, False),
        (Unavailable("x", retry_after_seconds=1), False, True),
    ],
)
def test_a_request_is_repeated_only_where_that_does_no_harm(failure, is_safe, may_repeat):
    patience = Patience(limits=HttpLimits(), is_safe=is_safe, jitter=lambda: 0.0)

    if may_repeat:
        assert patience.pause(failure) > 0
    else:
        with pytest.raises(type(failure)):
            patience.pause(failure)


def test_pauses_double_up_to_the_longest_and_end_with_the_attempts():
    limits = HttpLimits(attempts=5, max_wait_seconds=3)
    patience = Patience(limits=limits, is_safe=True, jitter=lambda: 0.0)

    pauses = [patience.pause(Unavailable("down")) for _ in range(4)]

    assert pauses == [0.5, 1.0, 2.0, 3.0]
    with pytest.raises(Unavailable):
        patience.pause(Unavailable("down"))


@given(st.floats(0, 1), st.integers(1, 20), st.floats(0.1, 100))
def test_chance_shortens_a_pause_by_half_at_most(chance, tries, longest):
    limits = HttpLimits(attempts=tries + 1, max_wait_seconds=longest)
    patience = Patience(limits=limits, is_safe=True, jitter=lambda: chance)

    pauses = [patience.pause(TransientError("x")) for _ in range(tries)]

    expected = [min(longest, 0.5 * 2**n) for n in range(tries)]
    assert all(e / 2 <= p <= e for p, e in zip(pauses, expected, strict=True))

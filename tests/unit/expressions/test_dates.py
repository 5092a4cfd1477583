"""Dates: read, moved and written as PHP does (tests/corpora/php_dates.json holds its answers)."""

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.expressions.days import day_number, day_of, iso_week, iso_week_day, weekday
from openconnector.expressions.limits import Budget
from openconnector.expressions.moment_forms import write_moment
from openconnector.expressions.moment_texts import modify, read_iso, read_moment
from openconnector.expressions.moments import Moment, between, moment_at
from openconnector.expressions.templates import compile_template

CORPUS = json.loads((Path(__file__).parents[2] / "corpora" / "php_dates.json").read_text())
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2024, 2, 29, 13, 14, 15, tzinfo=UTC)
FORM = "Y-m-d\\TH:i:s.vP"


def text_of(make: Any) -> str | None:
    """Return the moment as text, None for a text that is no date."""
    try:
        return write_moment(make(), FORM)
    except ValueError:
        return None


def render(template: str, record: dict[str, Any] | None = None, now: datetime = NOW) -> Any:
    return compile_template(template, "twig").function(record or {}, Budget(now=lambda: now))


def test_every_way_of_naming_a_date_leads_where_php_goes():
    now = moment_at(datetime(2024, 2, 29, 13, 14, 15, tzinfo=AMSTERDAM))
    starts = [read_moment(base, now) for base in CORPUS["bases"]]

    def answer(case: dict[str, Any]) -> dict[str, Any]:
        text = case["text"]
        ours = {"modified": [text_of(lambda s=s: modify(s, text)) for s in starts]}
        read = {"read": text_of(lambda: read_moment(text, now))} if "read" in case else {}
        return {"text": text, **ours, **read}

    assert [answer(case) for case in CORPUS["cases"]] == CORPUS["cases"]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("d D j l N S w z", "29 Thu 29 Thursday 4 th 4 59"),
        ("W o F m M n t L", "09 2024 February 02 Feb 2 29 1"),
        ("Y y X x", "2024 24 +2024 2024"),
        ("a A B g G h H i s u v", "pm PM 593 2 14 02 14 14 15 123000 123"),
        ("e I O P p T Z", "Europe/Amsterdam 0 +0100 +01:00 +01:00 CET 3600"),
        ("c", "2024-02-29T14:14:15+01:00"),
        ("r", "Thu, 29 Feb 2024 14:14:15 +0100"),
        ("U", "1709212455"),
        ("\\Y\\\\Y ☃", "Y\\2024 ☃"),
        ("\\", ""),
    ],
)
def test_every_letter_writes_its_part(form: str, expected: str):
    at = datetime(2024, 2, 29, 13, 14, 15, 123_000, tzinfo=UTC).astimezone(AMSTERDAM)

    assert write_moment(moment_at(at), form) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("-0044-03-15", "-0044-03-15T00:00:00+00:00"),
        (253_402_300_800, "10000-01-01T00:00:00+00:00"),
        ("1709210096123", "56132-09-17T06:15:23+00:00"),
        ("0000-00-00", "-0001-11-30T00:00:00+00:00"),
        ("@-62135596801", "0000-12-31T23:59:59+00:00"),
    ],
)
def test_there_are_dates_before_the_year_1_and_after_9999(value: Any, expected: str):
    assert render("{{ v | date('Y-m-d\\\\TH:i:sP') }}", {"v": value}) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ none | date }}", "February 29, 2024 13:14"),
        ("{{ 'now' | date('c') }}", "2024-02-29T13:14:15+00:00"),
        ("{{ '' | date('c') }}", "2024-02-29T13:14:15+00:00"),
        ("{{ '+1 week' | date('Y-m-d') }}", "2024-03-07"),
        ("{{ '2024' | date('Y-m-d') }}", "1970-01-01"),
        ("{{ 12.7 | date('H:i') }}", "12:07"),
        ("{{ '2024-03-05T14:30:45+01:00' | date('c') }}", "2024-03-05T13:30:45+00:00"),
        ("{{ '2024-03-05T14:30:45+01:00' | date('c', false) }}", "2024-03-05T14:30:45+01:00"),
        ("{{ '2024-03-05 12:00' | date('c', '-03:30') }}", "2024-03-05T08:30:00-03:30"),
        (
            "{{ date('2024-07-05 10:00', 'Europe/Amsterdam') | date('c') }}",
            "2024-07-05T10:00:00+00:00",
        ),
        ("{{ date('2024-01-01') == date('2024-01-01 00:00:00') }}", "1"),
        (
            "{{ date('2024-01-01') > date('2024-01-02') }}{{ date('2024-01-01') < date('now') }}",
            "1",
        ),
        ("{{ date('2024-01-01') == '2024-01-01' }}{{ date('2024-01-01') == none }}", ""),
        ("{{ max(date('2024-01-01'), date('2024-01-03')) | date('d') }}", "03"),
        (
            "{{ date('2024-01-01').diff(date('2024-03-01')) | date('%m months, %d days') }}",
            "2 months, 0 days",
        ),
        ("{{ date('2024-01-01').diff(date('2024-03-01')) | date }}", "0 days"),
        ("{{ date('2024-01-10').diff('2024-01-01').invert }}", "1"),
        ("{{ date('2024-01-01').offset }}|{{ date('2024-01-01').unknown }}", "0|"),
        (
            "{{ date('2024-01-01') | json_encode }}",
            '{"date":"2024-01-01 00:00:00.000000","timezone_type":3,"timezone":"UTC"}',
        ),
    ],
)
def test_twig_takes_and_gives_dates_as_the_predecessor_did(template: str, expected: str):
    assert render(template) == expected


def test_dates_are_shown_in_the_zone_of_the_clock():
    now = NOW.astimezone(AMSTERDAM)

    assert render("{{ '2024-07-01 12:00' | date('c') }}", now=now) == "2024-07-01T12:00:00+02:00"
    assert render("{{ '2024-07-01T12:00Z' | date('c') }}", now=now) == "2024-07-01T14:00:00+02:00"


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'geen datum' | date }}", "{{ '2024-13-45' | date }}", "{{ [] | date }}", "{{ date('2024-01-01') }}",
        "{{ '2024-01-01' | date('c', 'Mars/Olympus') }}", "{{ '2024-01-01' | date_modify('sometime') }}",
        "{{ '99999999999999999999' | date }}", "{{ '1 january 2024 ' ~ 'x' * 300 | date }}",
        "{{ '+999999999999999 years' | date }}",
    ],
)  # fmt: skip
def test_what_is_no_date_is_an_error(template: str):
    with pytest.raises((ValueError, TypeError)):
        render(template)


@given(st.integers(-(10**8), 10**8))
def test_days_and_their_numbers_agree(number: int):
    year, month, day = day_of(number)

    assert day_number(year, month, day) == number
    assert day_of(number + 1) in ((year, month, day + 1), (year, month + 1, 1), (year + 1, 1, 1))
    assert iso_week_day(*iso_week(number), weekday(number) or 7) == number


@given(st.datetimes(timezones=st.just(UTC)))
def test_moments_agree_with_python_where_python_has_them(at: datetime):
    written = write_moment(moment_at(at), "Y-m-d\\TH:i:s.uP")

    assert datetime.fromisoformat(written) == at
    assert moment_at(at).local.number == at.date().toordinal() - 719_163
    assert iso_week(moment_at(at).local.number) == at.isocalendar()[:2]


@given(st.integers(-(10**11), 10**11), st.integers(0, 10**9))
def test_an_interval_leads_back_to_where_it_ends(start: int, length: int):
    first, second = Moment(start), Moment(start + length)
    span = between(first, second)

    way = f"+{span.y} years +{span.m} months +{span.d} days +{span.h} hours +{span.i} min +{span.s} sec"

    assert span.days == length // 86_400
    assert abs(modify(first, way).seconds - second.seconds) <= 3 * 86_400  # months differ in length
    assert between(second, first).invert == int(length > 0)


@given(
    st.datetimes(),
    st.sampled_from(["T", " "]),
    st.sampled_from(["", "Z", "+01:00", "-0330"]),
    st.sampled_from(["seconds", "milliseconds", "microseconds"]),
)
def test_the_fast_way_of_reading_reads_the_same(at: datetime, between: str, zone: str, spec: str):
    text = at.isoformat(between, spec) + zone
    now = moment_at(NOW.astimezone(AMSTERDAM))

    assert write_moment(read_iso(text, now.zone) or now, "c u e") == write_moment(
        read_moment(text, now), "c u e"
    )


WORDS = st.sampled_from(
    [
        "1", "2", "24", "05", "2024", "-", "/", ".", ":", "T", "Z", "W", "+", "@", "am", "pm", "of", "jan", "march",
        "monday", "next", "last", "first", "day", "week", "month", "year", "ago", "weekdays", "th", "noon",
        "tomorrow", "back", "hours", "europe/amsterdam", "+01:00", "00", "99999999999999999", "é", "\n",
    ]
)  # fmt: skip


@given(st.lists(WORDS, max_size=7), st.sampled_from(["", " "]), st.text(max_size=8))
def test_any_text_is_a_date_or_an_error_that_says_so(words: list[str], glue: str, form: str):
    text = glue.join(words)

    with contextlib.suppress(ValueError):
        write_moment(read_moment(text, moment_at(NOW)), form)
    with contextlib.suppress(ValueError):
        write_moment(modify(moment_at(NOW), text), form)


def test_a_zone_alone_keeps_what_the_clock_shows():
    assert render("{{ 'MST'|date('c', false) }}") == "2024-02-29T13:14:15-07:00"

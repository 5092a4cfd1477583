"""Cron expressions: what they mean, held to vectors where two other programs agree."""

import json
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from openconnector.errors import ConfigurationError
from openconnector.expressions.cron import compile_cron

ROOT = Path(__file__).parents[3]
SUITE = ROOT.parent / "shared" / "data" / "suites" / "cron-derived" / "vectors.json"

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.fixture(scope="module")
def suite() -> dict:
    if not SUITE.exists():
        pytest.skip(f"NOT RUN: the suite of cron vectors is not at {SUITE}")
    return dict(json.loads(SUITE.read_text()))


def following(expression: str, zone: ZoneInfo, after: str, count: int = 6) -> list[str]:
    """Return the next moments after a local time."""
    start = datetime.fromisoformat(after).replace(tzinfo=zone)
    moments = islice(compile_cron(expression).moments(start, zone), count)
    return [moment.isoformat().replace("+00:00", "Z") for moment in moments]


def test_every_vector_comes_out_as_two_others_say(suite: dict):
    differing = [
        vector
        for vector in suite["vectors"]
        if following(vector["expression"], ZoneInfo(vector["timezone"]), vector["after"])
        != vector["next_utc"]
    ]

    assert len(suite["vectors"]) > 200
    assert differing == []


def test_a_fixed_time_that_comes_twice_is_taken_once_as_cron_does(suite: dict):
    for case in suite["disputed"]:
        zone = ZoneInfo(case["timezone"])

        assert following(case["expression"], zone, case["after"]) == case["cronsim"]


def test_what_is_no_expression_to_others_is_none_to_us(suite: dict):
    disputed = [case["expression"] for case in suite["disputed_validity"]]

    for expression in [*suite["invalid"], *disputed]:
        with pytest.raises(ConfigurationError):
            compile_cron(expression)


def test_a_fixed_time_in_the_gap_comes_right_after_it():
    found = following("30 2 * * *", AMSTERDAM, "2026-03-28T12:00", 3)

    assert found == ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"]


def test_two_fixed_times_in_one_gap_come_once():
    found = following("0,30 2 * * *", AMSTERDAM, "2026-03-28T12:00", 2)

    assert found == ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]


def test_a_step_goes_on_as_time_passes_while_the_clocks_are_set_back():
    found = following("*/30 * * * *", AMSTERDAM, "2026-10-25T01:45", 5)

    assert found == [
        "2026-10-25T00:00:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:00:00Z",
        "2026-10-25T01:30:00Z",
        "2026-10-25T02:00:00Z",
    ]


@pytest.mark.parametrize(
    ("expression", "same"),
    [
        ("0 0 * * 7", "0 0 * * 0"),
        ("0 0 * * SUN", "@weekly"),
        ("0 0 * * 5-7", "0 0 * * 0,5,6"),
        ("0 0 1 jan *", "@yearly"),
        ("  5   4 * * *", "5 4 * * *"),
        ("*/15 * * * *", "0,15,30,45 * * * *"),
    ],
)
def test_there_are_several_ways_to_write_the_same(expression: str, same: str):
    zone = ZoneInfo("UTC")

    assert following(expression, zone, "2026-01-01") == following(same, zone, "2026-01-01")


def test_a_leap_day_on_one_weekday_is_found_decades_ahead():
    found = following("0 0 29 2 *", ZoneInfo("UTC"), "2096-03-01", 1)

    assert found == ["2104-02-29T00:00:00Z"]


@pytest.mark.parametrize(
    ("expression", "flaw"),
    [
        ("60 * * * *", "The minute '60' of the cron expression is outside of 0-59"),
        ("* * * * 1-9", "The weekday '9'"),
        ("5/10 * * * *", "write `5-59/10`"),
        ("0 9 31 4,6 *", "no month it names has a day 31"),
        ("0 0 * * * *", "has 6"),
        ("@reboot", "has five fields"),
    ],
)
def test_a_wrong_expression_is_told_with_its_field_and_what_would_be_right(
    expression: str, flaw: str
):
    with pytest.raises(ConfigurationError) as raised:
        compile_cron(expression)

    assert flaw in str(raised.value)


def test_moments_end_before_the_calendar_does():
    late = datetime(9899, 12, 31, 23, 59, tzinfo=UTC)

    assert list(compile_cron("* * * * *").moments(late, AMSTERDAM)) == []
    assert list(compile_cron("0 0 * * *").moments(late, AMSTERDAM)) == []

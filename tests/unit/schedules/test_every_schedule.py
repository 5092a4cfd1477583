"""What every schedule promises: moments that come after, one after the other, the same for whoever asks."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.errors import InvalidInput
from openconnector.kinds.schedule import Schedule
from openconnector.schedules import SCHEDULES

ZONES = (
    "UTC", "Europe/Amsterdam", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo",
    "Pacific/Apia", "Africa/Casablanca",
)  # fmt: skip

zones = st.sampled_from(ZONES)
FIRST, LAST = datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2060-01-01")

walls = st.datetimes(FIRST, LAST)
moments = st.datetimes(FIRST, LAST, timezones=st.just(UTC))


def numbers(low: int, high: int) -> st.SearchStrategy[str]:
    one = st.integers(low, high).map(str)
    ranges = st.tuples(st.integers(low, high), st.integers(low, high)).map(
        lambda pair: f"{min(pair)}-{max(pair)}"
    )
    steps = st.tuples(st.just("*") | ranges, st.integers(1, 20)).map(lambda part: f"{part[0]}/{part[1]}")  # fmt: skip
    lists = st.lists(one | ranges, min_size=1, max_size=3).map(",".join)
    return st.just("*") | lists | steps


crons = st.tuples(
    numbers(0, 59), numbers(0, 23), numbers(1, 28), numbers(1, 12), numbers(0, 7)
).map(" ".join)

configurations = st.one_of(
    st.fixed_dictionaries({"kind": st.just("cron"), "expression": crons, "timezone": zones}),
    st.fixed_dictionaries(
        {
            "kind": st.just("interval"),
            "every": st.integers(10, 5_000) | st.just(100_000),
            "unit": st.sampled_from(["seconds", "minutes", "hours", "days", "weeks"]),
        },
        optional={"start": moments.map(datetime.isoformat)},
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("calendar_interval"),
            "every": st.integers(1, 50),
            "unit": st.sampled_from(["days", "weeks", "months", "years"]),
            "start": walls.map(datetime.date).map(str),
            "time": st.times().map(lambda time: f"{time:%H:%M}"),
            "timezone": zones,
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("once"),
            "at": walls.map(datetime.isoformat),
            "timezone": zones,
        }
    ),
)
schedules = configurations.map(SCHEDULES.load)


def loaded(**fields: Any) -> Schedule:
    return SCHEDULES.load(fields)


@given(schedule=schedules, after=moments)
def test_moments_come_after_and_each_is_later_than_the_one_before(
    schedule: Schedule, after: datetime
):
    found = list(islice(schedule.moments(after), 20))

    assert all(moment.tzinfo is UTC for moment in found)
    assert all(one < other for one, other in pairwise([after, *found]))


@given(schedule=schedules, after=moments, skipped=st.integers(0, 10))
def test_asked_again_from_any_of_its_moments_it_goes_on_with_the_same(
    schedule: Schedule, after: datetime, skipped: int
):
    found = list(islice(schedule.moments(after), 20))

    for moment in found[skipped : skipped + 1]:
        later = list(islice(schedule.moments(moment), 19 - skipped))

        assert later == found[skipped + 1 :]


@given(configuration=configurations, after=moments, jitter=st.integers(1, 86_400))
def test_jitter_begins_later_but_never_after_the_next_moment(
    configuration: dict, after: datetime, jitter: int
):
    schedule = SCHEDULES.load(configuration | {"jitterSeconds": jitter})

    starts = list(islice(schedule.starts(after, "one"), 10))

    assert starts == list(islice(schedule.starts(after, "one"), 10))
    assert all(timedelta() <= due - moment < timedelta(seconds=jitter) for moment, due in starts)
    assert all(one.due_at < other.moment for one, other in pairwise(starts))
    assert [start.moment for start in starts] == list(islice(schedule.moments(after), 10))


def test_jitter_differs_from_one_synchronization_to_the_next():
    schedule = loaded(kind="interval", every=1, unit="hours", jitterSeconds=3_600)
    after = datetime(2026, 1, 1, tzinfo=UTC)

    begun = {next(schedule.starts(after, salt)).due_at for salt in ("a", "b", "c", "d")}

    assert len(begun) == 4


def test_what_becomes_of_a_moment_does_not_change_which_schedule_it_is():
    plain = loaded(kind="interval", every=5)

    same = loaded(kind="interval", every=5, jitterSeconds=9, misfire="all", isEnabled=False)

    assert same.key == plain.key
    assert loaded(kind="interval", every=6).key != plain.key


@pytest.mark.parametrize(
    ("fields", "after", "expected"),
    [
        pytest.param(
            {"kind": "interval", "every": 15},
            "2026-01-01T10:07:00+00:00",
            ["2026-01-01T10:15:00+00:00", "2026-01-01T10:30:00+00:00"],
            id="an interval falls on whole hours",
        ),
        pytest.param(
            {"kind": "interval", "every": 1, "unit": "weeks"},
            "2026-11-29T16:00:00+00:00",
            ["2026-11-30T00:00:00+00:00", "2026-12-07T00:00:00+00:00"],
            id="weeks begin on a Monday",
        ),
        pytest.param(
            {"kind": "interval", "every": 1, "unit": "days", "start": "2026-10-24T12:00:00+02:00"},
            "2026-10-24T00:00:00+00:00",
            ["2026-10-24T10:00:00+00:00", "2026-10-25T10:00:00+00:00"],
            id="an interval does not know of clocks",
        ),
        pytest.param(
            {
                "kind": "calendar_interval",
                "start": "2026-10-24",
                "time": "12:00",
                "timezone": "Europe/Amsterdam",
            },
            "2026-10-24T00:00:00+00:00",
            ["2026-10-24T10:00:00+00:00", "2026-10-25T11:00:00+00:00"],
            id="a calendar interval keeps the time of day",
        ),
        pytest.param(
            {"kind": "calendar_interval", "unit": "months", "start": "2026-01-31"},
            "2026-01-31T00:00:00+00:00",
            ["2026-02-28T00:00:00+00:00", "2026-03-31T00:00:00+00:00"],
            id="a short month takes its last day",
        ),
        pytest.param(
            {"kind": "calendar_interval", "unit": "years", "start": "2024-02-29"},
            "2025-01-01T00:00:00+00:00",
            ["2025-02-28T00:00:00+00:00", "2026-02-28T00:00:00+00:00"],
            id="a year without leap day takes the 28th",
        ),
        pytest.param(
            {"kind": "once", "at": "2026-03-29T02:30:00", "timezone": "Europe/Amsterdam"},
            "2026-01-01T00:00:00+00:00",
            ["2026-03-29T01:00:00+00:00"],
            id="a single moment in the gap comes after it",
        ),
        pytest.param(
            {"kind": "once", "at": "2026-03-29T02:30:00+05:30", "timezone": "Europe/Amsterdam"},
            "2026-01-01T00:00:00+00:00",
            ["2026-03-28T21:00:00+00:00"],
            id="an offset of its own counts",
        ),
        pytest.param(
            {"kind": "once", "at": "2026-03-29T02:30:00"},
            "2026-03-29T02:30:00+00:00",
            [],
            id="a moment that has passed never comes",
        ),
    ],
)
def test_the_moments_are_those_people_expect(fields: dict, after: str, expected: list[str]):
    found = islice(loaded(**fields).moments(datetime.fromisoformat(after)), 2)

    assert [moment.isoformat() for moment in found] == expected


@pytest.mark.parametrize(
    ("fields", "flaw"),
    [
        ({"kind": "cron", "expression": "0 0 * *"}, "five fields"),
        ({"kind": "cron", "expression": "0 0 * * *", "timezone": "Mars/Base"}, "no time zone"),
        ({"kind": "cron", "expression": "0 0 * * *", "timezone": "../etc/passwd"}, "no time zone"),
        ({"kind": "cron", "expression": "0 0 * * *", "timezone": "Europe"}, "no time zone"),
        ({"kind": "cron", "expression": "0 0 * * *", "timezone": "localtime"}, "no time zone"),
        ({"kind": "interval", "every": 5, "unit": "seconds"}, "10 seconds or more"),
        ({"kind": "interval", "every": 0}, "greater than or equal to 1"),
        ({"kind": "interval", "every": 1, "start": "2026-01-01T00:00:00"}, "timezone"),
        ({"kind": "calendar_interval", "start": "0001-01-01"}, "1970 to 9899"),
        ({"kind": "calendar_interval", "start": "2026-01-01", "time": "25:00"}, "pattern"),
        ({"kind": "once", "at": "9999-12-31T23:59:59"}, "1970 to 9899"),
        ({"kind": "once", "at": "soon"}, "no date with a time"),
        ({"kind": "once", "at": 1_800_000_000}, "no date with a time"),
        ({"kind": "once", "at": "1800000000"}, "no date with a time"),
        ({"kind": "once", "at": "2027-01-04"}, "no date with a time"),
        ({"kind": "once", "at": "2027-13-04T06:00:00"}, "valid datetime"),
        ({"kind": "calendar_interval", "start": 0}, "no date, such as"),
        ({"kind": "calendar_interval", "start": "0"}, "no date, such as"),
        ({"kind": "interval", "every": True}, "valid integer"),
        ({"kind": "interval", "every": "5"}, "valid integer"),
        ({"kind": "cron", "expression": "0 0 * * *", "isEnabled": 1}, "valid boolean"),
    ],
)
def test_a_wrong_schedule_is_refused_with_what_would_be_right(fields: dict, flaw: str):
    with pytest.raises(InvalidInput) as raised:
        loaded(**fields)

    assert flaw in str(raised.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "interval", "every": 100_000, "unit": "weeks"},
        {"kind": "interval", "every": 100_000, "unit": "days", "start": "9899-12-31T23:59:59Z"},
        {"kind": "calendar_interval", "every": 1_000, "unit": "years", "start": "1970-01-01"},
        {"kind": "calendar_interval", "every": 900, "unit": "years", "start": "1970-01-01"},
        {"kind": "calendar_interval", "every": 1_000, "unit": "weeks", "start": "9890-01-01"},
        {"kind": "cron", "expression": "0 0 29 2 */2"},
    ],
)
def test_the_moments_of_a_rare_schedule_come_to_an_end(fields: dict):
    found = list(loaded(**fields).moments(datetime(2026, 1, 1, tzinfo=UTC)))

    assert found == sorted(set(found))
    assert all(moment.year < 9900 for moment in found)

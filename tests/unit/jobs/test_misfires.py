"""What passed while nobody looked: found without going through all of it, and the same as if somebody had."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

from hypothesis import given
from hypothesis import strategies as st

from openconnector.jobs.misfires import IN_TIME, MOST_MADE_UP, passed
from openconnector.kinds.schedule import Schedule, Start
from openconnector.schedules import SCHEDULES

BEGIN = datetime(2026, 3, 20, tzinfo=UTC)

schedules = st.builds(
    lambda fields, misfire, jitter: SCHEDULES.load(
        fields | {"misfire": misfire, "jitterSeconds": jitter}
    ),
    st.sampled_from(
        [
            {"kind": "interval", "every": 1, "unit": "hours"},
            {"kind": "interval", "every": 7, "unit": "minutes"},
            {"kind": "cron", "expression": "30 2 * * *", "timezone": "Europe/Amsterdam"},
            {"kind": "cron", "expression": "*/20 * * * *", "timezone": "Europe/Amsterdam"},
            {"kind": "calendar_interval", "start": "2026-01-01", "every": 3},
            {"kind": "once", "at": "2026-03-29T02:30:00", "timezone": "Europe/Amsterdam"},
        ]
    ),
    st.sampled_from(["all", "last", "none"]),
    st.sampled_from([0, 60, 86_400]),
)
spans = st.integers(0, 30 * 24 * 3600).map(lambda seconds: timedelta(seconds=seconds))


def all_due(schedule: Schedule, since: datetime, now: datetime) -> list[Start]:
    return list(takewhile(lambda start: start.due_at <= now, schedule.starts(since, "x")))


@given(schedule=schedules, offset=spans, span=spans)
def test_it_finds_what_going_through_every_moment_finds(
    schedule: Schedule, offset: timedelta, span: timedelta
):
    since, now = BEGIN + offset, BEGIN + offset + span

    found = passed(schedule, since, now, "x")

    due = all_due(schedule, since, now)
    if not due:
        assert found is None
        return
    assert found is not None
    assert found.latest == due[-1]
    wanted = {
        "all": due[-MOST_MADE_UP:],
        "last": due[-1:],
        "none": [start for start in due[-1:] if now - start.due_at <= IN_TIME],
    }[schedule.misfire]
    assert found.starts == wanted
    unused = [start.moment for start in due if start not in wanted]
    assert found.missed_since == (unused[0] if unused else None)


@given(schedule=schedules, steps=st.lists(st.integers(1, 200_000), min_size=1, max_size=30))
def test_every_moment_is_decided_on_exactly_once_however_often_it_is_looked_at(
    schedule: Schedule, steps: list[int]
):
    since = now = BEGIN
    fired: list[datetime] = []

    for step in steps:
        now += timedelta(seconds=step)
        found = passed(schedule, since, now, "x")
        if found is not None:
            fired += [start.moment for start in found.starts]
            since = found.latest.moment

    shown = [start.moment for start in all_due(schedule, BEGIN, now)]
    assert [moment for moment in fired if moment not in set(shown)] == []
    assert fired == sorted(set(fired))
    if schedule.misfire == "all" and len(shown) <= MOST_MADE_UP:
        assert fired == shown


def test_a_year_of_standstill_costs_no_look_at_each_of_its_minutes():
    looked: list[datetime] = []

    class Counting(type(SCHEDULES.load({"kind": "interval", "every": 1}))):  # type: ignore[misc]  # a kind made here
        def moments(self, after: datetime):
            for moment in super().moments(after):
                looked.append(moment)
                yield moment

    schedule = Counting(every=1, misfire="all")

    found = passed(schedule, BEGIN, BEGIN + timedelta(days=365), "x")

    assert found is not None
    assert len(found.starts) == MOST_MADE_UP
    assert len(looked) < 1_000


def test_a_preview_shows_the_moments_that_are_fired():
    fields = {"kind": "cron", "expression": "30 2 * * *", "timezone": "Europe/Amsterdam"}
    schedule = SCHEDULES.load(fields | {"misfire": "all"})
    shown = list(islice(schedule.moments(BEGIN), 20))

    found = passed(schedule, BEGIN, shown[-1], "x")

    assert found is not None
    assert [start.moment for start in found.starts] == shown

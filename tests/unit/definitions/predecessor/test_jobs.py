"""Jobs of the predecessor that start a synchronization: schedules of it."""

from collections.abc import Callable
from typing import Any

import pytest

from openconnector.definitions.entries import Contents
from openconnector.definitions.store import SYNCHRONIZATIONS, validated
from tests.fakes.predecessor import (
    a_job,
    a_mapping,
    a_source,
    a_synchronization,
    bundled,
    without_numbers,
)

TakeOver = Callable[..., Contents]
START = "2026-11-24T02:00:00+00:00"


def around(*jobs: dict[str, Any]) -> list[dict[str, Any]]:
    return [*jobs, a_synchronization(targetId="a/b"), a_source(), a_mapping()]


def only(contents: Contents) -> tuple[list[dict[str, Any]], str]:
    """Return the schedules of the one synchronization and what is warned of it."""
    assert contents.problems == []
    [entry] = [one for one in contents.entries if one.section == "synchronizations"]
    validated(SYNCHRONIZATIONS, entry.value)
    return entry.value.get("schedules", []), "; ".join(entry.warnings)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"every": 1, "unit": "hours", "start": START}),
        ({"interval": "86400"}, {"every": 1, "unit": "days", "start": START}),
        ({"interval": 5400}, {"every": 90, "unit": "minutes", "start": START}),
        ({"interval": 604_800}, {"every": 1, "unit": "weeks", "start": START}),
        ({"interval": 3601}, {"every": 3601, "unit": "seconds", "start": START}),
        ({"isEnabled": 0}, {"every": 1, "unit": "hours", "start": START, "isEnabled": False}),
        ({"arguments": '{"synchronizationId": 1}'}, {"every": 1, "unit": "hours", "start": START}),
        ({"singleRun": True}, {"kind": "once", "at": START}),
    ],
)  # fmt: skip
def test_a_job_becomes_a_schedule_with_the_same_moments(
    taken: TakeOver, fields: dict, expected: dict
):
    schedules, warned = only(taken(around(a_job(**fields))))

    assert schedules == [{"kind": "interval"} | expected]
    assert ("switch its job" in warned) is expected.get("isEnabled", True)


@pytest.mark.parametrize(
    ("fields", "count", "said"),
    [
        ({"nextRun": None}, 0, "never ran by itself"),
        ({"nextRun": "later"}, 0, "never ran by itself"),
        ({"interval": 60}, 1, "every five minutes at most"),
        ({"userId": "jan"}, 1, "'jan'"),
        ({"arguments": {"synchronizationId": 1, "force": True}}, 1, "only what changed"),
    ],
)
def test_what_is_odd_about_a_job_is_said_of_its_synchronization(
    taken: TakeOver, fields: dict, count: int, said: str
):
    schedules, warned = only(taken(around(a_job(**fields))))

    assert len(schedules) == count
    assert said in warned


def test_two_jobs_with_the_same_moments_are_one_schedule(taken: TakeOver):
    schedules, _ = only(taken(around(a_job(1), a_job(2), a_job(3, interval=7200))))

    assert [one["every"] for one in schedules] == [1, 2]


def test_a_job_in_a_configuration_set_names_its_synchronization_by_slug(taken: TakeOver):
    job = without_numbers(a_job(arguments={"synchronizationId": "sync-53245"}))
    synchronization = a_synchronization(
        targetId="a/b", sourceId="s", sourceTargetMapping="ext-to-persoon-53245"
    )
    contents = taken(
        bundled(
            jobs={"every-hour": job},
            sources={"s": without_numbers(a_source(slug="s"))},
            mappings={"m": without_numbers(a_mapping())},
            synchronizations={"sync-53245": without_numbers(synchronization)},
        )
    )

    assert [one["every"] for one in only(contents)[0]] == [1]


@pytest.mark.parametrize(
    "fields",
    [
        {"jobClass": "OCA\\OpenConnector\\Action\\PingAction"},
        {"arguments": {"synchronizationId": 8}},
        {"arguments": []},
    ],
)
def test_a_job_that_starts_nothing_of_this_is_left_out(taken: TakeOver, fields: dict):
    contents = taken(around(a_job(**fields)))

    assert only(contents)[0] == []
    assert [(one.section, one.name) for one in contents.left_out] == [("job", "Every hour")]


def test_a_job_whose_arguments_are_none_is_refused_once(taken: TakeOver):
    assert [wrong.field for wrong in taken(around(a_job(arguments="x"))).problems] == [
        "0.arguments"
    ]

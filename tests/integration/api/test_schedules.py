"""Schedules over HTTP."""

import httpx
import pytest

NIGHTLY = {"kind": "cron", "expression": "30 2 * * *", "timezone": "Europe/Amsterdam"}


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """Trying out asks no database."""
    return migrated_sqlite_url


async def test_a_preview_shows_the_moments_across_a_change_of_the_clocks(api: httpx.AsyncClient):
    body = {"schedule": NIGHTLY, "count": 3, "after": "2026-03-28T00:00:00Z"}

    answer = await api.post("schedules/preview", json=body)

    assert answer.status_code == 200, answer.text
    assert answer.json()["results"] == [
        {
            "moment": "2026-03-28T01:30:00Z",
            "local": "2026-03-28T02:30:00+01:00",
            "latest": "2026-03-28T01:30:00Z",
            "clockChange": None,
        },
        {
            "moment": "2026-03-29T01:00:00Z",
            "local": "2026-03-29T03:00:00+02:00",
            "latest": "2026-03-29T01:00:00Z",
            "clockChange": "+01:00 -> +02:00",
        },
        {
            "moment": "2026-03-30T00:30:00Z",
            "local": "2026-03-30T02:30:00+02:00",
            "latest": "2026-03-30T00:30:00Z",
            "clockChange": None,
        },
    ]


async def test_a_preview_without_a_moment_shows_those_to_come(api: httpx.AsyncClient):
    body = {"schedule": {"kind": "interval", "every": 1, "unit": "weeks"}}

    found = (await api.post("schedules/preview", json=body)).json()["results"]

    assert len(found) == 10


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"schedule": {"kind": "cron", "expression": "61 * * * *"}}, "schedule.expression"),
        ({"schedule": {"kind": "sometimes"}}, "schedule"),
        ({"schedule": NIGHTLY, "count": 101}, "count"),
        ({"schedule": NIGHTLY, "after": "2026-01-01T00:00:00"}, "after"),
        ({"schedule": NIGHTLY, "after": "9999-01-01T00:00:00Z"}, "after"),
    ],
)
async def test_a_preview_that_cannot_be_shown_names_the_field(
    api: httpx.AsyncClient, body: dict, field: str
):
    answer = await api.post("schedules/preview", json=body)

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [field]

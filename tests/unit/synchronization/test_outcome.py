"""Promises about how a run ends."""

from datetime import timedelta

import pytest

from openconnector.synchronization.balance import COUNTED, Balance
from openconnector.synchronization.outcome import ending, pause_before


def test_a_balance_that_does_not_close_is_never_a_success():
    found = ending(Balance(found=3, created=2), incomplete=None, not_deleted=0, missing=0)

    assert (found.state, found.code) == ("failed", "balance-open")


@pytest.mark.parametrize("name", [name for name in COUNTED if name != "found"])
def test_each_way_a_record_can_end_closes_the_balance(name: str):
    assert Balance(**{"found": 1, name: 1}).is_closed


@pytest.mark.parametrize(
    ("balance", "rest", "state"),
    [
        (Balance(), {}, "succeeded"),
        (Balance(found=2, created=1, skipped=1), {}, "succeeded"),
        (Balance(found=2, created=1, invalid=1), {}, "partial"),
        (Balance(found=2, failed=2), {}, "failed"),
        (Balance(found=1, created=1), {"incomplete": "cap"}, "partial"),
        (Balance(found=1, created=1), {"not_deleted": 1}, "partial"),
        (Balance(found=1, created=1), {"missing": 1}, "partial"),
    ],
)
def test_the_state_says_whether_everything_was_handled(balance: Balance, rest: dict, state: str):
    usual = {"incomplete": None, "not_deleted": 0, "missing": 0}

    assert ending(balance, **(usual | rest)).state == state


def test_pauses_double_up_to_an_hour_and_follow_what_the_other_side_asks():
    assert [pause_before(n, None) for n in (1, 2, 3, 20)] == [
        timedelta(seconds=30),
        timedelta(seconds=60),
        timedelta(seconds=120),
        timedelta(hours=1),
    ]
    assert pause_before(1, 7200) == timedelta(hours=2)

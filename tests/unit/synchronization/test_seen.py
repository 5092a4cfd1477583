"""Promises about the set of contracts a read came across."""

from hypothesis import given
from hypothesis import strategies as st

from openconnector.synchronization.seen import Seen, pack

ORDINALS = st.sets(st.integers(0, 50_000), max_size=300)


@given(ORDINALS)
def test_holds_exactly_what_was_added(ordinals: set[int]):
    seen = Seen()
    for ordinal in ordinals:
        assert seen.add(ordinal)

    assert all(ordinal in seen for ordinal in ordinals)
    assert not any(
        ordinal in seen
        for ordinal in range(max(ordinals, default=0) + 50)
        if ordinal not in ordinals
    )
    assert seen.count == len(ordinals)


@given(ORDINALS)
def test_what_was_packed_is_loaded_again(ordinals: set[int]):
    seen = Seen()

    seen.load(pack(ordinals))

    assert seen.count == len(ordinals)
    assert all(ordinal in seen for ordinal in ordinals)


def test_a_second_time_is_told():
    seen = Seen()

    assert [seen.add(7), seen.add(7)] == [True, False]


def test_a_page_of_neighbours_takes_eight_bytes():
    assert len(pack(range(1000, 2000))) == 8

"""Promises about the set of contracts a read came across."""

from hypothesis import given
from hypothesis import strategies as st

from openconnector.synchronization.seen import Seen, pack

ORDINALS = st.sets(st.integers(0, 5_000), max_size=60)


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


@given(ORDINALS, ORDINALS)
def test_a_whole_page_is_marked_at_once_or_not_at_all(before: set[int], page: set[int]):
    seen = Seen()
    for ordinal in before:
        seen.add(ordinal)

    was_new = seen.add_all(pack(page))

    assert was_new == before.isdisjoint(page)
    expected = before | page if was_new else before
    assert seen.count == len(expected)
    assert all((ordinal in seen) == (ordinal in expected) for ordinal in before | page)
    assert not any(ordinal in seen for ordinal in range(200) if ordinal not in expected)


@given(st.integers(0, 100), st.integers(1, 3000), st.integers(0, 100), st.integers(1, 3000))
def test_pages_of_neighbours_never_blur(start: int, length: int, gap: int, rest: int):
    first = range(start, start + length)
    second = range(start + length + gap, start + length + gap + rest)
    seen = Seen()

    assert seen.add_all(pack(first))
    assert seen.add_all(pack(second))
    assert not seen.add_all(pack([first[-1]]))
    assert not seen.add_all(pack([second[0]]))
    assert seen.count == length + rest
    assert [n for n in range(second.stop + 50) if n in seen] == [*first, *second]


def test_what_was_not_come_across_is_found_in_order_wherever_the_search_begins():
    seen = Seen()
    seen.add_range(0, 20)
    seen.add(25)

    assert list(seen.missing(3, 28)) == [20, 21, 22, 23, 24, 26, 27]
    assert list(seen.missing(24, 26)) == [24]
    assert list(seen.missing(5, 5)) == []

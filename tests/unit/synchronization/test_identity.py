"""Promises about ids and hashes."""

from datetime import UTC, datetime
from uuid import RFC_4122, UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.errors import RecordError
from openconnector.records import Action
from openconnector.synchronization.differences import MAX_DIFFERENCES, differences
from openconnector.synchronization.hashing import digest
from openconnector.synchronization.identity import (
    MAX_ID_LENGTH,
    ordered_ids,
    origin_id_reader,
    target_ids,
    target_key,
    write_key,
)

SYNC = "0b8a3f0e-0000-4000-8000-000000000001"
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3)
    ),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("value", "text"), [(7, "7"), ("7", "7"), (7.0, "7"), (-1, "-1"), ("a b", "a b")]
)
def test_numbers_and_text_are_ids(value: object, text: str):
    assert origin_id_reader("a.b")({"a": {"b": value}}) == text


def test_an_id_at_the_longest_length_is_taken_and_one_longer_refused():
    read = origin_id_reader("id")

    assert len(read({"id": "x" * MAX_ID_LENGTH})) == MAX_ID_LENGTH
    with pytest.raises(RecordError, match="longer"):
        read({"id": "x" * (MAX_ID_LENGTH + 1)})


def test_an_object_always_gets_the_same_id_and_others_get_others():
    one = target_ids(SYNC, "main")("1")

    assert one == str(uuid5(UUID(SYNC), "main\0" + "1"))
    assert one == target_ids(SYNC, "main")("1")
    assert len({one, target_ids(SYNC, "main")("2"), target_ids(SYNC, "other")("1")}) == 3


def test_ids_in_a_database_of_our_own_follow_each_other_and_never_meet_those_of_another_run():
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
    mine, other = ordered_ids(moment), ordered_ids(moment)
    ids = [mine(str(number)) for number in range(5_000)]

    assert ids == sorted(set(ids))
    assert set(ids).isdisjoint(other(str(number)) for number in range(5_000))


def test_such_an_id_is_a_uuid_of_version_7_that_tells_its_moment():
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)

    made = UUID(ordered_ids(moment)("1"))

    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == moment.timestamp() * 1000


def test_the_same_write_has_the_same_key_and_another_has_another():
    keys = {
        write_key(SYNC, target, origin, action, mapped)
        for target in ("a", "b")
        for origin in ("1", "2")
        for action in (Action.CREATE, Action.UPDATE)
        for mapped in (b"x", b"y")
    }

    assert len(keys) == 16
    assert write_key(SYNC, "a", "1", Action.CREATE, b"x") in keys


def test_long_target_names_are_shortened_and_stay_apart():
    one, other = (target_key("rest", "x" * 100 + end) for end in "ab")

    assert len(one) <= 64
    assert one != other


@given(st.dictionaries(st.text("abcd", max_size=3), JSON, max_size=5))
def test_the_order_of_keys_does_not_change_the_hash(record: dict):
    assert digest(record) == digest(dict(reversed(record.items())))


@given(JSON)
def test_a_value_does_not_differ_from_itself(value: object):
    assert differences({"v": value}, {"v": value}) == []


def test_differences_are_named_field_by_field():
    found = differences(
        {"a": {"b": 1, "c": 2}, "l": [1]}, {"a": {"b": 1, "c": 3}, "l": [1, 2], "n": 0}
    )

    assert [(d.path, d.before, d.after) for d in found] == [
        ("a.c", 2, 3),
        ("l", [1], [1, 2]),
        ("n", None, 0),
    ]


def test_true_and_one_differ():
    assert [d.path for d in differences({"a": True}, {"a": 1})] == ["a"]


def test_no_more_differences_are_shown_than_anybody_reads():
    assert len(differences({}, {str(n): n for n in range(1000)})) == MAX_DIFFERENCES

"""Tries that failed are counted, from one address and for one name."""

from datetime import timedelta

import pytest

from openconnector.api.tries import KEPT, PER_ADDRESS, PER_NAME, WINDOW, Tries
from openconnector.errors import LoginRefused, TooManyTries
from openconnector.testing import FakeClock


def fail(tries: Tries, name: str, address: str) -> None:
    with pytest.raises(LoginRefused), tries.counted(name, address):
        raise LoginRefused("no")


def test_a_name_is_one_however_it_is_spelt_and_wherever_it_is_tried_from():
    tries = Tries(FakeClock())
    for number in range(PER_NAME):
        fail(tries, "Alice" if number % 2 else "alice", f"192.0.2.{number}")

    with pytest.raises(TooManyTries, match="name"), tries.counted("ALICE", "192.0.2.99"):
        pass


def test_a_try_refused_for_its_name_does_not_count_against_the_address():
    tries = Tries(FakeClock())
    for number in range(PER_NAME):
        fail(tries, "alice", f"192.0.2.{number}")
    for _ in range(PER_ADDRESS):
        with pytest.raises(TooManyTries, match="name"), tries.counted("alice", "198.51.100.1"):
            pass

    with tries.counted("bob", "198.51.100.1"):
        pass


@pytest.mark.parametrize(
    ("addresses", "other"),
    [
        ([f"2001:db8:1:2:{number:x}::5" for number in range(PER_ADDRESS + 1)], "2001:db8:1:3::5"),
        (["192.0.2.1", "::ffff:192.0.2.1"] * PER_ADDRESS, "::ffff:192.0.2.2"),
    ],
    ids=["a network of its own", "one address, written in both ways"],
)
def test_a_client_is_one_whichever_of_its_addresses_it_takes(addresses: list[str], other: str):
    tries = Tries(FakeClock())
    for number in range(PER_ADDRESS):
        fail(tries, f"name-{number}", addresses[number])

    with pytest.raises(TooManyTries, match="address"), tries.counted("more", addresses[-1]):
        pass
    with tries.counted("more", other):
        pass


def test_an_address_that_is_not_known_has_no_limit():
    tries = Tries(FakeClock())
    for number in range(PER_ADDRESS + 1):
        fail(tries, f"name-{number}", "")


def test_many_tries_at_once_are_many():
    tries = Tries(FakeClock())
    begun = [tries.counted(f"name-{number}", "a") for number in range(PER_ADDRESS)]
    for one in begun:
        one.__enter__()

    with pytest.raises(TooManyTries, match="address"), tries.counted("more", "a"):
        pass

    for one in begun:
        one.__exit__(None, None, None)
    with tries.counted("more", "a"):
        pass


async def test_what_failed_is_forgotten_after_the_window():
    clock = FakeClock()
    tries = Tries(clock)
    for _ in range(PER_ADDRESS):
        fail(tries, "alice", "a")
    clock.moment += WINDOW - timedelta(seconds=1)

    with pytest.raises(TooManyTries) as raised, tries.counted("alice", "a"):
        pass
    clock.moment += timedelta(seconds=1)
    with tries.counted("alice", "a"):
        pass

    assert raised.value.retry_after_seconds == 1


def test_memory_does_not_grow_with_the_number_of_names():
    tries = Tries(FakeClock())
    for number in range(KEPT + 10):
        fail(tries, f"name-{number}", f"a-{number}")

    assert len(tries._names) == len(tries._addresses) == KEPT
